/** The words of the prompt that are not met: in their place, each becomes a button. */

import { Marking, toggleOf } from "./marking.js";

/** @typedef {import("./answer.js").AnswerForm} AnswerForm */

/*
 * As annotation/protocol/marks.py parts a prompt, and Python's white space is not JavaScript's.
 * A Chinese character is a word by itself.
 */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const HAN = "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const WORD = new RegExp(`[${HAN}]|[^${SPACE}${HAN}]+`, "gu");

/**
 * Where the study lets raters mark words, sees to their buttons and to the prompt.
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
    /** The word that Tab leads to; arrow keys go on from it. */
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

  /** Those of all questions, or of the one whose words are being marked. */
  #marked() {
    const { question } = this.marking;
    const shown = question ? [question] : this.form.questions.filter((item) => item.takes("words"));
    return new Set(shown.flatMap((item) => item.words));
  }

  /** Words are in spans from the first: put in later, they would move the text by a hair. */
  #render() {
    const marked = this.#marked();
    const active = this.marking.question !== null;
    if (!this.prompt.childElementCount) {
      this.current = 0;
      this.prompt.replaceChildren(...parts(this.prompt.textContent ?? ""));
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
   * A press by keyboard leads to the words, which are far from the button.
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
 * Words, each in a span, and what stands between them.
 * @param {string} text
 */
function* parts(text) {
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    yield text.slice(end, match.index);
    const word = document.createElement("span");
    word.textContent = match[0];
    end = match.index + match[0].length;
    yield word;
  }
  yield text.slice(end);
}
