import assert from "node:assert/strict";
import { test } from "node:test";

import { Enlarged } from "../../annotation/static/rating/enlarged.js";
import { Browser } from "./browser.js";

test("an image that is not enlarged says so", (t) => {
  Browser.install(t);
  assert.deepEqual(new Enlarged().read(), { enlarged: 0, enlarged_ms: 0, enlarged_most: 1 });
});

test("how often, how long and how large is counted until the next image", (t) => {
  const browser = Browser.install(t);
  const use = new Enlarged();
  use.set(2);
  browser.pass(700);
  use.set(4);
  browser.pass(300);
  use.set(1);
  browser.pass(5000);
  use.set(2.5);
  browser.pass(50.4);
  // 700 + 300, and 50 that are still going on.
  assert.deepEqual(use.read(), { enlarged: 2, enlarged_ms: 1050, enlarged_most: 4 });
  use.restart();
  assert.deepEqual(use.read(), { enlarged: 0, enlarged_ms: 0, enlarged_most: 1 });
});
