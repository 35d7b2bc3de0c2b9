/** How fast a rater is, from which the page estimates the time left. */

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
