/** One question on the page: its score control, its phrases, its free texts and their marks. */

import { KINDS, setPressed, showCount, toggleOf } from "./marking.js";
import { Scale } from "./scale.js";

/**
 * @typedef {import("./marking.js").Kind} Kind
 * @typedef {import("./marking.js").Region} Region
 * @typedef {import("./transport.js").Reason} Reason
 */

export class Question {
  /** @param {HTMLElement} element */
  constructor(element) {
    const { perspective = "", label = "", kind = "", ...scale } = element.dataset;
    this.element = element;
    this.name = perspective;
    this.label = label;
    this.scale = new Scale({
      kind,
      minimum: Number(scale.minimum),
      maximum: Number(scale.maximum),
      step: Number(scale.step),
      words: Number(scale.words),
    });
    /** Words along the scale, each in the middle of its part. */
    this.along = [...element.querySelectorAll(".anchors span")].map((word) => word.textContent ?? "");
    this.levels = inputs(element, `input[type="radio"][name="score-${this.name}"]`);
    /** @type {HTMLInputElement | null} */
    this.slider = element.querySelector('input[type="range"]');
    /** @type {HTMLOutputElement | null} */
    this.output = element.querySelector("output");
    /** @type {HTMLElement | null} */
    this.reasons = element.querySelector(".reasons");
    /**
     * Reasons are asked for scores up to this one, on 0…1; null if they are never asked for.
     * @type {number | null}
     */
    this.askedUpTo = 1;
    this.phrases = inputs(element, "input[data-field]");
    /** @type {NodeListOf<HTMLElement>} */
    const texts = element.querySelectorAll(".free-text");
    this.texts = [...texts];
    /**
     * What the texts are about, if the study lets raters mark it.
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
    slider.value = String(score ?? this.scale.middle);
    slider.toggleAttribute("data-unset", unset);
    const text = unset ? (slider.dataset.unsetText ?? "") : slider.value;
    slider.setAttribute("aria-valuetext", text);
    if (this.output) this.output.value = unset ? "–" : slider.value;
  }

  /**
   * A score in the words of the scale: the name of the nearest level, or the word in whose part it
   * lies with the number, or the number.
   * @param {number} score
   */
  nameOf(score) {
    const level = this.levels[this.scale.placeOf(score)];
    const name = level?.closest("label")?.querySelector(".level-label")?.textContent;
    if (name) return name;
    const number = String(Math.round(score * 10) / 10);
    const word = this.along[this.scale.wordOf(score) ?? NaN];
    return word ? `${word} (${number})` : number;
  }

  /**
   * Moves the slider as an arrow key does.
   * @param {1 | -1} way
   * @param {boolean} fine
   */
  move(way, fine) {
    this.score = this.scale.moved(this.score, way, fine);
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Moves the focus to this question's score. */
  focus() {
    const target = this.slider ?? this.levels.find((input) => input.checked) ?? this.levels[0];
    if (!target) return;
    // A level's input is a mere point inside its label: the whole label must be in view, and what
    // is asked above it.
    target.focus({ preventScroll: true });
    this.element.querySelector(".question-head")?.scrollIntoView({ block: "nearest" });
    (target.closest("label") ?? target).scrollIntoView({ block: "nearest" });
  }

  /** Whether a reason is asked for. If every score needs one, it is asked for before the score. */
  get asked() {
    if (this.askedUpTo === null || this.askedUpTo >= 1) return this.askedUpTo !== null;
    return this.score !== null && this.scale.isUpTo(this.score, this.askedUpTo);
  }

  /** Shows the reasons if they are asked for, and a free text if the chosen level asks for it. */
  showReasons() {
    this.reasons?.toggleAttribute("data-unasked", !this.asked);
    for (const block of this.texts) {
      const level = this.#level(block.dataset.askedBy ?? "");
      block.hidden = level === null || level > Number(block.dataset.atMost);
    }
    for (const kind of KINDS) this.#showMarks(kind);
  }

  /** @param {Kind} kind */
  #showMarks(kind) {
    const toggle = toggleOf(this, kind);
    if (!toggle) return;
    if (!this.takes(kind)) setPressed(toggle, false);
    const row = /** @type {HTMLElement} */ (toggle.closest(".mark-row"));
    row.hidden = !this.texts.some((block) => !block.hidden && kind in block.dataset);
    showCount(toggle, this[kind].length);
  }

  /**
   * Whether marks are asked for, which they are together with a text.
   * @param {Kind} kind
   */
  takes(kind) {
    return this.asked && this.texts.some((block) => !block.hidden && kind in block.dataset);
  }

  /** @param {string} field */
  #level(field) {
    const chosen = this.#chosen.find((input) => input.dataset.field === field);
    return chosen ? Number(chosen.value) : null;
  }

  get #chosen() {
    return this.phrases.filter((input) => input.checked);
  }

  /** What the chosen phrases say, each as a part of a sentence. */
  get clauses() {
    return this.asked ? this.#chosen.map((input) => input.dataset.says ?? "") : [];
  }

  /** @returns {Reason} what is chosen and visible */
  get reason() {
    if (!this.asked) return { phrases: {}, text: "" };
    const phrases = Object.fromEntries(
      this.#chosen.map((input) => [input.dataset.field ?? "", Number(input.value)]),
    );
    const texts = this.texts.filter((block) => !block.hidden).map(textOf);
    /** @type {Reason} */
    const reason = { phrases, text: texts.filter(Boolean).join("\n") };
    if (this.regions.length && this.takes("regions")) reason.regions = this.regions;
    if (this.words.length && this.takes("words")) reason.words = this.words;
    return reason;
  }

  /** @param {Reason} reason */
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

/**
 * Gives a text area as many rows as its text needs, up to three; beyond that it scrolls.
 * @param {HTMLTextAreaElement} area
 */
export function grow(area) {
  area.rows = 1;
  while (area.rows < 3 && area.scrollHeight > area.clientHeight) area.rows += 1;
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
