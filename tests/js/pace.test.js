import assert from "node:assert/strict";
import { test } from "node:test";

import { Pace } from "../../annotation/static/rating/progress.js";

/** @param {number[]} times in milliseconds */
function paceOf(...times) {
  const pace = new Pace();
  for (const ms of times) pace.add(ms);
  return pace;
}

test("fewer than three answers say nothing", () => {
  assert.equal(paceOf().seconds, null);
  assert.equal(paceOf(2000, 9000).seconds, null);
});

test("the pace is the median, which a break does not change", () => {
  // 2 4 9 → 4; 2 4 6 9 → (4 + 6) / 2; 2 4 6 9 900 → 6.
  assert.equal(paceOf(2000, 9000, 4000).seconds, 4);
  assert.equal(paceOf(2000, 9000, 4000, 6000).seconds, 5);
  assert.equal(paceOf(2000, 9000, 4000, 6000, 900_000).seconds, 6);
});

test("times are sorted as numbers, not as text", () => {
  // As text "10000" sorts before "9000"; the median of 8, 9 and 10 seconds is 9.
  assert.equal(paceOf(10_000, 9000, 8000).seconds, 9);
});

test("only the last fifteen answers count", () => {
  const pace = paceOf(...Array(8).fill(100_000), ...Array(7).fill(2000));
  assert.equal(pace.seconds, 100);
  // The sixteenth pushes the first out: seven of 100 s, eight of 2 s.
  pace.add(2000);
  assert.equal(pace.times.length, 15);
  assert.equal(pace.seconds, 2);
});

test("a restart forgets what was measured", () => {
  const pace = paceOf(1000, 1000, 1000);
  pace.restart();
  assert.equal(pace.seconds, null);
});
