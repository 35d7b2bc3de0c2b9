/**
 * Notices answers that come faster than one can look. Whoever gives some in a row is asked to take
 * their time, kindly, and then left alone for a while: nothing is held back or refused.
 */

/** So many answers in a row: anybody's finger slips once. */
const RUN = 3;
/** So many images lie between two reminders at least. */
const PAUSE = 20;

export class Hurry {
  /** @param {number} least seconds that it takes to look, as in the study's rule on pace */
  constructor(least) {
    this.least = least;
    this.run = 0;
    this.since = PAUSE;
  }

  /**
   * @param {number} ms that an image was on the screen before its answer
   * @returns {boolean} whether to remind the rater now
   */
  answered(ms) {
    this.since += 1;
    this.run = ms < this.least * 1000 ? this.run + 1 : 0;
    if (this.run < RUN || this.since < PAUSE) return false;
    this.run = 0;
    this.since = 0;
    return true;
  }
}
