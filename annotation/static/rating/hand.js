/** The images in hand: the one that is being rated, and those fetched ahead. */

/** @typedef {import("./transport.js").Trial} Trial */

import { nameOf } from "./drafts.js";

export class Hand {
  constructor() {
    /** @type {Trial[]} */
    this.trials = [];
  }

  /** The first image that has no answer yet; null where none is in hand. */
  get current() {
    return this.trials[0] ?? null;
  }

  /** The current image has its answer. */
  next() {
    return this.trials.shift() ?? null;
  }

  /** @param {number} id */
  drop(id) {
    this.trials = this.trials.filter((trial) => trial.id !== id);
  }

  clear() {
    this.trials = [];
  }

  /**
   * Takes over what the server offers.
   * @param {Trial[]} offered the first images that the server has no answer to
   * @param {Set<number>} waiting trials whose answers are still to be sent
   */
  fill(offered, waiting) {
    const fresh = offered.filter((trial) => !waiting.has(trial.id));
    const current = this.current;
    if (!current) {
      this.trials = fresh;
      return;
    }
    const same =
      fresh.find((trial) => trial.id === current.id && isAgain(trial, current)) ??
      fresh.find((trial) => isAgain(trial, current));
    const others = fresh.filter((trial) => trial !== same);
    if (same) this.trials = [same.id === current.id ? current : same, ...others];
    // Behind answers that wait, an offer need not reach as far as the current image.
    else this.trials = waiting.size ? [current, ...others] : others;
  }
}

/**
 * Whether a trial asks the same of the same image: its lease was lost and it was had again.
 * @param {Trial} trial
 * @param {Trial} other
 */
export function isAgain(trial, other) {
  return nameOf(trial) === nameOf(other);
}
