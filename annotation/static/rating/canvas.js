/** The grey field: shows an image only once it is decoded, and decodes the next ones ahead. */

/** @typedef {import("./transport.js").Trial} Trial */

export class Canvas {
  /**
   * @param {HTMLElement} holder
   * @param {"fit" | "pixels"} size
   */
  constructor(holder, size) {
    this.holder = holder;
    if (size === "pixels") showPixels(holder);
    /** @type {Map<number, {image: HTMLImageElement, decoded: Promise<void>, failed: boolean}>} */
    this.loaded = new Map();
    this.wanted = 0;
    this.prepared = 0;
  }

  /**
   * Loads the images of these trials, and forgets all others. One after the other: on a slow line
   * the image that the rater waits for would else share it with those that come later.
   * @param {Trial[]} trials in the order in which they will be shown
   */
  async prepare(trials) {
    const turn = ++this.prepared;
    const wanted = new Set(trials.map((trial) => trial.id));
    for (const id of this.loaded.keys()) if (!wanted.has(id)) this.loaded.delete(id);
    for (const trial of trials) {
      if (turn !== this.prepared) return;
      await this.#load(trial).decoded.catch(() => {});
    }
  }

  /**
   * Shows an image; the field is empty until it has come.
   * @param {Trial} trial
   */
  async show(trial) {
    this.wanted = trial.id;
    const { image, decoded } = this.#load(trial);
    const late = window.setTimeout(() => this.holder.replaceChildren(), 120);
    try {
      await decoded;
    } finally {
      window.clearTimeout(late);
    }
    // Another one may have been asked for while this one was loading.
    if (this.wanted === trial.id) {
      // The size of what is shown: the display copy may be smaller than the image itself.
      this.holder.style.setProperty("--image-width", String(image.naturalWidth));
      this.holder.replaceChildren(image);
      toMiddle(this.holder);
    }
    await painted();
  }

  /**
   * How large the image is on the screen, where it is not enlarged.
   * @param {number} factor by which it is enlarged now
   * @returns {{image_size?: number[], image_pixels?: number[]}} in CSS and in device pixels
   */
  sizeAt(factor) {
    const image = this.holder.querySelector("img");
    if (!image) return {};
    const { width, height } = image.getBoundingClientRect();
    const rounded = (/** @type {number} */ scale) => [width, height].map((side) => Math.round((side * scale) / factor));
    return { image_size: rounded(1), image_pixels: rounded(window.devicePixelRatio) };
  }

  clear() {
    this.wanted = 0;
    this.holder.replaceChildren();
  }

  /** @param {Trial} trial */
  #load(trial) {
    const known = this.loaded.get(trial.id);
    if (known && !known.failed) return known;
    const image = new Image(trial.image.width, trial.image.height);
    image.alt = this.holder.dataset.alt ?? "";
    image.decoding = "sync";
    image.draggable = false;
    image.src = trial.image.url;
    const decoded = image.decode();
    const entry = { image, decoded, failed: false };
    // It is tried again when the image is to be shown, and a failure is reported then.
    decoded.catch(() => (entry.failed = true));
    this.loaded.set(trial.id, entry);
    return entry;
  }
}

/** Resolves when the browser has painted the page as it is now; at once in a hidden tab. */
function painted() {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
}

/**
 * One image pixel per screen pixel, whatever the screen's ratio or the page's zoom. An image that is
 * larger than the field is scrolled: by dragging, the wheel, a finger, or the arrow keys.
 * @param {HTMLElement} holder
 */
function showPixels(holder) {
  holder.dataset.pixels = "";
  holder.tabIndex = 0;
  const follow = () =>
    holder.style.setProperty("--pixel-ratio", String(window.devicePixelRatio));
  follow();
  window.addEventListener("resize", follow);
  // Fingers scroll without help.
  holder.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    holder.setPointerCapture(event.pointerId);
    holder.dataset.held = "";
  });
  holder.addEventListener("pointermove", (event) => {
    if ("held" in holder.dataset) holder.scrollBy(-event.movementX, -event.movementY);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    holder.addEventListener(end, () => delete holder.dataset.held);
  }
}

/** @param {HTMLElement} holder */
function toMiddle(holder) {
  // On pages that are read from right to left, scrollLeft counts from the right: 0, then negative.
  const side = getComputedStyle(holder).direction === "rtl" ? -1 : 1;
  holder.scrollLeft = (side * (holder.scrollWidth - holder.clientWidth)) / 2;
  holder.scrollTop = (holder.scrollHeight - holder.clientHeight) / 2;
}
