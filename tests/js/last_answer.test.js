import assert from "node:assert/strict";
import { test } from "node:test";

import { LastAnswer } from "../../annotation/static/rating/last_answer.js";
import { answer, trial } from "./factories.js";

test("nothing was answered at first", () => {
  const last = new LastAnswer(0);
  assert.equal(last.trial, null);
  assert.equal(last.known, false);
  assert.equal(last.reachableFrom(1), false);
});

test("an answer can be changed from its own block", () => {
  const last = new LastAnswer(0);
  last.remember(trial(1, { block: 2 }), answer(4));
  assert.equal(last.reachableFrom(2), true);
  assert.equal(last.reachableFrom(3), false);
});

test("an answer can be changed from as many blocks on as the study allows", () => {
  const last = new LastAnswer(1);
  last.remember(trial(1, { block: 2 }), answer(4));
  assert.deepEqual([2, 3, 4].map((block) => last.reachableFrom(block)), [true, true, false]);
});

test("if no image follows, nothing can be changed", () => {
  const last = new LastAnswer(1);
  last.remember(trial(1), answer(4));
  assert.equal(last.reachableFrom(null), false);
});

test("a study that allows no change needs not know what was answered", () => {
  const last = new LastAnswer(null);
  assert.equal(last.known, true);
  last.recall({ previous: { trial: trial(1), answer: answer(4) } });
  assert.equal(last.trial, null);
  last.remember(trial(1), answer(4));
  assert.equal(last.reachableFrom(1), false);
});

test("after a reload the server tells what was answered", () => {
  const last = new LastAnswer(0);
  last.recall({});
  assert.equal(last.known, false);
  last.recall({ previous: { trial: trial(3), answer: answer(5) } });
  assert.equal(last.known, true);
  assert.deepEqual(last.given, { trial: trial(3), answer: answer(5) });
});

test("the server's word that nothing was answered counts too", () => {
  const last = new LastAnswer(0);
  last.recall({ previous: null });
  assert.equal(last.known, true);
  assert.equal(last.trial, null);
});

test("what the page knows is not replaced by what the server says", () => {
  const last = new LastAnswer(0);
  last.remember(trial(4), answer(1));
  last.recall({ previous: { trial: trial(3), answer: answer(5) } });
  assert.equal(last.trial?.id, 4);
});

test("a refused answer cannot be changed, and is not being changed any more", () => {
  const last = new LastAnswer(0);
  last.remember(trial(4), answer(1));
  last.revising = true;
  last.forget();
  assert.equal(last.trial, null);
  assert.equal(last.revising, false);
  assert.equal(last.known, true);
});
