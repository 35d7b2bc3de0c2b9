/**
 * All requests of the rating page: their addresses, how long they may take, and what a failure
 * means. The rest of the page knows no address.
 *
 * @typedef {{url: string, width: number, height: number}} TrialImage
 * @typedef {{id: number, position: number, block: number, practice: boolean, prompt: string,
 *   image: TrialImage, asked_up_to: number | null, perspectives: string[]}} Trial
 * @typedef {{done: number, total: number}} Progress
 * @typedef {{perspective: string, expected: number, low: number, high: number}} Expectation
 * @typedef {{number: number, done: number, size: number}} BlockPlace
 * @typedef {{trial: Trial, answer: Answer}} Answered
 * @typedef {{trials: Trial[], progress: Progress, block: BlockPlace | null, state: string,
 *   rest_seconds: number, messages: boolean, feedback?: Expectation[],
 *   previous?: Answered | null}} Offer
 * @typedef {{id: number, text: string}} Message
 * @typedef {{phrases: Record<string, number>, text: string,
 *   regions?: import("./marking.js").Region[], words?: number[]}} Reason
 * @typedef {{scores: Record<string, number>, explanations: Record<string, Reason>}} Answer
 */

const TIMEOUT_MS = 15000;

/** The server could not be reached, or did not answer in time. */
export class Unreachable extends Error {}

/** The server answered, and the answer is no. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} code machine-readable, for example `lease_lost`
   * @param {string} detail for the person
   */
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export class Transport {
  /**
   * @param {URL} base the folder of the rating API
   * @param {string} token of the rater's link
   * @param {string} language of the page and so of free texts
   */
  constructor(base, token, language) {
    this.base = base;
    this.token = token;
    this.language = language;
  }

  /** @param {Record<string, unknown>} client viewing conditions */
  start(client) {
    return this.#post("session/", { consent: true, client });
  }

  begin() {
    return this.#post("session/begin/");
  }

  pause() {
    return this.#post("session/pause/");
  }

  withdraw() {
    return this.#post("session/withdraw/");
  }

  /**
   * @param {number} ahead
   * @returns {Promise<Offer>}
   */
  claim(ahead) {
    return this.#post("claims/", { ahead });
  }

  /** @param {number} trial */
  renew(trial) {
    return this.#post(`trials/${trial}/renew/`);
  }

  /**
   * Submits or skips. Repeating a request is safe: the same again changes nothing.
   * @param {"submit" | "skip"} kind
   * @param {number} trial
   * @param {Record<string, unknown>} body
   * @returns {Promise<Offer>}
   */
  send(kind, trial, body) {
    return this.#post(`trials/${trial}/${kind}/`, body);
  }

  /**
   * What the study's owner wrote and the rater has not read.
   * @returns {Promise<{messages: Message[]}>}
   */
  messages() {
    return this.#post("messages/unread/");
  }

  /** @param {number} last the number of the last message that was shown to the rater */
  markRead(last) {
    return this.#post("messages/read/", { up_to: last });
  }

  /**
   * Tells the study's owner something.
   * @param {string} text
   * @param {number | null} trial that it is about
   */
  report(text, trial) {
    return this.#post("messages/", { text, trial });
  }

  /** The page closes: its images may go to others soon. Nobody waits for the reply. */
  release() {
    this.#request("session/release/", {}, { keepalive: true }).catch(() => undefined);
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async #post(path, body = {}) {
    let response, text;
    try {
      response = await this.#request(path, body, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      text = await response.text();
    } catch (error) {
      throw new Unreachable(String(error));
    }
    if (!response.ok) throw refusal(response.status, text);
    return text ? parsed(text) : null;
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {RequestInit} options
   */
  #request(path, body, options) {
    return fetch(new URL(path, this.base), {
      method: "POST",
      credentials: "omit",
      headers: {
        Authorization: `Rater ${this.token}`,
        "Content-Type": "application/json",
        "Accept-Language": this.language,
      },
      body: JSON.stringify(body),
      ...options,
    });
  }
}

/**
 * A page instead of JSON comes from a network that wants a login first, not from our server.
 * @param {string} text
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

/**
 * @param {number} status
 * @param {string} text
 */
function refusal(status, text) {
  try {
    const { code, detail } = JSON.parse(text);
    return new Refusal(status, String(code ?? ""), String(detail ?? ""));
  } catch {
    return new Refusal(status, "", "");
  }
}
