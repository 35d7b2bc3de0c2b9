/**
 * How an answer was made: times, changes, attention, window. Sent with the answer; nothing in it
 * identifies the person (annotation/protocol/behaviour.py says what is stored).
 */

import { screenFacts } from "./client.js";

/** @typedef {Record<string, unknown> & {shown_ms: number}} Measured */

export class Behaviour {
  /** @type {"mouse" | "touch" | "pen" | "keyboard"} */
  input = "mouse";
  shownAt = 0;
  /** @type {number | null} */
  leftAt = null;
  awayMs = 0;
  away = 0;
  /** Whether the image came with the wish to take more time. */
  warned = false;
  /** @type {Record<string, number>} */
  scores = {};
  /** @type {Record<string, [number, number]>} */
  touches = {};

  constructor() {
    this.start({});
    const watch = () => this.#look();
    document.addEventListener("visibilitychange", watch);
    window.addEventListener("blur", watch);
    window.addEventListener("focus", watch);
    document.addEventListener("keydown", () => (this.input = "keyboard"), true);
    document.addEventListener("pointerdown", (event) => this.#onPointer(event), true);
  }

  /**
   * The decoded image is on the screen, with these scores in the form.
   * @param {Record<string, number>} scores
   * @param {boolean} warned whether the rater is asked, with it, to take their time
   */
  start(scores, warned = false) {
    this.shownAt = performance.now();
    this.leftAt = isAway() ? this.shownAt : null;
    this.awayMs = 0;
    this.away = 0;
    this.warned = warned;
    this.scores = { ...scores };
    this.touches = {};
  }

  /**
   * Notes which scores have changed.
   * @param {Record<string, number>} scores
   */
  observe(scores) {
    const now = this.#since(this.shownAt);
    for (const [name, score] of Object.entries(scores)) {
      if (this.scores[name] === score) continue;
      this.touches[name] = [this.touches[name]?.[0] ?? now, now];
    }
    this.scores = { ...scores };
  }

  /** @returns {Measured} */
  read() {
    const away = this.awayMs + (this.leftAt === null ? 0 : this.#since(this.leftAt));
    return {
      shown_ms: Math.max(this.#since(this.shownAt) - away, 0),
      away_ms: away,
      away: this.away,
      touches: this.touches,
      viewport: [window.innerWidth, window.innerHeight],
      ...screenFacts(),
      orientation: window.innerHeight > window.innerWidth ? "portrait" : "landscape",
      input: this.input,
      ...(this.warned ? { pace_warnings: 1 } : {}),
    };
  }

  /** @param {number} moment */
  #since(moment) {
    return Math.round(performance.now() - moment);
  }

  #look() {
    if (isAway() && this.leftAt === null) {
      this.leftAt = performance.now();
      this.away += 1;
    } else if (!isAway() && this.leftAt !== null) {
      this.awayMs += this.#since(this.leftAt);
      this.leftAt = null;
    }
  }

  /** @param {PointerEvent} event */
  #onPointer({ pointerType }) {
    this.input = pointerType === "touch" || pointerType === "pen" ? pointerType : "mouse";
  }
}

function isAway() {
  return document.hidden || !document.hasFocus();
}
