/** After a practice image: what is expected, next to what the rater said. */

import { byId, fill } from "./dom.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./question.js").Question} Question
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
    // On a phone the last answer was given far down, and what is expected stands at each question.
    window.scrollTo(0, 0);
    // Its controls are disabled; made focusable, it can be scrolled by keyboard in a low window.
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
  #say(question, score, expectation) {
    const agreement = question.scale.agreement(score, expectation);
    const line = lineOf(question.element);
    line.dataset.verdict = agreement;
    line.textContent = fill(this.messages[agreement], {
      expected: question.nameOf(expectation.expected),
      given: question.nameOf(score),
    });
  }
}

/** @param {HTMLElement} element */
function lineOf(element) {
  const line = element.querySelector(".expected");
  if (!(line instanceof HTMLElement)) throw new Error("a question has no line for feedback");
  return line;
}
