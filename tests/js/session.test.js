import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../annotation/static/rating/outbox.js";
import { Session } from "../../annotation/static/rating/session.js";
import { Drafts, Store } from "../../annotation/static/rating/store.js";
import { Transport } from "../../annotation/static/rating/transport.js";
import { Browser } from "./browser.js";
import { answer, offer, trial } from "./factories.js";
import { API, lost, Server } from "./server.js";

/**
 * @typedef {import("../../annotation/static/rating/transport.js").Offer} Offer
 * @typedef {import("../../annotation/static/rating/transport.js").Trial} Trial
 * @typedef {import("node:test").TestContext} TestContext
 */

const FEEDBACK = [{ perspective: "quality", expected: 4, low: 3, high: 5 }];

/**
 * A session that was offered some images. Its line is lost: answers wait until `arrive`.
 * @param {TestContext} t
 * @param {Trial[]} trials
 * @param {{blocksBack?: number | null} & Partial<Offer>} [changes]
 */
async function sessionOf(t, trials, { blocksBack = 0, ...changes } = {}) {
  Browser.install(t);
  Server.install(t).replies = Array(20).fill(lost);
  const nothing = () => undefined;
  const handlers = { offer: nothing, refused: nothing, stopped: nothing, changed: nothing };
  const store = await Store.open("");
  const transport = new Transport(API, "secret", "en");
  const outbox = new Outbox(transport, store, { session: 7, entries: [] }, handlers);
  const session = new Session(outbox, new Drafts(store, []), blocksBack);
  take(session, trials, changes);
  return session;
}

/**
 * @param {Session} session
 * @param {Trial[]} trials
 * @param {Partial<Offer>} [changes]
 */
function take(session, trials, changes) {
  session.correct(offer(trials, changes));
  return session.fill(trials);
}

/**
 * @param {Session} session
 * @param {number} score
 * @param {number} ms
 */
function rate(session, score = 3, ms = 2000) {
  const behaviour = { shown_ms: ms };
  session.submit(answer(score), 5000, { ...answer(score), behaviour, language: "en" });
}

/** The server has the oldest answer. @param {Session} session */
function arrive({ outbox }) {
  return outbox.entries.shift() ?? null;
}

/** @param {Session} session */
function ids({ queue }) {
  return queue.trials.map(({ id }) => id);
}

test("the next image is current at once, before the answer has arrived", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2), trial(3)]);
  rate(session, 4);
  assert.equal(session.trial?.id, 2);
  assert.equal(session.settled, false);
  assert.equal(session.position.number, 2);
  const [entry] = session.outbox.entries;
  assert.deepEqual([entry?.kind, entry?.trial, entry?.first], ["submit", 1, true]);
  assert.equal(entry?.displayed, 5000);
  assert.equal(entry?.image, "/media/1.png#quality");
  const body = { ...answer(4), behaviour: { shown_ms: 2000 }, language: "en" };
  assert.deepEqual(entry?.body, body);
});

test("a reply that was sent before the newest answer does not bring its image back", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2), trial(3)]);
  rate(session);
  rate(session);
  arrive(session);
  assert.equal(take(session, [trial(2), trial(3), trial(4)]), null);
  assert.deepEqual(ids(session), [3, 4]);
});

test("the last image can be seen again with its answer, and left as it was", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  assert.equal(session.turnBack(), false);
  rate(session, 4);
  assert.equal(session.canGoBack, true);
  assert.equal(session.turnBack(), true);
  assert.equal(session.trial?.id, 1);
  assert.deepEqual(session.answer, answer(4));
  // What was begun there is forgotten with the turn back.
  session.drafts.keep(trial(1), answer(1));
  assert.deepEqual(session.answer, answer(1));
  assert.equal(session.turnBack(), true);
  assert.equal(session.trial?.id, 2);
  session.turnBack();
  assert.deepEqual(session.answer, answer(4));
  assert.equal(session.outbox.entries.length, 1);
});

