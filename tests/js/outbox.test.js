// Long because it is one list of what can happen to one outbox.
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../annotation/static/rating/outbox.js";
import { Store } from "../../annotation/static/rating/store.js";
import { Transport } from "../../annotation/static/rating/transport.js";
import { Browser } from "./browser.js";
import { API, Later, lost, pageOf, refused, Server, taken } from "./server.js";

/**
 * @typedef {import("../../annotation/static/rating/store.js").Entry} Entry
 * @typedef {import("../../annotation/static/rating/transport.js").Refusal} Refusal
 * @typedef {import("node:test").TestContext} TestContext
 */

const SESSION = 7;
let raters = 0;

/** A page with its outbox, and what the outbox told it. */
class Page {
  /**
   * @param {Store} store
   * @param {Entry[]} entries
   * @param {number | null} session
   */
  constructor(store, entries = [], session = SESSION) {
    this.store = store;
    /** @type {(number | null)[]} the trials, or null for a question, whose replies were heard */
    this.heard = [];
    /** @type {[number, string][]} */
    this.refused = [];
    /** @type {string[]} */
    this.stopped = [];
    this.changes = 0;
    this.onOffer = () => {};
    this.outbox = new Outbox(
      new Transport(API, "secret", "en"),
      store,
      { session, entries },
      {
        offer: (_offer, entry) => {
          this.heard.push(entry?.trial ?? null);
          this.onOffer();
        },
        refused: ({ trial }, { code }) => this.refused.push([trial, code]),
        stopped: ({ code }) => this.stopped.push(code),
        changed: () => (this.changes += 1),
      },
    );
  }

  /**
   * @param {number} trial
   * @param {Partial<Entry>} [changes]
   */
  answer(trial, changes = {}) {
    const body = { scores: { quality: trial } };
    return this.outbox.add({
      kind: "submit",
      trial,
      image: `/media/${trial}.png#quality`,
      first: true,
      displayed: null,
      body,
      ...changes,
    });
  }

  /** Waits until the outbox does nothing but wait. */
  async rest() {
    while (this.outbox.run) await this.outbox.run;
  }

  /** The trials whose answers the browser's database holds, in their order. */
  async kept() {
    return (await this.store.load()).entries.map(({ trial }) => trial);
  }
}

/** @param {string} [rater] */
async function openPage(rater = newRater()) {
  const store = await Store.open(rater);
  return new Page(store, (await store.load()).entries);
}

function newRater() {
  raters += 1;
  return `R${raters}`;
}

/** Without this, each pause is spread at random. @param {TestContext} t */
function withoutSpread(t) {
  t.mock.method(Math, "random", () => 0.5);
}

test("an answer is kept until the server has it, and no longer", async (t) => {
  Browser.install(t);
  const later = new Later();
  const server = Server.install(t, later.reply);
  const page = await openPage();
  page.answer(11);
  assert.deepEqual(await page.kept(), [11]);
  assert.deepEqual(page.heard, []);
  later.send(taken());
  await page.rest();
  assert.deepEqual(page.heard, [11]);
  assert.deepEqual(await page.kept(), []);
  assert.deepEqual(server.paths, ["trials/11/submit/"]);
  assert.deepEqual(server.requests[0]?.body, { scores: { quality: 11 }, revises: false, ahead: 2 });
});

test("answers are sent in their order, one at a time", async (t) => {
  Browser.install(t);
  const later = new Later();
  const server = Server.install(t, later.reply);
  const page = await openPage();
  page.answer(11);
  page.answer(12, { kind: "skip", body: { reason: "broken", note: "" } });
  page.answer(13);
  assert.deepEqual(server.paths, ["trials/11/submit/"]);
  later.send(taken());
  await page.rest();
  assert.deepEqual(server.paths, ["trials/11/submit/", "trials/12/skip/", "trials/13/submit/"]);
  assert.equal(server.mostOpen, 1);
  assert.deepEqual(page.heard, [11, 12, 13]);
});

