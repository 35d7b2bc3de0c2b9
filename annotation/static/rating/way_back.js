/** The way back: what was answered last, and whether the rater may still change it. */

/**
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Answered} Answered
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Trial} Trial
 */

export class WayBack {
  /** @param {number | null} blocks how many blocks the answer may lie back; null: no way back */
  constructor(blocks) {
    this.blocks = blocks;
    /** @type {Answered | null} */
    this.last = null;
    /** Whether the last image is before the rater once more. */
    this.revising = false;
    /** Whether it is known what was answered last. */
    this.known = blocks === null;
  }

  /** The last image. */
  get trial() {
    return this.last?.trial ?? null;
  }

  /**
   * @param {Trial} trial
   * @param {Answer} answer
   */
  remember(trial, answer) {
    this.known = true;
    this.last = { trial, answer };
  }

  /**
   * A page that was loaded anew hears from the server what came before it.
   * @param {Offer} offer
   */
  recall({ previous }) {
    if (this.known || previous === undefined) return;
    this.known = true;
    this.last = previous;
  }

  /** That answer was refused: there is nothing to go back to. */
  forget() {
    this.last = null;
    this.revising = false;
  }

  /**
   * Whether an image of `block` is near enough to go back from.
   * @param {number | null} block
   */
  leadsFrom(block) {
    if (!this.last || this.blocks === null || block === null) return false;
    return block - this.last.trial.block <= this.blocks;
  }
}
