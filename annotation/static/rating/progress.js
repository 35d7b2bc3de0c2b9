/**
 * How far the session is, counted here at once and corrected by the server's numbers; and how fast
 * the rater is, from which the time left is estimated.
 */

/**
 * @typedef {import("./transport.js").BlockPlace} BlockPlace
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {object} Position
 * @property {number} done images of the session that were answered
 * @property {number} total
 * @property {number} number of the image that comes now
 * @property {boolean} practice whether that image does not count
 * @property {{number: number, size: number} | null} block the image's place in its block; null
 *   if that says nothing
 * @property {number | null} seconds per image; null while too few are known
 * @property {number | null} minutes left, 0 for less than one
 */

/** With fewer answers there is no estimate. */
const LEAST = 3;
/** Older answers are from before the rater got used to rating, or tired of it. */
const MOST = 15;

export class Pace {
  /** @type {number[]} */
  times = [];

  restart() {
    this.times = [];
  }

  /** @param {number} ms that one image took */
  add(ms) {
    this.times.push(ms);
    if (this.times.length > MOST) this.times.shift();
  }

  /** The median, which a break does not change; null with too few answers. */
  get seconds() {
    const { length } = this.times;
    if (length < LEAST) return null;
    const sorted = [...this.times].sort((one, other) => one - other);
    const upper = sorted[Math.floor(length / 2)] ?? 0;
    const lower = sorted[Math.ceil(length / 2) - 1] ?? 0;
    return (lower + upper) / 2000;
  }
}

export class Progress {
  server = { done: 0, total: 0 };
  /** @type {BlockPlace | null} */
  block = null;
  practice = false;
  pace = new Pace();

  /** @param {Pick<Offer, "progress" | "block" | "trials">} offer */
  correct({ progress, block, trials }) {
    this.server = progress;
    this.block = block;
    if (!trials[0]) return;
    // Practice is slower: it says nothing about what follows.
    if (trials[0].practice !== this.practice) this.pace.restart();
    this.practice = trials[0].practice;
  }

  /**
   * The block of the image after all that were answered; null if there is none, or none is known.
   * @param {number} unsent answers that the server's numbers do not include yet
   */
  blockAfter(unsent) {
    const { block, server } = this;
    if (!block || server.done + unsent >= server.total) return null;
    return block.done + unsent < block.size ? block.number : block.number + 1;
  }

  /**
   * @param {number} unsent answers that the server's numbers do not include yet
   * @returns {Position}
   */
  position(unsent) {
    const { total } = this.server;
    const done = this.server.done + unsent;
    const left = total - done;
    return {
      done: Math.min(done, total),
      total,
      number: Math.min(done + 1, total),
      practice: this.practice,
      block: left > 0 ? this.#placeInBlock(unsent) : null,
      ...this.#timeLeft(left),
    };
  }

  /** @param {number} unsent */
  #placeInBlock(unsent) {
    if (!this.block || this.block.size <= 1) return null;
    // Until the server says otherwise, the next block is as large as this one.
    const { done, size } = this.block;
    return { number: ((done + unsent) % size) + 1, size };
  }

  /** @param {number} left images of the session */
  #timeLeft(left) {
    const { seconds } = this.pace;
    if (seconds === null || left <= 0) return { seconds: null, minutes: null };
    const minutes = left * seconds < 60 ? 0 : Math.ceil((left * seconds) / 60);
    return { seconds: Math.round(seconds) || 1, minutes };
  }
}
