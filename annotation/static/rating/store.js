/**
 * What this browser must not lose, in one small database per rater (IndexedDB): answers that the
 * server does not have yet, and what is filled in but not sent. It outlives tabs and crashes. The
 * database is named after the rater's code; the link's token is never stored.
 *
 * @typedef {import("./transport.js").Answer} Answer
 * @typedef {object} Entry An answer waiting to be sent.
 * @property {number} at its place in the order: milliseconds since 1970, made unique
 * @property {number | null} session in which it was given
 * @property {number} trial
 * @property {string} image and what was asked of it (see task.js)
 * @property {"submit" | "skip"} kind
 * @property {boolean} first whether it answers the trial for the first time
 * @property {number | null} displayed when the image was first on the screen, in milliseconds since
 *   1970 by this device's clock
 * @property {Record<string, unknown>} body
 * @typedef {{image: string, answer: Answer}} Draft
 * @typedef {import("./transport.js").Trial} Trial
 */

import { taskOf } from "./task.js";

const VERSION = 1;
/** @type {["outbox", "drafts"]} */
const STORES = ["outbox", "drafts"];

export class Store {
  /** @param {IDBDatabase | null} database null if the browser allows none */
  constructor(database) {
    this.database = database;
    // Another tab may want to delete the database (the person clears the site's data): let it.
    if (database) database.onversionchange = () => this.#giveUp();
    if (database) database.onclose = () => (this.database = null);
  }

  /** @param {string} rater the rater's code; none in a preview, which leaves nothing behind */
  static async open(rater) {
    if (!rater) return new Store(null);
    try {
      return new Store(await openDatabase(`mint-rating-${rater}`));
    } catch {
      // Forbidden, full or broken: everything continues from memory, and closing the page warns.
      return new Store(null);
    }
  }

  /** Whether what is stored here outlives the page. */
  get durable() {
    return this.database !== null;
  }

  /** @returns {Promise<{entries: Entry[], drafts: Draft[]}>} entries in their order */
  async load() {
    if (!this.database) return { entries: [], drafts: [] };
    const transaction = this.database.transaction(STORES);
    const [entries, drafts] = await Promise.all(
      STORES.map((name) => answerOf(transaction.objectStore(name).getAll())),
    );
    return { entries, drafts };
  }

  /**
   * Stores an entry and deletes its draft in one transaction, which is on the disk when this
   * resolves.
   * @param {Entry} entry
   */
  keepEntry(entry) {
    return this.#write("strict", (store) => {
      store("outbox").put(entry);
      store("drafts").delete(entry.image);
    });
  }

  /** @param {Entry} entry */
  dropEntry(entry) {
    return this.#write("relaxed", (store) => store("outbox").delete(entry.at));
  }

  /** @param {Draft} draft */
  keepDraft(draft) {
    return this.#write("relaxed", (store) => store("drafts").put(draft));
  }

  /** @param {string[]} images */
  dropDrafts(images) {
    return this.#write("relaxed", (store) => {
      for (const image of images) store("drafts").delete(image);
    });
  }

  /**
   * Writes happen in the order of the calls: transactions on the same stores wait for each other.
   * @param {IDBTransactionDurability} durability
   * @param {(store: (name: "outbox" | "drafts") => IDBObjectStore) => void} change
   * @returns {Promise<void>}
   */
  async #write(durability, change) {
    if (!this.database) return;
    try {
      const transaction = this.database.transaction(STORES, "readwrite", { durability });
      change((name) => transaction.objectStore(name));
      // Without this the page would have to live until the browser has answered each step.
      transaction.commit();
      await endOf(transaction);
    } catch {
      // The disk is full, or the database is gone. What is in memory is still sent, and from now
      // on closing the page warns.
      this.#giveUp();
    }
  }

  #giveUp() {
    this.database?.close();
    this.database = null;
  }
}

/** What is filled in but not sent, by image: read from memory, stored in the database too. */
export class Drafts {
  /**
   * @param {Store} store
   * @param {Draft[]} kept what the database held when the page was opened
   */
  constructor(store, kept) {
    this.store = store;
    /** @type {Map<string, Answer>} */
    this.answers = new Map(kept.map(({ image, answer }) => [image, answer]));
  }

  /**
   * @param {Trial} trial
   * @param {Answer} answer
   */
  keep(trial, answer) {
    const image = taskOf(trial);
    this.answers.set(image, answer);
    void this.store.keepDraft({ image, answer });
  }

  /** @param {Trial} trial */
  of(trial) {
    return this.answers.get(taskOf(trial)) ?? null;
  }

  /**
   * The answer was given; the database deletes the draft together with storing the answer.
   * @param {Trial} trial
   */
  forget(trial) {
    this.answers.delete(taskOf(trial));
  }

  /** @param {Trial} trial */
  drop(trial) {
    this.#drop([taskOf(trial)]);
  }

  /**
   * Drops the drafts of images that the rater no longer has.
   * @param {Trial[]} trials that the rater has
   */
  keepOnly(trials) {
    const wanted = new Set(trials.map(taskOf));
    this.#drop([...this.answers.keys()].filter((image) => !wanted.has(image)));
  }

  /** @param {string[]} images */
  #drop(images) {
    const known = images.filter((image) => this.answers.delete(image));
    if (known.length) void this.store.dropDrafts(known);
  }
}

/**
 * @param {string} name
 * @returns {Promise<IDBDatabase>}
 */
function openDatabase(name) {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("outbox", { keyPath: "at" });
    request.result.createObjectStore("drafts", { keyPath: "image" });
  };
  return answerOf(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function endOf(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
