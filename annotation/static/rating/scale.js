/** The scale of one question, in numbers. */

/** Scores come in steps: less than this is no difference. */
const EQUAL = 1e-9;
/** An arrow key travels this share of a slider, or one step if that is more. */
const TRAVEL = 1 / 50;
/** Half a level of five, as a share: scores that are no further apart say the same. */
const SAME = 1 / 8;

/** @typedef {"same" | "near" | "far"} Agreement */

export class Scale {
  /**
   * @param {{kind: string, minimum: number, maximum: number, step: number, words?: number}} given
   *   with the number of words along the scale, each in the middle of its equal part
   */
  constructor({ kind, minimum, maximum, step, words = 0 }) {
    this.kind = kind;
    this.minimum = minimum;
    this.maximum = maximum;
    this.step = step;
    this.words = words;
  }

  get range() {
    return this.maximum - this.minimum;
  }

  get middle() {
    return (this.minimum + this.maximum) / 2;
  }

  /** Whether digits stand for the words along a slider; two words are only at its ends. */
  get #keyed() {
    return this.kind.startsWith("slider") && this.words > 2;
  }

  /**
   * The score that a key stands for, or null if it stands for none: on a slider with words, the
   * middle of a word's part.
   * @param {number} digit up to ten
   */
  scoreOfDigit(digit) {
    if (this.#keyed) {
      const share = (digit - 0.5) / this.words;
      return share > 0 && share < 1 ? this.#onStep(this.minimum + share * this.range) : null;
    }
    const score = this.kind === "slider100" ? digit * 10 : digit;
    return score >= this.minimum && score <= this.maximum ? score : null;
  }

  /**
   * Where an arrow key moves a slider. The first one puts it in the middle: it has been nowhere.
   * @param {number | null} score
   * @param {1 | -1} way
   * @param {boolean} fine by the scale's own step
   */
  moved(score, way, fine) {
    if (score === null) return this.#onStep(this.middle);
    const steps = fine ? 1 : Math.max(Math.round((this.range * TRAVEL) / this.step), 1);
    const there = score + way * steps * this.step;
    return this.#onStep(Math.min(Math.max(there, this.minimum), this.maximum));
  }

  /** @param {number} score */
  #onStep(score) {
    const steps = Math.round((score - this.minimum) / this.step + EQUAL);
    return Number((this.minimum + steps * this.step).toFixed(6));
  }

  /**
   * The place of the word in whose part a score lies, from 0; null if there are no parts.
   * @param {number} score
   */
  wordOf(score) {
    if (this.words < 3) return null;
    const part = Math.floor(((score - this.minimum) / this.range) * this.words + EQUAL);
    return Math.min(part, this.words - 1);
  }

  /**
   * How an answer compares with an expected score.
   * @param {number} score
   * @param {{expected: number, low: number, high: number}} expectation
   * @returns {Agreement}
   */
  agreement(score, { expected, low, high }) {
    const room = this.kind.startsWith("slider") ? this.range * SAME : this.step / 2;
    if (Math.abs(score - expected) <= room + EQUAL) return "same";
    return this.isWithin(score, { low, high }) ? "near" : "far";
  }

  /**
   * The place of the level that is nearest to a score, from 0.
   * @param {number} score
   */
  placeOf(score) {
    return Math.round((score - this.minimum) / this.step);
  }

  /**
   * Whether a score is at most a share of the scale.
   * @param {number} score
   * @param {number} share 0…1
   */
  isUpTo(score, share) {
    return (score - this.minimum) / (this.maximum - this.minimum) <= share + EQUAL;
  }

  /**
   * Whether a score lies within bounds, or a thousandth of the scale from them: bounds are means,
   * which need not fall on a step.
   * @param {number} score
   * @param {{low: number, high: number}} bounds
   */
  isWithin(score, { low, high }) {
    const slack = (this.maximum - this.minimum) / 1000;
    return score >= low - slack && score <= high + slack;
  }
}
