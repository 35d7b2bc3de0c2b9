// @ts-check
/**
 * A ZIP of files as they are, without compression: pictures have theirs. Its parts are the files
 * themselves, so that none of them is copied into memory; they are read once here, for their
 * checksums, and once when they are sent (APPNOTE.TXT 6.3.10, 4.3.7, 4.3.12, 4.3.16).
 */

/** What the form without ZIP64 can hold: files, and bytes of all together. */
export const MOST_FILES = 0xffff;
export const MOST_BYTES = 0xffffffff;

const FILE = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Names are in UTF-8. */
const UTF8 = 0x800;
/** 1 January 1980: a file's time says nothing here. */
const DATE = 0x21;

/** @typedef {{ path: string, file: File }} Named */

/** A file that cannot be read; its message is the browser's. */
export class Unread extends Error {
  /**
   * @param {string} path
   * @param {unknown} cause
   */
  constructor(path, cause) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.path = path;
  }
}

/**
 * @param {Named[]} files
 * @param {(done: number) => void} told how many files are done
 * @returns {Promise<Blob>}
 */
export async function zip(files, told) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const entries = [];
  let at = 0;
  let length = 0;
  for (const [number, { path, file }] of files.entries()) {
    told(number);
    const name = new TextEncoder().encode(path);
    const sum = await checksum(path, file);
    // Version, flags, stored, time, date, checksum, both sizes, length of the name, nothing further.
    const facts = numbers("2222244422", [VERSION, UTF8, 0, 0, DATE, sum, file.size, file.size, name.length, 0]);
    parts.push(numbers("4", [FILE]), facts, name, file);
    // Comment, disk, attributes; and where the file begins.
    const entry = [numbers("42", [ENTRY, VERSION]), facts, numbers("22244", [0, 0, 0, 0, at]), name];
    entries.push(...entry);
    at += 4 + facts.length + name.length + file.size;
    length += entry.reduce((all, part) => all + part.length, 0);
  }
  const end = numbers("42222442", [END, 0, 0, files.length, files.length, length, at, 0]);
  return new Blob([...parts, ...entries, end], { type: "application/zip" });
}

/**
 * Whole numbers, the lowest byte first.
 * @param {string} sizes a digit for each: its bytes
 * @param {number[]} values
 */
function numbers(sizes, values) {
  const bytes = new Uint8Array([...sizes].reduce((sum, size) => sum + Number(size), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [place, value] of values.entries()) {
    if (sizes[place] === "4") view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += Number(sizes[place]);
  }
  return bytes;
}

/**
 * @param {string} path
 * @param {File} file
 */
async function checksum(path, file) {
  let sum = -1;
  try {
    const reader = file.stream().getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      for (const byte of read.value) sum = (sum >>> 8) ^ CRC[(sum ^ byte) & 0xff];
    }
  } catch (error) {
    throw new Unread(path, error);
  }
  return ~sum >>> 0;
}

/** CRC-32 of each byte (ISO 3309, reversed polynomial). */
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});
