/** The rating stage: shows a trial, takes its answer, goes on at once while that is sent. */

import { AnswerForm } from "./answer.js";
import { byId, fill } from "./dom.js";
import { Drafts, nameOf } from "./drafts.js";
import { Feedback } from "./feedback.js";
import { Hand, isAgain } from "./hand.js";
import { Interlude } from "./interlude.js";
import { Keyboard } from "./keyboard.js";
import { Leases } from "./leases.js";
import { note } from "./notices.js";
import { AHEAD, Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Progress, Waiting } from "./progress.js";
import { Screen } from "./screen.js";
import { Skipping } from "./skipping.js";
import { WayBack } from "./way_back.js";

/**
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Refusal} Refusal
 * @typedef {import("./transport.js").Transport} Transport
 * @typedef {import("./transport.js").Trial} Trial
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./notices.js").Toast} Toast
 * @typedef {import("./inbox.js").Inbox} Inbox
 */

const CLAIM_PAUSE_MS = 400;
/** @type {Answer} */
const NOTHING = { scores: {}, explanations: {} };
/** Refusals that another page explains: the server knows which. */
const ELSEWHERE = /^(study_|rater_|link_|no_session|session_state)/;

export class Rating {
  /**
   * @param {Transport} transport
   * @param {Settings} settings
   * @param {Store} store
   * @param {{entries: Entry[], drafts: Draft[]}} kept what the store held
   * @param {{toast: Toast, inbox: Inbox}} beside what is said beside the image
   */
  constructor(transport, settings, store, { entries, drafts }, { toast, inbox }) {
    this.transport = transport;
    this.messages = settings.messages;
    this.form = new AnswerForm(byId("answer", HTMLFormElement));
    this.screen = new Screen(this.form, settings, () => this.keyboard.restart());
    this.panel = new Panel(this.form, this.messages, toast);
    this.feedback = new Feedback(this.form, this.messages);
    this.interlude = new Interlude(this.messages);
    this.progress = new Progress(this.messages);
    this.waiting = new Waiting(this.messages);
    this.toast = toast;
    this.inbox = inbox;
    this.keyboard = new Keyboard(this.form, {
      ready: () => this.screen.ready,
      submit: () => this.submit(),
      back: () => this.back(),
      skip: () => this.skipping.ask(),
      help: () => byId("help", HTMLDialogElement).showModal(),
    });
    this.drafts = new Drafts(store, drafts);
    this.outbox = new Outbox(
      transport,
      store,
      { session: settings.session, entries },
      {
        offer: (offer, entry) => this.#onOffer(offer, entry),
        refused: (entry, refusal) => this.#onRefused(entry, refusal),
        stopped: (refusal) => this.#onStopped(refusal),
        changed: () => this.#onConnection(),
      },
    );
    this.leases = new Leases(
      transport,
      settings.leaseSeconds,
      (trial) => this.#onLost(trial),
      () => this.outbox.entries.length > 0 || this.#isBegun(),
    );
    this.hand = new Hand();
    this.way = new WayBack(settings.blocksBack);
    byId("back", HTMLButtonElement).hidden = settings.blocksBack === null;
    /**
     * The training answer whose feedback is to come: nothing goes on before that.
     * @type {Entry | null}
     */
    this.awaited = null;
    /**
     * What comes once the rater has read the feedback on a training image.
     * @type {Offer | null}
     */
    this.following = null;
    this.trained = false;
    this.skipping = new Skipping(
      () => this.hand.current !== null && !this.way.revising && !this.awaited && !this.following,
      (why) => this.#skip(why),
    );
    this.#listen();
  }

  /** The image that the rater has to do with now. */
  get trial() {
    return this.way.revising ? this.way.trial : this.hand.current;
  }

