/** The quiet line that says how many answers wait to be sent. */

import { byId, fill } from "./dom.js";

/** Sending that takes longer than this is mentioned. */
const SLOW_MS = 2500;

export class Waiting {
  /** @param {import("./dom.js").Settings["messages"]} messages */
  constructor(messages) {
    this.messages = messages;
    this.line = byId("waiting", HTMLElement);
    this.timer = 0;
  }

  /**
   * An answer that is under way only for a moment is not mentioned.
   * @param {number} count
   * @param {boolean} stuck whether the last try failed
   */
  show(count, stuck) {
    window.clearTimeout(this.timer);
    this.line.dataset.count = String(count);
    if (!count) this.line.textContent = "";
    else if (stuck || this.line.textContent) this.#say(count);
    else this.timer = window.setTimeout(() => this.#say(count), SLOW_MS);
  }

  /** @param {number} count */
  #say(count) {
    const message = count === 1 ? this.messages.waiting_one : this.messages.waiting_many;
    this.line.textContent = fill(message, { count });
  }
}
