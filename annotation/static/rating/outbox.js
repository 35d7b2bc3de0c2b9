/**
 * Answers waiting to be sent: stored in the browser's database first, sent in order and one at a
 * time, and repeated until the server replies. Each reply says what is next, so requests for that
 * alone ("questions") go the same way and cannot overtake an answer.
 *
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Transport} Transport
 * @typedef {object} Handlers
 * @property {(offer: Offer, entry: Entry | null) => void} offer what is next; the reply
 *   to this entry, or to a question
 * @property {(entry: Entry, refusal: Refusal) => void} refused the server will never take it
 * @property {(refusal: Refusal) => void} stopped the server takes nothing now; what waits is kept
 * @property {() => void} changed how much waits, or whether the server can be reached
 */

import { Refusal, Unreachable } from "./transport.js";

/** How many images the browser holds beyond the one that is being rated. */
export const AHEAD = 2;
const PAUSES_MS = [1000, 2000, 5000, 10000, 30000];
/** Refusals of one entry that sending it again cannot change. */
const FINAL = new Set([
  "answer_invalid",
  "lease_lost",
  "not_revisable",
  "trial_answered",
  "trial_not_found",
  "trial_skipped",
]);
/** Statuses that pass: timed out, too early, too many requests. From 500 on, all do. */
const PASSING = new Set([408, 425, 429]);

export class Outbox {
  /**
   * @param {Transport} transport
   * @param {Store} store
   * @param {{session: number | null, entries: Entry[]}} start the open session, and what the
   *   database held
   * @param {Handlers} handlers
   */
  constructor(transport, store, { session, entries }, handlers) {
    this.transport = transport;
    this.store = store;
    this.session = session;
    this.entries = entries;
    this.handlers = handlers;
    /** How many times in a row the server could not be reached. */
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
      // Entries are safe in the database, but not in memory alone.
      if (this.entries.length && !this.store.durable) event.preventDefault();
    });
  }

  /** The trials whose answers wait to be sent. */
  get trials() {
    return new Set(this.entries.map((entry) => entry.trial));
  }

  /** How many first answers wait: the server's count does not include these yet. */
  get uncounted() {
    return this.entries.filter((entry) => entry.first).length;
  }

  /**
   * @param {Pick<Entry, "trial" | "image" | "kind" | "first" | "displayed" | "body">} what
   * @returns {Entry}
   */
  add(what) {
    // A clock that is set back must not change the order.
    const at = Math.max(Date.now(), (this.entries.at(-1)?.at ?? 0) + 1);
    const entry = { ...what, at, session: this.session };
    this.entries.push(entry);
    void this.store.keepEntry(entry);
    this.handlers.changed();
    this.retry();
    return entry;
  }

  /** Asks what is next, once every answer before has been sent. */
  ask() {
    this.asked = true;
    this.retry();
  }

  /** Tries now instead of later. */
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

  /** @returns {Promise<boolean>} whether to continue with the next entry now */
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
    // How long ago, not when: the server's clock may differ.
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
   * An entry of a session that is no longer open can never be taken; one of the open session waits
   * until the session continues.
   * @param {Refusal} refusal
   * @param {Entry} entry
   */
  #isFinal({ code }, entry) {
    return FINAL.has(code) || (code === "session_state" && entry.session !== this.session);
  }

  /**
   * The server has replied; only now is the entry forgotten.
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
    // Many raters may have lost the server at the same moment; they must not all return at once.
    const spread = 0.75 + Math.random() / 2;
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => this.retry(), pause * spread);
    this.handlers.changed();
  }
}

/**
 * Whether the same may be taken later. A refusal without a code comes from a proxy, or from a
 * network that wants a login first, not from our server.
 * @param {Refusal} refusal
 */
function passes({ status, code }) {
  return status >= 500 || PASSING.has(status) || !code;
}
