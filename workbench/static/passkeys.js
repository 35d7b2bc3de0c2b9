// @ts-check
/** Says on the page why a key was not used; allauth's own script tells the browser's console alone. */

/** @type {Record<string, string>} What a browser calls it → what it is called here. */
const KINDS = { NotAllowedError: "refused", AbortError: "refused", InvalidStateError: "known" };

document.addEventListener("allauth.error", (event) => {
  const place = document.getElementById("key-error");
  if (!place || !(event instanceof CustomEvent)) return;
  event.preventDefault(); // Else it is told as an error of the page.
  place.textContent = place.dataset[KINDS[event.detail.exception?.name] ?? "other"] ?? "";
  place.hidden = false;
});

for (const button of document.querySelectorAll("[data-asks-key]")) {
  button.addEventListener("click", () => {
    document.getElementById("key-error")?.setAttribute("hidden", "");
  });
}

export {}; // A module: its names are not global.
