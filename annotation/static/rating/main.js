/** Starts the stage that the page was rendered for. */

import { isPhone, passChecks } from "./checks.js";
import { clientFacts } from "./client.js";
import { byId, fill, readSettings, showNextPage } from "./dom.js";
import { Inbox, Reports } from "./inbox.js";
import { Interlude } from "./interlude.js";
import { Toast } from "./notices.js";
import { Outbox } from "./outbox.js";
import { Rating } from "./rating.js";
import { Store } from "./store.js";
import { Tabs } from "./tabs.js";
import { Refusal, Transport, Unreachable } from "./transport.js";
import { Waiting } from "./waiting.js";

const settings = readSettings();
const page = byId("rate", HTMLElement);
const base = new URL("..", new URL(page.dataset.api ?? "", window.location.href));
const transport = new Transport(base, settings.token, settings.language);
const store = Store.open(settings.rater);
const toast = new Toast(settings.messages);
const inbox = new Inbox(transport);
/**
 * Sends what this browser has stored, whatever the stage.
 * @type {Outbox | null}
 */
let outbox = null;
/** @type {Rating | null} */
let rating = null;

/**
 * Sends a form's request, one at a time; what goes wrong is shown in `place`.
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
      // The reloaded page explains what the study's state forbids.
      if (error instanceof Refusal && error.status < 500) showNextPage();
      trouble.textContent =
        error instanceof Refusal ? settings.messages.server : settings.messages.offline_start;
      trouble.hidden = false;
    } finally {
      if (button) button.disabled = false;
    }
  });
}

/**
 * Checks that were passed are not repeated if the server could not be reached.
 * @type {import("./checks.js").Results | null}
 */
let checked = null;

async function start() {
  checked ??= await passChecks(byId("welcome", HTMLElement), settings.messages);
  await transport.start({ ...clientFacts(), ...checked });
}

/** Examples that are still under way would share a slow line with the first image. */
function leaveSheets() {
  document.getElementById("arriving")?.remove();
  const sheet = byId("instructions", HTMLElement);
  sheet.hidden = true;
  for (const image of sheet.querySelectorAll("img")) if (!image.complete) image.removeAttribute("src");
}

async function rate() {
  leaveSheets();
  byId("rating", HTMLElement).hidden = false;
  page.dataset.stage = "rating";
  outbox?.stop();
  const tabs = new Tabs(settings.rater, () => rating?.stop());
  await tabs.own();
  const opened = await store;
  rating = new Rating(transport, settings, opened, await opened.load(), { toast, inbox });
  outbox = rating.outbox;
  rating.start();
}

/** If the study allows no phones, one that was begun elsewhere waits for a larger screen. */
function refusePhone() {
  if (settings.phones || !isPhone() || !document.getElementById("interlude")) return;
  page.dataset.stage = "elsewhere";
  leaveSheets();
  const { messages } = settings;
  new Interlude(messages).halt(messages.larger_screen ?? "", messages.no_phone ?? "");
}

/** Before and after rating: answers may still wait, even of a session that has ended. */
async function sendWhatWaits() {
  const opened = await store;
  const { entries } = await opened.load();
  if (!entries.length || page.dataset.stage === "rating") return;
  const waiting = new Waiting(settings.messages);
  const sending = new Outbox(
    transport,
    opened,
    { session: settings.session, entries },
    {
      offer: () => undefined,
      refused: (_entry, refusal) =>
        toast.stay(fill(settings.messages.not_kept, { detail: refusal.message })),
      stopped: () => waiting.show(sending.entries.length, true),
      changed: () => waiting.show(sending.entries.length, sending.failures > 0),
    },
  );
  outbox = sending;
  sending.retry();
}

/**
 * Leaves the rating once all answers have arrived: afterwards the session takes none.
 * @param {() => Promise<unknown>} request
 */
async function leave(request) {
  if (outbox && !(await outbox.settle())) return toast.pass(settings.messages.settle);
  try {
    await request();
  } catch (error) {
    if (error instanceof Unreachable) return toast.pass(settings.messages.offline_start);
    // The page that follows explains a refusal: it says what state the session is in.
  }
  rating?.stop();
  showNextPage();
}

function listenToBar() {
  const withdraw = byId("withdraw", HTMLDialogElement);
  byId("open-withdraw", HTMLButtonElement).addEventListener("click", () => withdraw.showModal());
  withdraw.addEventListener("close", () => {
    if (withdraw.returnValue !== "withdraw") return;
    withdraw.returnValue = "";
    void leave(() => transport.withdraw());
  });
  byId("pause", HTMLButtonElement).addEventListener("click", () => leave(() => transport.pause()));
  const help = byId("help", HTMLDialogElement);
  byId("open-help", HTMLButtonElement).addEventListener("click", () => help.showModal());
}

onSubmit("start", "trouble", start, showNextPage);
onSubmit("begin", "begin-trouble", () => transport.begin(), rate);
onSubmit("resume", "trouble", () => transport.begin(), showNextPage);
if (document.getElementById("withdraw")) listenToBar();
new Reports(transport, settings.messages, toast, () => rating?.trial?.id ?? null);
refusePhone();
if (settings.unread) void inbox.open();
if (page.dataset.stage === "rating") void rate();
else void sendWhatWaits();
