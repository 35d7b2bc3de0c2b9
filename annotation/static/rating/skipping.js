/** Skipping an image: a dialog asks for the reason and cannot be sent without one. */

import { byId } from "./dom.js";

export class Skipping {
  /**
   * @param {() => boolean} allowed whether there is an image to skip now
   * @param {(why: {reason: string, note: string}) => void} skip
   */
  constructor(allowed, skip) {
    this.dialog = byId("skip", HTMLDialogElement);
    this.form = byId("skip-form", HTMLFormElement);
    this.skip = skip;
    this.allowed = allowed;
    byId("open-skip", HTMLButtonElement).addEventListener("click", () => this.ask());
    this.form.addEventListener("change", () => this.#askForWords());
    this.dialog.addEventListener("close", () => this.#onClose());
  }

  ask() {
    if (this.allowed()) this.dialog.showModal();
  }

  /** A reason that is not in the list must be written down. */
  #askForWords() {
    const words = byId("skip-note", HTMLTextAreaElement);
    words.required = this.#given().reason === words.dataset.requiredFor;
  }

  #onClose() {
    if (this.dialog.returnValue !== "skip") return;
    this.dialog.returnValue = "";
    const given = this.#given();
    this.form.reset();
    this.skip(given);
  }

  #given() {
    const data = new FormData(this.form);
    return { reason: String(data.get("reason") ?? ""), note: String(data.get("note") ?? "") };
  }
}
