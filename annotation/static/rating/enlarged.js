/** How an image was looked at enlarged: how often, how long, how large. */

export class Enlarged {
  times = 0;
  ms = 0;
  most = 1;
  /** Since when it is enlarged. @type {number | null} */
  since = null;

  /** Another image. */
  restart() {
    this.times = 0;
    this.ms = 0;
    this.most = 1;
    this.since = null;
  }

  /** @param {number} factor from now on; 1 is the size that everybody sees */
  set(factor) {
    const now = performance.now();
    if (factor > 1 && this.since === null) {
      this.times += 1;
      this.since = now;
    } else if (factor <= 1 && this.since !== null) {
      this.ms += now - this.since;
      this.since = null;
    }
    this.most = Math.max(this.most, factor);
  }

  /** @returns {Record<string, number>} as annotation/protocol/behaviour.py names them */
  read() {
    const going = this.since === null ? 0 : performance.now() - this.since;
    return {
      enlarged: this.times,
      enlarged_ms: Math.round(this.ms + going),
      enlarged_most: Math.round(this.most * 100) / 100,
    };
  }
}