test("a changed answer is a revision, and the rater is back where they were", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  rate(session, 4);
  session.turnBack();
  rate(session, 2);
  assert.equal(session.trial?.id, 2);
  assert.deepEqual(
    session.outbox.entries.map(({ trial, first }) => [trial, first]),
    [
      [1, true],
      [1, false],
    ],
  );
  session.turnBack();
  assert.deepEqual(session.answer, answer(2));
});

test("a revision says nothing about the pace", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  rate(session, 4, 2000);
  session.turnBack();
  rate(session, 2, 60_000);
  assert.deepEqual(session.progress.pace.times, [2000]);
});

test("what is filled in comes back with its image, and goes with the answer", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  assert.equal(session.begun, false);
  assert.deepEqual(session.answer, { scores: {}, explanations: {} });
  session.drafts.keep(trial(1), answer(5));
  assert.equal(session.begun, true);
  assert.deepEqual(session.answer, answer(5));
  rate(session);
  assert.equal(session.begun, false);
  assert.equal(session.drafts.of(trial(1)), null);
});

test("the last answer cannot be changed from the next block", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2, { block: 2 })]);
  rate(session);
  assert.equal(session.canGoBack, false);
  assert.equal(session.turnBack(), false);
});

test("with no image left, the server's count says whether more of the block follow", async (t) => {
  const counts = { progress: { done: 2, total: 9 }, block: { number: 1, done: 2, size: 4 } };
  const session = await sessionOf(t, [trial(1)], counts);
  rate(session);
  assert.equal(session.trial, null);
  // One of four images of the block is still to come.
  assert.equal(session.canGoBack, true);
});

test("after the session's last image nothing can be changed", async (t) => {
  const counts = { progress: { done: 8, total: 9 }, block: { number: 1, done: 8, size: 9 } };
  const session = await sessionOf(t, [trial(1)], counts);
  rate(session);
  assert.equal(session.canGoBack, false);
});

test("a study that allows no change leads nowhere back", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)], { blocksBack: null });
  rate(session);
  assert.equal(session.canGoBack, false);
  assert.equal(session.turnBack(), false);
});

test("an image is skipped with its reason", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  const why = { reason: "broken", note: "grey" };
  assert.equal(session.canSkip, true);
  session.skip(why, 6000);
  const [entry] = session.outbox.entries;
  assert.deepEqual([entry?.kind, entry?.trial, entry?.body], ["skip", 1, why]);
  assert.equal(entry?.displayed, 6000);
  assert.equal(session.trial?.id, 2);
  // What was skipped is not the last answer.
  assert.equal(session.last.trial, null);
});

test("nothing is skipped while the last answer is being changed, or without an image", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  rate(session);
  session.turnBack();
  assert.equal(session.canSkip, false);
  session.skip({ reason: "broken", note: "" }, null);
  session.turnBack();
  rate(session);
  assert.equal(session.canSkip, false);
  session.skip({ reason: "broken", note: "" }, null);
  assert.deepEqual(session.outbox.entries.map(({ kind }) => kind), ["submit", "submit"]);
});

test("practice waits for its feedback, and continues when that was read", async (t) => {
  const practice = [trial(1, { practice: true }), trial(2, { practice: true })];
  const session = await sessionOf(t, practice);
  rate(session);
  assert.equal(session.trial?.id, 1);
  assert.deepEqual([session.canSkip, session.turnBack()], [false, false]);
  assert.equal(session.endFeedback(), null);
  const reply = offer([trial(2, { practice: true })], { feedback: FEEDBACK });
  const feedback = session.confirm(reply, arrive(session));
  assert.deepEqual(feedback, FEEDBACK);
  assert.deepEqual([session.canSkip, session.turnBack()], [false, false]);
  assert.equal(session.endFeedback(), reply);
  assert.equal(session.endFeedback(), null);
  assert.equal(session.trial?.id, 2);
  assert.equal(session.canSkip, true);
});

test("practice without feedback continues at once", async (t) => {
  const session = await sessionOf(t, [trial(1, { practice: true }), trial(2)]);
  rate(session);
  assert.deepEqual(session.confirm(offer([trial(2)]), arrive(session)), []);
  assert.equal(session.endFeedback(), null);
  assert.equal(session.trial?.id, 2);
});

