/** The texts around the questions: what is missing, and what the buttons do. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./question.js").Question} Question
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./notices.js").Toast} Toast
 */

export class Panel {
  /**
   * @param {AnswerForm} form
   * @param {Settings["messages"]} messages
   * @param {Toast} toast
   */
  constructor(form, messages, toast) {
    this.form = form;
    this.messages = messages;
    this.toast = toast;
    /** The labels of what was asked last. */
    this.asked = "";
    /**
     * The question that has the focus, or had it last.
     * @type {Question | undefined}
     */
    this.at = undefined;
    form.form.addEventListener("focusin", () => this.saySentence());
  }

  /** @param {boolean} asked whether the rater tried to send */
  sayMissing(asked) {
    const labels = this.form.missing.map((question) => question.label);
    byId("submit", HTMLButtonElement).toggleAttribute("data-incomplete", labels.length > 0);
    const text = asked && labels.length ? this.messages.missing : "";
    byId("missing", HTMLElement).textContent = fill(text, { labels: labels.join(", ") });
  }

  /** Shows the chosen phrases of the question that has the focus, as a sentence. */
  saySentence() {
    const { activeElement } = document;
    const at = this.form.questions.find(({ element }) => element.contains(activeElement));
    this.at = at ?? this.at;
    const clauses = (this.at?.clauses ?? []).join(this.messages.comma);
    const sentence = clauses.charAt(0).toUpperCase() + clauses.slice(1);
    const text = clauses ? fill(this.messages.sentence, { clauses: sentence }) : "";
    byId("sentence", HTMLElement).textContent = text;
  }

  /** @param {{revising: boolean, practice: boolean, back: boolean}} where the rater is */
  sayWhere({ revising, practice, back }) {
    const button = byId("back", HTMLButtonElement);
    button.disabled = !back;
    byId("back-text", HTMLElement).textContent =
      (revising ? this.messages.leave : this.messages.back) ?? "";
    byId("open-skip", HTMLButtonElement).hidden = revising;
    byId("again", HTMLElement).hidden = !revising;
    byId("practice", HTMLElement).hidden = revising || !practice;
    const forward = practice ? this.messages.compare : this.messages.next;
    this.relabel((revising ? this.messages.change : forward) ?? "");
  }

  /**
   * If an image comes once per perspective, a change of what is asked must not be missed.
   * @param {string[]} perspectives asked of the next image
   */
  sayPass(perspectives) {
    const asked = this.form.all.filter(({ name }) => perspectives.includes(name));
    const labels = asked.map(({ label }) => label).join(", ");
    const changes = labels !== this.asked;
    this.asked = labels;
    if (changes && asked.length < this.form.all.length) {
      this.toast.pass(fill(this.messages.pass, { labels }));
    }
  }

  /** @param {string} text of the button that sends */
  relabel(text) {
    byId("submit-text", HTMLElement).textContent = text;
  }
}
