import assert from "node:assert/strict";
import { test } from "node:test";

import { Scale } from "../../annotation/static/rating/scale.js";

const ACR = new Scale({ kind: "acr5", minimum: 1, maximum: 5, step: 1 });
const ELEVEN = new Scale({ kind: "acr11", minimum: 0, maximum: 10, step: 1 });
const SLIDER = new Scale({ kind: "slider100", minimum: 0, maximum: 100, step: 1 });

test("a key is its score, if the scale has it", () => {
  assert.deepEqual([0, 1, 5, 6].map((digit) => ACR.scoreOfDigit(digit)), [null, 1, 5, null]);
  assert.deepEqual([0, 10].map((digit) => ELEVEN.scoreOfDigit(digit)), [0, 10]);
});

test("on a slider a key is so many tens", () => {
  assert.deepEqual([0, 7, 10].map((digit) => SLIDER.scoreOfDigit(digit)), [0, 70, 100]);
});

test("with words along it, a key is the middle of its word's part", () => {
  const words = { minimum: 0, maximum: 5, step: 0.01, words: 5 };
  const fine = new Scale({ kind: "slider5", ...words });
  assert.deepEqual([0, 1, 4, 5, 6, 10].map((digit) => fine.scoreOfDigit(digit)), [null, 0.5, 3.5, 4.5, null, null]);
  const hundred = new Scale({ kind: "slider100", minimum: 0, maximum: 100, step: 1, words: 7 });
  // 1/14 and 13/14 of the way, on a step.
  assert.deepEqual([1, 7].map((digit) => hundred.scoreOfDigit(digit)), [7, 93]);
  // Two words are at the ends, and keys are numbers.
  const ends = new Scale({ kind: "slider100", minimum: 0, maximum: 100, step: 1, words: 2 });
  assert.equal(ends.scoreOfDigit(4), 40);
});

test("an arrow travels a fiftieth of a slider, with Shift its step, and begins in the middle", () => {
  const fine = new Scale({ kind: "slider5", minimum: 0, maximum: 5, step: 0.01 });
  assert.deepEqual([fine.moved(null, 1, false), fine.moved(null, -1, true)], [2.5, 2.5]);
  assert.deepEqual([fine.moved(2.5, 1, false), fine.moved(2.5, -1, true)], [2.6, 2.49]);
  assert.deepEqual([fine.moved(4.95, 1, false), fine.moved(0, -1, false)], [5, 0]);
  assert.equal(SLIDER.moved(50, 1, false), 52);
  const coarse = new Scale({ kind: "slider", minimum: 0, maximum: 10, step: 1 });
  assert.equal(coarse.moved(4, 1, false), 5);
});

test("a score is in the part of a word", () => {
  const fine = new Scale({ kind: "slider5", minimum: 0, maximum: 5, step: 0.01, words: 5 });
  assert.deepEqual([0, 0.99, 1, 3.6, 5].map((score) => fine.wordOf(score)), [0, 0, 1, 3, 4]);
  assert.equal(SLIDER.wordOf(50), null);
});

test("an answer says the same as others, nearly, or something else", () => {
  // Levels: one of five beside another is near, whatever their names.
  const five = (/** @type {number} */ score) =>
    ACR.agreement(score, { expected: 2, low: 1, high: 3 });
  assert.deepEqual([1, 2, 3, 4].map(five), ["near", "same", "near", "far"]);
  // A slider: half a level of five is an eighth, 12.5 of 100.
  const hundred = (/** @type {number} */ score) =>
    SLIDER.agreement(score, { expected: 50, low: 25, high: 75 });
  assert.deepEqual([38, 37, 75, 76].map(hundred), ["same", "near", "near", "far"]);
  // A mean between two levels is what both say.
  const eleven = (/** @type {number} */ score) =>
    ELEVEN.agreement(score, { expected: 7.4, low: 4.9, high: 9.9 });
  assert.deepEqual([7, 8, 10].map(eleven), ["same", "near", "far"]);
});

test("a mean is named after the nearest level", () => {
  assert.deepEqual([1, 2.4, 3.6, 5].map((mean) => ACR.placeOf(mean)), [0, 1, 3, 4]);
  const halves = new Scale({ kind: "levels", minimum: 0, maximum: 2, step: 0.5 });
  assert.deepEqual([0.2, 0.3, 1.9].map((mean) => halves.placeOf(mean)), [0, 1, 4]);
});

test("the middle lies between the ends", () => {
  assert.deepEqual([ACR.middle, SLIDER.middle], [3, 50]);
});

test("reasons are asked up to a share of the scale, whatever its ends", () => {
  // Of 1…5, 3 is a half; of 0…10, 3 is 0.3, which 3 / 10 only nearly is in binary.
  assert.deepEqual([2, 3, 4].map((score) => ACR.isUpTo(score, 0.5)), [true, true, false]);
  assert.deepEqual([3, 4].map((score) => ELEVEN.isUpTo(score, 0.1 + 0.2 - 1e-16)), [true, false]);
  assert.equal(ACR.isUpTo(1, 0), true);
});

test("a score is near if it is within a thousandth of the scale from the bounds", () => {
  // A thousandth of 0…100 is 0.1.
  const bounds = { low: 40.05, high: 59.95 };
  assert.deepEqual(
    [39, 40, 50, 60, 61].map((score) => SLIDER.isWithin(score, bounds)),
    [false, true, true, true, false],
  );
});
