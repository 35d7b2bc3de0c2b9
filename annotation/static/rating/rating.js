/** The rating stage: shows a trial, takes its answer, sends it, goes on. */

import { AnswerForm } from "./answer.js";
import { Behaviour } from "./behaviour.js";
import { Canvas } from "./canvas.js";
import { byId, fill } from "./dom.js";
import { draftOf, dropDraft, keepDraft } from "./drafts.js";
import { Feedback } from "./feedback.js";
import { Interlude } from "./interlude.js";
import { Keyboard } from "./keyboard.js";
import { Leases } from "./leases.js";
import { Refusal, Unreachable } from "./transport.js";

/**
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Offer} Offer
 * @typedef {import("./transport.js").Transport} Transport
 * @typedef {import("./transport.js").Trial} Trial
 * @typedef {import("./dom.js").Settings} Settings
 */

const AHEAD = 1;
const CLAIM_PAUSE_MS = 400;
/** Answers after which this trial is gone and the next one is shown. */
const LOST = new Set(["lease_lost", "trial_skipped", "trial_not_found"]);
/** @type {Answer} */
const NOTHING = { scores: {}, explanations: {} };
/** Answers that another page explains: the server knows which. */
const ELSEWHERE = /^(study_|rater_|link_|no_session|session_state)/;