test("an answer that is added while another is under way follows it", async (t) => {
  Browser.install(t);
  const later = new Later();
  const server = Server.install(t, later.reply);
  const page = await openPage();
  page.answer(11);
  page.onOffer = () => {
    page.onOffer = () => {};
    page.answer(12);
  };
  later.send(taken());
  await page.rest();
  assert.deepEqual(server.paths, ["trials/11/submit/", "trials/12/submit/"]);
  assert.equal(server.mostOpen, 1);
});

test("a question waits for the answers before it, whose replies make it needless", async (t) => {
  Browser.install(t);
  const server = Server.install(t);
  const page = await openPage();
  page.answer(11);
  page.outbox.ask();
  page.outbox.ask();
  await page.rest();
  assert.deepEqual(server.paths, ["trials/11/submit/"]);
  page.outbox.ask();
  await page.rest();
  assert.deepEqual(server.paths.slice(1), ["claims/"]);
  assert.deepEqual(server.requests[1]?.body, { ahead: 2 });
  assert.deepEqual(page.heard, [11, null]);
});

test("a question that is asked on hearing a reply is sent", async (t) => {
  Browser.install(t);
  const server = Server.install(t);
  const page = await openPage();
  page.onOffer = () => {
    page.onOffer = () => {};
    page.outbox.ask();
  };
  page.answer(11);
  await page.rest();
  assert.deepEqual(server.paths, ["trials/11/submit/", "claims/"]);
});

test("a display is sent as its age, whenever its answer is sent", async (t) => {
  Browser.install(t);
  const now = t.mock.method(Date, "now", () => 10_000);
  const server = Server.install(t, lost);
  const page = await openPage();
  page.answer(11, { displayed: 7000 });
  await page.rest();
  now.mock.mockImplementation(() => 60_000);
  page.outbox.retry();
  await page.rest();
  const ago = server.requests.map(({ body }) => body.displayed_ago_ms);
  // In seconds, 10 − 7 and 60 − 7.
  assert.deepEqual(ago, [3000, 53_000]);
  assert.equal("displayed" in (server.requests[0]?.body ?? {}), false);
});

test("a display is never in the future, and none is sent for an image that was not seen", async (t) => {
  Browser.install(t);
  const server = Server.install(t);
  t.mock.method(Date, "now", () => 1000);
  const page = await openPage();
  page.answer(11, { displayed: 5000 });
  page.answer(12);
  await page.rest();
  assert.equal(server.requests[0]?.body.displayed_ago_ms, 0);
  assert.equal("displayed_ago_ms" in (server.requests[1]?.body ?? {}), false);
});

test("a revision of an answer that is still unsent goes behind it", async (t) => {
  Browser.install(t);
  const server = Server.install(t, lost);
  const page = await openPage();
  page.answer(11);
  page.answer(11, { first: false, body: { scores: { quality: 1 } } });
  // One image has been answered, however often.
  assert.equal(page.outbox.uncounted, 1);
  assert.deepEqual(page.outbox.trials, new Set([11]));
  await page.rest();
  page.outbox.retry();
  await page.rest();
  const sent = server.requests.slice(1).map(({ body }) => [body.scores.quality, body.revises]);
  assert.deepEqual(sent, [
    [11, false],
    [1, true],
  ]);
});

test("after a lost line it is tried again, later each time", async (t) => {
  const browser = Browser.install(t);
  withoutSpread(t);
  const server = Server.install(t, lost, lost, lost, lost, lost, lost);
  const page = await openPage();
  page.answer(11);
  const pauses = [];
  for (let times = 1; times <= 6; times += 1) {
    await page.rest();
    assert.equal(page.outbox.failures, times);
    assert.deepEqual(await page.kept(), [11]);
    const [pause = 0] = browser.pauses;
    pauses.push(pause);
    browser.pass(pause - 1);
    assert.equal(page.outbox.run, null);
    browser.pass(1);
  }
  await page.rest();
  assert.deepEqual(pauses, [1000, 2000, 5000, 10_000, 30_000, 30_000]);
  assert.equal(server.requests.length, 7);
  assert.deepEqual(new Set(server.paths), new Set(["trials/11/submit/"]));
  assert.deepEqual(page.heard, [11]);
  assert.equal(page.outbox.failures, 0);
  assert.deepEqual(browser.pauses, []);
});

