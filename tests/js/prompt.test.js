import assert from "node:assert/strict";
import { test } from "node:test";

import { piecesOf } from "../../annotation/static/rating/prompt.js";

/** @param {string} prompt */
function wordsOf(prompt) {
  return piecesOf(prompt)
    .filter(({ word }) => word)
    .map(({ text }) => text);
}

test("a prompt is its words and what separates them", () => {
  assert.deepEqual(piecesOf(" a red\n\ncat"), [
    { text: " ", word: false },
    { text: "a", word: true },
    { text: " ", word: false },
    { text: "red", word: true },
    { text: "\n\n", word: false },
    { text: "cat", word: true },
  ]);
});

test("a prompt without words has none", () => {
  assert.deepEqual(piecesOf(""), []);
  assert.deepEqual(piecesOf(" \t"), [{ text: " \t", word: false }]);
});

test("punctuation belongs to its word", () => {
  assert.deepEqual(wordsOf("a cat's hat, (blue)!"), ["a", "cat's", "hat,", "(blue)!"]);
});

test("white space is Python's, not JavaScript's", () => {
  // str.split() parts at U+001C and U+0085, and not at U+FEFF; \s of JavaScript the other way round.
  assert.deepEqual(wordsOf("a\u001cb\u0085c\u3000d\ufeffe"), ["a", "b", "c", "d\ufeffe"]);
});

test("Chinese characters are words by themselves", () => {
  // As in tests/annotation/protocol/test_marks.py; 𠀀 is one character of two code units.
  assert.deepEqual(wordsOf("两只猫,red 𠀀cat猫"), ["两", "只", "猫", ",red", "𠀀", "cat", "猫"]);
});