export class Rating {
  /**
   * @param {Transport} transport
   * @param {Settings} settings
   */
  constructor(transport, settings) {
    this.transport = transport;
    this.messages = settings.messages;
    this.form = new AnswerForm(byId("answer", HTMLFormElement));
    this.canvas = new Canvas(byId("image", HTMLElement));
    this.behaviour = new Behaviour();
    this.feedback = new Feedback(this.form, this.messages);
    this.interlude = new Interlude(this.messages);
    this.controls = byId("controls", HTMLFieldSetElement);
    this.keyboard = new Keyboard(this.form, {
      ready: () => this.ready,
      submit: () => this.submit(),
      back: () => this.back(),
      help: () => byId("help", HTMLDialogElement).showModal(),
    });
    this.leases = new Leases(transport, settings.leaseSeconds, (trial) => this.#onLost(trial));
    /** @type {Trial | null} */
    this.trial = null;
    /**
     * What was sent last; the rater can go back to it.
     * @type {{trial: Trial, answer: Answer} | null}
     */
    this.previous = null;
    /**
     * Where the rater comes back to from the last image; null while that is not shown.
     * @type {Trial | null}
     */
    this.interrupted = null;
    /**
     * What comes once the rater has read the feedback on a training image.
     * @type {Offer | null}
     */
    this.following = null;
    /** @type {(() => void) | null} */
    this.again = null;
    this.#listen();
  }

  /** Whether the image is on the screen and nothing is on its way. */
  get ready() {
    return !this.controls.disabled;
  }

  #listen() {
    this.form.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.form.addEventListener("answer-changed", () => this.#onChange());
    byId("retry", HTMLButtonElement).addEventListener("click", () => this.#retry());
    window.addEventListener("online", () => this.#retry());
    byId("reload-image", HTMLButtonElement).addEventListener("click", () => this.#show());
    byId("back", HTMLButtonElement).addEventListener("click", () => this.back());
    const skip = byId("skip", HTMLDialogElement);
    byId("open-skip", HTMLButtonElement).addEventListener("click", () => {
      if (!this.following) skip.showModal();
    });
    skip.addEventListener("close", () => this.#onSkip(skip));
  }

  /** Claims the first images, or what this session holds already. */
  async start() {
    this.#note(this.messages.waiting);
    await this.#send(() => this.transport.claim(AHEAD), () => this.start());
  }

  submit() {
    const trial = this.trial;
    if (this.following) return void this.#follow(this.following);
    if (!this.ready || !trial) return;
    const [missing] = this.form.missing;
    if (missing) {
      missing.focus();
      this.#sayMissing(true);
      return;
    }
    const answer = this.form.read();
    const behaviour = this.behaviour.read();
    const send = async () => {
      const offer = await this.transport.submit(trial.id, answer, behaviour, AHEAD);
      dropDraft(trial.id);
      this.previous = { trial, answer };
      this.interrupted = null;
      return offer;
    };
    void this.#send(send, () => this.submit());
  }

  /** Shows the last image again with what was sent for it; from there, leaves that as it was. */
  back() {
    if (!this.ready || !this.trial || !this.previous) return;
    if (this.interrupted) {
      dropDraft(this.trial.id);
      this.trial = this.interrupted;
      this.interrupted = null;
    } else {
      this.interrupted = this.trial;
      this.trial = this.previous.trial;
    }
    this.controls.disabled = true;
    void this.#show();
  }

  /** @param {HTMLDialogElement} dialog */
  #onSkip(dialog) {
    const trial = this.trial;
    if (dialog.returnValue !== "skip" || !trial) return;
    dialog.returnValue = "";
    const reason = new FormData(/** @type {HTMLFormElement} */ (dialog.querySelector("form")));
    const code = String(reason.get("reason"));
    const send = () => this.transport.skip(trial.id, code, AHEAD);
    const again = () => void this.#send(send, again);
    again();
  }

  /**
   * Sends something that is answered with what is next. The form is shut meanwhile, and open again
   * with all that it held where the answer did not come.
   * @param {() => Promise<Offer>} request
   * @param {() => void} again
   */
  async #send(request, again) {
    this.#trouble("");
    this.controls.disabled = true;
    try {
      await this.#take(await request());
    } catch (error) {
      await this.#onFailure(error, again);
    }
  }

  /** @param {Offer} offer */
  async #take(offer) {
    if (offer.feedback?.length) {
      this.following = { ...offer, feedback: [] };
      this.feedback.show(offer.feedback);
      this.#relabel(this.messages.next);
      return;
    }
    this.#sayProgress(offer);
    if (offer.state !== "rating") {
      window.location.reload();
      return;
    }
    if (offer.rest_seconds) {
      this.#leave();
      await this.interlude.rest(offer.rest_seconds);
      return this.start();
    }
    const [next] = offer.trials;
    if (!next) {
      this.#leave();
      this.#note(this.messages.waiting);
      window.setTimeout(() => this.start(), CLAIM_PAUSE_MS);
      return;
    }
    if (this.trial?.training && !next.training) await this.interlude.afterTraining();
    this.canvas.prepare([...offer.trials, ...(this.previous ? [this.previous.trial] : [])]);
    this.leases.hold(offer.trials.map((trial) => trial.id));
    this.trial = next;
    await this.#show();
  }

  /** @param {Offer} offer */
  async #follow(offer) {
    this.following = null;
    this.feedback.clear();
    await this.#take(offer);
  }

  /** Shows the current trial; its controls open once the decoded image is on the screen. */
  async #show() {
    const trial = this.trial;
    if (!trial) return;
    const prompt = byId("prompt", HTMLElement);
    prompt.textContent = trial.prompt;
    prompt.scrollTop = 0;
    window.scrollTo(0, 0);
    const sent = this.interrupted && this.previous ? this.previous.answer : NOTHING;
    this.form.write(draftOf(trial.id) ?? sent);
    this.#sayWhere();
    const slow = window.setTimeout(() => this.#note(this.messages.loading), 300);
    try {
      await this.canvas.show(trial);
    } catch {
      this.canvas.clear();
      this.#note(this.messages.image_failed, true);
      return;
    } finally {
      window.clearTimeout(slow);
    }
    this.#note("");
    this.controls.disabled = false;
    this.behaviour.start(this.form.read().scores);
    this.keyboard.restart();
    this.transport.displayed(trial.id).catch(() => undefined); // a time stamp is not worth a stop
  }

  /** Nothing is before the rater until the next trial comes. */
  #leave() {
    this.trial = null;
    this.interrupted = null;
    this.controls.disabled = true;
    this.canvas.clear();
    this.form.clear();
  }

