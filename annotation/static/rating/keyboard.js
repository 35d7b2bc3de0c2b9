/** Rating by keyboard. The keys do nothing while the rater types or a dialog is open. */

/** @typedef {import("./answer.js").AnswerForm} AnswerForm */

export class Keyboard {
  /**
   * @param {AnswerForm} form
   * @param {Record<"submit" | "back" | "skip" | "help" | "enlarge", () => void> & {
   *   ready: () => boolean}} actions
   */
  constructor(form, actions) {
    this.form = form;
    this.actions = actions;
    this.current = 0;
    document.addEventListener("keydown", (event) => this.#onKey(event));
    form.form.addEventListener("focusin", (event) => this.#follow(event));
  }

  /** For another image: starts at the first question without a score. */
  restart() {
    const [missing] = this.form.missing;
    this.#goTo(missing ? this.form.questions.indexOf(missing) : 0);
  }

  /** After the last question comes the first that has no score, if any. */
  #next() {
    const { questions, missing } = this.form;
    if (this.current + 1 < questions.length) return this.current + 1;
    return missing[0] ? questions.indexOf(missing[0]) : this.current;
  }

  /** @param {number} place */
  #goTo(place) {
    this.current = Math.min(place, this.form.questions.length - 1);
    this.form.questions[this.current]?.focus();
    this.#mark();
  }

  /** @param {FocusEvent} event */
  #follow(event) {
    const place = this.form.questions.findIndex((question) =>
      question.element.contains(/** @type {Node} */ (event.target)),
    );
    if (place < 0) return;
    this.current = place;
    this.#mark();
  }

  #mark() {
    this.form.questions.forEach((question, place) =>
      question.element.toggleAttribute("data-current", place === this.current),
    );
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter") return this.#onEnter(event);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const first = firstByArrow(event);
    const way = sliderWay(event);
    if (way) {
      event.preventDefault();
      this.form.questions[this.current]?.move(way, event.shiftKey);
    } else if (event.key === "?") {
      event.preventDefault();
      this.actions.help();
    } else if (event.key === "Backspace") {
      event.preventDefault();
      if (!event.repeat) this.actions.back();
    } else if (event.key === "s") {
      event.preventDefault();
      this.actions.skip();
    } else if (event.key === "z") {
      event.preventDefault();
      this.actions.enlarge();
    } else if (scoreKey(event.key) !== null) {
      this.#onScore(event);
    } else if (first) {
      event.preventDefault();
      first.focus();
      first.click();
    } else if (event.key.startsWith("Arrow") && !isControl(event.target)) {
      // Nothing has the focus (after a click on the page): the current score gets it.
      event.preventDefault();
      this.#goTo(this.current);
    }
  }

  /** @param {KeyboardEvent} event */
  #onEnter(event) {
    if (isTyping(event.target) && !(event.ctrlKey || event.metaKey)) return;
    // Enter on a button presses that button, except on the one that sends.
    if (event.target instanceof HTMLButtonElement && event.target.type === "button") return;
    if (event.target instanceof HTMLElement && event.target.closest("a, summary, header")) return;
    event.preventDefault();
    if (!event.repeat) this.actions.submit();
  }

  /** @param {KeyboardEvent} event */
  #onScore(event) {
    const question = this.form.questions[this.current];
    const score = question?.scale.scoreOfDigit(scoreKey(event.key) ?? NaN) ?? null;
    if (!this.actions.ready() || !question || score === null) return;
    event.preventDefault();
    question.score = score;
    question.element.dispatchEvent(new Event("input", { bubbles: true }));
    this.#goTo(this.#next());
  }
}

/**
 * What a key stands for: a digit, or ten; null for other keys. On many keyboards + needs Shift; the
 * same key without it is =.
 * @param {string} key
 */
function scoreKey(key) {
  if (/^\d$/.test(key)) return Number(key);
  return key === "+" || key === "=" ? 10 : null;
}

/**
 * In a row of phrases of which none is chosen yet, a browser would skip the one that has the focus.
 * Here the first arrow forward chooses the first phrase, the first arrow back the last.
 * @param {KeyboardEvent} event
 * @returns {HTMLInputElement | undefined}
 */
function firstByArrow({ key, target }) {
  const row = target instanceof HTMLInputElement ? target.closest(".phrase-field") : null;
  if (!row || !key.startsWith("Arrow") || row.querySelector("input:checked")) return undefined;
  const onward = getComputedStyle(row).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  return [...row.querySelectorAll("input")].at(key === onward || key === "ArrowDown" ? 0 : -1);
}

/**
 * Which way a key moves the slider that has the focus. Two keys of a browser's own jump to the ends;
 * those that jump a tenth begin in the middle, as the arrows do.
 * @param {KeyboardEvent} event
 * @returns {1 | -1 | null}
 */
function sliderWay({ key, target }) {
  if (!(target instanceof HTMLInputElement) || target.type !== "range") return null;
  if (key.startsWith("Page")) return "unset" in target.dataset ? 1 : null;
  const forward = getComputedStyle(target).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (key === forward || key === "ArrowUp") return 1;
  return key.startsWith("Arrow") ? -1 : null;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["radio", "checkbox", "range"].includes(target.type);
}

/** @param {EventTarget | null} target */
function isControl(target) {
  return target instanceof HTMLElement && target.matches("input, button, select, summary, [tabindex]");
}
