/** How fast a rater is, so that the page can say how much time is left. */

/** Fewer answers say nothing yet. */
const LEAST = 3;
/** More would be from before the rater got used to it, or got tired. */
const MOST = 15;

export class Pace {
  /** @type {number[]} */
  times = [];

  restart() {
    this.times = [];
  }

  /** @param {number} ms that an image took */
  add(ms) {
    this.times.push(ms);
    if (this.times.length > MOST) this.times.shift();
  }

  /** The median, which a break does not change; null where too few answers are known. */
  get seconds() {
    const { length } = this.times;
    if (length < LEAST) return null;
    const sorted = [...this.times].sort((one, other) => one - other);
    const upper = sorted[Math.floor(length / 2)] ?? 0;
    const lower = sorted[Math.ceil(length / 2) - 1] ?? 0;
    return (lower + upper) / 2000;
  }
}
