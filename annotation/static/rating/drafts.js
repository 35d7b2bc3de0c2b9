/** What is filled in but not sent, by image: read from memory, stored in the database too. */

import { taskOf } from "./task.js";

/**
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Trial} Trial
 */

export class Drafts {
  /**
   * @param {Store} store
   * @param {Draft[]} kept what the database held when the page was opened
   */
  constructor(store, kept) {
    this.store = store;
    /** @type {Map<string, Answer>} */
    this.answers = new Map(kept.map(({ image, answer }) => [image, answer]));
  }

  /**
   * @param {Trial} trial
   * @param {Answer} answer
   */
  keep(trial, answer) {
    const image = taskOf(trial);
    this.answers.set(image, answer);
    void this.store.keepDraft({ image, answer });
  }

  /** @param {Trial} trial */
  of(trial) {
    return this.answers.get(taskOf(trial)) ?? null;
  }

  /**
   * The answer was given; the database deletes the draft together with storing the answer.
   * @param {Trial} trial
   */
  forget(trial) {
    this.answers.delete(taskOf(trial));
  }

  /** @param {Trial} trial */
  drop(trial) {
    this.#drop([taskOf(trial)]);
  }

  /**
   * Drops the drafts of images that the rater no longer has.
   * @param {Trial[]} trials that the rater has
   */
  keepOnly(trials) {
    const wanted = new Set(trials.map(taskOf));
    this.#drop([...this.answers.keys()].filter((image) => !wanted.has(image)));
  }

  /** @param {string[]} images */
  #drop(images) {
    const known = images.filter((image) => this.answers.delete(image));
    if (known.length) void this.store.dropDrafts(known);
  }
}
