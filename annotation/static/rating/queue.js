/** The images that the rater has: the one being rated, then those fetched ahead. */

/** @typedef {import("./transport.js").Trial} Trial */

import { isSameTask } from "./task.js";

export class Queue {
  constructor() {
    /** @type {Trial[]} */
    this.trials = [];
  }

  /** The first image without an answer; null if the queue is empty. */
  get current() {
    return this.trials[0] ?? null;
  }

  /** Removes the current image, which has been answered, and returns it. */
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
   * Takes what the server offers. The current image keeps its place as long as it may.
   * @param {Trial[]} offered the first images that the server has no answer to
   * @param {Set<number>} unsent trials whose answers are still to be sent
   */
  fill(offered, unsent) {
    const fresh = offered.filter((trial) => !unsent.has(trial.id));
    const current = this.current;
    if (!current) {
      this.trials = fresh;
      return;
    }
    const same =
      fresh.find((trial) => trial.id === current.id && isSameTask(trial, current)) ??
      fresh.find((trial) => isSameTask(trial, current));
    const others = fresh.filter((trial) => trial !== same);
    if (same) this.trials = [same.id === current.id ? current : same, ...others];
    // While answers are unsent, an offer may end before the current image.
    else this.trials = unsent.size ? [current, ...others] : others;
  }
}
