/** The decoded image, its prompt, and the form, which opens when the image is shown. */

import { Behaviour } from "./behaviour.js";
import { Canvas } from "./canvas.js";
import { byId } from "./dom.js";
import { Enlarging } from "./enlarging.js";
import { note } from "./notices.js";
import { PromptPanel } from "./prompt_panel.js";
import { markRegions } from "./regions.js";
import { isSameTask, taskOf } from "./task.js";
import { markWords } from "./words.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {import("./transport.js").Trial} Trial
 */

const SLOW_MS = 300;

export class Screen {
  /**
   * @param {AnswerForm} form
   * @param {Settings} settings
   * @param {() => void} opened called when the image can be rated
   */
  constructor(form, { messages, imageSize, enlarging }, opened) {
    this.form = form;
    this.messages = messages;
    this.opened = opened;
    this.canvas = new Canvas(byId("image", HTMLElement), imageSize);
    this.enlarging = new Enlarging(this.canvas.holder, enlarging);
    markRegions(form, this.canvas.holder);
    this.prompt = new PromptPanel();
    markWords(form, this.prompt.text);
    this.behaviour = new Behaviour();
    this.controls = byId("controls", HTMLFieldSetElement);
    /**
     * What is on the screen, or is being loaded for it.
     * @type {Trial | null}
     */
    this.shown = null;
    /**
     * When the images without an answer were first on the screen, by task, on the page's own clock:
     * the time of day may be set in between.
     * @type {Map<string, number>}
     */
    this.displayed = new Map();
  }

  /** Whether the image is on the screen and the form is open. */
  get ready() {
    return !this.controls.disabled;
  }

  shut() {
    this.controls.disabled = true;
  }

  /** @returns {import("./behaviour.js").Measured} how the answer was made, and what was seen */
  measure() {
    const { enlarging } = this;
    return {
      ...this.behaviour.read(),
      ...enlarging.read(),
      ...this.canvas.sizeAt(enlarging.factor),
      prompt_seen: this.prompt.seen,
    };
  }

  /** @param {Trial[]} trials whose images are loaded ahead; all others are forgotten */
  prepare(trials) {
    this.canvas.prepare(trials);
  }

  /**
   * The image on the screen is another trial's now: its lease expired and was taken again.
   * @param {Trial} trial
   */
  rename(trial) {
    this.shown = trial;
  }

  /**
   * The image is answered: returns when it was first on the screen, in milliseconds since 1970; null
   * if it never was.
   * @param {Trial} trial
   */
  takeDisplay(trial) {
    const task = taskOf(trial);
    const at = this.displayed.get(task);
    this.displayed.delete(task);
    return at === undefined ? null : Math.round(Date.now() - (performance.now() - at));
  }

  /**
   * Shows a trial; its form opens once the decoded image is on the screen.
   * @param {Trial} trial
   * @param {Answer} answer that the form starts with
   * @param {boolean} warned whether the rater is asked, with it, to take their time
   */
  async show(trial, answer, warned) {
    this.shown = trial;
    this.shut();
    this.enlarging.restart();
    this.prompt.show(trial.prompt);
    window.scrollTo(0, 0);
    this.form.ask(trial.perspectives, trial.asked_up_to);
    this.form.write(answer);
    if (!(await this.#showImage(trial)) || !this.#isShown(trial)) return;
    note("");
    this.controls.disabled = false;
    this.behaviour.start(this.form.read().scores, warned);
    this.opened();
    const task = taskOf(trial);
    if (!this.displayed.has(task)) this.displayed.set(task, performance.now());
  }

  /** Nothing is to be rated now. */
  clear() {
    this.shown = null;
    this.shut();
    this.canvas.clear();
    this.form.clear();
    this.prompt.show("");
  }

  /** @param {Trial} trial */
  async #showImage(trial) {
    const slow = window.setTimeout(() => {
      if (this.#isShown(trial)) note(this.messages.loading);
    }, SLOW_MS);
    try {
      await this.canvas.show(trial);
      return true;
    } catch {
      // The page says so in the image's place, with a button to load it again.
      if (!this.#isShown(trial)) return false;
      this.canvas.clear();
      note(this.messages.image_failed, "reload-image");
      return false;
    } finally {
      window.clearTimeout(slow);
    }
  }

  /**
   * Whether the trial is on the screen, perhaps under the number of another lease.
   * @param {Trial} trial
   */
  #isShown(trial) {
    return this.shown !== null && isSameTask(this.shown, trial);
  }
}
