/**
 * The image enlarged within its field, whose size never changes: by a tap, a click, two fingers, or
 * Z. A mouse moves the part that is seen by pointing, a finger by dragging, the arrow keys while the
 * image has the focus.
 */

import { Enlarged } from "./enlarged.js";

/** One after another, and then as before. */
const FACTORS = [1, 2, 4];
const MOST = 8;
/** In pixels: a finger that moved no further has tapped. */
const STILL = 8;
/** An arrow key moves the image by this share of what is out of sight. */
const ARROW = 0.1;
/** @type {Record<string, [number, number]>} */
const ARROWS = {
  ArrowLeft: [-ARROW, 0],
  ArrowRight: [ARROW, 0],
  ArrowUp: [0, -ARROW],
  ArrowDown: [0, ARROW],
};

/** @typedef {{x: number, y: number}} Point */

export class Enlarging {
  /**
   * @param {HTMLElement} holder of the image
   * @param {boolean} allowed by the study
   */
  constructor(holder, allowed) {
    this.holder = holder;
    this.allowed = allowed;
    this.use = new Enlarged();
    this.factor = 1;
    /** The point that stays where it is, in shares of the field. */
    this.origin = { x: 0.5, y: 0.5 };
    /** Fingers on the image. @type {Map<number, Point>} */
    this.fingers = new Map();
    this.moved = 0;
    /** Where the focus was. @type {HTMLElement | null} */
    this.before = null;
    if (allowed) this.#listen();
  }

  #listen() {
    const { holder } = this;
    holder.dataset.enlarges = "";
    holder.addEventListener("click", (event) => this.#onClick(event));
    holder.addEventListener("pointerdown", (event) => this.#onDown(event));
    holder.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      holder.addEventListener(end, (event) =>
        this.fingers.delete(/** @type {PointerEvent} */ (event).pointerId),
      );
    }
    holder.addEventListener("keydown", (event) => this.#onKey(event));
    window.addEventListener("resize", () => this.end());
  }

  /** @returns {Record<string, number>} what to send of it; nothing if the study does not allow it */
  read() {
    return this.allowed ? this.use.read() : {};
  }

  /** Another image: as large as everybody sees it. */
  restart() {
    this.end();
    this.use.restart();
  }

  end() {
    if (this.factor > 1) this.#set(1);
  }

  /** The next factor, by keyboard: about the middle, and with the focus on the image. */
  next() {
    if (!this.allowed || !this.holder.childElementCount) return;
    const { activeElement } = document;
    if (this.factor === 1) {
      this.origin = { x: 0.5, y: 0.5 };
      this.before = activeElement instanceof HTMLElement ? activeElement : null;
    }
    this.#set(this.#following);
    if (this.factor > 1) this.holder.focus({ preventScroll: true });
  }

  get #following() {
    return FACTORS.find((factor) => factor > this.factor + 0.01) ?? 1;
  }

  /** @param {number} factor */
  #set(factor) {
    this.factor = factor;
    this.use.set(factor);
    const { holder } = this;
    const focused = document.activeElement === holder;
    holder.toggleAttribute("data-enlarged", factor > 1);
    if (factor > 1) holder.tabIndex = 0;
    else holder.removeAttribute("tabindex");
    if (factor === 1 && focused) this.before?.focus({ preventScroll: true });
    this.#lay();
  }

  #lay() {
    const { style } = this.holder;
    const { x, y } = this.origin;
    style.transform = this.factor > 1 ? `scale(${this.factor})` : "";
    style.transformOrigin = `${x * 100}% ${y * 100}%`;
  }

  /** Marks are drawn where the image is: it must not move under the pointer. */
  get #drawing() {
    return this.holder.querySelector("[data-drawing]") !== null;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const tapped = this.moved < STILL;
    this.moved = 0;
    if (!tapped || this.#drawing || !this.holder.childElementCount) return;
    if (this.factor === 1) this.origin = this.#shareOf(event);
    this.#set(this.#following);
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (this.#drawing) return;
    if (!this.fingers.size) this.moved = 0;
    if (event.pointerType !== "mouse") this.fingers.set(event.pointerId, pointOf(event));
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    if (this.#drawing) return;
    const before = this.fingers.get(event.pointerId);
    if (event.pointerType === "mouse") {
      if (this.factor > 1) this.#goTo(this.#shareOf(event));
    } else if (before) this.#onFinger(event.pointerId, before, pointOf(event));
  }

  /**
   * @param {number} id
   * @param {Point} before
   * @param {Point} now
   */
  #onFinger(id, before, now) {
    const other = [...this.fingers].find(([key]) => key !== id)?.[1];
    this.fingers.set(id, now);
    this.moved += Math.hypot(now.x - before.x, now.y - before.y);
    if (other) this.#pinch(other, before, now);
    else if (this.factor > 1) this.#drag(now.x - before.x, now.y - before.y);
  }

  /**
   * @param {Point} other finger, which rests
   * @param {Point} before
   * @param {Point} now
   */
  #pinch(other, before, now) {
    const ratio = apart(other, now) / Math.max(apart(other, before), 1);
    if (this.factor === 1) {
      const middle = { clientX: (other.x + now.x) / 2, clientY: (other.y + now.y) / 2 };
      this.origin = this.#shareOf(middle);
    }
    this.#set(Math.min(Math.max(this.factor * ratio, 1), MOST));
  }

  /**
   * @param {number} right in pixels
   * @param {number} down
   */
  #drag(right, down) {
    const { offsetWidth, offsetHeight } = this.holder;
    const hidden = this.factor - 1;
    this.#goTo({
      x: this.origin.x - right / (offsetWidth * hidden),
      y: this.origin.y - down / (offsetHeight * hidden),
    });
  }

  /** @param {Point} origin */
  #goTo({ x, y }) {
    this.origin = { x: within(x), y: within(y) };
    this.#lay();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const arrow = ARROWS[event.key];
    if (this.factor === 1 || this.#drawing || !(arrow || event.key === "Escape")) return;
    event.preventDefault();
    if (arrow) this.#goTo({ x: this.origin.x + arrow[0], y: this.origin.y + arrow[1] });
    else this.end();
  }

  /** @param {{clientX: number, clientY: number}} event */
  #shareOf({ clientX, clientY }) {
    const { holder } = this;
    const field = /** @type {HTMLElement} */ (holder.parentElement).getBoundingClientRect();
    return {
      x: within((clientX - field.left - holder.offsetLeft) / holder.offsetWidth),
      y: within((clientY - field.top - holder.offsetTop) / holder.offsetHeight),
    };
  }
}

/** @param {PointerEvent} event @returns {Point} */
function pointOf({ clientX, clientY }) {
  return { x: clientX, y: clientY };
}

/** @param {Point} one @param {Point} other */
function apart(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** @param {number} share */
function within(share) {
  return Math.min(Math.max(share, 0), 1);
}
