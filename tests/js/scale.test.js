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
