/** Renews the leases of the rater's images while the page is visible; releases them when it closes. */

/** @typedef {import("./transport.js").Transport} Transport */

/**
 * The first renewal comes early: on a reload the old page releases its images, and that may arrive
 * after the new page has asked for them.
 */
const FIRST_MS = 10_000;

export class Leases {
  /**
   * @param {Transport} transport
   * @param {number} seconds how long a lease lasts
   * @param {(trial: number) => void} lost called when a lease could not be renewed
   * @param {() => boolean} needed whether an unsent or begun answer needs the images even after
   *   the page is closed
   */
  constructor(transport, seconds, lost, needed) {
    this.transport = transport;
    this.lost = lost;
    /** @type {number[]} */
    this.trials = [];
    window.setTimeout(() => this.renew(), FIRST_MS);
    window.setInterval(() => this.renew(), (seconds * 1000) / 3);
    window.addEventListener("pagehide", () => {
      if (this.trials.length && !needed()) this.transport.release();
    });
    document.addEventListener("visibilitychange", () => this.renew());
  }

  /** @param {number[]} trials */
  hold(trials) {
    this.trials = trials;
  }

  async renew() {
    if (document.hidden) return;
    for (const trial of this.trials) {
      try {
        await this.transport.renew(trial);
      } catch (error) {
        // Without a connection there is nothing to do now: the next round tries again.
        if (/** @type {{code?: string}} */ (error).code === "lease_lost") this.lost(trial);
      }
    }
  }
}
