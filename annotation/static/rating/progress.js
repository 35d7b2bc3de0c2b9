/** How far the session is: counted here at once, put right by the server's numbers. */

import { Pace } from "./pace.js";
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
    /** @type {import("./transport.js").BlockPlace | null} */
    this.block = null;
    this.pace = new Pace();
    this.training = false;
    this.waiting = 0;
  }

  /** Whether images come after those that were answered. */
  get goesOn() {
    return this.server.done + this.waiting < this.server.total;
  }

  /** The block of what comes after all that was answered; null where none is known. */
  get blockAhead() {
    const { block } = this;
    if (!block || !this.goesOn) return null;
    return block.done + this.waiting < block.size ? block.number : block.number + 1;
  }

  /** @param {Offer} offer */
  correct({ progress, block, trials }) {
    this.server = progress;
    this.block = block;
    if (!trials[0]) return;
    // Training is slower: it says nothing about what follows.
    if (trials[0].training !== this.training) this.pace.restart();
    this.training = trials[0].training;
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
    this.#sayMore(total - done);
  }

  /** @param {number} left images of the session */
  #sayMore(left) {
    const { block, messages } = this;
    const seconds = this.pace.seconds;
    const inBlock = block ? block.done + this.waiting : 0;
    byId("progress-more", HTMLElement).hidden = this.training;
    // A block of one image is none. The next one is as large, until the server says otherwise.
    const known = block !== null && block.size > 1 && left > 0;
    const size = known ? block.size : 0;
    const number = known ? (inBlock % block.size) + 1 : 0;
    const place = fill(messages.block, { number, size });
    say("progress-block", known ? wide(place, number, size) : "");
    const paced = seconds !== null && left > 0;
    const rounded = paced ? Math.round(seconds) || 1 : 0;
    const pace = fill(messages.pace, { seconds: rounded });
    say("progress-pace", paced ? wide(pace, rounded) : "");
    const minutes = paced ? Math.ceil((left * seconds) / 60) : 0;
    const little = paced && left * seconds < 60;
    const time = little ? messages.left_little : fill(messages.left, { minutes });
    say("progress-left", paced ? (time ?? "") : "");
  }
}

/**
 * As wide as with numbers of two digits, so that what stands behind it does not move.
 * @param {string} text
 * @param {number[]} numbers that it has
 */
function wide(text, ...numbers) {
  return text + "\u2007".repeat(numbers.filter((number) => number < 10).length);
}

/**
 * @param {string} id
 * @param {string} text
 */
function say(id, text) {
  byId(id, HTMLElement).textContent = text;
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
