/** Checks of the screen before a session; their results are sent with the viewing conditions. */

import { byId, fill } from "./dom.js";

/** Of a bank card (ISO/IEC 7810, ID-1), in millimetres. */
const CARD_WIDTH = 85.6;
const CARD_HEIGHT = 53.98;
/** In CSS pixels: no tablet's screen is narrower. */
const PHONE = 600;

/** @typedef {Record<string, unknown>} Results */

/**
 * Shows the checks in place of `before`; resolves with their results when they are done, and at
 * once if there is nothing to do.
 * @param {HTMLElement} before
 * @param {Record<string, string>} messages
 * @returns {Promise<Results>}
 */
export async function passChecks(before, messages) {
  const sheet = document.getElementById("checks");
  if (!sheet) return {};
  const form = byId("check", HTMLFormElement);
  const fits = () => fitting(sheet, messages);
  if (form.elements.length === 1 && fits()) return {};
  before.hidden = true;
  sheet.hidden = false;
  byId("checks-title", HTMLElement).focus();
  window.scrollTo(0, 0);
  if (document.getElementById("card-shape")) watchCard();
  window.addEventListener("resize", fits);
  fits();
  await new Promise((done) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (fits()) done(undefined);
    });
  });
  window.removeEventListener("resize", fits);
  sheet.hidden = true;
  before.hidden = false;
  return { checks: results(form) };
}

/**
 * Whether the window is large enough, and not a phone's if the study allows none; if not, says so.
 * @param {HTMLElement} sheet
 * @param {Record<string, string>} messages
 */
function fitting(sheet, messages) {
  const width = Number(sheet.dataset.width);
  const height = Number(sheet.dataset.height);
  const small = window.innerWidth < width || window.innerHeight < height;
  const unfit = byId("unfit", HTMLElement);
  if (isPhone() && sheet.dataset.phones === "no") unfit.textContent = messages.no_phone ?? "";
  else if (small) unfit.textContent = fill(messages.small_window ?? "", { width, height });
  else unfit.textContent = "";
  unfit.hidden = !unfit.textContent;
  const button = byId("check", HTMLFormElement).querySelector("button");
  if (button) button.disabled = !unfit.hidden;
  return unfit.hidden;
}

export function isPhone() {
  const coarse = window.matchMedia("(pointer: coarse)").matches;
  return coarse && Math.min(window.screen.width, window.screen.height) < PHONE;
}

function watchCard() {
  const slider = byId("card-width", HTMLInputElement);
  const shape = byId("card-shape", HTMLElement);
  const none = byId("card-none", HTMLInputElement);
  const draw = () => {
    slider.disabled = none.checked;
    shape.style.width = `${slider.value}px`;
    shape.style.height = `${(Number(slider.value) * CARD_HEIGHT) / CARD_WIDTH}px`;
  };
  slider.addEventListener("input", draw);
  none.addEventListener("change", draw);
  draw();
}

/**
 * @param {HTMLFormElement} form
 * @returns {Results}
 */
function results(form) {
  const given = new FormData(form);
  /** @type {Results} */
  const found = {};
  if (given.has("acuity")) found.acuity = given.get("acuity");
  const slider = document.getElementById("card-width");
  if (slider instanceof HTMLInputElement && !slider.disabled) {
    found.pixels_per_mm = Math.round((Number(slider.value) / CARD_WIDTH) * 1000) / 1000;
  }
  if (given.has("greys-dark")) {
    found.greys = ["dark", "light"].map((name) => Number(given.get(`greys-${name}`)));
  }
  if (given.has("plate")) {
    found.plates = given.getAll("plate").map((digit) => (digit === "none" ? null : Number(digit)));
  }
  return found;
}
