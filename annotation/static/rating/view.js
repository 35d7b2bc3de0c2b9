/** What the rater sees while rating: the image and its questions, the progress, what is waiting. */

import { AnswerForm } from "./answer.js";
import { byId } from "./dom.js";
import { Feedback } from "./feedback.js";
import { Interlude } from "./interlude.js";
import { note } from "./notices.js";
import { Panel } from "./panel.js";
import { ProgressBar } from "./progress_bar.js";
import { Screen } from "./screen.js";
import { Waiting } from "./waiting.js";

/**
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./notices.js").Toast} Toast
 * @typedef {import("./session.js").Session} Session
 * @typedef {import("./transport.js").Expectation} Expectation
 */

export class View {
  /**
   * @param {Settings} settings
   * @param {Toast} toast
   * @param {() => void} opened called when an image can be rated
   */
  constructor(settings, toast, opened) {
    this.messages = settings.messages;
    this.wholePrompt = settings.wholePrompt;
    this.toast = toast;
    this.form = new AnswerForm(byId("answer", HTMLFormElement));
    this.screen = new Screen(this.form, settings, opened);
    this.panel = new Panel(this.form, this.messages, toast);
    this.feedback = new Feedback(this.form, this.messages);
    this.interlude = new Interlude(this.messages);
    this.bar = new ProgressBar(this.messages);
    this.waiting = new Waiting(this.messages);
    /**
     * Whether the image that follows the last answer comes with the wish to take more time. It may
     * come late, or only at a second try: the wish waits for it.
     */
    this.hurried = false;
    byId("back", HTMLButtonElement).hidden = settings.blocksBack === null;
  }

  /** @param {Session} session */
  showPlace(session) {
    this.panel.sayWhere({
      revising: session.last.revising,
      practice: session.trial?.practice ?? false,
      back: session.canGoBack,
    });
  }

  /**
   * Brings the session's image to the screen, or empties it.
   * @param {Session} session
   */
  async showTrial(session) {
    const { trial } = session;
    byId("hurry", HTMLElement).hidden = !(trial && this.hurried);
    if (trial) this.panel.sayPass(trial.perspectives);
    else this.screen.clear();
    this.showPlace(session);
    if (trial) await this.screen.show(trial, session.answer, this.hurried);
    else this.showConnection(session);
  }

  /** How many answers wait, and whether the server can be reached. @param {Session} session */
  showConnection({ outbox, awaited }) {
    const stuck = outbox.failures > 0;
    this.waiting.show(outbox.entries.length, stuck);
    if (this.screen.shown && !awaited) return;
    if (stuck) note(this.messages.stranded, "retry");
    else if (this.screen.shown) note("");
    // A panel that is there already stays until the image comes, so that nothing jumps.
    else if (byId("canvas-note", HTMLElement).hidden) note(this.messages.waiting);
  }

  /** @param {Expectation[]} feedback */
  showFeedback(feedback) {
    this.feedback.show(feedback);
    this.panel.relabel(this.messages.next);
  }

  /** Says which scores are missing and goes to the first. @returns {boolean} whether any is */
  showMissing() {
    const [missing] = this.form.missing;
    if (!missing) return false;
    missing.focus();
    this.panel.sayMissing(true);
    return true;
  }

  /** If the study wants the whole prompt read, opens what is left. @returns {boolean} whether any is */
  showUnread() {
    const { prompt } = this.screen;
    if (!this.wholePrompt || prompt.seen >= 1) return false;
    prompt.read();
    // Opened, it may be on the screen as a whole.
    if (prompt.seen < 1) this.toast.pass(this.messages.unread_prompt);
    return true;
  }

  /** The rater has changed something in the form. */
  showChange() {
    this.panel.sayMissing(false);
    this.panel.saySummary();
  }
}
