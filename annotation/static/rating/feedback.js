/** After a training image: what others said, beside what the rater said. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./answer.js").Question} Question
 * @typedef {import("./transport.js").Expectation} Expectation
 */

export class Feedback {
  /**
   * @param {AnswerForm} form
   * @param {Record<string, string>} messages
   */
  constructor(form, messages) {
    this.form = form;
    this.messages = messages;
  }

  /** @param {Expectation[]} expectations */
  show(expectations) {
    for (const question of this.form.questions) {
      const found = expectations.find((item) => item.perspective === question.name);
      if (found && question.score !== null) this.#say(question, question.score, found);
    }
    byId("controls", HTMLElement).toggleAttribute("data-feedback", true);
    // Its controls are shut: in a low window the keyboard scrolls it as a whole.
    byId("questions", HTMLElement).tabIndex = 0;
  }

  clear() {
    for (const { element } of this.form.all) {
      const line = lineOf(element);
      line.textContent = "";
      delete line.dataset.verdict;
    }
    byId("controls", HTMLElement).removeAttribute("data-feedback");
    byId("questions", HTMLElement).removeAttribute("tabindex");
  }

  /**
   * @param {Question} question
   * @param {number} score
   * @param {Expectation} expectation
   */
  #say(question, score, { expected, low, high }) {
    // A thousandth of the range, for means that do not fall on a step.
    const slack = (question.maximum - question.minimum) / 1000;
    const near = score >= low - slack && score <= high + slack;
    const line = lineOf(question.element);
    line.dataset.verdict = near ? "near" : "far";
    line.textContent = fill(near ? this.messages.near : this.messages.far, {
      expected: question.nameOf(expected),
    });
  }
}

/** @param {HTMLElement} element */
function lineOf(element) {
  const line = element.querySelector(".expected");
  if (!(line instanceof HTMLElement)) throw new Error("a question has no line for feedback");
  return line;
}
