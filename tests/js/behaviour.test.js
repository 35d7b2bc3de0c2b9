import assert from "node:assert/strict";
import { test } from "node:test";

import { Behaviour } from "../../annotation/static/rating/behaviour.js";
import { Browser } from "./browser.js";

test("the time on the screen counts from the decoded image", (t) => {
  const browser = Browser.install(t);
  const behaviour = new Behaviour();
  browser.pass(5000);
  behaviour.start({});
  browser.pass(1200.4);
  const { shown_ms, away_ms, away } = behaviour.read();
  assert.deepEqual({ shown_ms, away_ms, away }, { shown_ms: 1200, away_ms: 0, away: 0 });
});

test("time in another window is not time with the image", (t) => {
  const browser = Browser.install(t);
  const behaviour = new Behaviour();
  behaviour.start({});
  browser.pass(1000);
  browser.hide(true);
  browser.window.dispatchEvent(new Event("blur"));
  browser.pass(4000);
  browser.hide(false);
  browser.pass(500);
  browser.focused = false;
  browser.window.dispatchEvent(new Event("blur"));
  browser.pass(250);
  // 1000 + 500 with the image; 4000 hidden, and 250 of an absence that still lasts.
  const { shown_ms, away_ms, away } = behaviour.read();
  assert.deepEqual({ shown_ms, away_ms, away }, { shown_ms: 1500, away_ms: 4250, away: 2 });
});

test("an image that appears in a window nobody is at has not been seen", (t) => {
  const browser = Browser.install(t);
  const behaviour = new Behaviour();
  browser.focused = false;
  behaviour.start({});
  browser.pass(3000);
  browser.focused = true;
  browser.window.dispatchEvent(new Event("focus"));
  browser.pass(700);
  const { shown_ms, away_ms, away } = behaviour.read();
  assert.deepEqual({ shown_ms, away_ms, away }, { shown_ms: 700, away_ms: 3000, away: 0 });
});

test("each score has the time of its first and of its last change", (t) => {
  const browser = Browser.install(t);
  const behaviour = new Behaviour();
  behaviour.start({ quality: 3 });
  browser.pass(100);
  behaviour.observe({ quality: 3 });
  browser.pass(100);
  behaviour.observe({ quality: 4, authenticity: 2 });
  browser.pass(300);
  behaviour.observe({ quality: 5, authenticity: 2 });
  assert.deepEqual(behaviour.read().touches, { quality: [200, 500], authenticity: [200, 200] });
  behaviour.start({ quality: 5 });
  assert.deepEqual(behaviour.read().touches, {});
});

test("the last means of input is reported", (t) => {
  const { document } = Browser.install(t);
  const behaviour = new Behaviour();
  const point = (/** @type {string} */ pointerType) =>
    document.dispatchEvent(Object.assign(new Event("pointerdown"), { pointerType }));
  assert.equal(behaviour.read().input, "mouse");
  for (const pointer of ["touch", "pen", "mouse"]) {
    point(pointer);
    assert.equal(behaviour.read().input, pointer);
  }
  document.dispatchEvent(new Event("keydown"));
  assert.equal(behaviour.read().input, "keyboard");
  // What browsers cannot name is moved like a mouse.
  point("");
  assert.equal(behaviour.read().input, "mouse");
});

test("the window and the screen are reported as they are", (t) => {
  const { window } = Browser.install(t);
  const behaviour = new Behaviour();
  Object.assign(window, { innerWidth: 600, innerHeight: 900, outerWidth: 750 });
  window.visualViewport.scale = 2;
  const { viewport, orientation, pixel_ratio, zoom, colour_depth, colour_gamut } = behaviour.read();
  assert.deepEqual([viewport, orientation], [[600, 900], "portrait"]);
  // The browser shows 600 pixels of the page in 750, and two fingers double that.
  assert.deepEqual([pixel_ratio, zoom, colour_depth, colour_gamut], [2, 2.5, 24, "srgb"]);
});

test("a reminder to take time is told with the answer to the image that it came with", (t) => {
  Browser.install(t);
  const behaviour = new Behaviour();
  behaviour.start({}, true);
  assert.equal(behaviour.read().pace_warnings, 1);
  behaviour.start({});
  assert.equal("pace_warnings" in behaviour.read(), false);
});
