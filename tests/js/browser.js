/** Stands in for what the scripts use of a browser; its time passes when a test says so. */

/** @typedef {{at: number, call: () => void, every: number | null}} Timer */

export class Browser {
  constructor() {
    /** Milliseconds since the page was opened. */
    this.now = 0;
    /** @type {Map<number, Timer>} */
    this.timers = new Map();
    this.focused = true;
    this.lastTimer = 0;
    this.window = Object.assign(new EventTarget(), {
      setTimeout: (/** @type {() => void} */ call, ms = 0) => this.#set(call, ms, null),
      setInterval: (/** @type {() => void} */ call, ms = 0) => this.#set(call, ms, ms),
      clearTimeout: (/** @type {number} */ id) => this.timers.delete(id),
      clearInterval: (/** @type {number} */ id) => this.timers.delete(id),
      matchMedia: (/** @type {string} */ query) => ({ matches: query === "(color-gamut: srgb)" }),
      innerWidth: 1280,
      innerHeight: 720,
      outerWidth: 1280,
      devicePixelRatio: 2,
      visualViewport: { scale: 1 },
      screen: { width: 1920, height: 1080, colorDepth: 24 },
    });
    this.document = Object.assign(new EventTarget(), {
      hidden: false,
      hasFocus: () => this.focused,
    });
  }

  /**
   * Until the test ends, the scripts see this browser.
   * @param {import("node:test").TestContext} t
   */
  static install(t) {
    const browser = new Browser();
    const { window, document } = globalThis;
    Object.assign(globalThis, { window: browser.window, document: browser.document });
    t.mock.method(performance, "now", () => browser.now);
    t.after(() => Object.assign(globalThis, { window, document }));
    return browser;
  }

  /** How long the page waits at the moment, for each of its timers. */
  get pauses() {
    return [...this.timers.values()].map(({ at }) => at - this.now);
  }

  /**
   * Lets time pass: what is due is called, in its order.
   * @param {number} ms
   */
  pass(ms) {
    const end = this.now + ms;
    for (let due = this.#firstUntil(end); due; due = this.#firstUntil(end)) {
      const [id, timer] = due;
      this.now = timer.at;
      if (timer.every === null) this.timers.delete(id);
      else timer.at += timer.every;
      timer.call();
    }
    this.now = end;
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.document.hidden = hidden;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }

  /**
   * Whether the page would ask before it is closed.
   * @returns {boolean}
   */
  close() {
    return !this.window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  }

  /**
   * @param {() => void} call
   * @param {number} ms
   * @param {number | null} every
   */
  #set(call, ms, every) {
    this.lastTimer += 1;
    const id = this.lastTimer;
    this.timers.set(id, { at: this.now + ms, call, every });
    return id;
  }

  /** @param {number} end */
  #firstUntil(end) {
    const due = [...this.timers].filter(([, { at }]) => at <= end);
    return due.sort(([, one], [, other]) => one.at - other.at)[0];
  }
}
