/** The drawing over the image: shows regions, and keeps its place whatever the window's size. */

import { pathOf } from "./shapes.js";

/**
 * @typedef {import("./marking.js").Region} Region
 * @typedef {object} Shown A region as it is drawn.
 * @property {Region} region
 * @property {boolean} other whether it belongs to another question than the one being marked for
 * @property {number | null} place of a movable box among the question's regions; null for others
 * @property {string} label of a movable box
 */

const SVG = "http://www.w3.org/2000/svg";
/** The image's width in the drawing's units. */
const UNITS = 1000;

export class Overlay {
  /**
   * @param {HTMLElement} holder of the image
   * @param {() => void} renewed called when the drawing has been laid over a new image
   */
  constructor(holder, renewed) {
    this.holder = holder;
    this.renewed = renewed;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("regions");
    this.aspect = 1;
    this.sizes = new ResizeObserver(() => this.#lay());
    // The canvas replaces whatever the holder has with a decoded image.
    new MutationObserver(() => this.#attach()).observe(holder, { childList: true });
  }

  #attach() {
    const image = this.holder.querySelector("img");
    if (!image || this.svg.parentNode === this.holder) return;
    this.sizes.disconnect();
    this.aspect = image.naturalHeight / image.naturalWidth;
    this.svg.setAttribute("viewBox", `0 0 ${UNITS} ${UNITS * this.aspect}`);
    this.holder.append(this.svg);
    this.sizes.observe(image);
    this.sizes.observe(this.holder);
    this.#lay();
    this.renewed();
  }

  /** Lays the drawing over the image, with which it scrolls. */
  #lay() {
    const image = this.holder.querySelector("img");
    if (!image) return;
    const outer = this.holder.getBoundingClientRect();
    const inner = image.getBoundingClientRect();
    const { style } = this.svg;
    style.left = `${inner.left - outer.left + this.holder.scrollLeft}px`;
    style.top = `${inner.top - outer.top + this.holder.scrollTop}px`;
    style.width = `${inner.width}px`;
    style.height = `${inner.height}px`;
  }

  /**
   * Paths are reused, so that the one that has the focus keeps it.
   * @param {Shown[]} all
   * @param {boolean} drawing whether the pointer draws
   */
  show(all, drawing) {
    while (this.svg.children.length > all.length) this.svg.lastElementChild?.remove();
    all.forEach((shown, place) => {
      const path = this.svg.children[place] ?? document.createElementNS(SVG, "path");
      if (!path.parentNode) this.svg.append(path);
      this.#draw(path, shown);
    });
    this.svg.toggleAttribute("data-drawing", drawing);
    set(this.svg, "aria-hidden", drawing ? null : "true");
  }

  /**
   * @param {Element} path
   * @param {Shown} shown
   */
  #draw(path, { region, other, place, label }) {
    const isBox = "width" in region;
    const movable = place !== null;
    set(path, "d", pathOf(region, UNITS, this.aspect));
    set(path, "class", `${isBox ? "box" : "stroke"}${other ? " other" : ""}`);
    set(path, "stroke-width", isBox ? null : String(2 * region.radius * UNITS));
    set(path, "data-place", movable ? String(place) : null);
    set(path, "tabindex", movable ? "0" : null);
    // It gets the arrow keys, even if a screen reader is on, which reads by them.
    set(path, "role", movable ? "application" : null);
    set(path, "aria-label", movable ? label : null);
  }

  /** @param {number} place */
  focus(place) {
    const path = this.svg.querySelector(`[data-place="${place}"]`);
    if (path instanceof SVGElement) path.focus();
  }

  /**
   * @param {MouseEvent} event
   * @returns {[number, number]} shares of the image's width and height
   */
  shareOf({ clientX, clientY }) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return [within((clientX - left) / width), within((clientY - top) / height)];
  }

  /**
   * Whether the region is a box with a side shorter than so many pixels.
   * @param {Region} region
   * @param {number} pixels
   */
  isSmaller(region, pixels) {
    if (!("width" in region)) return false;
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.min(region.width * width, region.height * height) < pixels;
  }
}

/** @param {number} share */
function within(share) {
  return Math.min(Math.max(share, 0), 1);
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value null removes the attribute
 */
function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
