/** The bar that shows how far the session is, and the words around it. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./progress.js").Position} Position
 */

export class ProgressBar {
  /** @param {Settings["messages"]} messages */
  constructor(messages) {
    this.messages = messages;
  }

  /** @param {Position} position */
  show(position) {
    const { done, total, number, practice } = position;
    const bar = byId("progress", HTMLProgressElement);
    byId("progress-area", HTMLElement).removeAttribute("data-empty");
    bar.max = Math.max(total, 1);
    bar.value = done;
    const message = practice ? this.messages.practice : this.messages.progress;
    say("progress-text", fill(message, { number, total }));
    byId("progress-more", HTMLElement).hidden = practice;
    say("progress-block", this.#block(position));
    say("progress-pace", this.#pace(position));
    say("progress-left", this.#left(position));
  }

  /**
   * The place in the block, or, if that says nothing, what follows: the line is never empty.
   * @param {Position} position
   */
  #block({ block, number, total }) {
    if (block) return wide(fill(this.messages.block, block), block.number, block.size);
    const count = total - number;
    return count > 0 ? wide(fill(this.messages.more, { count }), count) : this.messages.last;
  }

  /** @param {Position} position */
  #pace({ seconds }) {
    return seconds === null ? "" : wide(fill(this.messages.pace, { seconds }), seconds);
  }

  /** @param {Position} position */
  #left({ minutes }) {
    if (minutes === null) return "";
    return minutes ? fill(this.messages.left, { minutes }) : this.messages.left_little;
  }
}

/**
 * As wide as with numbers of two digits, so that what follows does not move.
 * @param {string} text
 * @param {number[]} numbers in the text
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
