import assert from "node:assert/strict";
import { test } from "node:test";

import { Progress } from "../../annotation/static/rating/progress.js";
import { trial } from "./factories.js";

/**
 * @param {number} done
 * @param {number} total
 * @param {import("../../annotation/static/rating/transport.js").BlockPlace | null} block
 */
function progressOf(done, total, block = null) {
  const progress = new Progress();
  progress.correct({ progress: { done, total }, block, trials: [] });
  return progress;
}

/**
 * @param {Progress} progress
 * @param {...number} times in milliseconds
 */
function pace(progress, ...times) {
  for (const ms of times) progress.pace.add(ms);
  return progress;
}

test("answers that the server does not have yet are counted at once", () => {
  const { done, number, total } = progressOf(3, 10).position(2);
  assert.deepEqual({ done, number, total }, { done: 5, number: 6, total: 10 });
});

test("the count ends at the last image", () => {
  const { done, number } = progressOf(9, 10).position(1);
  assert.deepEqual({ done, number }, { done: 10, number: 10 });
  assert.equal(progressOf(9, 10).position(3).done, 10);
});

test("an image has its place in its block", () => {
  const progress = progressOf(5, 20, { number: 2, done: 1, size: 4 });
  assert.deepEqual(progress.position(0).block, { number: 2, size: 4 });
  assert.deepEqual(progress.position(2).block, { number: 4, size: 4 });
  // The first of the next block, which is taken to be as large.
  assert.deepEqual(progress.position(3).block, { number: 1, size: 4 });
});

test("a block of one image is no block, nor is any after the last image", () => {
  assert.equal(progressOf(5, 20, { number: 2, done: 0, size: 1 }).position(0).block, null);
  assert.equal(progressOf(5, 20).position(0).block, null);
  assert.equal(progressOf(19, 20, { number: 5, done: 3, size: 4 }).position(1).block, null);
});

test("the block ahead is the next one once this one is answered", () => {
  const progress = progressOf(4, 20, { number: 2, done: 0, size: 4 });
  assert.deepEqual([0, 3, 4].map((unsent) => progress.blockAfter(unsent)), [2, 2, 3]);
});

test("no block is ahead of the session's last answer, or while none is known", () => {
  const progress = progressOf(18, 20, { number: 5, done: 2, size: 4 });
  assert.deepEqual([1, 2].map((unsent) => progress.blockAfter(unsent)), [5, null]);
  assert.equal(progressOf(0, 20).blockAfter(0), null);
});

test("time is shown after three answers, in whole minutes", () => {
  const progress = pace(progressOf(0, 21), 7000, 7000);
  assert.deepEqual([progress.position(1).seconds, progress.position(1).minutes], [null, null]);
  pace(progress, 7000);
  // 20 images of 7 s are 140 s, begun minutes counted: 3.
  assert.deepEqual([progress.position(1).seconds, progress.position(1).minutes], [7, 3]);
});

test("less than a minute is none", () => {
  const progress = pace(progressOf(0, 10), 8000, 8000, 8000);
  // 7 × 8 s = 56 s; 8 × 8 s = 64 s.
  assert.deepEqual([progress.position(3).minutes, progress.position(2).minutes], [0, 2]);
});

test("a minute to the second is one minute", () => {
  assert.equal(pace(progressOf(0, 10), 6000, 6000, 6000).position(0).minutes, 1);
});

test("a pace of zero seconds per image is never shown", () => {
  assert.equal(pace(progressOf(0, 10), 300, 300, 300).position(0).seconds, 1);
});

test("nothing is left to tell after the last image", () => {
  const { seconds, minutes } = pace(progressOf(10, 10), 6000, 6000, 6000).position(0);
  assert.deepEqual([seconds, minutes], [null, null]);
});

test("practice says nothing about the pace of what follows", () => {
  const progress = progressOf(0, 2);
  const counts = { progress: { done: 0, total: 2 }, block: null };
  progress.correct({ ...counts, trials: [trial(1, { practice: true })] });
  assert.equal(progress.position(0).practice, true);
  pace(progress, 9000, 9000, 9000);
  progress.correct({ ...counts, trials: [trial(2, { practice: true })] });
  assert.equal(progress.position(0).seconds, 9);
  progress.correct({ ...counts, trials: [trial(3)] });
  assert.deepEqual([progress.position(0).practice, progress.position(0).seconds], [false, null]);
});

test("an offer without images leaves open whether it is practice", () => {
  const progress = progressOf(0, 2);
  const counts = { progress: { done: 0, total: 2 }, block: null };
  progress.correct({ ...counts, trials: [trial(1, { practice: true })] });
  progress.correct({ ...counts, trials: [] });
  assert.equal(progress.position(0).practice, true);
});
