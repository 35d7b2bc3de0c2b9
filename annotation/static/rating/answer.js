/**
 * The answer form: scores, phrases and free texts, read and written as one value.
 *
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./marking.js").Region} Region
 */

import { KINDS, setPressed, showCount, toggleOf } from "./marking.js";

/** Scores come in steps: less than that is no difference. */
const EQUAL = 1e-9;

/** One perspective on the page: its score control and its reasons. */
export class Question {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.name = element.dataset.perspective ?? "";
    this.label = element.dataset.label ?? "";
    this.kind = element.dataset.kind ?? "";
    this.minimum = Number(element.dataset.minimum);
    this.maximum = Number(element.dataset.maximum);
    this.step = Number(element.dataset.step);
    this.levels = inputs(element, `input[type="radio"][name="score-${this.name}"]`);
    /** @type {HTMLInputElement | null} */
    this.slider = element.querySelector('input[type="range"]');
    /** @type {HTMLOutputElement | null} */
    this.output = element.querySelector("output");
    /** @type {HTMLElement | null} */
    this.reasons = element.querySelector(".reasons");
    /**
     * Reasons are asked of scores up to this one, on 0…1; null where none is.
     * @type {number | null}
     */
    this.askedUpTo = 1;
    this.phrases = inputs(element, "input[data-field]");
    /** @type {NodeListOf<HTMLElement>} */
    const texts = element.querySelectorAll(".free-text");
    this.texts = [...texts];
    /**
     * What the texts are about, where the study lets raters mark it.
     * @type {Region[]}
     */
    this.regions = [];
    /** @type {number[]} */
    this.words = [];
  }

  /** @returns {number | null} */
  get score() {
    if (this.slider) return "unset" in this.slider.dataset ? null : Number(this.slider.value);
    const level = this.levels.find((input) => input.checked);
    return level ? Number(level.value) : null;
  }

  /** @param {number | null} score */
  set score(score) {
    for (const level of this.levels) level.checked = score !== null && Number(level.value) === score;
    if (this.slider) this.#setSlider(this.slider, score);
  }

  /**
   * @param {HTMLInputElement} slider
   * @param {number | null} score
   */
  #setSlider(slider, score) {
    const unset = score === null;
    slider.value = String(score ?? (this.minimum + this.maximum) / 2);
    slider.toggleAttribute("data-unset", unset);
    const text = unset ? (slider.dataset.unsetText ?? "") : slider.value;
    slider.setAttribute("aria-valuetext", text);
    if (this.output) this.output.value = unset ? "–" : slider.value;
  }

  /** The score that a key stands for, or null where it stands for none.
   * @param {number} digit up to ten
   */
  scoreOfDigit(digit) {
    const score = this.kind === "slider100" ? digit * 10 : digit;
    return score >= this.minimum && score <= this.maximum ? score : null;
  }

  /**
   * A mean score in the words of the scale: the name of the nearest level, or a number.
   * @param {number} score
   */
  nameOf(score) {
    const level = this.levels[Math.round((score - this.minimum) / this.step)];
    const name = level?.closest("label")?.querySelector(".level-label")?.textContent;
    return name ?? String(Math.round(score * 10) / 10);
  }

  /** Moves the keyboard to this question's score. */
  focus() {
    const target = this.slider ?? this.levels.find((input) => input.checked) ?? this.levels[0];
    if (!target) return;
    // A level's input is a point in it: what has to be seen is the whole.
    target.focus({ preventScroll: true });
    (target.closest("label") ?? target).scrollIntoView({ block: "nearest" });
  }

  /** Whether the reason of the score is asked; of any score, before there is one too. */
  get asked() {
    if (this.askedUpTo === null || this.askedUpTo >= 1) return this.askedUpTo !== null;
    if (this.score === null) return false;
    const share = (this.score - this.minimum) / (this.maximum - this.minimum);
    return share <= this.askedUpTo + EQUAL;
  }

  /** Shows the reasons where they are asked, and a free text where the chosen level asks for it. */
  showReasons() {
    this.reasons?.toggleAttribute("data-unasked", !this.asked);
    for (const block of this.texts) {
      const level = this.#level(block.dataset.askedBy ?? "");
      block.hidden = level === null || level > Number(block.dataset.atMost);
    }
    for (const kind of KINDS) {
      const toggle = toggleOf(this, kind);
      if (!toggle) continue;
      if (!this.takes(kind)) setPressed(toggle, false);
      const row = /** @type {HTMLElement} */ (toggle.closest(".mark-row"));
      row.hidden = !this.texts.some((block) => !block.hidden && kind in block.dataset);
      showCount(toggle, this[kind].length);
    }
  }

  /**
   * Whether marks are asked for: with a text that is.
   * @param {import("./marking.js").Kind} kind
   */
  takes(kind) {
    return this.asked && this.texts.some((block) => !block.hidden && kind in block.dataset);
  }

  /** @param {string} field */
  #level(field) {
    const chosen = this.phrases.find((input) => input.dataset.field === field && input.checked);
    return chosen ? Number(chosen.value) : null;
  }

  /** What the chosen phrases say, each as a part of a sentence. */
  get clauses() {
    if (!this.asked) return [];
    const chosen = this.phrases.filter((input) => input.checked);
    return chosen.map((input) => input.dataset.says ?? "");
  }

  /** @returns {import("./transport.js").Reason} what is chosen and visible */
  get reason() {
    if (!this.asked) return { phrases: {}, text: "" };
    const chosen = this.phrases.filter((input) => input.checked);
    const phrases = Object.fromEntries(
      chosen.map((input) => [input.dataset.field ?? "", Number(input.value)]),
    );
    const texts = this.texts.filter((block) => !block.hidden).map(textOf);
    /** @type {import("./transport.js").Reason} */
    const reason = { phrases, text: texts.filter(Boolean).join("\n") };
    if (this.regions.length && this.takes("regions")) reason.regions = this.regions;
    if (this.words.length && this.takes("words")) reason.words = this.words;
    return reason;
  }

  /** @param {import("./transport.js").Reason} reason */
  set reason({ phrases, text, regions = [], words = [] }) {
    for (const input of this.phrases) {
      input.checked = phrases[input.dataset.field ?? ""] === Number(input.value);
    }
    this.regions = regions;
    this.words = words;
    for (const kind of KINDS) setPressed(toggleOf(this, kind), false);
    this.showReasons();
    this.texts.forEach((block, place) => setText(block, place === 0 ? text : ""));
  }
}

export class AnswerForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    /**
     * Those that are asked of the image before the rater, and others.
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

  /** The names of the questions without a score. */
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
   * @param {number | null} upTo reasons are asked of scores up to this one, on 0…1; null for none
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
   * place: what was sent or kept before must not change with them.
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

  /** Tell that something changed, after a change by script. */
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

/**
 * @param {HTMLElement} element
 * @param {string} selector
 * @returns {HTMLInputElement[]}
 */
function inputs(element, selector) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const found = element.querySelectorAll(selector);
  return [...found];
}

/** @param {HTMLElement} block */
function textOf(block) {
  return block.querySelector("textarea")?.value.trim() ?? "";
}

/**
 * @param {HTMLElement} block
 * @param {string} text
 */
function setText(block, text) {
  const area = block.querySelector("textarea");
  if (!area) return;
  area.value = text;
  grow(area);
}

/** As many rows as the text needs, up to three; the rest scrolls.
 * @param {HTMLTextAreaElement} area
 */
function grow(area) {
  area.rows = 1;
  while (area.rows < 3 && area.scrollHeight > area.clientHeight) area.rows += 1;
}