test("after a reply the pauses start again from the shortest", async (t) => {
  const browser = Browser.install(t);
  withoutSpread(t);
  Server.install(t, lost, lost, taken(), lost);
  const page = await openPage();
  page.answer(11);
  await page.rest();
  browser.pass(1000);
  await page.rest();
  page.answer(12);
  await page.rest();
  assert.deepEqual(page.heard, [11]);
  assert.deepEqual(browser.pauses, [1000]);
});

test("pauses are spread by a quarter, or all raters would come back at once", async (t) => {
  const browser = Browser.install(t);
  const random = t.mock.method(Math, "random", () => 0);
  Server.install(t, lost, lost);
  const page = await openPage();
  page.answer(11);
  await page.rest();
  assert.deepEqual(browser.pauses, [750]);
  random.mock.mockImplementation(() => 1);
  browser.pass(750);
  await page.rest();
  assert.deepEqual(browser.pauses, [2500]);
});

test("answers given on a lost line are all sent once it is back, in their order", async (t) => {
  const browser = Browser.install(t);
  const server = Server.install(t, lost, lost, lost);
  const page = await openPage();
  for (const trial of [11, 12, 13]) {
    page.answer(trial);
    await page.rest();
  }
  assert.deepEqual(new Set(server.paths), new Set(["trials/11/submit/"]));
  assert.equal(page.outbox.uncounted, 3);
  browser.window.dispatchEvent(new Event("online"));
  await page.rest();
  assert.deepEqual(page.heard, [11, 12, 13]);
  assert.deepEqual(server.paths.slice(3), [
    "trials/11/submit/",
    "trials/12/submit/",
    "trials/13/submit/",
  ]);
});

test("a page that is seen again tries at once, a hidden one does not", async (t) => {
  const browser = Browser.install(t);
  const server = Server.install(t, lost);
  const page = await openPage();
  page.answer(11);
  await page.rest();
  browser.hide(true);
  await page.rest();
  assert.equal(server.requests.length, 1);
  browser.hide(false);
  await page.rest();
  assert.deepEqual(page.heard, [11]);
});

test("an answer whose reply never came is sent again, word for word", async (t) => {
  const browser = Browser.install(t);
  withoutSpread(t);
  const patience = new AbortController();
  const timeout = t.mock.method(AbortSignal, "timeout", () => patience.signal);
  /** @type {import("./server.js").Reply} */
  const silent = ({ options }) =>
    new Promise((_resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
    });
  const server = Server.install(t, silent);
  const page = await openPage();
  page.answer(11);
  page.answer(12);
  // The server has taken the first answer, and its reply is lost: the browser waits 15 seconds.
  assert.deepEqual(timeout.mock.calls[0]?.arguments, [15_000]);
  patience.abort(new DOMException("The operation timed out.", "TimeoutError"));
  timeout.mock.restore();
  await page.rest();
  assert.deepEqual(page.heard, []);
  assert.deepEqual(await page.kept(), [11, 12]);
  browser.pass(1000);
  await page.rest();
  assert.deepEqual(server.paths, ["trials/11/submit/", "trials/11/submit/", "trials/12/submit/"]);
  assert.deepEqual(server.requests[1]?.body, server.requests[0]?.body);
  assert.deepEqual(page.heard, [11, 12]);
});

test("a reply that breaks off half way counts as none", async (t) => {
  Browser.install(t);
  Server.install(t, () => new Response(new ReadableStream({ start: (s) => s.error("gone") })));
  const page = await openPage();
  page.answer(11);
  await page.rest();
  assert.equal(page.outbox.failures, 1);
  assert.deepEqual(await page.kept(), [11]);
});

for (const code of [
  "answer_invalid",
  "lease_lost",
  "not_revisable",
  "trial_answered",
  "trial_not_found",
  "trial_skipped",
]) {
  test(`an answer refused as ${code} is reported and dropped, and the next one is sent`, async (t) => {
    Browser.install(t);
    const server = Server.install(t, refused(409, code));
    const page = await openPage();
    page.answer(11);
    page.answer(12);
    await page.rest();
    assert.deepEqual(page.refused, [[11, code]]);
    assert.deepEqual(page.heard, [12]);
    assert.deepEqual(await page.kept(), []);
    assert.equal(server.requests.length, 2);
    assert.equal(page.outbox.failures, 0);
  });
}

