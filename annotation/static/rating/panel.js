/** What the panel says around the questions: what is missing, and what its buttons do. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./dom.js").Settings} Settings
 */

export class Panel {
  /**
   * @param {AnswerForm} form
   * @param {Settings["messages"]} messages
   */
  constructor(form, messages) {
    this.form = form;
    this.messages = messages;
  }

  /** @param {boolean} asked whether the rater wanted to send */
  sayMissing(asked) {
    const labels = this.form.missing.map((question) => question.label);
    byId("submit", HTMLButtonElement).toggleAttribute("data-incomplete", labels.length > 0);
    const text = asked && labels.length ? this.messages.missing : "";
    byId("missing", HTMLElement).textContent = fill(text, { labels: labels.join(", ") });
  }

  /** @param {{revising: boolean, training: boolean, back: boolean}} where the rater is */
  sayWhere({ revising, training, back }) {
    const button = byId("back", HTMLButtonElement);
    button.disabled = !back;
    button.textContent = revising ? this.messages.leave : this.messages.back;
    byId("open-skip", HTMLButtonElement).hidden = revising;
    byId("again", HTMLElement).hidden = !revising;
    byId("training", HTMLElement).hidden = revising || !training;
    this.relabel(revising ? this.messages.change : this.messages.next);
  }

  /** @param {string} text of the button that sends */
  relabel(text) {
    byId("submit-text", HTMLElement).textContent = text;
  }
}
