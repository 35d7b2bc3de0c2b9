/** What has been answered but not sent, kept in this tab so that a reload loses nothing. */

/** @typedef {import("./transport.js").Answer} Answer */

const PREFIX = "mint-draft-";

/**
 * @param {number} trial
 * @param {Answer} answer
 */
export function keepDraft(trial, answer) {
  try {
    sessionStorage.setItem(PREFIX + trial, JSON.stringify(answer));
  } catch {
    // Storage is full or forbidden: the answer is still on the page.
  }
}

/**
 * @param {number} trial
 * @returns {Answer | null}
 */
export function draftOf(trial) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + trial) ?? "null");
  } catch {
    return null;
  }
}

/** @param {number} trial */
export function dropDraft(trial) {
  try {
    sessionStorage.removeItem(PREFIX + trial);
  } catch {
    // As above.
  }
}
