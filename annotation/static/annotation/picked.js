// @ts-check
/** Files that were chosen or dropped, with the folders that they are in. */

/** @typedef {import("./zip.js").Named} Named */

/**
 * @param {Iterable<File>} files of an input
 * @returns {Named[]}
 */
export function chosen(files) {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * Must be called before the event is over, which forgets what was dropped.
 * @param {DataTransfer} dropped
 * @returns {Promise<Named[]>}
 */
export async function unpacked(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => entry === null)) return chosen(dropped.files);
  const found = await Promise.all(entries.map((entry) => (entry ? below(entry) : [])));
  return found.flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Named[]>}
 */
async function below(entry) {
  if (entry.isFile) {
    const one = /** @type {FileSystemFileEntry} */ (entry);
    /** @type {File} */
    const file = await new Promise((kept, failed) => one.file(kept, failed));
    return [{ path: entry.fullPath.replace(/^\/+/, ""), file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Named[]} */
  const found = [];
  // Some at a time, until there are no more.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((kept, failed) => reader.readEntries(kept, failed));
    if (!some.length) return found;
    for (const inner of some) found.push(...(await below(inner)));
  }
}

/**
 * What an import reads, its manifest apart, and the names of the rest.
 * @param {Named[]} files
 * @param {string[]} kinds ends of names that are read
 * @param {string[]} manifests names that a manifest has, in lower case
 */
export function sorted(files, kinds, manifests) {
  const visible = files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
  const manifest = visible.find(
    ({ path }) => path.split("/").length < 3 && manifests.includes(nameOf(path)),
  );
  const read = visible.filter((one) => one !== manifest && kinds.some((end) => nameOf(one.path).endsWith(end)));
  const rest = visible.filter((one) => one !== manifest && !read.includes(one));
  read.sort((one, other) => (one.path < other.path ? -1 : 1));
  const twice = read.find(({ path }, place) => place > 0 && read[place - 1].path === path);
  return { read, manifest, left: rest.map(({ path }) => path), twice: twice?.path };
}

/** @param {string} path */
function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1).toLowerCase();
}
