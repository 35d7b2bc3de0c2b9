/** What a trial asks: which questions, about which image. */

/** @typedef {import("./transport.js").Trial} Trial */

/** Only the path of an address is used, so any base does. */
const BASE = "http://localhost";

/**
 * Names the image and what is asked of it. The image goes by its address without the signature,
 * which differs in every offer. An image that comes back as another trial, after its lease
 * expired, therefore finds its draft; one that comes back in another pass has none yet.
 * @param {Trial} trial
 */
export function taskOf({ image, perspectives }) {
  return `${new URL(image.url, BASE).pathname}#${perspectives.join("+")}`;
}

/**
 * Whether two trials ask the same of the same image: the lease of one expired, and the image was
 * leased again as the other.
 * @param {Trial} trial
 * @param {Trial} other
 */
export function isSameTask(trial, other) {
  return taskOf(trial) === taskOf(other);
}
