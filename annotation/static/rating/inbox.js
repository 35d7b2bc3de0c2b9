/** What owner and rater write to each other: messages shown in a dialog, reports written in one. */

import { byId, fill } from "./dom.js";
import { Refusal, Unreachable } from "./transport.js";

/**
 * @typedef {import("./dom.js").Settings} Settings
 * @typedef {import("./notices.js").Toast} Toast
 * @typedef {import("./transport.js").Transport} Transport
 */

export class Inbox {
  /** @param {Transport} transport */
  constructor(transport) {
    this.transport = transport;
    this.dialog = byId("inbox", HTMLDialogElement);
    this.asking = false;
    /** The number of the last message that was shown. */
    this.last = 0;
    /** Settles when the server knows what was read: until then it would send that again. */
    this.marked = Promise.resolve();
    this.dialog.addEventListener("close", () => {
      this.marked = this.#markRead();
    });
  }

  /** Shows what is unread. If the server cannot be reached, a later reply says so again. */
  async open() {
    if (this.asking || document.querySelector("dialog[open]")) return;
    this.asking = true;
    try {
      await this.marked;
      const { messages: unread } = await this.transport.messages();
      const last = unread.at(-1);
      if (!last) return;
      this.last = last.id;
      const texts = unread.map(({ text }) => {
        const paragraph = document.createElement("p");
        paragraph.className = "prose";
        paragraph.dir = "auto";
        paragraph.textContent = text;
        return paragraph;
      });
      byId("inbox-texts", HTMLElement).replaceChildren(...texts);
      this.dialog.showModal();
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refusal)) throw error;
    } finally {
      this.asking = false;
    }
  }

  async #markRead() {
    try {
      await this.transport.markRead(this.last);
    } catch (error) {
      // Then it is shown again, which does no harm.
      if (!(error instanceof Unreachable || error instanceof Refusal)) throw error;
    }
  }
}

export class Reports {
  /**
   * @param {Transport} transport
   * @param {Settings["messages"]} messages
   * @param {Toast} toast
   * @param {() => number | null} trial that is on the screen
   */
  constructor(transport, messages, toast, trial) {
    this.transport = transport;
    this.messages = messages;
    this.toast = toast;
    this.trial = trial;
    this.dialog = byId("report", HTMLDialogElement);
    this.text = byId("report-text", HTMLTextAreaElement);
    this.trouble = byId("report-trouble", HTMLElement);
    /** @type {NodeListOf<HTMLElement>} */
    const openers = document.querySelectorAll("[data-opens-report]");
    for (const opener of openers) opener.addEventListener("click", () => this.#open(opener));
    byId("report-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    byId("report-cancel", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
  }

  /** @param {HTMLElement} opener */
  #open(opener) {
    opener.closest("dialog")?.close();
    this.trouble.hidden = true;
    this.dialog.showModal();
  }

  /** The text stays in its field until the server has it. */
  async #send() {
    const send = byId("report-send", HTMLButtonElement);
    send.disabled = true;
    this.trouble.hidden = true;
    try {
      await this.transport.report(this.text.value, this.trial());
      this.text.value = "";
      this.dialog.close();
      this.toast.pass(this.messages.reported);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refusal)) throw error;
      const refused = error instanceof Refusal && error.message;
      this.trouble.textContent = refused
        ? fill(this.messages.refused, { detail: error.message })
        : this.messages.offline_start;
      this.trouble.hidden = false;
    } finally {
      send.disabled = false;
    }
  }
}
