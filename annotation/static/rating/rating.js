/** The rating stage: takes an answer and moves on at once, while the answer is sent. */

import { byId, fill, showNextPage } from "./dom.js";
import { Hurry } from "./hurry.js";
import { Keyboard } from "./keyboard.js";
import { Leases } from "./leases.js";
import { note } from "./notices.js";
import { AHEAD, Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { Skipping } from "./skipping.js";
import { Drafts } from "./store.js";
import { isSameTask } from "./task.js";
import { View } from "./view.js";

/**
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./inbox.js").Inbox} Inbox
 * @typedef {import("./notices.js").Toast} Toast
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Refusal} Refusal
 * @typedef {import("./transport.js").Transport} Transport
 * @typedef {import("./transport.js").Trial} Trial
 */

const CLAIM_PAUSE_MS = 400;
/** Refusals that another page explains: the server knows which. */
const ELSEWHERE = /^(study_|rater_|link_|no_session|session_state)/;

export class Rating {
  /**
   * @param {Transport} transport
   * @param {Settings} settings
   * @param {Store} store
   * @param {{entries: Entry[], drafts: Draft[]}} kept what the store held
   * @param {{toast: Toast, inbox: Inbox}} notices what is said apart from the questions
   */
  constructor(transport, settings, store, { entries, drafts }, { toast, inbox }) {
    this.transport = transport;
    this.messages = settings.messages;
    this.toast = toast;
    this.inbox = inbox;
    this.view = new View(settings, toast, () => this.keyboard.restart());
    this.outbox = new Outbox(
      transport,
      store,
      { session: settings.session, entries },
      {
        offer: (offer, entry) => this.#onOffer(offer, entry),
        refused: (entry, refusal) => this.#onRefused(entry, refusal),
        stopped: (refusal) => this.#onStopped(refusal),
        changed: () => this.view.showConnection(this.session),
      },
    );
    this.session = new Session(this.outbox, new Drafts(store, drafts), settings.blocksBack);
    this.leases = new Leases(
      transport,
      settings.leaseSeconds,
      (trial) => this.#onLost(trial),
      () => !this.session.settled || this.session.begun,
    );
    this.skipping = new Skipping(
      () => this.session.canSkip,
      (why) => this.#skip(why),
    );
    this.hurry = new Hurry(settings.leastSeconds);
    this.keyboard = new Keyboard(this.view.form, {
      ready: () => this.view.screen.ready,
      submit: () => this.submit(),
      back: () => this.back(),
      skip: () => this.skipping.ask(),
      help: () => byId("help", HTMLDialogElement).showModal(),
      enlarge: () => this.view.screen.enlarging.next(),
    });
    this.#listen();
  }

  /** The image that the rater is dealing with. */
  get trial() {
    return this.session.trial;
  }

  #listen() {
    const { form } = this.view.form;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    form.addEventListener("answer-changed", () => this.#onChange());
    byId("retry", HTMLButtonElement).addEventListener("click", () => this.outbox.retry());
    byId("back", HTMLButtonElement).addEventListener("click", () => this.back());
    const reload = byId("reload-image", HTMLButtonElement);
    reload.addEventListener("click", () => this.#show());
    window.addEventListener("online", () => {
      if (!reload.hidden) void this.#show();
    });
  }

  /** Sends what an earlier page left, then takes the session's images, or its first ones. */
  start() {
    note(this.messages.waiting);
    this.outbox.ask();
  }

  /** Another tab continues: nothing is sent or kept from here any more. */
  stop() {
    this.outbox.stop();
    this.leases.hold([]);
    this.view.screen.shut();
  }

  submit() {
    const { session, view } = this;
    const following = session.endFeedback();
    if (following) return this.#follow(following);
    if (!view.screen.ready || !session.trial) return;
    if (view.showMissing() || view.showUnread()) return;
    const answer = view.form.read();
    const behaviour = view.screen.measure();
    const { language } = this.transport;
    const displayed = view.screen.takeDisplay(session.trial);
    const first = !session.trial.practice && !session.last.revising;
    view.hurried = first && this.hurry.answered(behaviour.shown_ms);
    session.submit(answer, displayed, { ...answer, behaviour, language });
    if (session.awaited) view.screen.shut();
    else this.#goOn();
  }

  /** Shows the last image again with what was sent for it; from there, leaves that as it was. */
  back() {
    const { session, view } = this;
    if (view.interlude.open || (session.trial && !view.screen.ready)) return;
    if (!session.turnBack()) return;
    view.hurried = false;
    this.#goOn();
  }

  /** @param {{reason: string, note: string}} why */
  #skip(why) {
    const { session, view } = this;
    if (!session.trial || !session.canSkip) return;
    session.skip(why, view.screen.takeDisplay(session.trial));
    view.hurried = false;
    this.#goOn();
  }

  /** Brings whatever is next to the screen; its image has been decoded. */
  #goOn() {
    const { session, view } = this;
    view.bar.show(session.position);
    view.screen.prepare(session.trials);
    this.leases.hold(session.queue.trials.map((trial) => trial.id));
    if (session.trial !== view.screen.shown) void this.#show();
    else view.showPlace(session);
  }

  /** Shows what the rater has to do now. */
  async #show() {
    const { session, view } = this;
    if (session.practiceTurn) {
      const again = session.practiceTurn === "again";
      session.practised = null;
      view.screen.clear();
      await view.interlude.afterPractice(again);
    }
    await view.showTrial(session);
  }

  /**
   * The server has taken an entry, or a question, and says what is next.
   * @param {Offer} offer
   * @param {Entry | null} entry
   */
  #onOffer(offer, entry) {
    const { session, outbox } = this;
    if (offer.messages) void this.inbox.open();
    // What an earlier page left has been sent; only a question is told what was answered last.
    if (entry && !session.last.known && session.settled) outbox.ask();
    const feedback = session.confirm(offer, entry);
    if (feedback.length) this.view.showFeedback(feedback);
    else this.#take(offer);
  }

  /** @param {Offer} offer that came with feedback, which the rater has read */
  #follow(offer) {
    this.view.feedback.clear();
    this.#take(offer);
  }

  /** @param {Offer} offer */
  #take(offer) {
    const { session } = this;
    session.correct(offer);
    if (session.settled && offer.state !== "rating") return this.#leavePage();
    if (session.settled && offer.rest_seconds) return void this.#rest(offer.rest_seconds);
    const replaced = session.fill(offer.trials);
    const { current } = session.queue;
    if (session.settled && !current) window.setTimeout(() => this.outbox.ask(), CLAIM_PAUSE_MS);
    if (replaced && current) this.#onReplaced(replaced, current);
    this.#goOn();
  }

  /**
   * @param {Trial} before what was the current image
   * @param {Trial} now
   */
  #onReplaced(before, now) {
    if (!isSameTask(before, now)) this.toast.pass(this.messages.lost);
    // The same image under a new lease stays on the screen with all that was filled in.
    else if (this.view.screen.shown === before) this.view.screen.rename(now);
  }

  /** @param {number} seconds */
  async #rest(seconds) {
    this.session.rest();
    this.#goOn();
    await this.view.interlude.rest(seconds);
    this.outbox.ask();
  }

  /** @param {number} id of an image whose lease could not be kept */
  #onLost(id) {
    const { session, outbox } = this;
    // Once an image is answered, the reply to its answer tells what became of it.
    if (outbox.trials.has(id) || session.following) return;
    if (session.lose(id)) this.toast.pass(this.messages.lost);
    this.#goOn();
    outbox.ask();
  }

  /**
   * @param {Entry} entry that the server will never take
   * @param {Refusal} refusal
   */
  #onRefused(entry, refusal) {
    const { session, outbox } = this;
    this.toast.stay(fill(this.messages.not_kept, { detail: refusal.message }));
    session.refuse(entry);
    this.#goOn();
    this.view.showPlace(session);
    // Other leases may have expired too: they are renewed, if possible, before more is asked for.
    void this.leases.renew().then(() => {
      if (session.queue.trials.length <= AHEAD) outbox.ask();
    });
  }

  /**
   * Nothing is taken now: the study, the link or the session has ended or pauses.
   * @param {Refusal} refusal
   */
  async #onStopped(refusal) {
    this.view.screen.shut();
    const count = this.outbox.entries.length;
    if (!count && ELSEWHERE.test(refusal.code)) return this.#leavePage();
    const detail = refusal.message;
    const text = count ? this.messages.unsent_text : this.messages.refused;
    await this.view.interlude.show(this.messages.unsent, fill(text, { detail, count }));
    this.#leavePage();
  }

  #leavePage() {
    this.stop();
    showNextPage();
  }

  #onChange() {
    const { session, view } = this;
    if (session.trial && view.screen.ready) {
      const answer = view.form.read();
      view.screen.behaviour.observe(answer.scores);
      session.drafts.keep(session.trial, answer);
    }
    view.showChange();
  }
}