  #listen() {
    this.form.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.form.addEventListener("answer-changed", () => this.#onChange());
    byId("retry", HTMLButtonElement).addEventListener("click", () => this.outbox.retry());
    byId("reload-image", HTMLButtonElement).addEventListener("click", () => this.#show());
    byId("back", HTMLButtonElement).addEventListener("click", () => this.back());
    window.addEventListener("online", () => {
      if (!byId("reload-image", HTMLButtonElement).hidden) void this.#show();
    });
  }

  /** Sends what an earlier page left, then takes what the session holds, or its first images. */
  start() {
    note(this.messages.waiting);
    this.outbox.ask();
  }

  /** Another tab goes on: nothing is sent or kept from here any more. */
  stop() {
    this.outbox.stop();
    this.leases.hold([]);
    this.screen.shut();
  }

  submit() {
    const trial = this.trial;
    if (this.following) return this.#follow(this.following);
    if (!this.screen.ready || !trial) return;
    const [missing] = this.form.missing;
    if (missing) {
      missing.focus();
      this.panel.sayMissing(true);
      return;
    }
    const answer = this.form.read();
    const behaviour = this.screen.behaviour.read();
    if (!this.way.revising) this.progress.pace.add(behaviour.shown_ms);
    const { language } = this.transport;
    const entry = this.#put("submit", trial, { ...answer, behaviour, language });
    this.way.remember(trial, answer);
    if (trial.training) {
      this.awaited = entry;
      this.screen.shut();
    } else {
      this.#leaveBehind();
      this.#goOn();
    }
  }

  /** Shows the last image again with what was sent for it; from there, leaves that as it was. */
  back() {
    const { way } = this;
    if (!way.trial || this.awaited || this.following || this.interlude.open) return;
    if (!this.#leadsBack() || (this.trial && !this.screen.ready)) return;
    if (way.revising) this.drafts.drop(way.trial);
    way.revising = !way.revising;
    this.#goOn();
  }

  /**
   * Whether there is a way back, or one to leave the last image as it was. Behind the session's
   * last answer nothing can be changed: the server ends the session.
   */
  #leadsBack() {
    const block = this.hand.current?.block ?? this.progress.blockAhead;
    return this.way.revising || this.way.leadsFrom(block);
  }

  /** @param {{reason: string, note: string}} why */
  #skip(why) {
    const trial = this.hand.current;
    if (!trial || this.way.revising) return;
    this.#put("skip", trial, why);
    this.#leaveBehind();
    this.#goOn();
  }

