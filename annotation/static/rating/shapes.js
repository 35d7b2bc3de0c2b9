/**
 * Boxes and strokes in numbers: shares of the image's width and height, rounded to four decimals,
 * as the server stores them (annotation/protocol/marks.py).
 *
 * @typedef {import("./marking.js").Box} Box
 * @typedef {import("./marking.js").Stroke} Stroke
 * @typedef {import("./marking.js").Region} Region
 */

/** Of the brush, as a share of the width. */
const RADIUS = 0.02;
/** The most in one stroke, as in annotation/protocol/marks.py. */
const POINTS = 200;
/** The smallest side of a box that is resized by keyboard. */
const SIDE = 0.01;

/** @param {number} share */
function rounded(share) {
  return Math.round(share * 1e4) / 1e4;
}

/**
 * @param {[number, number]} one corner
 * @param {[number, number]} other corner, on any side of it
 * @returns {Box}
 */
export function boxBetween([x, y], [otherX, otherY]) {
  return boxOf(Math.min(x, otherX), Math.min(y, otherY), Math.max(x, otherX), Math.max(y, otherY));
}

/**
 * The edges are rounded, not the sizes, so that rounding moves no box out of the image.
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @returns {Box}
 */
function boxOf(left, top, right, bottom) {
  const [x, y] = [rounded(left), rounded(top)];
  return { x, y, width: rounded(rounded(right) - x), height: rounded(rounded(bottom) - y) };
}

/**
 * @param {Box} box
 * @param {number} dx
 * @param {number} dy
 * @returns {Box} within the image
 */
export function moved({ x, y, width, height }, dx, dy) {
  const left = Math.max(0, Math.min(x + dx, 1 - width));
  const top = Math.max(0, Math.min(y + dy, 1 - height));
  return boxOf(left, top, left + width, top + height);
}

/**
 * Moves its right and lower edge.
 * @param {Box} box
 * @param {number} dx
 * @param {number} dy
 * @returns {Box} within the image
 */
export function sized({ x, y, width, height }, dx, dy) {
  const right = Math.min(1, x + Math.max(SIDE, width + dx));
  const bottom = Math.min(1, y + Math.max(SIDE, height + dy));
  return boxOf(x, y, right, bottom);
}

/** A stroke being drawn: as many points as its shape needs, and no more than the server takes. */
export class Brush {
  /**
   * @param {[number, number]} from
   * @param {number} aspect height of the image by its width
   */
  constructor(from, aspect) {
    this.aspect = aspect;
    /** @type {[number, number][]} */
    this.points = [from];
    this.spacing = RADIUS / 2;
  }

  /** @param {[number, number]} point */
  add(point) {
    const [x, y] = /** @type {[number, number]} */ (this.points.at(-1));
    if (Math.hypot(point[0] - x, (point[1] - y) * this.aspect) < this.spacing) return;
    this.points.push(point);
    if (this.points.length < POINTS) return;
    this.points = this.points.filter((_point, place) => place % 2 === 0);
    this.spacing *= 2;
  }

  /** @returns {Stroke} */
  get region() {
    return { points: this.points.map(([x, y]) => [rounded(x), rounded(y)]), radius: RADIUS };
  }
}

/**
 * The region as an SVG path.
 * @param {Region} region
 * @param {number} units to the image's width
 * @param {number} aspect height of the image by its width
 */
export function pathOf(region, units, aspect) {
  const x = (/** @type {number} */ share) => (share * units).toFixed(1);
  const y = (/** @type {number} */ share) => (share * units * aspect).toFixed(1);
  if ("width" in region) {
    const across = x(region.width);
    return `M${x(region.x)} ${y(region.y)}h${across}v${y(region.height)}h-${across}z`;
  }
  const points = region.points.map((point) => `${x(point[0])} ${y(point[1])}`);
  // A single point becomes a line to itself: a round dab.
  return `M${points[0]}L${(points.length > 1 ? points.slice(1) : points).join(" ")}`;
}
