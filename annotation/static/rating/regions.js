/**
 * Regions of the image that a text is about: boxes and brush strokes, by mouse, finger or pen;
 * boxes by keyboard too. They are stored as shares of the image, so that its size on the screen
 * does not matter (annotation/protocol/marks.py).
 */

import { fill } from "./dom.js";
import { Marking, setPressed, toggleOf } from "./marking.js";
import { Overlay } from "./overlay.js";
import { boxBetween, Brush, moved, sized } from "./shapes.js";

/**
 * @typedef {import("./answer.js").AnswerForm} AnswerForm
 * @typedef {import("./question.js").Question} Question
 * @typedef {import("./marking.js").Region} Region
 * @typedef {import("./marking.js").Box} Box
 */

/** The most of one question, as in annotation/protocol/marks.py. */
const LIMIT = 20;
/** A box smaller than this, in pixels, is a slip of the hand. */
const SMALLEST = 4;
/** Where a box that is made by keyboard starts. */
const MIDDLE = { x: 0.375, y: 0.375, width: 0.25, height: 0.25 };
/** @type {Record<string, [number, number]>} */
const ARROWS = {
  ArrowLeft: [-0.01, 0],
  ArrowRight: [0.01, 0],
  ArrowUp: [0, -0.01],
  ArrowDown: [0, 0.01],
};

/**
 * Lets raters mark regions of the image, if the study does.
 * @param {AnswerForm} form
 * @param {HTMLElement} holder of the image
 */
export function markRegions(form, holder) {
  if (form.questions.some((question) => toggleOf(question, "regions"))) new Regions(form, holder);
}

class Regions {
  /**
   * @param {AnswerForm} form
   * @param {HTMLElement} holder
   */
  constructor(form, holder) {
    this.form = form;
    this.tool = "box";
    /**
     * What is being drawn, and where that started.
     * @type {{from: [number, number], region: Region, brush: Brush | null} | null}
     */
    this.drawn = null;
    this.marking = new Marking(form, "regions", () => this.#render());
    this.overlay = new Overlay(holder, () => this.#drop());
    form.form.addEventListener("click", (event) => this.#onTool(event));
    const { svg } = this.overlay;
    svg.addEventListener("pointerdown", (event) => this.#onDown(event));
    svg.addEventListener("pointermove", (event) => this.#onMove(event));
    svg.addEventListener("pointerup", () => this.#onUp());
    svg.addEventListener("pointercancel", () => this.#drop());
    svg.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #render() {
    const active = this.marking.question;
    if (!active) this.drawn = null;
    const others = this.form.questions.filter((item) => item !== active && item.takes("regions"));
    const drawn = this.drawn ? [this.drawn.region] : [];
    const own = active?.regions ?? [];
    this.overlay.show(
      [
        ...others.flatMap((item) => item.regions).map((region) => still(region, true)),
        ...own.map((region, place) => (active ? movable(active, region, place) : still(region))),
        ...drawn.map((region) => still(region)),
      ],
      active !== null,
    );
    if (active) this.#showTools(active);
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
    const { question } = this.marking;
    const button = /** @type {Element} */ (event.target).closest("button");
    const tool = button?.dataset.tool;
    if (!question || !tool) return;
    if (tool === "undo") this.#keep(question, question.regions.slice(0, -1));
    else if (tool === "clear") this.#keep(question, []);
    else this.tool = tool;
    this.#render();
    // Pressed by keyboard: a box appears in the middle, from where it can be moved.
    if (tool === "box" && !event.detail) {
      this.#keep(question, [...question.regions, MIDDLE]);
      this.overlay.focus(question.regions.length - 1);
    } else if (button.disabled) toggleOf(question, "regions")?.focus();
  }

  /**
   * @param {Question} question
   * @param {Region[]} regions
   */
  #keep(question, regions) {
    this.form.mark(question, { regions });
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    const { question } = this.marking;
    if (!question || event.button !== 0 || !event.isPrimary) return;
    // Or the image would scroll, and the scores would lose the focus.
    event.preventDefault();
    event.stopPropagation();
    if (question.regions.length >= LIMIT) return;
    this.overlay.svg.setPointerCapture(event.pointerId);
    const from = this.overlay.shareOf(event);
    const brush = this.tool === "brush" ? new Brush(from, this.overlay.aspect) : null;
    this.drawn = { from, brush, region: brush?.region ?? boxBetween(from, from) };
    this.#render();
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    if (!this.drawn) return;
    const { from, brush } = this.drawn;
    if (brush) for (const step of stepsOf(event)) brush.add(this.overlay.shareOf(step));
    this.drawn.region = brush?.region ?? boxBetween(from, this.overlay.shareOf(event));
    this.#render();
  }

  #onUp() {
    const { question } = this.marking;
    if (!question || !this.drawn) return;
    const { region } = this.drawn;
    this.#drop();
    if (!this.overlay.isSmaller(region, SMALLEST)) this.#keep(question, [...question.regions, region]);
  }

  #drop() {
    this.drawn = null;
    this.#render();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { question } = this.marking;
    const { place } = /** @type {SVGElement} */ (event.target).dataset;
    const box = question?.regions[Number(place)];
    if (!question || !box || !("width" in box)) return;
    const step = ARROWS[event.key];
    if (step) {
      const changed = event.shiftKey ? sized(box, ...step) : moved(box, ...step);
      this.#keep(question, question.regions.map((item) => (item === box ? changed : item)));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.#keep(question, question.regions.filter((item) => item !== box));
      leave(question);
    } else if (event.key === "Enter") leave(question);
    else return;
    event.preventDefault();
  }
}

/**
 * Moves the focus from the image back to the tools.
 * @param {Question} question
 */
function leave(question) {
  const [box] = toolsOf(question);
  (box?.disabled ? toggleOf(question, "regions") : box)?.focus();
}

/**
 * @param {Question} question
 * @returns {HTMLButtonElement[]}
 */
function toolsOf(question) {
  return [...question.element.querySelectorAll("button")].filter((item) => "tool" in item.dataset);
}

/** @param {PointerEvent} event */
function stepsOf(event) {
  const all = event.getCoalescedEvents?.() ?? [];
  return all.length ? all : [event];
}

/**
 * @param {Region} region
 * @param {boolean} [other]
 */
function still(region, other = false) {
  return { region, other, place: null, label: "" };
}

/**
 * A box can be moved and says where it is; a stroke cannot.
 * @param {Question} question
 * @param {Region} region
 * @param {number} place
 */
function movable(question, region, place) {
  if (!("width" in region)) return still(region);
  const label = fill(toggleOf(question, "regions")?.dataset.box ?? "", {
    number: place + 1,
    left: percent(region.x),
    top: percent(region.y),
    width: percent(region.width),
    height: percent(region.height),
  });
  return { region, other: false, place, label };
}

/** @param {number} share */
function percent(share) {
  return Math.round(share * 100);
}
