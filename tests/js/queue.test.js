import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "../../annotation/static/rating/queue.js";
import { trial } from "./factories.js";

const NONE = new Set();

/** @param {import("../../annotation/static/rating/transport.js").Trial[]} trials */
function queueOf(...trials) {
  const queue = new Queue();
  queue.fill(trials, NONE);
  return queue;
}

/** @param {Queue} queue */
function ids({ trials }) {
  return trials.map(({ id }) => id);
}

test("an empty queue takes the offer as it is", () => {
  assert.equal(new Queue().current, null);
  assert.equal(new Queue().next(), null);
  const queue = queueOf(trial(1), trial(2), trial(3));
  assert.deepEqual(ids(queue), [1, 2, 3]);
  assert.equal(queue.current?.id, 1);
});

test("an answered image leaves, and the next one is current", () => {
  const queue = queueOf(trial(1), trial(2));
  assert.equal(queue.next()?.id, 1);
  assert.equal(queue.current?.id, 2);
});

test("images whose answers are still unsent are not asked again", () => {
  const queue = new Queue();
  queue.fill([trial(1), trial(2), trial(3)], new Set([1, 2]));
  assert.deepEqual(ids(queue), [3]);
});

test("the current image stays first, as the very same object", () => {
  const queue = queueOf(trial(1), trial(2));
  const { current } = queue;
  queue.fill([trial(1), trial(2), trial(3)], NONE);
  assert.deepEqual(ids(queue), [1, 2, 3]);
  // A rater who is scoring it must not have it shown again from the start.
  assert.equal(queue.current, current);
});

test("the current image stays first if the server lists another before it", () => {
  const queue = queueOf(trial(2));
  queue.fill([trial(1), trial(2), trial(3)], NONE);
  assert.deepEqual(ids(queue), [2, 1, 3]);
});

test("an offer that ends before the current image leaves it while answers are unsent", () => {
  const queue = queueOf(trial(4), trial(5));
  queue.fill([trial(2), trial(3)], new Set([2, 3]));
  assert.deepEqual(ids(queue), [4]);
});

test("the current image goes when the server, knowing all answers, does not offer it", () => {
  const queue = queueOf(trial(4), trial(5));
  queue.fill([trial(6), trial(7)], NONE);
  assert.deepEqual(ids(queue), [6, 7]);
});

test("an image that was leased again goes by its new trial", () => {
  const queue = queueOf(trial(4, { file: "a.png" }), trial(5));
  queue.fill([trial(5), trial(9, { file: "a.png" })], NONE);
  assert.deepEqual(ids(queue), [9, 5]);
});

test("the trial itself is preferred to the same image under another number", () => {
  const queue = queueOf(trial(4, { file: "a.png" }));
  queue.fill([trial(9, { file: "a.png" }), trial(4, { file: "a.png" })], NONE);
  assert.deepEqual(ids(queue), [4, 9]);
});

test("a trial that now asks something else is not the current one", () => {
  const queue = queueOf(trial(4, { perspectives: ["quality"] }));
  queue.fill([trial(4, { perspectives: ["authenticity"] })], NONE);
  assert.deepEqual(queue.current?.perspectives, ["authenticity"]);
});

test("an image can be dropped from anywhere in the queue", () => {
  const queue = queueOf(trial(1), trial(2), trial(3));
  queue.drop(2);
  queue.drop(8);
  assert.deepEqual(ids(queue), [1, 3]);
  queue.clear();
  assert.equal(queue.current, null);
});
