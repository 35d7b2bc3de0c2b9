// @ts-check
/**
 * Copies the address in a button's `data-copy`, or the text in its `data-copy-text`; the button then
 * says so for a moment.
 */

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-copied]") : null;
  if (!(button instanceof HTMLButtonElement)) return;
  const label = button.textContent;
  const text = button.dataset.copyText ?? new URL(button.dataset.copy ?? "", location.href).href;
  await navigator.clipboard.writeText(text);
  button.textContent = button.dataset.copied ?? label;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
});
