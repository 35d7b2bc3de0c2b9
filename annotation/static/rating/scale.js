/** The scale of one question, in numbers. */

/** Scores come in steps: less than this is no difference. */
const EQUAL = 1e-9;

export class Scale {
  /** @param {{kind: string, minimum: number, maximum: number, step: number}} given */
  constructor({ kind, minimum, maximum, step }) {
    this.kind = kind;
    this.minimum = minimum;
    this.maximum = maximum;
    this.step = step;
  }

  get middle() {
    return (this.minimum + this.maximum) / 2;
  }

  /**
   * The score that a key stands for, or null if it stands for none.
   * @param {number} digit up to ten
   */
  scoreOfDigit(digit) {
    const score = this.kind === "slider100" ? digit * 10 : digit;
    return score >= this.minimum && score <= this.maximum ? score : null;
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
