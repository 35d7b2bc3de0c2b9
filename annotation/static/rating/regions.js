/**
 * Regions of the image, drawn over it: boxes and strokes of a brush, by mouse, finger or pen; a box
 * by keyboard too. They are kept in shares of the image, so its size on the screen is no matter.
 */

import { fill } from "./dom.js";
import { Marking, setPressed, toggleOf } from "./marking.js";
import { boxBetween, Brush, moved, pathOf, sized } from "./shapes.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./answer.js").Question} Question
 * @typedef {import("./marking.js").Region} Region
 * @typedef {import("./marking.js").Box} Box
 */

const SVG = "http://www.w3.org/2000/svg";
/** The drawing's units: so many to the image's width. */
const UNITS = 1000;
/** As annotation/protocol/marks.py has it. */
const LIMIT = 20;
/** A box of less than so many pixels is a slip of the hand. */
const SMALLEST = 4;
/** @type {Record<string, [number, number]>} */
const ARROWS = {
  ArrowLeft: [-0.01, 0],
  ArrowRight: [0.01, 0],
  ArrowUp: [0, -0.01],
  ArrowDown: [0, 0.01],
};

export class Regions {
  /**
   * @param {AnswerForm} form
   * @param {HTMLElement} holder of the image
   */
  constructor(form, holder) {
    this.form = form;
    this.holder = holder;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("regions");
    this.tool = "box";
    /**
     * What is being drawn, and from where.
     * @type {{from: [number, number], region: Region, brush: Brush | null} | null}
     */
    this.drawn = null;
    this.aspect = 1;
    if (!form.questions.some((question) => toggleOf(question, "regions"))) return;
    this.marking = new Marking(form, "regions", () => this.#render());
    this.sizes = new ResizeObserver(() => this.#place());
    // The canvas puts a decoded image into the holder, in the place of all that was there.
    new MutationObserver(() => this.#attach()).observe(holder, { childList: true });
    form.form.addEventListener("click", (event) => this.#onTool(event));
    this.svg.addEventListener("pointerdown", (event) => this.#onDown(event));
    this.svg.addEventListener("pointermove", (event) => this.#onMove(event));
    this.svg.addEventListener("pointerup", () => this.#onUp());
    this.svg.addEventListener("pointercancel", () => this.#drop());
    this.svg.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #attach() {
    const image = this.holder.querySelector("img");
    if (!image || this.svg.parentNode === this.holder) return;
    this.sizes?.disconnect();
    this.aspect = image.naturalHeight / image.naturalWidth;
    this.svg.setAttribute("viewBox", `0 0 ${UNITS} ${UNITS * this.aspect}`);
    this.holder.append(this.svg);
    this.sizes?.observe(image);
    this.sizes?.observe(this.holder);
    this.#place();
    this.drawn = null;
    this.#render();
  }

  /** Over the image, wherever the holder has it. */
  #place() {
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

  #render() {
    const active = this.marking?.question ?? null;
    if (!active) this.drawn = null;
    const others = this.form.questions.filter((item) => item !== active && item.takes("regions"));
    const own = active?.regions ?? [];
    const regions = others.flatMap((item) => item.regions);
    const drawn = this.drawn ? [this.drawn.region] : [];
    const all = [...regions, ...own, ...drawn];
    while (this.svg.children.length > all.length) this.svg.lastElementChild?.remove();
    all.forEach((region, place) => {
      const path = this.svg.children[place] ?? this.svg.appendChild(document.createElementNS(SVG, "path"));
      this.#draw(/** @type {SVGPathElement} */ (path), region, place - regions.length, own.length);
    });
    this.svg.toggleAttribute("data-drawing", active !== null);
    if (active) this.svg.removeAttribute("aria-hidden");
    else this.svg.setAttribute("aria-hidden", "true");
    if (active) this.#showTools(active);
  }

  /**
   * @param {SVGPathElement} path
   * @param {Region} region
   * @param {number} place among those that are being marked; below 0 it is another question's
   * @param {number} count of those
   */
  #draw(path, region, place, count) {
    const isBox = "width" in region;
    path.setAttribute("d", pathOf(region, UNITS, this.aspect));
    path.setAttribute("class", `${isBox ? "box" : "stroke"}${place < 0 ? " other" : ""}`);
    if (isBox) path.removeAttribute("stroke-width");
    else path.setAttribute("stroke-width", String(2 * region.radius * UNITS));
    const editable = isBox && place >= 0 && place < count;
    const question = this.marking?.question;
    if (editable && question) {
      path.dataset.place = String(place);
      path.setAttribute("tabindex", "0");
      path.setAttribute("role", "application");
      path.setAttribute("aria-label", fill(textOf(question, "box"), inWords(region, place)));
    } else {
      for (const name of ["data-place", "tabindex", "role", "aria-label"]) path.removeAttribute(name);
    }
  }

  /** @param {Question} question */
  #showTools(question) {
    for (const button of toolsOf(question)) {
      const { tool = "" } = button.dataset;
      const draws = tool === "box" || tool === "brush";
      if (draws) setPressed(button, tool === this.tool);
      button.disabled = draws ? question.regions.length >= LIMIT : !question.regions.length;
    }
  }

  /** @param {MouseEvent} event */
  #onTool(event) {
    const question = this.marking?.question;
    const button = /** @type {Element} */ (event.target).closest("button");
    const tool = button?.dataset.tool;
    if (!question || !tool) return;
    if (tool === "undo") this.#keep(question, question.regions.slice(0, -1));
    else if (tool === "clear") this.#keep(question, []);
    else this.tool = tool;
    this.#render();
    // Pressed by keyboard: a box in the middle, to be moved from there.
    if (tool === "box" && !event.detail) {
      const box = { x: 0.375, y: 0.375, width: 0.25, height: 0.25 };
      this.#keep(question, [...question.regions, box]);
      this.#focus(question.regions.length - 1);
    }
    // What has nothing left to do lets go of the keyboard.
    if (button.disabled) toggleOf(question, "regions")?.focus();
  }

  /**
   * @param {Question} question
   * @param {Region[]} regions
   */
  #keep(question, regions) {
    this.form.mark(question, { regions });
  }

  /** @param {number} place */
  #focus(place) {
    const path = this.svg.querySelector(`[data-place="${place}"]`);
    if (path instanceof SVGElement) path.focus();
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    const question = this.marking?.question;
    if (!question || event.button !== 0 || !event.isPrimary) return;
    // Neither does the image move, nor the keyboard leave the scores.
    event.preventDefault();
    event.stopPropagation();
    if (question.regions.length >= LIMIT) return;
    this.svg.setPointerCapture(event.pointerId);
    const from = this.#shareOf(event);
    const brush = this.tool === "brush" ? new Brush(from, this.aspect) : null;
    this.drawn = { from, brush, region: brush?.region ?? boxBetween(from, from) };
    this.#render();
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    if (!this.drawn) return;
    const { from, brush } = this.drawn;
    if (brush) for (const step of steps(event)) brush.add(this.#shareOf(step));
    this.drawn.region = brush?.region ?? boxBetween(from, this.#shareOf(event));
    this.#render();
  }

  #onUp() {
    const question = this.marking?.question;
    if (!question || !this.drawn) return;
    const { region } = this.drawn;
    this.drawn = null;
    const { width, height } = this.svg.getBoundingClientRect();
    const slip =
      "width" in region && Math.min(region.width * width, region.height * height) < SMALLEST;
    if (slip) this.#render();
    else this.#keep(question, [...question.regions, region]);
  }

  #drop() {
    this.drawn = null;
    this.#render();
  }

  /**
   * @param {PointerEvent} event
   * @returns {[number, number]} of the image's width and height
   */
  #shareOf({ clientX, clientY }) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return [within((clientX - left) / width), within((clientY - top) / height)];
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const question = this.marking?.question;
    const { place } = /** @type {SVGElement} */ (event.target).dataset;
    const box = question?.regions[Number(place)];
    if (!question || !box || !("width" in box)) return;
    const step = ARROWS[event.key];
    if (step) {
      const changed = event.shiftKey ? sized(box, ...step) : moved(box, ...step);
      this.#keep(question, question.regions.map((item) => (item === box ? changed : item)));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.#keep(question, question.regions.filter((item) => item !== box));
      this.#leave(question);
    } else if (event.key === "Enter") this.#leave(question);
    else return;
    event.preventDefault();
  }

  /**
   * From the image back to the tools.
   * @param {Question} question
   */
  #leave(question) {
    const [box] = toolsOf(question);
    (box?.disabled ? toggleOf(question, "regions") : box)?.focus();
  }
}

/** @param {PointerEvent} event */
function steps(event) {
  const all = event.getCoalescedEvents?.() ?? [];
  return all.length ? all : [event];
}

/** @param {number} share */
function within(share) {
  return Math.min(Math.max(share, 0), 1);
}

/**
 * @param {Question} question
 * @returns {HTMLButtonElement[]}
 */
function toolsOf(question) {
  return [...question.element.querySelectorAll("button")].filter((item) => "tool" in item.dataset);
}

/**
 * What the page says about marks, beside their button.
 * @param {Question} question
 * @param {string} name
 */
function textOf(question, name) {
  return toggleOf(question, "regions")?.dataset[name] ?? "";
}

/**
 * @param {Box} box
 * @param {number} place
 */
function inWords(box, place) {
  const percent = (/** @type {number} */ share) => Math.round(share * 100);
  return {
    number: place + 1,
    left: percent(box.x),
    top: percent(box.y),
    width: percent(box.width),
    height: percent(box.height),
  };
}