test("another entry's reply is not the feedback that is awaited", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2, { practice: true })]);
  rate(session);
  rate(session);
  const reply = offer([], { feedback: FEEDBACK });
  assert.deepEqual(session.confirm(reply, arrive(session)), []);
  assert.deepEqual(session.confirm(reply, null), []);
  assert.deepEqual(session.confirm(reply, arrive(session)), FEEDBACK);
});

test("the end of practice is noticed with the first image that counts", async (t) => {
  const session = await sessionOf(t, [trial(1, { practice: true })]);
  rate(session);
  session.confirm(offer([]), arrive(session));
  assert.equal(session.practiceTurn, null);
  take(session, [trial(2)]);
  assert.equal(session.practiceTurn, "over");
});

test("practice that begins again is in another block", async (t) => {
  const images = [1, 2].map((id) => trial(id, { practice: true, block: 0 }));
  const session = await sessionOf(t, images);
  rate(session);
  session.confirm(offer([]), arrive(session));
  assert.equal(session.practiceTurn, null);
  rate(session);
  session.confirm(offer([]), arrive(session));
  take(session, [trial(3, { practice: true, block: 1 })]);
  assert.equal(session.practiceTurn, "again");
});

test("a current image that went to others is reported, and the next one is current", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  assert.equal(take(session, [trial(3), trial(4)])?.id, 1);
  assert.deepEqual(ids(session), [3, 4]);
});

test("a current image that stays is not reported", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  assert.equal(take(session, [trial(1), trial(2), trial(3)]), null);
});

test("drafts of images that the rater does not have any more are forgotten", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2), trial(3)]);
  rate(session);
  for (const id of [1, 2, 3]) session.drafts.keep(trial(id), answer(id));
  take(session, [trial(2)]);
  // While an answer waits, the server does not know all that the rater has.
  assert.deepEqual(session.drafts.of(trial(3)), answer(3));
  arrive(session);
  take(session, [trial(2)]);
  assert.equal(session.drafts.of(trial(3)), null);
  assert.deepEqual(session.drafts.of(trial(2)), answer(2));
  // The last image can still be gone back to.
  assert.deepEqual(session.drafts.of(trial(1)), answer(1));
});

test("after a reload the last answer is the server's, and can be changed", async (t) => {
  const previous = { trial: trial(1), answer: answer(4) };
  const session = await sessionOf(t, [trial(2)], { previous });
  assert.equal(session.turnBack(), true);
  assert.deepEqual(session.answer, answer(4));
  assert.deepEqual(
    session.trials.map(({ id }) => id),
    [2, 1],
  );
});

test("a lost lease takes its image, and what was filled in for the current one", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2), trial(3)]);
  session.drafts.keep(trial(1), answer(5));
  assert.equal(session.lose(2), false);
  assert.deepEqual(ids(session), [1, 3]);
  assert.deepEqual(session.drafts.of(trial(1)), answer(5));
  assert.equal(session.lose(1), true);
  assert.deepEqual(ids(session), [3]);
  assert.equal(session.drafts.of(trial(1)), null);
});

test("a refused answer cannot be changed", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2)]);
  rate(session);
  session.turnBack();
  const entry = arrive(session);
  assert.ok(entry);
  session.refuse(entry);
  assert.equal(session.trial?.id, 2);
  assert.equal(session.canGoBack, false);
});

test("a refused older answer leaves the last one to be changed", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2), trial(3)]);
  rate(session);
  rate(session);
  const entry = arrive(session);
  assert.ok(entry);
  session.refuse(entry);
  assert.equal(session.last.trial?.id, 2);
});

test("a refused practice answer is waited for no longer", async (t) => {
  const session = await sessionOf(t, [trial(1, { practice: true }), trial(2)]);
  rate(session);
  const entry = arrive(session);
  assert.ok(entry);
  session.refuse(entry);
  assert.equal(session.trial?.id, 2);
  assert.equal(session.canSkip, true);
});

test("a rest leaves no image on the screen", async (t) => {
  const session = await sessionOf(t, [trial(1), trial(2), trial(3)]);
  rate(session);
  session.turnBack();
  session.rest();
  assert.equal(session.trial, null);
});
