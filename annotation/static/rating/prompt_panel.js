/**
 * The prompt above the image. Its place has one height for all prompts; a longer one can be
 * scrolled, or opened over the image. What has been on the screen is known.
 */

import { byId } from "./dom.js";

/** Sizes on the screen are rounded: less than this, in pixels, is nothing. */
const NOTHING = 2;

export class PromptPanel {
  constructor() {
    this.panel = byId("prompt-panel", HTMLElement);
    this.text = byId("prompt", HTMLElement);
    this.more = byId("prompt-more", HTMLButtonElement);
    this.labels = [this.more.textContent ?? "", this.more.dataset.less ?? ""];
    this.furthest = 0;
    this.text.addEventListener("scroll", () => this.#look());
    this.more.addEventListener("click", () => this.#open(!this.opened));
    new ResizeObserver(() => this.#look()).observe(this.text);
  }

  /** The share of the prompt that has been on the screen, from its beginning. */
  get seen() {
    // The event of a scroll may be under way.
    this.#look();
    return this.furthest;
  }

  get opened() {
    return "open" in this.panel.dataset;
  }

  /** @param {string} prompt */
  show(prompt) {
    this.text.textContent = prompt;
    this.text.scrollTop = 0;
    this.furthest = 0;
    this.panel.removeAttribute("data-longer");
    this.#open(false);
  }

  /** Opens the prompt for reading on, by keyboard too. */
  read() {
    this.#open(true);
    this.text.focus();
  }

  /** @param {boolean} opened */
  #open(opened) {
    this.panel.toggleAttribute("data-open", opened);
    this.more.setAttribute("aria-expanded", String(opened));
    this.more.textContent = this.labels[Number(opened)] ?? "";
    this.#look();
  }

  #look() {
    const { scrollTop, clientHeight, scrollHeight } = this.text;
    if (!clientHeight) return;
    const below = scrollHeight - clientHeight - scrollTop;
    const longer = scrollHeight - clientHeight > NOTHING;
    this.text.toggleAttribute("data-more", below > NOTHING);
    // Once it is open, it may fit.
    if (longer || !this.opened) this.panel.toggleAttribute("data-longer", longer);
    const share = below > NOTHING ? 1 - below / scrollHeight : 1;
    this.furthest = Math.max(this.furthest, Math.round(share * 1000) / 1000);
  }
}
