/** Only one tab rates: two tabs of one link would show the same image twice. */

import { byId, showNextPage } from "./dom.js";

/** How long a closing tab (a reload) may hold the lock before this one says that it waits. */
const PATIENCE_MS = 400;

export class Tabs {
  /**
   * @param {string} rater the rater's code; none in a preview, which may be open twice
   * @param {() => void} lost called when another tab has taken over
   */
  constructor(rater, lost) {
    this.rater = rater;
    this.name = `mint-rating-${rater}`;
    this.lost = lost;
    this.owner = false;
    this.dialog = byId("elsewhere", HTMLDialogElement);
    // There is nothing behind this dialog, so Escape must not close it.
    this.dialog.addEventListener("close", () => {
      if (!this.owner) this.dialog.showModal();
    });
  }

  /** Resolves when this tab is the one that rates; until then says that another is. */
  async own() {
    if (!this.rater) return;
    // Without a secure context there are no locks; then the newest tab wins.
    if (!navigator.locks) return this.#announce();
    // It does not wait any longer, or a reload of the other tab would hand the session to this one.
    if (!(await this.#lock({ signal: AbortSignal.timeout(PATIENCE_MS) }))) await this.#take();
    this.owner = true;
    this.dialog.close();
  }

  /**
   * @param {LockOptions} options
   * @returns {Promise<boolean>} whether this tab holds the lock, until another takes it
   */
  #lock(options) {
    return new Promise((resolve) => {
      let held = false;
      const hold = () => {
        held = true;
        resolve(true);
        return new Promise(() => {});
      };
      navigator.locks.request(this.name, options, hold).catch(() => {
        if (held) this.#onLost();
        else resolve(false);
      });
    });
  }

  /** Says that another tab rates; resolves when the rater has chosen this one instead. */
  async #take() {
    if (!this.dialog.open) this.dialog.showModal();
    const button = byId("use-this-tab", HTMLButtonElement);
    await new Promise((wanted) => button.addEventListener("click", wanted, { once: true }));
    if (navigator.locks) await this.#lock({ steal: true });
  }

  /** What this tab shows is out of date once the other has moved on, so it reloads afterwards. */
  #onLost() {
    this.owner = false;
    this.lost();
    void this.#take().then(showNextPage);
  }

  #announce() {
    this.owner = true;
    const channel = new BroadcastChannel(this.name);
    channel.addEventListener("message", () => {
      channel.close();
      this.#onLost();
    });
    channel.postMessage("here");
  }
}
