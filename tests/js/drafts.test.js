import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts, Store } from "../../annotation/static/rating/store.js";
import { answer, trial } from "./factories.js";

let raters = 0;

/** @param {...string} files */
async function draftsOf(...files) {
  raters += 1;
  const store = await Store.open(`R${raters}`);
  const drafts = new Drafts(store, []);
  files.forEach((file, place) => drafts.keep(trial(place, { file }), answer(place)));
  return { store, drafts };
}

/** @param {Store} store */
async function kept(store) {
  return (await store.load()).drafts.map(({ image }) => image);
}

test("what was filled in is there again when the page is opened again", async () => {
  const { store } = await draftsOf("a.png", "b.png");
  const again = new Drafts(store, (await store.load()).drafts);
  assert.deepEqual(again.of(trial(8, { file: "b.png" })), answer(1));
  assert.equal(again.of(trial(8, { file: "c.png" })), null);
});

test("an image in another pass has no draft yet", async () => {
  const { drafts } = await draftsOf("a.png");
  const other = trial(0, { file: "a.png", perspectives: ["authenticity"] });
  assert.equal(drafts.of(other), null);
});

test("an answered image is forgotten here, and in the database with its entry", async () => {
  const { store, drafts } = await draftsOf("a.png");
  drafts.forget(trial(0, { file: "a.png" }));
  assert.equal(drafts.of(trial(0, { file: "a.png" })), null);
  assert.deepEqual(await kept(store), ["/media/a.png#quality"]);
});

test("a dropped draft is gone from the database too", async () => {
  const { store, drafts } = await draftsOf("a.png", "b.png");
  drafts.drop(trial(0, { file: "a.png" }));
  assert.equal(drafts.of(trial(0, { file: "a.png" })), null);
  assert.deepEqual(await kept(store), ["/media/b.png#quality"]);
});

test("only drafts of images that the rater still has are kept", async () => {
  const { store, drafts } = await draftsOf("a.png", "b.png", "c.png");
  drafts.keepOnly([trial(5, { file: "b.png" }), trial(6, { file: "d.png" })]);
  assert.deepEqual(drafts.of(trial(5, { file: "b.png" })), answer(1));
  assert.deepEqual(await kept(store), ["/media/b.png#quality"]);
});
