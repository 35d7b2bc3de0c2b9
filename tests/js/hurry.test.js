import assert from "node:assert/strict";
import { test } from "node:test";

import { Hurry } from "../../annotation/static/rating/hurry.js";

/**
 * @param {Hurry} hurry
 * @param {number[]} times
 */
function reminders(hurry, times) {
  return times.map((ms) => hurry.answered(ms));
}

test("three answers in a row that are faster than one can look bring a reminder", () => {
  const hurry = new Hurry(1);
  assert.deepEqual(reminders(hurry, [300, 999, 1000, 300, 300, 300]), [
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
});

test("after a reminder come twenty images without one", () => {
  const hurry = new Hurry(1);
  const told = reminders(hurry, Array.from({ length: 63 }, () => 300));
  const places = told.flatMap((said, place) => (said ? [place + 1] : []));
  assert.deepEqual(places, [3, 23, 43, 63]);
});

test("a study that expects no time to look reminds nobody", () => {
  assert.deepEqual(reminders(new Hurry(0), [1, 1, 1, 1]), [false, false, false, false]);
});
