/**
 * Every request of the rating page goes through here: what is sent, how it is repeated, and what
 * a failure is called. The rest of the page knows no address and no status code.
 *
 * @typedef {{url: string, width: number, height: number}} TrialImage
 * @typedef {{id: number, position: number, block: number, training: boolean, prompt: string,
 *   image: TrialImage}} Trial
 * @typedef {{done: number, total: number}} Progress
 * @typedef {{perspective: string, expected: number, low: number, high: number}} Expectation
 * @typedef {{trials: Trial[], progress: Progress, state: string, rest_seconds: number,
 *   feedback?: Expectation[]}} Offer
 * @typedef {{phrases: Record<string, number>, text: string}} Reason
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
  displayed(trial) {
    return this.#post(`trials/${trial}/display/`);
  }

  /** @param {number} trial */
  renew(trial) {
    return this.#post(`trials/${trial}/renew/`);
  }

  /**
   * @param {number} trial
   * @param {string} reason
   * @param {number} ahead
   * @returns {Promise<Offer>}
   */
  skip(trial, reason, ahead) {
    return this.#post(`trials/${trial}/skip/`, { reason, ahead });
  }

  /**
   * Repeating it is safe: the same answer changes nothing.
   * @param {number} trial
   * @param {Answer} answer
   * @param {Record<string, unknown>} behaviour
   * @param {number} ahead
   * @returns {Promise<Offer>}
   */
  submit(trial, answer, behaviour, ahead) {
    const body = { ...answer, behaviour, language: this.language, ahead };
    return this.#post(`trials/${trial}/submit/`, body);
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async #post(path, body = {}) {
    const response = await this.#fetch(path, body);
    const text = await response.text().catch(() => "");
    if (response.ok) return text ? JSON.parse(text) : null;
    throw refusal(response.status, text);
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async #fetch(path, body) {
    try {
      return await fetch(new URL(path, this.base), {
        method: "POST",
        credentials: "omit",
        headers: {
          Authorization: `Rater ${this.token}`,
          "Content-Type": "application/json",
          "Accept-Language": this.language,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new Unreachable(String(error));
    }
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
