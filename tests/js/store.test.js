import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../annotation/static/rating/store.js";
import { answer } from "./factories.js";

/** @typedef {import("../../annotation/static/rating/store.js").Entry} Entry */

let raters = 0;

function newRater() {
  raters += 1;
  return `R${raters}`;
}

/**
 * @param {number} at
 * @param {string} [image]
 * @returns {Entry}
 */
function entry(at, image = `/media/${at}.png#quality`) {
  return { at, session: 7, trial: at, image, kind: "submit", first: true, displayed: null, body: {} };
}

/** @param {string} image */
function draft(image) {
  return { image, answer: answer(3) };
}

test("entries come back in their order, however they were put in", async () => {
  const rater = newRater();
  const store = await Store.open(rater);
  for (const at of [30, 9, 200]) await store.keepEntry(entry(at));
  const again = await Store.open(rater);
  assert.deepEqual((await again.load()).entries, [entry(9), entry(30), entry(200)]);
});

test("an entry and the draft that it replaces change in one step", async () => {
  const rater = newRater();
  const store = await Store.open(rater);
  await store.keepDraft(draft("a#quality"));
  await store.keepDraft(draft("b#quality"));
  const kept = store.keepEntry(entry(1, "a#quality"));
  // Another page that opens in this moment sees both changes, or neither.
  const seen = await (await Store.open(rater)).load();
  await kept;
  assert.deepEqual(seen, { entries: [entry(1, "a#quality")], drafts: [draft("b#quality")] });
});

test("a newer draft replaces the older one of its image", async () => {
  const store = await Store.open(newRater());
  await store.keepDraft(draft("a#quality"));
  await store.keepDraft({ image: "a#quality", answer: answer(5) });
  const { drafts } = await store.load();
  assert.deepEqual(drafts, [{ image: "a#quality", answer: answer(5) }]);
});

test("writes that nobody waited for happen in the order of the calls", async () => {
  const store = await Store.open(newRater());
  void store.keepDraft(draft("a#quality"));
  void store.keepEntry(entry(1, "a#quality"));
  void store.keepEntry(entry(2));
  void store.dropEntry(entry(1));
  assert.deepEqual(await store.load(), { entries: [entry(2)], drafts: [] });
});

test("drafts are dropped by their images, unknown ones without harm", async () => {
  const store = await Store.open(newRater());
  for (const image of ["a#q", "b#q", "c#q"]) await store.keepDraft(draft(image));
  await store.dropDrafts(["a#q", "c#q", "d#q"]);
  assert.deepEqual((await store.load()).drafts, [draft("b#q")]);
});

test("two raters of one browser do not mix", async () => {
  const [one, other] = [await Store.open(newRater()), await Store.open(newRater())];
  await one.keepEntry(entry(1));
  await other.keepDraft(draft("a#q"));
  assert.deepEqual(await one.load(), { entries: [entry(1)], drafts: [] });
  assert.deepEqual(await other.load(), { entries: [], drafts: [draft("a#q")] });
});

test("a preview leaves nothing behind", async () => {
  const store = await Store.open("");
  await store.keepEntry(entry(1));
  assert.equal(store.durable, false);
  assert.deepEqual(await store.load(), { entries: [], drafts: [] });
});

test("a browser that forbids databases is one that keeps nothing", async (t) => {
  t.mock.method(indexedDB, "open", () => {
    throw new DOMException("forbidden", "SecurityError");
  });
  const store = await Store.open(newRater());
  assert.equal(store.durable, false);
  await store.keepEntry(entry(1));
  await store.dropEntry(entry(1));
});

test("a full disk ends the keeping, not the rating; what was kept stays", async (t) => {
  const rater = newRater();
  const store = await Store.open(rater);
  await store.keepEntry(entry(1));
  const put = t.mock.method(IDBObjectStore.prototype, "put", () => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await store.keepEntry(entry(2));
  assert.equal(store.durable, false);
  put.mock.restore();
  const later = await (await Store.open(rater)).load();
  assert.deepEqual(later.entries, [entry(1)]);
});

test("a person who clears the site's data is not held up", async () => {
  const rater = newRater();
  const store = await Store.open(rater);
  await store.keepEntry(entry(1));
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`mint-rating-${rater}`);
    request.onsuccess = resolve;
    request.onblocked = request.onerror = reject;
  });
  assert.equal(store.durable, false);
});
