/** Keeps the images in hand while the page is seen; a hidden page lets them go. */

/** @typedef {import("./transport.js").Transport} Transport */

export class Leases {
  /**
   * @param {Transport} transport
   * @param {number} seconds how long a lease lasts
   * @param {(trial: number) => void} lost called when one could not be kept
   */
  constructor(transport, seconds, lost) {
    this.transport = transport;
    this.lost = lost;
    /** @type {number[]} */
    this.trials = [];
    window.setInterval(() => this.renew(), (seconds * 1000) / 3);
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
        // Without a connection there is nothing to do now; the next round tries again.
        if (/** @type {{code?: string}} */ (error).code === "lease_lost") this.lost(trial);
      }
    }
  }
}
