/** What the page says apart from the questions: in the image's place, and at its lower edge. */

import { byId, fill } from "./dom.js";

/** @typedef {import("./dom.js").Settings} Settings */

const PASSING_MS = 8000;

/**
 * Says something in the image's place.
 * @param {string} text
 * @param {"" | "reload-image" | "retry"} button to show below it
 */
export function note(text, button = "") {
  byId("canvas-note", HTMLElement).hidden = !text;
  byId("canvas-text", HTMLElement).textContent = text;
  for (const id of ["reload-image", "retry"]) byId(id, HTMLButtonElement).hidden = id !== button;
}

/** Lines at the page's lower edge. */
export class Toast {
  /** @param {Settings["messages"]} messages */
  constructor(messages) {
    this.messages = messages;
    this.element = byId("toast", HTMLElement);
    /** @type {Map<string, number>} how often each line was said */
    this.lines = new Map();
    this.lasting = false;
  }

  /** Says something that disappears after a moment. @param {string} text */
  pass(text) {
    this.#add(text);
    window.setTimeout(() => {
      this.lines.delete(text);
      this.#write();
    }, PASSING_MS);
  }

  /** Says something that stays until the rater closes it. @param {string} text */
  stay(text) {
    this.lasting = true;
    this.#add(text);
  }

  /** @param {string} text */
  #add(text) {
    this.lines.set(text, (this.lines.get(text) ?? 0) + 1);
    this.#write();
  }

  #write() {
    const lines = [...this.lines].map(([text, times]) => {
      const line = document.createElement("p");
      line.textContent = times > 1 ? fill(this.messages.times, { text, count: times }) : text;
      return line;
    });
    this.element.replaceChildren(...lines, ...(this.lasting && lines.length ? [this.#close()] : []));
  }

  #close() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = this.messages.close;
    button.addEventListener("click", () => {
      this.lasting = false;
      this.lines.clear();
      this.#write();
    });
    return button;
  }
}