  /**
   * @param {Entry["kind"]} kind
   * @param {Trial} trial
   * @param {Record<string, unknown>} body
   */
  #put(kind, trial, body) {
    this.drafts.forget(trial);
    const image = nameOf(trial);
    const displayed = this.screen.takeDisplay(trial);
    const first = !this.way.revising;
    return this.outbox.add({ kind, trial: trial.id, image, first, displayed, body });
  }

  /** The image before the rater is answered: the next one, or the one before the way back. */
  #leaveBehind() {
    if (this.way.revising) this.way.revising = false;
    else this.trained = this.hand.next()?.training ?? false;
  }

  /** Whatever is next comes to the screen; its image has been decoded. */
  #goOn() {
    this.progress.show(this.outbox.uncounted);
    this.#prepare();
    if (this.trial !== this.screen.shown) void this.#show();
    else this.#sayWhere();
  }

  /**
   * The server has taken an entry, or a question, and says what is next.
   * @param {Offer} offer
   * @param {Entry | null} entry
   */
  #onOffer(offer, entry) {
    if (offer.messages) void this.inbox.open();
    // What an earlier page left was sent; only a question is answered with what was last.
    if (entry && !this.way.known && !this.outbox.entries.length) this.outbox.ask();
    if (entry && entry === this.awaited) {
      this.awaited = null;
      this.#leaveBehind();
      if (offer.feedback?.length) {
        this.following = offer;
        this.feedback.show(offer.feedback);
        this.panel.relabel(this.messages.next);
        return;
      }
    }
    this.#take(offer);
  }

  /** @param {Offer} offer */
  #follow(offer) {
    this.following = null;
    this.feedback.clear();
    this.#take(offer);
  }

  /** @param {Offer} offer */
  #take(offer) {
    const waiting = this.outbox.trials;
    this.progress.correct(offer);
    this.way.recall(offer);
    if (!waiting.size && offer.state !== "rating") return this.#leavePage();
    if (!waiting.size && offer.rest_seconds) return void this.#rest(offer.rest_seconds);
    const before = this.hand.current;
    this.hand.fill(offer.trials, waiting);
    if (!waiting.size) this.#onWholeHand(before);
    this.#goOn();
  }

  /**
   * The hand holds all that the server has for it.
   * @param {Trial | null} before what was the current image
   */
  #onWholeHand(before) {
    const { current, trials } = this.hand;
    this.drafts.keepOnly([...trials, ...(this.way.trial ? [this.way.trial] : [])]);
    if (!current) window.setTimeout(() => this.outbox.ask(), CLAIM_PAUSE_MS);
    if (!before || !current || current === before) return;
    if (!isAgain(before, current)) this.toast.pass(this.messages.lost);
    // The same image, had again: it stays on the screen with all that was filled in.
    else if (this.screen.shown === before) this.screen.rename(current);
  }

  /** @param {number} seconds */
  async #rest(seconds) {
    this.hand.clear();
    this.way.revising = false;
    this.#goOn();
    await this.interlude.rest(seconds);
    this.outbox.ask();
  }

  #prepare() {
    const { trials } = this.hand;
    this.screen.prepare([...trials, ...(this.way.trial ? [this.way.trial] : [])]);
    this.leases.hold(trials.map((trial) => trial.id));
  }

  /**
   * Brings to the screen what the rater has to do with now.
   * @returns {Promise<void>}
   */
  async #show() {
    const trial = this.trial;
    if (!trial) return this.#showNothing();
    if (this.trained && !trial.training) {
      this.trained = false;
      this.screen.clear();
      await this.interlude.afterTraining();
      return this.#show();
    }
    this.panel.sayPass(trial.perspectives);
    this.#sayWhere();
    const sent = (this.way.revising && this.way.last?.answer) || NOTHING;
    await this.screen.show(trial, this.drafts.of(trial) ?? sent);
  }

  #showNothing() {
    this.screen.clear();
    this.#sayWhere();
    this.#onConnection();
  }

  /** How much waits has changed, or whether the server can be reached. */
  #onConnection() {
    const stuck = this.outbox.failures > 0;
    this.waiting.show(this.outbox.entries.length, stuck);
    if (this.screen.shown && !this.awaited) return;
    if (stuck) note(this.messages.stranded, "retry");
    else if (this.screen.shown) note("");
    // A panel that is there stays until the image comes: nothing jumps for a moment's change.
    else if (byId("canvas-note", HTMLElement).hidden) note(this.messages.waiting);
  }

  /**
   * The lease of an image in hand could not be kept.
   * @param {number} id
   */
  #onLost(id) {
    if (this.outbox.trials.has(id) || this.following) return; // its own answer will tell
    const current = this.hand.current;
    this.hand.drop(id);
    if (current?.id === id) {
      this.drafts.drop(current);
      this.toast.pass(this.messages.lost);
    }
    this.#goOn();
    this.outbox.ask();
  }

  /**
   * An answer that the server will never take.
   * @param {Entry} entry
   * @param {Refusal} refusal
   */
  #onRefused(entry, refusal) {
    this.toast.stay(fill(this.messages.not_kept, { detail: refusal.message }));
    if (entry === this.awaited) {
      this.awaited = null;
      this.#leaveBehind();
    }
    if (this.way.trial?.id === entry.trial) this.way.forget();
    this.#goOn();
    this.#sayWhere();
    // What else is in hand may be as old; what can be had again is, before more is asked for.
    void this.leases.renew().then(() => {
      if (this.hand.trials.length <= AHEAD) this.outbox.ask();
    });
  }

  /**
   * Nothing is taken now: the study, the link or the session has ended or pauses.
   * @param {Refusal} refusal
   */
  async #onStopped(refusal) {
    this.screen.shut();
    const count = this.outbox.entries.length;
    if (!count && ELSEWHERE.test(refusal.code)) return this.#leavePage();
    const detail = refusal.message;
    const text = count ? this.messages.unsent_text : this.messages.refused;
    await this.interlude.show(this.messages.unsent, fill(text, { detail, count }));
    this.#leavePage();
  }

  #leavePage() {
    this.stop();
    window.location.reload();
  }

  #onChange() {
    if (this.trial && this.screen.ready) {
      const answer = this.form.read();
      this.screen.behaviour.observe(answer.scores);
      this.drafts.keep(this.trial, answer);
    }
    this.panel.sayMissing(false);
    this.panel.saySentence();
  }

  #isBegun() {
    return this.hand.current !== null && this.drafts.of(this.hand.current) !== null;
  }

  #sayWhere() {
    this.panel.sayWhere({
      revising: this.way.revising,
      training: this.trial?.training ?? false,
      back: this.#leadsBack(),
    });
  }
}
