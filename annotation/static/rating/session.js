/**
 * Where a rater is in a session: which image is current, what was answered, what may be done now.
 * Knows no element of the page; rating.js tells it what happens and shows what it says.
 */

import { LastAnswer } from "./last_answer.js";
import { Progress } from "./progress.js";
import { Queue } from "./queue.js";
import { taskOf } from "./task.js";

/**
 * @typedef {import("./behaviour.js").Measured} Measured
 * @typedef {import("./outbox.js").Outbox} Outbox
 * @typedef {import("./store.js").Drafts} Drafts
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Expectation} Expectation
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Trial} Trial
 */

/** @type {Answer} */
const NOTHING = { scores: {}, explanations: {} };

export class Session {
  /**
   * @param {Outbox} outbox
   * @param {Drafts} drafts
   * @param {number | null} blocksBack how many blocks back an answer may be changed; null: never
   */
  constructor(outbox, drafts, blocksBack) {
    this.outbox = outbox;
    this.drafts = drafts;
    this.queue = new Queue();
    this.last = new LastAnswer(blocksBack);
    this.progress = new Progress();
    /**
     * The practice answer whose feedback is still to come: nothing continues before that.
     * @type {Entry | null}
     */
    this.awaited = null;
    /**
     * What follows once the rater has read the feedback on a practice image.
     * @type {Offer | null}
     */
    this.following = null;
    /**
     * The image before the current one, if it was for practice.
     * @type {Trial | null}
     */
    this.practised = null;
  }

  /** The image that the rater is dealing with: the current one, or the last one again. */
  get trial() {
    return this.last.revising ? this.last.trial : this.queue.current;
  }

  /** All images that the rater can come to from here. */
  get trials() {
    return this.last.trial ? [...this.queue.trials, this.last.trial] : this.queue.trials;
  }

  /** How far the rater is, with the answers that the server does not have yet. */
  get position() {
    return this.progress.position(this.outbox.uncounted);
  }

  /** Whether the server has everything that was answered. */
  get settled() {
    return this.outbox.entries.length === 0;
  }

  /** Whether something was filled in for the current image. */
  get begun() {
    return this.queue.current !== null && this.drafts.of(this.queue.current) !== null;
  }

  /**
   * Whether practice has just ended, because the current image is the first that counts; or begins
   * again, because it is in another block.
   * @returns {"over" | "again" | null}
   */
  get practiceTurn() {
    if (!this.practised || !this.trial) return null;
    if (!this.trial.practice) return "over";
    return this.trial.block === this.practised.block ? null : "again";
  }

  /**
   * Whether the rater can go back to the last answer, or leave it as it was. After the session's
   * last image nothing can be changed: the server ends the session.
   */
  get canGoBack() {
    if (this.last.revising) return true;
    const block = this.queue.current?.block ?? this.progress.blockAfter(this.outbox.uncounted);
    return this.last.reachableFrom(block);
  }

  get canSkip() {
    return this.queue.current !== null && !this.last.revising && !this.#inFeedback;
  }

  get #inFeedback() {
    return this.awaited !== null || this.following !== null;
  }

  /** What the form holds for the trial: what was filled in, or sent, or nothing. */
  get answer() {
    const { trial, last } = this;
    const sent = (last.revising && last.given?.answer) || NOTHING;
    return (trial && this.drafts.of(trial)) ?? sent;
  }

  /**
   * The rater's answer to the trial is put into the outbox. Practice then waits for its feedback.
   * @param {Answer} answer
   * @param {number | null} displayed when the image was first on the screen
   * @param {Record<string, unknown> & {behaviour: Measured}} body what is sent
   */
  submit(answer, displayed, body) {
    const { trial } = this;
    if (!trial) return;
    if (!this.last.revising) this.progress.pace.add(body.behaviour.shown_ms);
    const entry = this.#put("submit", trial, displayed, body);
    this.last.remember(trial, answer);
    if (trial.practice) this.awaited = entry;
    else this.#advance();
  }

  /**
   * Does nothing if there is no image to skip now.
   * @param {{reason: string, note: string}} why
   * @param {number | null} displayed when the image was first on the screen
   */
  skip(why, displayed) {
    const { current } = this.queue;
    if (!current || !this.canSkip) return;
    this.#put("skip", current, displayed, why);
    this.#advance();
  }

  /**
   * Goes to the last answer, or from there back without changing it.
   * @returns {boolean} whether that was possible
   */
  turnBack() {
    const { last } = this;
    if (!last.trial || this.#inFeedback || !this.canGoBack) return false;
    if (last.revising) this.drafts.drop(last.trial);
    last.revising = !last.revising;
    return true;
  }

  /**
   * The server has taken an entry.
   * @param {Offer} offer its reply
   * @param {Entry | null} entry
   * @returns {Expectation[]} feedback that the rater reads before anything else
   */
  confirm(offer, entry) {
    if (!entry || entry !== this.awaited) return [];
    this.awaited = null;
    this.#advance();
    const feedback = offer.feedback ?? [];
    if (feedback.length) this.following = offer;
    return feedback;
  }

  /** The rater has read the feedback, if there was any: returns the offer that follows it. */
  endFeedback() {
    const { following } = this;
    this.following = null;
    return following;
  }

  /** @param {Offer} offer whose counts and last answer are the server's */
  correct(offer) {
    this.progress.correct(offer);
    this.last.recall(offer);
  }

  /**
   * @param {Trial[]} trials the first images that the server has no answer to
   * @returns {Trial | null} the image that was current and is not any more
   */
  fill(trials) {
    const { current } = this.queue;
    this.queue.fill(trials, this.outbox.trials);
    if (!this.settled) return null;
    this.drafts.keepOnly(this.trials);
    return current === this.queue.current ? null : current;
  }

  /** The server wants a rest: what follows it comes afterwards. */
  rest() {
    this.queue.clear();
    this.last.revising = false;
  }

  /**
   * The lease of an image could not be kept.
   * @param {number} id
   * @returns {boolean} whether that was the current image
   */
  lose(id) {
    const { current } = this.queue;
    this.queue.drop(id);
    if (current?.id !== id) return false;
    this.drafts.drop(current);
    return true;
  }

  /** @param {Entry} entry that the server will never take */
  refuse(entry) {
    if (entry === this.awaited) {
      this.awaited = null;
      this.#advance();
    }
    if (this.last.trial?.id === entry.trial) this.last.forget();
  }

  /**
   * @param {Entry["kind"]} kind
   * @param {Trial} trial
   * @param {number | null} displayed
   * @param {Record<string, unknown>} body
   */
  #put(kind, trial, displayed, body) {
    this.drafts.forget(trial);
    const first = !this.last.revising;
    return this.outbox.add({ kind, trial: trial.id, image: taskOf(trial), first, displayed, body });
  }

  /** The trial is answered: the next image is current, or the one before going back. */
  #advance() {
    if (this.last.revising) this.last.revising = false;
    else {
      const before = this.queue.next();
      this.practised = before?.practice ? before : null;
    }
  }
}
