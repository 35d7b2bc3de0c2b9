/** The answer given last, and whether the rater may still change it. */

/**
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Answered} Answered
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Trial} Trial
 */

export class LastAnswer {
  /** @param {number | null} blocks how many blocks back it may be changed; null: never */
  constructor(blocks) {
    this.blocks = blocks;
    /** @type {Answered | null} */
    this.given = null;
    /** Whether its image is on the screen again, to change the answer. */
    this.revising = false;
    /** Whether the page knows what was answered last. */
    this.known = blocks === null;
  }

  /** What was answered last. */
  get trial() {
    return this.given?.trial ?? null;
  }

  /**
   * @param {Trial} trial
   * @param {Answer} answer
   */
  remember(trial, answer) {
    this.known = true;
    this.given = { trial, answer };
  }

  /**
   * After a reload, the server tells what was answered before.
   * @param {Pick<Offer, "previous">} offer
   */
  recall({ previous }) {
    if (this.known || previous === undefined) return;
    this.known = true;
    this.given = previous;
  }

  /** The answer was refused: there is nothing to change. */
  forget() {
    this.given = null;
    this.revising = false;
  }

  /**
   * Whether it can be changed from `block`.
   * @param {number | null} block
   */
  reachableFrom(block) {
    if (!this.given || this.blocks === null || block === null) return false;
    return block - this.given.trial.block <= this.blocks;
  }
}
