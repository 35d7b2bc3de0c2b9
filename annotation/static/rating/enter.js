/**
 * Enter on the sheets to read and in dialogs: it presses the main button of what is on top, wherever
 * the focus is. On the questions it is keyboard.js that listens.
 */

/** A key on its way to the page before is not an answer to this one. */
const PATIENCE_MS = 800;
/** What does something with Enter by itself. */
const USES_ENTER = "a[href], button, summary, textarea, select, input, [contenteditable]";

/** @returns {HTMLElement | null} the dialog or sheet on top; null while images are rated */
function topmost() {
  /** @type {NodeListOf<HTMLElement>} */
  const dialogs = document.querySelectorAll("dialog[open]");
  const dialog = [...dialogs].at(-1);
  if (dialog) return dialog;
  /** @type {NodeListOf<HTMLElement>} */
  const sheets = document.querySelectorAll(".sheet");
  return [...sheets].find((sheet) => sheet.checkVisibility()) ?? null;
}

let shown = topmost();
/** When it came up, in milliseconds; 0 once it has surely been seen. */
let since = performance.now();
new MutationObserver(() => {
  const now = topmost();
  if (now === shown) return;
  shown = now;
  since = performance.now();
}).observe(document.body, { attributeFilter: ["open", "hidden"], subtree: true });

/** @param {KeyboardEvent} event */
function onEnter(event) {
  const { target } = event;
  // Whoever presses other keys in it has seen it.
  if (event.key !== "Enter") since = 0;
  if (event.key !== "Enter" || event.isComposing || !shown) return;
  if (target instanceof HTMLTextAreaElement) return;
  const early = event.repeat || (since > 0 && performance.now() - since < PATIENCE_MS);
  const used = target instanceof Element && target.closest(USES_ENTER) !== null;
  // A dialog's button has the focus from the start: before its time it does nothing either. A sheet's
  // has it from the person.
  if (used && (!early || !(shown instanceof HTMLDialogElement))) return;
  event.preventDefault();
  if (!early) pressMain(shown);
}

/** @param {HTMLElement} sheet */
function pressMain(sheet) {
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = sheet.querySelectorAll(".button.primary:not(:disabled)");
  [...buttons].find((button) => button.checkVisibility())?.click();
}

document.addEventListener("keydown", onEnter);
// Whoever reads by keyboard or by ear begins at the top.
const heading = shown?.querySelector("h1");
if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
