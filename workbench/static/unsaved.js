// @ts-check
/** Says that a form marked `data-unsaved` has changes, and asks before they are lost. */

/** @param {HTMLFormElement} form */
const written = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, String(value)]));

for (const form of document.querySelectorAll("form[data-unsaved]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  const note = form.querySelector("[data-unsaved-note]");
  // A form that came back with errors holds what was never saved.
  const saved = form.querySelector(".errorlist") ? "" : written(form);
  let leaving = false;
  const changed = () => !leaving && written(form) !== saved;
  const tell = () => note?.toggleAttribute("hidden", !changed());
  form.addEventListener("input", tell);
  form.addEventListener("submit", () => {
    leaving = true;
  });
  // The browser's back button may bring the page back as it was left.
  addEventListener("pageshow", () => {
    leaving = false;
    tell();
  });
  addEventListener("beforeunload", (event) => {
    if (changed()) event.preventDefault();
  });
}

export {}; // A module: its names are not global.
