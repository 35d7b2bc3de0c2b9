// @ts-check
/**
 * The import form: pictures and folders go in as one ZIP, which is made here; files that are too
 * large are refused before they are sent; the progress is shown; an error keeps the files.
 */

import { chosen, sorted, unpacked } from "./picked.js";
import { MOST_BYTES, MOST_FILES, Unread, zip } from "./zip.js";

/** @typedef {import("./zip.js").Named} Named */

/** Names that are listed, of many. */
const SHOWN = 5;

/** What was chosen last is what counts, however long an earlier choice takes to pack. */
let choices = 0;

/** @param {HTMLFormElement} form */
function inputs(form) {
  return [.../** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[type=file][name]"))];
}

/** The form that an event came from; it is looked up each time, because an error from the server replaces it.
 * @param {Event} event
 * @returns {HTMLFormElement | null} */
function formOf(event) {
  return event.target instanceof Element ? event.target.closest("#import-form") : null;
}

/** @param {HTMLFormElement} form */
function judge(form) {
  const files = inputs(form).flatMap((input) => [...(input.files ?? [])]);
  const tooLarge = files.reduce((sum, file) => sum + file.size, 0) > limit(form);
  form.querySelector("[data-too-large]")?.toggleAttribute("hidden", !tooLarge);
  const packing = form.querySelector("[data-drop]")?.ariaBusy === "true";
  submit(form)?.toggleAttribute("disabled", tooLarge || packing);
}

/** @param {HTMLFormElement} form */
function limit(form) {
  return Number(form.dataset.limit);
}

/** @param {HTMLFormElement} form */
function submit(form) {
  return form.querySelector("button.primary");
}

/**
 * The text of the form's attribute with these values in it.
 * @param {HTMLElement} drop
 * @param {string} key
 * @param {Record<string, string | number>} values
 */
function sentence(drop, key, values) {
  return (drop.dataset[key] ?? "").replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}

/** @param {string[]} names */
function list(names) {
  return names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? `, … (${names.length})` : "");
}

/** @param {number} bytes */
function size(bytes) {
  const [unit, one] = bytes < 2 ** 20 ? ["kilobyte", 2 ** 10] : ["megabyte", 2 ** 20];
  const format = { style: "unit", unit, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, /** @type {any} */ (format)).format(bytes / one);
}

/**
 * @param {HTMLInputElement | null} input
 * @param {File[]} files
 */
function put(input, files) {
  if (!input) return;
  const holder = new DataTransfer();
  for (const file of files) holder.items.add(file);
  input.files = holder.files;
}

/**
 * Puts what was chosen into the form: a ZIP as it is, everything else as a ZIP.
 * @param {HTMLFormElement} form
 * @param {Named[]} files
 */
async function take(form, files) {
  const drop = /** @type {HTMLElement} */ (form.querySelector("[data-drop]"));
  const choice = ++choices;
  const say = (/** @type {string[]} */ ...texts) => {
    if (choice === choices) shown(form, "[data-picked]", texts.filter(Boolean));
  };
  shown(form, "[data-refused]", []);
  say();
  put(form.querySelector("input[name=images]"), []);
  if (!files.length) return judge(form);
  if (files.length === 1 && files[0].path.toLowerCase().endsWith(".zip")) {
    put(form.querySelector("input[name=images]"), [files[0].file]);
    return judge(form);
  }
  drop.ariaBusy = "true";
  judge(form);
  try {
    const { packed, told } = await pack(drop, files, limit(form), say);
    if (choice !== choices) return;
    put(form.querySelector("input[name=images]"), [packed.images]);
    if (packed.manifest) put(form.querySelector("input[name=manifest]"), [packed.manifest]);
    say(...told);
  } catch (error) {
    if (choice !== choices) return;
    say();
    shown(form, "[data-refused]", [error instanceof Error ? error.message : String(error)]);
  } finally {
    if (choice === choices) {
      drop.ariaBusy = "false";
      judge(form);
    }
  }
}

/**
 * @param {HTMLElement} drop
 * @param {Named[]} files
 * @param {number} most bytes
 * @param {(...texts: string[]) => void} say
 */
async function pack(drop, files, most, say) {
  const { read, manifest, left, twice } = sorted(files, words(drop, "kinds"), words(drop, "manifests"));
  const bytes = read.reduce((sum, { file }) => sum + file.size, 0);
  if (!read.length) throw new Error(sentence(drop, "nothing", { names: list(left) || "–" }));
  if (twice) throw new Error(sentence(drop, "twice", { name: twice }));
  if (read.length > MOST_FILES) {
    throw new Error(sentence(drop, "tooMany", { files: read.length, most: MOST_FILES }));
  }
  if (bytes > Math.min(most, MOST_BYTES - 1000 * read.length)) {
    throw new Error(drop.dataset.tooMuch);
  }
  const packing = (/** @type {number} */ done) => {
    if (done % 20 === 0) say(sentence(drop, "packing", { done: done + 1, all: read.length }));
  };
  const name = titleOf(read);
  const blob = await zip(read, packing).catch((error) => {
    if (!(error instanceof Unread)) throw error;
    throw new Error(sentence(drop, "unread", { name: error.path, reason: error.message }));
  });
  return {
    packed: { images: new File([blob], `${name}.zip`, { type: blob.type }), manifest: manifest?.file },
    told: [
      sentence(drop, "chosen", { name, files: read.length, size: size(bytes) }),
      manifest ? sentence(drop, "manifest", { name: manifest.path }) : "",
      left.length ? sentence(drop, "leftOut", { names: list(left) }) : "",
    ],
  };
}

/**
 * What the import is called: the folder that all files are in, or the first of them.
 * @param {Named[]} files
 */
function titleOf(files) {
  const [first] = files[0].path.split("/");
  const inside = files.every(({ path }) => path.startsWith(`${first}/`));
  return inside || files.length === 1 ? first : `${first}+${files.length - 1}`;
}

/**
 * @param {HTMLElement} drop
 * @param {string} key
 */
function words(drop, key) {
  return (drop.dataset[key] ?? "").split(",");
}

/**
 * @param {HTMLElement} form
 * @param {string} selector
 * @param {string[]} texts
 */
function shown(form, selector, texts) {
  const place = form.querySelector(selector);
  place?.replaceChildren(...texts.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
  if (place?.matches("[data-refused]")) place.toggleAttribute("hidden", !texts.length);
}

/** What needs this script is shown. */
function begin() {
  for (const part of document.querySelectorAll("[data-choose-folder], [data-drop-hint]")) part.removeAttribute("hidden");
}

document.addEventListener("change", (event) => {
  const form = formOf(event);
  if (!form) return;
  const input = /** @type {HTMLInputElement} */ (event.target);
  const files = chosen(input.files ?? []);
  if (input.matches("[data-folder]")) {
    // The same folder can be chosen again after it was changed.
    void take(form, files).then(() => put(input, []));
  } else if (input.name === "images") void take(form, files);
  else judge(form);
});

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-choose-folder]") : null;
  const picker = button?.closest("[data-drop]")?.querySelector("[data-folder]");
  if (picker instanceof HTMLInputElement) picker.click();
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target instanceof Element ? event.target.closest("[data-drop]") : null;
    const form = formOf(event);
    if (!(drop && form && event instanceof DragEvent && event.dataTransfer?.types.includes("Files"))) return;
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind !== "drop") return;
    void unpacked(event.dataTransfer).then((files) => take(form, files));
  });
}

document.addEventListener("htmx:xhr:progress", (event) => {
  const form = formOf(event);
  const { loaded, total } = /** @type {CustomEvent} */ (event).detail;
  if (!form || !total) return;
  form.querySelector("[data-upload]")?.removeAttribute("hidden");
  const bar = form.querySelector("progress");
  if (bar) bar.value = loaded / total;
});

/** @type {Map<string, File[]>} What was chosen, while an answer takes the form's place. */
const kept = new Map();

document.addEventListener("htmx:beforeSwap", (event) => {
  const form = formOf(event);
  if (form) for (const input of inputs(form)) kept.set(input.name, [...(input.files ?? [])]);
});

document.addEventListener("htmx:afterSwap", () => {
  begin();
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#import-form"));
  if (!form || !kept.size) return;
  for (const input of inputs(form)) put(input, kept.get(input.name) ?? []);
  kept.clear();
  judge(form);
});

begin();