for (const [what, reply] of Object.entries({
  "a timeout of the server": refused(408, "timeout"),
  "a request too early": refused(425, "too_early"),
  "too many requests": refused(429, "throttled"),
  "an error of the server": refused(500, "server_error"),
  "a proxy whose server is away": pageOf(502),
  "a login page that forbids": pageOf(403),
  "a login page that welcomes": pageOf(200),
})) {
  test(`${what} passes: the answer is kept and sent again`, async (t) => {
    const browser = Browser.install(t);
    withoutSpread(t);
    Server.install(t, reply);
    const page = await openPage();
    page.answer(11);
    await page.rest();
    assert.deepEqual(await page.kept(), [11]);
    assert.deepEqual(browser.pauses, [1000]);
    browser.pass(1000);
    await page.rest();
    assert.deepEqual(page.heard, [11]);
    assert.deepEqual([page.refused, page.stopped], [[], []]);
  });
}

test("a closed study stops the outbox, which keeps what was not sent", async (t) => {
  const browser = Browser.install(t);
  const server = Server.install(t, taken(), refused(409, "study_closed"));
  const page = await openPage();
  for (const trial of [11, 12, 13]) page.answer(trial);
  await page.rest();
  assert.deepEqual(page.heard, [11]);
  assert.deepEqual(page.stopped, ["study_closed"]);
  page.outbox.retry();
  page.outbox.ask();
  browser.window.dispatchEvent(new Event("online"));
  browser.pass(60_000);
  await page.rest();
  assert.equal(server.requests.length, 2);
  assert.deepEqual(await page.kept(), [12, 13]);
});

test("a refused question stops the outbox", async (t) => {
  Browser.install(t);
  Server.install(t, refused(403, "link_replaced"));
  const page = await openPage();
  page.outbox.ask();
  await page.rest();
  assert.deepEqual(page.stopped, ["link_replaced"]);
});

test("an answer of the open session waits for it to continue", async (t) => {
  Browser.install(t);
  Server.install(t, refused(409, "session_state"));
  const page = await openPage();
  page.answer(11);
  await page.rest();
  assert.deepEqual(page.stopped, ["session_state"]);
  assert.deepEqual(await page.kept(), [11]);
});

test("an answer of a session that has ended will never be taken", async (t) => {
  Browser.install(t);
  Server.install(t, refused(409, "session_state"));
  const store = await Store.open(newRater());
  const before = new Page(store, [], SESSION - 1);
  before.outbox.stop();
  before.answer(11);
  const page = new Page(store, (await store.load()).entries);
  page.answer(12);
  await page.rest();
  assert.deepEqual(page.refused, [[11, "session_state"]]);
  assert.deepEqual(page.heard, [12]);
  assert.deepEqual(await page.kept(), []);
});

test("what an earlier page left is sent before what this one adds", async (t) => {
  Browser.install(t);
  const server = Server.install(t, lost, lost);
  const rater = newRater();
  const crashed = await openPage(rater);
  crashed.answer(11);
  crashed.answer(12);
  await crashed.rest();
  crashed.outbox.stop();
  const page = await openPage(rater);
  page.answer(13);
  await page.rest();
  page.outbox.retry();
  await page.rest();
  const paths = ["trials/11/submit/", "trials/12/submit/", "trials/13/submit/"];
  assert.deepEqual(server.paths.slice(-3), paths);
  assert.deepEqual(page.heard, [11, 12, 13]);
});

test("a clock that is set back changes no order", async (t) => {
  Browser.install(t);
  Server.install(t, lost, lost, lost);
  const now = t.mock.method(Date, "now", () => 5000);
  const page = await openPage();
  const ats = [page.answer(11).at];
  ats.push(page.answer(12).at);
  now.mock.mockImplementation(() => 1000);
  ats.push(page.answer(13).at);
  now.mock.mockImplementation(() => 9000);
  ats.push(page.answer(14).at);
  assert.deepEqual(ats, [5000, 5001, 5002, 9000]);
  await page.rest();
  assert.deepEqual(await page.kept(), [11, 12, 13, 14]);
});