  /** @param {number} trial */
  #onLost(trial) {
    if (trial !== this.trial?.id || !this.ready) return;
    dropDraft(trial);
    this.#leave();
    this.#toast(this.messages.lost);
    void this.start();
  }

  /**
   * @param {unknown} error
   * @param {() => void} again
   */
  async #onFailure(error, again) {
    const code = error instanceof Refusal ? error.code : "";
    if (LOST.has(code)) {
      if (this.trial) dropDraft(this.trial.id);
      this.#leave();
      this.#toast(this.messages.lost);
      await this.start();
    } else if (ELSEWHERE.test(code)) {
      window.location.reload();
    } else {
      this.#offerAgain(error, again);
    }
  }

  /**
   * @param {unknown} error
   * @param {() => void} again
   */
  #offerAgain(error, again) {
    if (this.trial) this.controls.disabled = false;
    this.again = again;
    if (error instanceof Unreachable) this.#trouble(this.messages.offline);
    else if (error instanceof Refusal && error.status < 500) {
      this.#trouble(fill(this.messages.refused, { detail: error.message }));
    } else this.#trouble(this.messages.server);
    if (!(error instanceof Unreachable || error instanceof Refusal)) throw error;
  }

  #retry() {
    const again = this.again;
    this.again = null;
    if (again) again();
  }

  #onChange() {
    if (this.trial && this.ready) {
      const answer = this.form.read();
      this.behaviour.observe(answer.scores);
      keepDraft(this.trial.id, answer);
    }
    this.#sayMissing(false);
  }

  /** @param {boolean} asked whether the rater wanted to send */
  #sayMissing(asked) {
    const labels = this.form.missing.map((question) => question.label);
    byId("submit", HTMLButtonElement).toggleAttribute("data-incomplete", labels.length > 0);
    const text = asked && labels.length ? this.messages.missing : "";
    byId("missing", HTMLElement).textContent = fill(text, { labels: labels.join(", ") });
  }

  /** The buttons, and whether this is the last image once more. */
  #sayWhere() {
    const again = this.interrupted !== null;
    const back = byId("back", HTMLButtonElement);
    back.disabled = !this.previous;
    back.textContent = again ? this.messages.leave : this.messages.back;
    byId("open-skip", HTMLButtonElement).hidden = again;
    this.#relabel(again ? this.messages.change : this.messages.next);
    byId("again", HTMLElement).hidden = !again;
    byId("training", HTMLElement).hidden = again || !this.trial?.training;
  }

  /** @param {string} text of the button that sends */
  #relabel(text) {
    byId("submit-text", HTMLElement).textContent = text;
  }

  /** @param {Offer} offer */
  #sayProgress({ progress, trials }) {
    const bar = byId("progress", HTMLProgressElement);
    byId("progress-area", HTMLElement).removeAttribute("data-empty");
    bar.max = Math.max(progress.total, 1);
    bar.value = progress.done;
    const number = Math.min(progress.done + 1, progress.total);
    const message = trials[0]?.training ? this.messages.training : this.messages.progress;
    const text = fill(message, { number, total: progress.total });
    byId("progress-text", HTMLElement).textContent = text;
  }

  /**
   * @param {string} text in the place of the image
   * @param {boolean} failed
   */
  #note(text, failed = false) {
    byId("canvas-note", HTMLElement).hidden = !text;
    byId("canvas-text", HTMLElement).textContent = text;
    byId("reload-image", HTMLButtonElement).hidden = !failed;
  }

  /** @param {string} text */
  #trouble(text) {
    byId("trouble", HTMLElement).hidden = !text;
    byId("trouble-text", HTMLElement).textContent = text;
  }

  /** @param {string} text */
  #toast(text) {
    const toast = byId("toast", HTMLElement);
    toast.textContent = text;
    window.setTimeout(() => {
      if (toast.textContent === text) toast.textContent = "";
    }, 8000);
  }
}
