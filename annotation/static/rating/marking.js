/**
 * Raters mark what a free text is about: regions of the image, words of the prompt. The pressed
 * button is that of the question being marked for (annotation/protocol/marks.py).
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{points: [number, number][], radius: number}} Stroke
 * @typedef {Box | Stroke} Region in shares of the image's width and height
 * @typedef {"regions" | "words"} Kind
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./question.js").Question} Question
 */

/** @type {Kind[]} */
export const KINDS = ["regions", "words"];

/**
 * The button that begins and ends marking; null if the study asks for no such marks.
 * @param {Question} question
 * @param {Kind} kind
 * @returns {HTMLButtonElement | null}
 */
export function toggleOf(question, kind) {
  return question.element.querySelector(`button[data-mark="${kind}"]`);
}

/**
 * @param {Element | null} button
 * @param {boolean} pressed
 */
export function setPressed(button, pressed) {
  button?.setAttribute("aria-pressed", String(pressed));
}

/**
 * @param {HTMLButtonElement} toggle
 * @param {number} count
 */
export function showCount(toggle, count) {
  const place = /** @type {HTMLElement} */ (toggle.querySelector(".mark-count"));
  place.textContent = count ? String(count) : "";
}

/** Marking of one kind. */
export class Marking {
  /**
   * @param {AnswerForm} form
   * @param {Kind} kind
   * @param {() => void} changed called when the marks, or the question being marked for, may have changed
   */
  constructor(form, kind, changed) {
    this.form = form;
    this.kind = kind;
    this.changed = changed;
    form.form.addEventListener("click", (event) => this.#onClick(event));
    form.form.addEventListener("answer-changed", changed);
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** The question being marked for. */
  get question() {
    return this.form.questions.find((item) => isPressed(toggleOf(item, this.kind))) ?? null;
  }

  /** Ends the marking; the focus goes to the button that began it. */
  end() {
    const toggle = this.question && toggleOf(this.question, this.kind);
    setPressed(toggle, false);
    toggle?.focus();
    this.changed();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const toggle = target.closest(`button[data-mark="${this.kind}"]`);
    if (!toggle) return;
    const begins = !isPressed(toggle);
    for (const question of this.form.questions) setPressed(toggleOf(question, this.kind), false);
    setPressed(toggle, begins);
    this.changed();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented || !this.question) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.end();
  }
}

/** @param {Element | null} button */
function isPressed(button) {
  return button?.getAttribute("aria-pressed") === "true";
}
