// @ts-check
/**
 * Stands in for the rating API in a preview: answers the page's requests from memory, so that an
 * owner can click through a session without anything leaving the browser. Loaded before the page's
 * scripts.
 *
 * A real session moves on by reloading: the server knows its stage. Here the address holds it.
 */

/**
 * @typedef {{url: string, width: number, height: number}} Picture
 * @typedef {{practice: boolean, prompt: string, image: Picture, feedback: object[],
 *   asked_up_to: number | null}} Planned
 */

const SIZE = { width: 768, height: 512 };

/** @type {{trials: Planned[], samples: (number | null)[], prompt: string, passes: string[][]}} */
const given = JSON.parse(document.getElementById("preview")?.textContent ?? "{}");
const page = /** @type {HTMLElement} */ (document.getElementById("rate"));
const api = new URL("..", new URL(page.dataset.api ?? "", location.href)).href;
const planned = given.trials.length ? given.trials : samples(given.samples, given.prompt);
const inPasses = [true, false].flatMap((practice) =>
  given.passes.flatMap((perspectives) =>
    planned
      .filter((item) => item.practice === practice)
      .map((item) => ({ ...item, perspectives })),
  ),
);
const trials = inPasses.map((item, place) => ({
  ...item,
  id: place + 1,
  position: place,
  block: item.practice ? 0 : 1,
}));
/** @type {Set<number>} */
const answered = new Set();

/** @param {string} stage */
function moveTo(stage) {
  history.replaceState(null, "", `?stage=${stage}`);
}

/** @param {number} ahead */
function offer(ahead) {
  const left = trials.filter((trial) => !answered.has(trial.id));
  const practice = left[0]?.practice ?? false;
  const counted = trials.filter((trial) => trial.practice === practice);
  const done = counted.filter((trial) => answered.has(trial.id)).length;
  const size = counted.length;
  if (!left.length) moveTo("done");
  return {
    // Practice is a block of its own: the images after it come when it is over.
    trials: left.filter((trial) => trial.practice === practice).slice(0, 1 + ahead),
    progress: { done, total: size },
    block: left[0] ? { number: left[0].block, done, size } : null,
    state: left.length ? "rating" : "done",
    rest_seconds: 0,
    messages: false,
  };
}

/**
 * @param {string} path below the API
 * @param {{ahead?: number}} body
 * @returns {object | null}
 */
function answer(path, body) {
  const ahead = body.ahead ?? 0;
  const [, id, act] = path.match(/^trials\/(\d+)\/(\w+)\/$/) ?? [];
  if (act === "submit" || act === "skip") {
    const again = answered.has(Number(id));
    answered.add(Number(id));
    const trial = trials[Number(id) - 1];
    const feedback = act === "submit" && !again ? trial?.feedback : [];
    return { ...offer(ahead), trial: { id: Number(id), state: "submitted", revision: 1 }, feedback };
  }
  if (act === "renew") return { lease_expires_at: new Date(Date.now() + 3_600_000).toISOString() };
  if (path === "claims/") return { ...offer(ahead), previous: null };
  if (path === "messages/unread/") return { messages: [] };
  if (path === "session/") moveTo("instructions");
  if (path === "session/begin/") moveTo("rating");
  if (path === "session/pause/") moveTo("paused");
  if (path === "session/withdraw/") moveTo("withdrawn");
  return null;
}

const real = window.fetch;
window.fetch = async (input, init) => {
  const address = new URL(input instanceof Request ? input.url : input, location.href).href;
  if (!address.startsWith(api)) return real(input, init);
  const body = typeof init?.body === "string" ? JSON.parse(init.body) : {};
  const said = answer(address.slice(api.length), body);
  return new Response(said && JSON.stringify(said), { status: said ? 200 : 204 });
};

/**
 * Pictures for a study that has none yet: plain shapes, all different.
 * @param {(number | null)[]} asked up to which score reasons are asked for, image by image
 * @param {string} prompt
 * @returns {Planned[]}
 */
function samples(asked, prompt) {
  return asked.map((asked_up_to, place) => ({
    practice: false,
    prompt: `${prompt} ${place + 1}`,
    image: { url: drawn(place), ...SIZE },
    feedback: [],
    asked_up_to,
  }));
}

/** @param {number} place */
function drawn(place) {
  const canvas = Object.assign(document.createElement("canvas"), SIZE);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const sky = pen.createLinearGradient(0, 0, 0, SIZE.height);
  sky.addColorStop(0, `hsl(${200 + 25 * place} 60% 70%)`);
  sky.addColorStop(1, `hsl(${40 + 30 * place} 60% 80%)`);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, SIZE.width, SIZE.height);
  pen.fillStyle = `hsl(${20 + 60 * place} 70% 45%)`;
  pen.beginPath();
  pen.arc(180 + 90 * place, 260, 90, 0, 2 * Math.PI);
  pen.fill();
  return canvas.toDataURL("image/png");
}
