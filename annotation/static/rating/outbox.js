/**
 * What the server shall have: kept in the browser's database first, sent in order and one at a
 * time, repeated until the server has answered. Each answer says what is next, so questions for
 * that alone go the same way and cannot overtake.
 *
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Transport} Transport
 * @typedef {object} Handlers
 * @property {(offer: Offer, entry: Entry | null) => void} offer what is next; after which entry
 * @property {(entry: Entry, refusal: Refusal) => void} refused this one will never be taken
 * @property {(refusal: Refusal) => void} stopped nothing is taken now; what waits is kept
 * @property {() => void} changed how much waits, or whether the server can be reached
 */

import { Refusal, Unreachable } from "./transport.js";

/** How many images the browser holds beyond the one that is being rated. */
export const AHEAD = 2;
const PAUSES_MS = [1000, 2000, 5000, 10000, 30000];
/** Refusals of one entry that no repetition can change. */
const FINAL = new Set([
  "answer_invalid",
  "lease_lost",
  "not_revisable",
  "trial_answered",
  "trial_not_found",
  "trial_skipped",
]);
/** Statuses that pass: not in time, too early, too much at once. From 500 on all do. */
const PASSING = new Set([408, 425, 429]);

export class Outbox {
  /**
   * @param {Transport} transport
   * @param {Store} store
   * @param {{session: number | null, entries: Entry[]}} start the session that is open, and what
   *   the database held
   * @param {Handlers} handlers
   */
  constructor(transport, store, { session, entries }, handlers) {
    this.transport = transport;
    this.store = store;
    this.session = session;
    this.entries = entries;
    this.handlers = handlers;
    /** How often in a row the server could not be reached. */
    this.failures = 0;
    this.asked = false;
    this.stopped = false;
    /** @type {Promise<void> | null} */
    this.run = null;
    this.timer = 0;
    window.addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retry();
    });
    window.addEventListener("beforeunload", (event) => {
      // In the database they are safe; in memory alone they are not.
      if (this.entries.length && !this.store.durable) event.preventDefault();
    });
  }

  /** The trials that wait to be sent. */
  get trials() {
    return new Set(this.entries.map((entry) => entry.trial));
  }

  /** How many first answers wait: the server's count is behind by these. */
  get uncounted() {
    return this.entries.filter((entry) => entry.first).length;
  }

  /**
   * @param {Pick<Entry, "trial" | "image" | "kind" | "first" | "displayed" | "body">} what
   * @returns {Entry}
   */
  add(what) {
    // A clock that was set back must not change the order.
    const at = Math.max(Date.now(), (this.entries.at(-1)?.at ?? 0) + 1);
    const entry = { ...what, at, session: this.session };
    this.entries.push(entry);
    void this.store.keepEntry(entry);
    this.handlers.changed();
    this.retry();
    return entry;
  }

  /** Asks what is next, once everything before has been sent. */
  ask() {
    this.asked = true;
    this.retry();
  }

  /** Tries at once what would have been tried later. */
  retry() {
    if (this.run || this.stopped || !(this.entries.length || this.asked)) return;
    window.clearTimeout(this.timer);
    this.run = this.#sendAll();
  }

  /** Sends nothing more from this page; what waits stays in the database. */
  stop() {
    this.stopped = true;
    window.clearTimeout(this.timer);
  }

  /** Whether everything has arrived, after one more try. */
  async settle() {
    this.retry();
    await this.run;
    return this.entries.length === 0;
  }

  async #sendAll() {
    try {
      let goesOn = true;
      while (goesOn && !this.stopped && (this.entries.length || this.asked)) {
        goesOn = await this.#step();
      }
    } finally {
      this.run = null;
    }
  }

  /** @returns {Promise<boolean>} whether to go on with the next one now */
  async #step() {
    const entry = this.entries[0] ?? null;
    let offer;
    try {
      offer = await (entry ? this.#send(entry) : this.transport.claim(AHEAD));
    } catch (error) {
      return this.#onFailure(error, entry);
    }
    this.#reached(entry);
    this.asked = false;
    if (!this.stopped) this.handlers.offer(offer, entry);
    return true;
  }

  /** @param {Entry} entry */
  #send({ kind, trial, first, displayed, body }) {
    // How long ago, not when: the server's clock may be another.
    const ago = displayed === null ? {} : { displayed_ago_ms: Math.max(Date.now() - displayed, 0) };
    return this.transport.send(kind, trial, { ...body, ...ago, revises: !first, ahead: AHEAD });
  }

  /**
   * @param {unknown} error
   * @param {Entry | null} entry
   */
  #onFailure(error, entry) {
    if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
    if (error instanceof Unreachable || passes(error)) {
      this.#tryLater();
      return false;
    }
    if (entry && this.#isFinal(error, entry)) {
      this.#reached(entry);
      if (!this.stopped) this.handlers.refused(entry, error);
      return true;
    }
    if (!this.stopped) {
      this.stop();
      this.handlers.stopped(error);
    }
    return false;
  }

  /**
   * An entry of a session that is not open any more can never be taken; one of the open session
   * waits for it to go on.
   * @param {Refusal} refusal
   * @param {Entry} entry
   */
  #isFinal({ code }, entry) {
    return FINAL.has(code) || (code === "session_state" && entry.session !== this.session);
  }

  /**
   * The server has answered; only now is the entry forgotten.
   * @param {Entry | null} entry
   */
  #reached(entry) {
    this.failures = 0;
    if (entry) {
      this.entries = this.entries.filter((other) => other !== entry);
      void this.store.dropEntry(entry);
    }
    this.handlers.changed();
  }

  #tryLater() {
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)] ?? 0;
    this.failures += 1;
    // Not all at once, where many raters lost the server at the same moment.
    const spread = 0.75 + Math.random() / 2;
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => this.retry(), pause * spread);
    this.handlers.changed();
  }
}

/**
 * Whether the same may be taken later. A refusal without a code is not from our server: a proxy,
 * or a network that wants a login first.
 * @param {Refusal} refusal
 */
function passes({ status, code }) {
  return status >= 500 || PASSING.has(status) || !code;
}
