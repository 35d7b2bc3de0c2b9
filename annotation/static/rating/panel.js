/** The texts around the questions: what is missing, and what the buttons do. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
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
  }

  /** @param {boolean} asked whether the rater tried to send */
  sayMissing(asked) {
    const labels = this.form.missing.map((question) => question.label);
    byId("submit", HTMLButtonElement).toggleAttribute("data-incomplete", labels.length > 0);
    const text = asked && labels.length ? this.messages.missing : "";
    byId("missing", HTMLElement).textContent = fill(text, { labels: labels.join(", ") });
    for (const { element } of this.form.all) element.removeAttribute("data-missing");
    if (text) for (const { element } of this.form.missing) element.dataset.missing = "";
  }

  /** Sums up the phrases that will be sent, in the words of their sentences. */
  saySummary() {
    const sentences = this.form.questions
      .filter(({ clauses }) => clauses.length)
      .map(({ label, clauses }) =>
        fill(this.messages.sentence, { label, clauses: clauses.join(this.messages.comma) }),
      );
    const summary = byId("sentence", HTMLElement);
    summary.textContent = sentences.join(" ") || (summary.dataset.nothing ?? "");
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
