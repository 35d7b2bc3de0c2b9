/** The sheets between images: the end of practice, rests, and whatever stops the rating. */

import { byId, fill } from "./dom.js";

/** @typedef {import("./dom.js").Settings} Settings */

export class Interlude {
  /** @param {Settings["messages"]} messages */
  constructor(messages) {
    this.messages = messages;
    this.sheet = byId("interlude", HTMLElement);
    this.button = byId("interlude-go", HTMLButtonElement);
    this.timer = byId("interlude-timer", HTMLElement);
  }

  get open() {
    return !this.sheet.hidden;
  }

  /**
   * Resolves when the rater continues.
   * @param {boolean} again whether practice is gone through once more
   */
  afterPractice(again) {
    const { messages } = this;
    this.timer.textContent = "";
    if (again) return this.show(messages.practice_again, messages.practice_again_text);
    return this.show(messages.practised, messages.practised_text);
  }

  /**
   * Resolves when the rest is over and the rater continues.
   * @param {number} seconds
   */
  async rest(seconds) {
    const end = performance.now() + seconds * 1000;
    this.button.disabled = true;
    const tick = () => {
      const left = Math.max(Math.ceil((end - performance.now()) / 1000), 0);
      const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      this.timer.textContent = left ? fill(this.messages.rest_left, { clock }) : this.messages.rested;
      this.button.disabled = left > 0;
      if (left) return;
      window.clearInterval(ticking);
      this.button.focus();
    };
    const ticking = window.setInterval(tick, 1000);
    tick();
    await this.show(this.messages.rest, this.messages.rest_text);
  }

  /**
   * Shows a sheet that cannot be left.
   * @param {string} title
   * @param {string} text
   */
  halt(title, text) {
    this.button.hidden = true;
    void this.show(title, text);
  }

  /**
   * Resolves when the rater continues.
   * @param {string} title
   * @param {string} text
   * @returns {Promise<void>}
   */
  show(title, text) {
    const heading = byId("interlude-title", HTMLElement);
    heading.textContent = title;
    byId("interlude-text", HTMLElement).textContent = text;
    this.#swap(true);
    heading.focus();
    return new Promise((resolve) => {
      const goOn = () => {
        this.#swap(false);
        resolve();
      };
      this.button.addEventListener("click", goOn, { once: true });
    });
  }

  /** @param {boolean} shown */
  #swap(shown) {
    this.sheet.hidden = !shown;
    byId("rating", HTMLElement).hidden = shown;
  }
}
