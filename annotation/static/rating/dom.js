/** Small helpers for a page that the server has rendered. */

/**
 * The element with this id. The page must have it: without it this raises.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * Loads the page again for what comes next, from its top: browsers keep a reloaded page scrolled,
 * and whoever pressed a button at the end of a text would begin in the middle of the next one.
 */
export function showNextPage() {
  window.scrollTo(0, 0);
  window.location.reload();
}

/**
 * Fills `{name}` in a message of the page's settings.
 * @param {string} text
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * @typedef {object} Settings What the server tells the scripts (see annotation/rating/pages/page.py).
 * @property {string} token
 * @property {string} rater the rater's code, by which this browser stores; empty in a preview
 * @property {number | null} session that is open
 * @property {string} language
 * @property {number} leaseSeconds
 * @property {"fit" | "pixels"} imageSize as large as there is room for, or pixel by pixel
 * @property {boolean} enlarging whether raters may enlarge the image
 * @property {number} leastSeconds that it takes to look at an image
 * @property {boolean} phones whether the study lets raters use a phone
 * @property {boolean} wholePrompt whether an answer waits until the whole prompt was on the screen
 * @property {number | null} blocksBack how many blocks back an answer may be changed; null: never
 * @property {boolean} unread whether the owner has written to the rater
 * @property {Record<string, string>} messages
 */

/** @returns {Settings} */
export function readSettings() {
  return JSON.parse(document.getElementById("settings")?.textContent ?? "{}");
}
