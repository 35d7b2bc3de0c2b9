/** Starts the stage that the server has written into the page. */

import { clientFacts } from "./client.js";
import { byId, readSettings } from "./dom.js";
import { Rating } from "./rating.js";
import { Refusal, Transport } from "./transport.js";

const settings = readSettings();
const page = byId("rate", HTMLElement);
const base = new URL("..", new URL(page.dataset.api ?? "", window.location.href));
const transport = new Transport(base, settings.token, settings.language);

/**
 * Lets a form send one request at a time and says what went wrong in `place`.
 * @param {string} form
 * @param {string} place
 * @param {() => Promise<unknown>} request
 * @param {() => void} next
 */
function onSubmit(form, place, request, next) {
  const element = document.getElementById(form);
  element?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = element.querySelector("button");
    const trouble = byId(place, HTMLElement);
    trouble.hidden = true;
    if (button) button.disabled = true;
    try {
      await request();
      next();
    } catch (error) {
      // What the study's state forbids has a page of its own.
      if (error instanceof Refusal && error.status < 500) window.location.reload();
      trouble.textContent =
        error instanceof Refusal ? settings.messages.server : settings.messages.offline_start;
      trouble.hidden = false;
    } finally {
      if (button) button.disabled = false;
    }
  });
}

function rate() {
  byId("instructions", HTMLElement).hidden = true;
  byId("rating", HTMLElement).hidden = false;
  page.dataset.stage = "rating";
  void new Rating(transport, settings).start();
}

function listenToBar() {
  const withdraw = byId("withdraw", HTMLDialogElement);
  byId("open-withdraw", HTMLButtonElement).addEventListener("click", () => withdraw.showModal());
  withdraw.addEventListener("close", async () => {
    if (withdraw.returnValue !== "withdraw") return;
    withdraw.returnValue = "";
    try {
      await transport.withdraw();
    } finally {
      window.location.reload();
    }
  });
  byId("pause", HTMLButtonElement).addEventListener("click", async () => {
    await transport.pause().catch(() => undefined); // the page that follows says where we are
    window.location.reload();
  });
  const help = byId("help", HTMLDialogElement);
  byId("open-help", HTMLButtonElement).addEventListener("click", () => help.showModal());
}

const reload = () => window.location.reload();
onSubmit("start", "trouble", () => transport.start(clientFacts()), reload);
onSubmit("begin", "begin-trouble", () => transport.begin(), rate);
onSubmit("resume", "trouble", () => transport.begin(), reload);
if (document.getElementById("withdraw")) listenToBar();
if (page.dataset.stage === "rating") rate();
