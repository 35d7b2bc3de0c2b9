/** What is filled in but not sent, by image: read from memory at once, kept in the database. */

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
    const image = nameOf(trial);
    this.answers.set(image, answer);
    void this.store.keepDraft({ image, answer });
  }

  /** @param {Trial} trial */
  of(trial) {
    return this.answers.get(nameOf(trial)) ?? null;
  }

  /** The answer was given; the database lets go of the draft in the same step.
   * @param {Trial} trial
   */
  forget(trial) {
    this.answers.delete(nameOf(trial));
  }

  /** @param {Trial} trial */
  drop(trial) {
    this.#drop([nameOf(trial)]);
  }

  /**
   * Forgets those of images that the rater does not have any more.
   * @param {Trial[]} trials in hand
   */
  keepOnly(trials) {
    const wanted = new Set(trials.map(nameOf));
    this.#drop([...this.answers.keys()].filter((image) => !wanted.has(image)));
  }

  /** @param {string[]} images */
  #drop(images) {
    const known = images.filter((image) => this.answers.delete(image));
    if (known.length) void this.store.dropDrafts(known);
  }
}

/**
 * The image of a trial by its address, without the signature, which is another in every offer, and
 * what is asked of it. An image that comes back under another trial, after its lease was lost,
 * finds its draft; one that comes back in another pass has none yet.
 * @param {Trial} trial
 */
export function nameOf({ image, perspectives }) {
  return `${new URL(image.url, window.location.href).pathname}#${perspectives.join("+")}`;
}
