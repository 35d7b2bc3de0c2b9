import assert from "node:assert/strict";
import { test } from "node:test";

import { isSameTask, taskOf } from "../../annotation/static/rating/task.js";
import { trial } from "./factories.js";

test("a new signature is the same image", () => {
  const image = { url: "https://images.example/studies/a.png?sig=2#x", width: 64, height: 48 };
  assert.equal(taskOf(trial(1, { image })), "/studies/a.png#quality");
  assert.ok(isSameTask(trial(1, { file: "a.png" }), trial(2, { file: "a.png" })));
});

test("another image, or another question about it, is another task", () => {
  const one = trial(1, { file: "a.png" });
  assert.ok(!isSameTask(one, trial(1, { file: "b.png" })));
  assert.ok(!isSameTask(one, trial(1, { file: "a.png", perspectives: ["authenticity"] })));
});

test("a task names all that is asked, in its order", () => {
  const both = trial(7, { perspectives: ["quality", "authenticity"] });
  assert.equal(taskOf(both), "/media/7.png#quality+authenticity");
});

test("images without a server are told apart", () => {
  const [red, blue] = ["cmVk", "Ymx1ZQ"].map((data) => ({
    url: `data:image/png;base64,${data}`,
    width: 64,
    height: 48,
  }));
  assert.ok(!isSameTask(trial(1, { image: red }), trial(1, { image: blue })));
});
