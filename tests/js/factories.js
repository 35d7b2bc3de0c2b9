/** Trials and answers as the server's API gives them. */

/**
 * @typedef {import("../../annotation/static/rating/transport.js").Answer} Answer
 * @typedef {import("../../annotation/static/rating/transport.js").Offer} Offer
 * @typedef {import("../../annotation/static/rating/transport.js").Trial} Trial
 */

/**
 * @param {number} id
 * @param {Partial<Trial> & {file?: string}} [changes] `file` is the image's name, by default its own
 * @returns {Trial}
 */
export function trial(id, { file = `${id}.png`, ...changes } = {}) {
  return {
    id,
    position: id,
    block: 1,
    practice: false,
    prompt: `prompt ${id}`,
    image: { url: `/media/${file}?signature=${id}`, width: 64, height: 48 },
    asked_up_to: 1,
    perspectives: ["quality"],
    ...changes,
  };
}

/**
 * @param {Trial[]} trials
 * @param {Partial<Offer>} [changes]
 * @returns {Offer}
 */
export function offer(trials, changes = {}) {
  return {
    trials,
    progress: { done: 0, total: 10 },
    block: { number: 1, done: 0, size: 10 },
    state: "rating",
    rest_seconds: 0,
    messages: false,
    ...changes,
  };
}

/**
 * @param {number} quality
 * @returns {Answer}
 */
export function answer(quality) {
  return { scores: { quality }, explanations: {} };
}
