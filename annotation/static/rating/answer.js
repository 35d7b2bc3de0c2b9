/** The answer form: scores, phrases and free texts, read and written as one value. */

import { grow, Question } from "./question.js";

/**
 * @typedef {import("./marking.js").Region} Region
 * @typedef {import("./transport.js").Answer} Answer
 */

export class AnswerForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    /**
     * All of the study's questions, asked of the current image or not.
     * @type {Question[]}
     */
    this.all = [...form.querySelectorAll(".question")].map(
      (element) => new Question(/** @type {HTMLElement} */ (element)),
    );
    this.#rememberUnsetText();
    form.addEventListener("input", (event) => this.#onInput(event));
    form.addEventListener("pointerup", (event) => this.#onInput(event));
    form.addEventListener("click", (event) => this.#onClick(event));
  }

  /** Those that are asked now. */
  get questions() {
    return this.all.filter(({ element }) => !element.hidden);
  }

  /** Those of them that have no score. */
  get missing() {
    return this.questions.filter((question) => question.score === null);
  }

  /** @returns {Answer} */
  read() {
    /** @type {Answer} */
    const answer = { scores: {}, explanations: {} };
    for (const question of this.questions) {
      if (question.score !== null) answer.scores[question.name] = question.score;
      const reason = question.reason;
      if (reason.text || Object.keys(reason.phrases).length) {
        answer.explanations[question.name] = reason;
      }
    }
    return answer;
  }

  /**
   * What is asked of the image that comes next.
   * @param {string[]} perspectives
   * @param {number | null} upTo reasons are asked for scores up to this one, on 0…1; null: never
   */
  ask(perspectives, upTo) {
    for (const question of this.all) {
      question.element.hidden = !perspectives.includes(question.name);
      question.askedUpTo = upTo;
    }
  }

  /** @param {Answer} answer */
  write(answer) {
    for (const question of this.all) {
      question.score = answer.scores[question.name] ?? null;
      question.reason = answer.explanations[question.name] ?? { phrases: {}, text: "" };
    }
    for (const input of this.#phrases()) input.toggleAttribute("data-chosen", input.checked);
    this.#changed();
  }

  /**
   * Something was marked, on the image or in the prompt. Marks are replaced, never changed in
   * place: an answer or draft that holds them must not change with them.
   * @param {Question} question
   * @param {{regions?: Region[], words?: number[]}} marks
   */
  mark(question, marks) {
    Object.assign(question, marks);
    question.showReasons();
    this.#changed();
  }

  clear() {
    this.write({ scores: {}, explanations: {} });
  }

  #changed() {
    this.form.dispatchEvent(new CustomEvent("answer-changed"));
  }

  /** @param {Event} event */
  #onInput(event) {
    const input = event.target;
    const question = this.#questionOf(input);
    if (!question) return;
    // A press on the middle of an untouched slider changes no value, yet it is an answer.
    if (input === question.slider && !question.slider?.matches(":disabled")) {
      question.score = Number(question.slider?.value);
    }
    if (input instanceof HTMLTextAreaElement) grow(input);
    question.showReasons();
    this.#changed();
  }

  /**
   * A second click on a chosen phrase takes it back, which radio buttons do not do by themselves.
   * @param {MouseEvent} event
   */
  #onClick(event) {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.dataset.field) return;
    if ("chosen" in input.dataset) input.checked = false;
    for (const other of this.#phrases(input.name)) {
      other.toggleAttribute("data-chosen", other.checked);
    }
    this.#questionOf(input)?.showReasons();
    this.#changed();
  }

  /** @param {string} [name] */
  #phrases(name) {
    const all = this.all.flatMap((question) => question.phrases);
    return name ? all.filter((input) => input.name === name) : all;
  }

  /** @param {EventTarget | null} target */
  #questionOf(target) {
    if (!(target instanceof Node)) return undefined;
    return this.all.find((question) => question.element.contains(target));
  }

  #rememberUnsetText() {
    for (const { slider } of this.all) {
      if (slider) slider.dataset.unsetText = slider.getAttribute("aria-valuetext") ?? "";
    }
  }
}
