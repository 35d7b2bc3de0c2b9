import assert from "node:assert/strict";
import { test } from "node:test";

import { browserFamily, screenFacts } from "../../annotation/static/rating/client.js";
import { Browser } from "./browser.js";

const GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)";

for (const [family, agent] of [
  ["Chrome", `Mozilla/5.0 (X11; Linux x86_64) ${GECKO} Chrome/124.0.0.0 Safari/537.36`],
  ["Chrome", `Mozilla/5.0 (X11; Linux x86_64) ${GECKO} HeadlessChrome/124.0.0.0 Safari/537.36`],
  ["Edge", `Mozilla/5.0 (Windows NT 10.0) ${GECKO} Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51`],
  ["Opera", `Mozilla/5.0 (X11; Linux) ${GECKO} Chrome/123.0.0.0 Safari/537.36 OPR/109.0.0.0`],
  [
    "Samsung Internet",
    `Mozilla/5.0 (Linux; Android 10; K) ${GECKO} SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36`,
  ],
  ["Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"],
  [
    "Firefox",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 FxiOS/125.0 Mobile Safari/605.1.15",
  ],
  [
    "Safari",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 Version/17.4.1 Safari/605.1.15",
  ],
  ["other", "Lynx/2.9.0dev.12"],
]) {
  test(`${agent} is ${family}`, () => {
    assert.equal(browserFamily(agent ?? ""), family);
  });
}

test("a window that does not tell its width is not zoomed", (t) => {
  const { window } = Browser.install(t);
  window.outerWidth = 0;
  assert.equal(screenFacts().zoom, 1);
});

test("the widest colour gamut is reported, or none", (t) => {
  const { window } = Browser.install(t);
  const wide = ["(color-gamut: p3)", "(color-gamut: srgb)"];
  window.matchMedia = (query) => ({ matches: wide.includes(query) });
  assert.equal(screenFacts().colour_gamut, "p3");
  window.matchMedia = () => ({ matches: false });
  assert.equal("colour_gamut" in screenFacts(), false);
});
