/** How far the session is: counted here at once, put right by the server's numbers. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./transport.js").Offer} Offer
 */

/** A sending that takes longer than this is worth a word. */
const SLOW_MS = 2500;

export class Progress {
  /** @param {Settings["messages"]} messages */
  constructor(messages) {
    this.messages = messages;
    this.server = { done: 0, total: 0 };
    this.training = false;
    this.waiting = 0;
  }

  /** Whether images come after those that were answered. */
  get goesOn() {
    return this.server.done + this.waiting < this.server.total;
  }

  /** @param {Offer} offer */
  correct({ progress, trials }) {
    this.server = progress;
    if (trials[0]) this.training = trials[0].training;
  }

  /** @param {number} waiting answers that the server's numbers do not hold yet */
  show(waiting) {
    this.waiting = waiting;
    const { total } = this.server;
    const done = this.server.done + waiting;
    const bar = byId("progress", HTMLProgressElement);
    byId("progress-area", HTMLElement).removeAttribute("data-empty");
    bar.max = Math.max(total, 1);
    bar.value = Math.min(done, total);
    const message = this.training ? this.messages.training : this.messages.progress;
    const text = fill(message, { number: Math.min(done + 1, total), total });
    byId("progress-text", HTMLElement).textContent = text;
  }
}

/** The quiet line that says how many answers wait to be sent. */
export class Waiting {
  /** @param {Settings["messages"]} messages */
  constructor(messages) {
    this.messages = messages;
    this.line = byId("waiting", HTMLElement);
    this.timer = 0;
  }

  /**
   * What is on its way for a moment only is not worth a word.
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
