// @ts-check
/** Copies the address in a button's `data-copy`; the button then says so for a moment. */

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
  if (!(button instanceof HTMLButtonElement)) return;
  const label = button.textContent;
  await navigator.clipboard.writeText(new URL(button.dataset.copy ?? "", location.href).href);
  button.textContent = button.dataset.copied ?? label;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
});
