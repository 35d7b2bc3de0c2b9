import assert from "node:assert/strict";
import { test } from "node:test";

import { Leases } from "../../annotation/static/rating/leases.js";
import { Transport } from "../../annotation/static/rating/transport.js";
import { Browser } from "./browser.js";
import { API, lost, refused, Server } from "./server.js";

const SECONDS = 300;

/**
 * @param {import("node:test").TestContext} t
 * @param {{trials?: number[], needed?: boolean}} [given]
 */
function leasesOf(t, { trials = [11, 12], needed = false } = {}) {
  const browser = Browser.install(t);
  const server = Server.install(t);
  /** @type {number[]} */
  const gone = [];
  const transport = new Transport(API, "secret", "en");
  const leases = new Leases(transport, SECONDS, (trial) => gone.push(trial), () => needed);
  leases.hold(trials);
  return { browser, server, gone, leases };
}

/** Lets what was begun come to its end. */
function soon() {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test("leases are renewed early, then three times as often as they expire", async (t) => {
  const { browser, server } = leasesOf(t, { trials: [11] });
  const times = [];
  for (let second = 1; second <= 300; second += 1) {
    browser.pass(1000);
    await new Promise((resolve) => setImmediate(resolve));
    if (server.requests.length > times.length) times.push(second);
  }
  assert.deepEqual(times, [10, 100, 200, 300]);
});

test("each image's lease is renewed, one after the other", async (t) => {
  const { browser, server } = leasesOf(t);
  browser.pass(10_000);
  await soon();
  assert.deepEqual(server.paths, ["trials/11/renew/", "trials/12/renew/"]);
  assert.equal(server.mostOpen, 1);
});

test("a page that nobody sees renews nothing until it is seen", async (t) => {
  const { browser, server } = leasesOf(t);
  browser.hide(true);
  browser.pass(100_000);
  await soon();
  assert.deepEqual(server.paths, []);
  browser.hide(false);
  await soon();
  assert.deepEqual(server.paths, ["trials/11/renew/", "trials/12/renew/"]);
});

test("a lease that went to others is reported, and the others are renewed", async (t) => {
  const { server, gone, leases } = leasesOf(t);
  server.replies = [refused(409, "lease_lost")];
  await leases.renew();
  assert.deepEqual(gone, [11]);
  assert.equal(server.requests.length, 2);
});

test("a lost line or a broken server loses no lease", async (t) => {
  const { server, gone, leases } = leasesOf(t);
  server.replies = [lost, refused(500, "server_error")];
  await leases.renew();
  assert.deepEqual(gone, []);
});

test("a page that closes releases its images", async (t) => {
  const { browser, server } = leasesOf(t);
  browser.window.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(server.paths, ["session/release/"]);
});

for (const [what, given] of Object.entries({
  "an answer is unsent or begun": { needed: true },
  "it has no images": { trials: [] },
})) {
  test(`a page that closes releases nothing if ${what}`, async (t) => {
    const { browser, server } = leasesOf(t, given);
    browser.window.dispatchEvent(new Event("pagehide"));
    assert.deepEqual(server.paths, []);
  });
}
