/** Viewing conditions, as far as the browser tells them; nothing that identifies the person. */

/** @returns {Record<string, unknown>} */
export function clientFacts() {
  const matches = (/** @type {string} */ query) => window.matchMedia(query).matches;
  return {
    viewport: [window.innerWidth, window.innerHeight],
    screen: [window.screen.width, window.screen.height],
    ...screenFacts(),
    browser: browserFamily(navigator.userAgent),
    orientation: matches("(orientation: portrait)") ? "portrait" : "landscape",
    pointer: matches("(pointer: coarse)") ? "coarse" : "fine",
    dark: matches("(prefers-color-scheme: dark)"),
    language: navigator.language,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/**
 * What can change when the window is moved to another screen, or zoomed.
 * @returns {Record<string, unknown>}
 */
export function screenFacts() {
  const gamut = ["rec2020", "p3", "srgb"].find(
    (name) => window.matchMedia(`(color-gamut: ${name})`).matches,
  );
  return {
    pixel_ratio: window.devicePixelRatio,
    zoom: zoom(),
    colour_depth: window.screen.colorDepth,
    ...(gamut ? { colour_gamut: gamut } : {}),
  };
}

/** How much the page is magnified, by the browser's zoom and by pinching. */
function zoom() {
  // A window that does not tell its width (on some tablets) is as wide as its page.
  const browser = window.outerWidth ? window.outerWidth / window.innerWidth : 1;
  const fingers = window.visualViewport?.scale ?? 1;
  return Math.round(Math.min(Math.max(browser * fingers, 0.1), 100) * 100) / 100;
}

/** Browsers claim to be each other: the first match in this order counts. */
const FAMILIES = [
  ["Edge", /\bEdg/],
  ["Opera", /\bOPR\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(Firefox|FxiOS)\//],
  ["Chrome", /\b(HeadlessChrome|Chrome|Chromium|CriOS)\//],
  ["Safari", /\bSafari\//],
];

/**
 * Only the family: a version would help to tell people apart.
 * @param {string} agent
 */
export function browserFamily(agent) {
  const found = FAMILIES.find(([_name, pattern]) => new RegExp(pattern).test(agent));
  return found ? String(found[0]) : "other";
}
