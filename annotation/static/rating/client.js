/** Viewing conditions, as far as the browser tells them; nothing that names the person. */

/** @returns {Record<string, unknown>} */
export function clientFacts() {
  const matches = (/** @type {string} */ query) => window.matchMedia(query).matches;
  return {
    viewport: [window.innerWidth, window.innerHeight],
    screen: [window.screen.width, window.screen.height],
    pixel_ratio: window.devicePixelRatio,
    colour_depth: window.screen.colorDepth,
    colour_gamut: ["rec2020", "p3", "srgb"].find((gamut) => matches(`(color-gamut: ${gamut})`)) ?? "",
    orientation: matches("(orientation: portrait)") ? "portrait" : "landscape",
    pointer: matches("(pointer: coarse)") ? "coarse" : "fine",
    dark: matches("(prefers-color-scheme: dark)"),
    language: navigator.language,
  };
}
