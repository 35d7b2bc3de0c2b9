/** Stands in for the server and the line to it: notes what arrives, replies as a test says. */

import { offer } from "./factories.js";

/**
 * @typedef {object} Request
 * @property {string} path below the rating API
 * @property {Record<string, any>} body
 * @property {Record<string, string>} headers
 * @property {RequestInit} options
 * @typedef {(request: Request) => Response | Promise<Response>} Reply
 */

export const API = new URL("https://lab.example/api/rating/");

export class Server {
  constructor() {
    /** @type {Request[]} */
    this.requests = [];
    /**
     * The replies to come; after them, whatever is sent is taken.
     * @type {Reply[]}
     */
    this.replies = [];
    /** How many requests are under way, and were at most. */
    this.open = 0;
    this.mostOpen = 0;
  }

  /**
   * Until the test ends, all requests go here.
   * @param {import("node:test").TestContext} t
   * @param {...Reply} replies
   */
  static install(t, ...replies) {
    const server = new Server();
    server.replies = replies;
    t.mock.method(globalThis, "fetch", server.#fetch.bind(server));
    return server;
  }

  /** Where the requests went, in the order of their arrival. */
  get paths() {
    return this.requests.map(({ path }) => path);
  }

  /**
   * @param {URL} url
   * @param {RequestInit} options
   */
  async #fetch(url, options) {
    const request = {
      path: url.href.slice(API.href.length),
      body: JSON.parse(String(options.body)),
      headers: /** @type {Record<string, string>} */ (options.headers),
      options,
    };
    this.requests.push(request);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      return await (this.replies.shift() ?? taken())(request);
    } finally {
      this.open -= 1;
    }
  }
}

/**
 * @param {Partial<import("../../annotation/static/rating/transport.js").Offer>} [changes]
 * @returns {Reply}
 */
export function taken(changes) {
  return () => Response.json(offer([], changes));
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} [detail]
 * @returns {Reply}
 */
export function refused(status, code, detail = "No.") {
  return () => Response.json({ code, detail }, { status });
}

/**
 * A page instead of JSON: of a proxy, or of a network that wants a login first.
 * @param {number} status
 * @returns {Reply}
 */
export function pageOf(status) {
  return () => new Response("<h1>Welcome</h1>", { status });
}

/** The line is lost: whether before or after the request arrived, the browser cannot know. */
export function lost() {
  return Promise.reject(new TypeError("fetch failed"));
}

/** A reply that comes when the test says so. */
export class Later {
  constructor() {
    /** @type {(response: Response | Promise<Response>) => void} */
    this.settle = () => undefined;
    const response = new Promise((resolve) => (this.settle = resolve));
    /** @type {Reply} */
    this.reply = (request) => {
      this.request = request;
      return response;
    };
  }

  /** @param {Reply} reply */
  send(reply) {
    if (!this.request) throw new Error("nothing has been asked yet");
    this.settle(Promise.resolve(reply(this.request)));
  }
}
