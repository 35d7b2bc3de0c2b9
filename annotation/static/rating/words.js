/** Marking the words of the prompt that the image does not show: each word becomes a button. */

import { Marking, toggleOf } from "./marking.js";
import { piecesOf } from "./prompt.js";

/** @typedef {import("./answer.js").AnswerForm} AnswerForm */

/**
 * Lets raters mark words of the prompt, if the study does.
 * @param {AnswerForm} form
 * @param {HTMLElement} prompt
 */
export function markWords(form, prompt) {
  if (form.questions.some((question) => toggleOf(question, "words"))) new Words(form, prompt);
}

class Words {
  /**
   * @param {AnswerForm} form
   * @param {HTMLElement} prompt
   */
  constructor(form, prompt) {
    this.form = form;
    this.prompt = prompt;
    /** The word that Tab reaches; arrow keys continue from it. */
    this.current = 0;
    this.marking = new Marking(form, "words", () => this.#render());
    prompt.addEventListener("click", (event) => this.#toggle(event.target));
    prompt.addEventListener("keydown", (event) => this.#onKey(event));
    form.form.addEventListener("click", (event) => this.#onButton(event));
  }

  /** @returns {HTMLElement[]} */
  get words() {
    return [...this.prompt.querySelectorAll("span")];
  }

  /** The marked words of the question being marked for, or of all questions. */
  #marked() {
    const { question } = this.marking;
    const shown = question ? [question] : this.form.questions.filter((item) => item.takes("words"));
    return new Set(shown.flatMap((item) => item.words));
  }

  /** Words are in spans from the start: inserted later, they would shift the text slightly. */
  #render() {
    const marked = this.#marked();
    const active = this.marking.question !== null;
    if (!this.prompt.childElementCount) {
      this.current = 0;
      this.prompt.replaceChildren(...spansOf(this.prompt.textContent ?? ""));
    }
    this.#describe(active);
    this.words.forEach((word, place) => {
      word.toggleAttribute("data-marked", marked.has(place));
      if (active) {
        word.setAttribute("role", "button");
        word.setAttribute("aria-pressed", String(marked.has(place)));
        word.tabIndex = place === this.current ? 0 : -1;
      } else {
        for (const name of ["role", "aria-pressed", "tabindex"]) word.removeAttribute(name);
      }
    });
  }

  /** @param {boolean} active */
  #describe(active) {
    this.prompt.toggleAttribute("data-marking", active);
    if (active) {
      this.prompt.setAttribute("role", "group");
      this.prompt.setAttribute("aria-labelledby", "prompt-title");
    } else {
      this.prompt.removeAttribute("role");
      this.prompt.removeAttribute("aria-labelledby");
    }
  }

  /** @param {EventTarget | null} target */
  #toggle(target) {
    const { question } = this.marking;
    const place = this.words.indexOf(/** @type {HTMLElement} */ (target));
    if (!question || place < 0) return;
    this.current = place;
    const others = question.words.filter((word) => word !== place);
    const words = others.length < question.words.length ? others : [...others, place];
    this.form.mark(question, { words: words.sort((one, other) => one - other) });
  }

  /**
   * Pressed by keyboard, the button moves the focus to the words, which are far away.
   * @param {MouseEvent} event
   */
  #onButton(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.detail || !target.closest('button[data-mark="words"]')) return;
    if (this.marking.question) this.#goTo(this.current);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (!this.marking.question || event.target === this.prompt) return;
    const rtl = getComputedStyle(this.prompt).direction === "rtl";
    const last = this.words.length - 1;
    if (event.key === "Enter" || event.key === " ") this.#toggle(event.target);
    else if (event.key === (rtl ? "ArrowLeft" : "ArrowRight")) this.#goTo(this.current + 1);
    else if (event.key === (rtl ? "ArrowRight" : "ArrowLeft")) this.#goTo(this.current - 1);
    else if (event.key === "Home") this.#goTo(0);
    else if (event.key === "End") this.#goTo(last);
    else return;
    event.preventDefault();
  }

  /** @param {number} place */
  #goTo(place) {
    const { words } = this;
    this.current = Math.max(0, Math.min(place, words.length - 1));
    words.forEach((word, other) => (word.tabIndex = other === this.current ? 0 : -1));
    words[this.current]?.focus();
  }
}

/**
 * The prompt with each of its words in a span.
 * @param {string} prompt
 */
function spansOf(prompt) {
  return piecesOf(prompt).map(({ text, word }) => {
    if (!word) return text;
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  });
}
