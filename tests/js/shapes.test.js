import assert from "node:assert/strict";
import { test } from "node:test";

import { boxBetween, Brush, moved, pathOf, sized } from "../../annotation/static/rating/shapes.js";

test("a box is the same from whichever corner it is drawn", () => {
  const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
  assert.deepEqual(boxBetween([0.1, 0.2], [0.4, 0.6]), box);
  assert.deepEqual(boxBetween([0.4, 0.6], [0.1, 0.2]), box);
  assert.deepEqual(boxBetween([0.4, 0.2], [0.1, 0.6]), box);
});

test("a box is rounded at its edges and so never leaves the image", () => {
  // Rounded by themselves, 0.33335 and 0.66665 become 0.3334 and 0.6667, together 1.0001.
  // The right edge is 1; from 0.3334 to it are 0.6666. 0.00004 is 0, 0.50008 is 0.5001.
  assert.deepEqual(boxBetween([0.33335, 0.00004], [1, 0.50008]), {
    x: 0.3334,
    y: 0,
    width: 0.6666,
    height: 0.5001,
  });
});

test("a box moves until it meets the image's edge, and keeps its size", () => {
  const box = { x: 0.5, y: 0.1, width: 0.4, height: 0.2 };
  assert.deepEqual(moved(box, 0.01, 0.02), { ...box, x: 0.51, y: 0.12 });
  assert.deepEqual(moved(box, 0.3, -0.3), { ...box, x: 0.6, y: 0 });
  assert.deepEqual(moved(box, -0.7, 0.9), { ...box, x: 0, y: 0.8 });
});

test("a box is sized at its right and lower edge, within the image", () => {
  const box = { x: 0.5, y: 0.25, width: 0.2, height: 0.2 };
  assert.deepEqual(sized(box, 0.1, -0.05), { x: 0.5, y: 0.25, width: 0.3, height: 0.15 });
  assert.deepEqual(sized(box, 0.9, 0.9), { x: 0.5, y: 0.25, width: 0.5, height: 0.75 });
});

test("no box becomes smaller than a hundredth of the image", () => {
  const box = { x: 0.5, y: 0.25, width: 0.02, height: 0.02 };
  assert.deepEqual(sized(box, -0.5, -0.5), { x: 0.5, y: 0.25, width: 0.01, height: 0.01 });
});

test("a stroke takes points that are half its radius apart", () => {
  const brush = new Brush([0.5, 0.5], 1);
  brush.add([0.509, 0.5]); // nearer than 0.02 / 2
  brush.add([0.511, 0.5]);
  assert.deepEqual(brush.region, { points: [[0.5, 0.5], [0.511, 0.5]], radius: 0.02 });
});

test("distances down are measured in the image's width", () => {
  // In an image half as high as wide, 0.019 of the height is 0.0095 of the width.
  const flat = new Brush([0.5, 0.5], 0.5);
  flat.add([0.5, 0.519]);
  assert.equal(flat.points.length, 1);
  flat.add([0.5, 0.521]);
  assert.equal(flat.points.length, 2);
});

test("a long stroke is thinned, so that the server takes it", () => {
  const brush = new Brush([0, 0], 1);
  for (let step = 1; step < 200; step += 1) brush.add([step / 50, 0]);
  // The two hundredth point halves them: 0, 0.04 … 3.96, and from now on 0.02 apart.
  assert.equal(brush.points.length, 100);
  assert.deepEqual(brush.points.slice(0, 3), [[0, 0], [0.04, 0], [0.08, 0]]);
  assert.deepEqual(brush.points.at(-1), [3.96, 0]);
  brush.add([3.975, 0]);
  assert.equal(brush.points.length, 100);
  brush.add([3.981, 0]);
  assert.equal(brush.points.length, 101);
});

test("the points of a stroke are rounded to four decimals", () => {
  const brush = new Brush([0.12345678, 0.99996], 1);
  assert.deepEqual(brush.region.points, [[0.1235, 1]]);
});

test("a box is drawn as a closed path in the drawing's units", () => {
  // 1000 units wide and 500 high.
  const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
  assert.equal(pathOf(box, 1000, 0.5), "M100.0 100.0h300.0v200.0h-300.0z");
});

test("a stroke is drawn as a line, and a single point as a dab", () => {
  /** @type {[number, number][]} */
  const points = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]];
  assert.equal(pathOf({ points, radius: 0.02 }, 1000, 1), "M100.0 200.0L300.0 400.0 500.0 600.0");
  const [point] = points;
  assert.ok(point);
  assert.equal(pathOf({ points: [point], radius: 0.02 }, 1000, 1), "M100.0 200.0L100.0 200.0");
});
