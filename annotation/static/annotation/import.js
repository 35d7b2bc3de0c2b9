// The import form: refuses files that are too large before sending them, and shows the progress.

/** @param {HTMLFormElement} form */
function sizeOfFiles(form) {
  const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[type=file]"));
  return [...inputs].flatMap((input) => [...(input.files ?? [])]).reduce((sum, file) => sum + file.size, 0);
}

/** The form that an event came from; it is looked up each time, because an error from the server replaces it.
 * @param {Event} event
 * @returns {HTMLFormElement | null} */
function formOf(event) {
  return event.target instanceof Element ? event.target.closest("#import-form") : null;
}

document.addEventListener("change", (event) => {
  const form = formOf(event);
  if (!form) return;
  const tooLarge = sizeOfFiles(form) > Number(form.dataset.limit);
  form.querySelector("[data-too-large]")?.toggleAttribute("hidden", !tooLarge);
  form.querySelector("button")?.toggleAttribute("disabled", tooLarge);
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const form = formOf(event);
  const { loaded, total } = /** @type {CustomEvent} */ (event).detail;
  if (!form || !total) return;
  form.querySelector("[data-upload]")?.removeAttribute("hidden");
  const bar = form.querySelector("progress");
  if (bar) bar.value = loaded / total;
});
