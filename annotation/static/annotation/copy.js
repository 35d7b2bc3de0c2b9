// @ts-check
/**
 * Copies the address in a button's `data-copy`, or its `data-copy-text`; the button then says so for
 * a moment.
 */

document.addEventListener("click", async (event) => {
  const copies = "button[data-copy], button[data-copy-text]";
  const button = event.target instanceof Element ? event.target.closest(copies) : null;
  if (!(button instanceof HTMLButtonElement)) return;
  const label = button.textContent;
  const { copy = "", copyText } = button.dataset;
  await write(copyText ?? new URL(copy, location.href).href);
  button.textContent = button.dataset.copied ?? label;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
});

/**
 * Browsers have a clipboard for secure pages only; on a lab's plain network the old way is left.
 * @param {string} text
 */
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  // Within an open dialog: what is outside cannot have the focus.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