test("a tab that has lost its place sends and hears nothing more", async (t) => {
  const browser = Browser.install(t);
  const later = new Later();
  const server = Server.install(t, later.reply);
  const rater = newRater();
  const first = await openPage(rater);
  first.answer(11);
  first.answer(12);
  // The rater continues in another tab while the first answer is under way.
  first.outbox.stop();
  const second = await openPage(rater);
  assert.deepEqual(await second.kept(), [11, 12]);
  second.outbox.ask();
  await second.rest();
  later.send(taken());
  await first.rest();
  browser.window.dispatchEvent(new Event("online"));
  await first.rest();
  // The first answer went from both: the server takes the same again without harm.
  const paths = ["trials/11/submit/", "trials/11/submit/", "trials/12/submit/"];
  assert.deepEqual(server.paths, paths);
  assert.deepEqual([first.heard, second.heard], [[], [11, 12]]);
  assert.deepEqual(await second.kept(), []);
});

test("what a tab adds after it was stopped is left to the next page", async (t) => {
  Browser.install(t);
  const server = Server.install(t);
  const page = await openPage();
  page.outbox.stop();
  page.answer(11);
  await page.rest();
  assert.equal(server.requests.length, 0);
  assert.deepEqual(await page.kept(), [11]);
});

test("a tab that is stopped after a lost line does not try later", async (t) => {
  const browser = Browser.install(t);
  const server = Server.install(t, lost);
  const page = await openPage();
  page.answer(11);
  await page.rest();
  page.outbox.stop();
  assert.deepEqual(browser.pauses, []);
  browser.pass(60_000);
  assert.equal(server.requests.length, 1);
});

test("a tab that is stopped while its line is being lost does not try later either", async (t) => {
  const browser = Browser.install(t);
  const later = new Later();
  Server.install(t, later.reply);
  const page = await openPage();
  page.answer(11);
  page.outbox.stop();
  later.send(lost);
  await page.rest();
  assert.deepEqual(browser.pauses, []);
  assert.deepEqual(await page.kept(), [11]);
});

test("settling tells whether everything has arrived, after one more try", async (t) => {
  Browser.install(t);
  Server.install(t, lost, lost, taken(), taken());
  const page = await openPage();
  assert.equal(await page.outbox.settle(), true);
  page.answer(11);
  page.answer(12);
  await page.rest();
  assert.equal(await page.outbox.settle(), false);
  assert.equal(await page.outbox.settle(), true);
  assert.deepEqual(page.heard, [11, 12]);
});

test("closing the page is asked about only if an answer would be lost", async (t) => {
  const browser = Browser.install(t);
  Server.install(t, lost, taken(), lost);
  const forgetful = new Page(await Store.open(""));
  assert.equal(browser.close(), false);
  forgetful.answer(11);
  await forgetful.rest();
  assert.equal(browser.close(), true);
  assert.equal(await forgetful.outbox.settle(), true);
  assert.equal(browser.close(), false);
  const page = await openPage();
  page.answer(12);
  await page.rest();
  assert.equal(browser.close(), false);
});

test("the page hears of every change in what waits", async (t) => {
  Browser.install(t);
  Server.install(t, lost, taken());
  const page = await openPage();
  page.answer(11); // one: it waits
  await page.rest(); // two: the server cannot be reached
  page.outbox.retry();
  await page.rest(); // three: it has arrived
  assert.equal(page.changes, 3);
});

test("a mistake in the page's own code is no refusal, and nothing is dropped for it", async (t) => {
  Browser.install(t);
  Server.install(t);
  const page = await openPage();
  t.mock.method(page.outbox.transport, "send", () => {
    throw new RangeError("a slip");
  });
  page.answer(11);
  await assert.rejects(page.rest(), RangeError);
  assert.deepEqual(await page.kept(), [11]);
  assert.equal(page.outbox.run, null);
});
