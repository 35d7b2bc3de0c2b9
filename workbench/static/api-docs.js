/**
 * Fixes what Swagger UI lacks for people who use a screen reader or the keyboard. It renders with
 * React after the page has loaded, and again whenever something is opened, so every change is fixed.
 */

/** @param {Element} rendered */
function fix(rendered) {
  // It has a main landmark of its own, which would leave the rest of it in none.
  rendered.removeAttribute("role");
  for (const part of rendered.querySelectorAll(".information-container, .scheme-container")) {
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", part.matches(".scheme-container") ? "Authorize" : "About");
  }
  rendered.querySelector(".filter-container")?.setAttribute("role", "search");
  rendered.querySelector(".operation-filter-input")?.setAttribute("aria-label", "Filter the groups");
  // Below the page's own heading.
  for (const title of rendered.querySelectorAll("h1, h2.title")) title.setAttribute("aria-level", "2");
  for (const tag of rendered.querySelectorAll("h3.opblock-tag")) tag.setAttribute("aria-level", "3");
  for (const field of rendered.querySelectorAll("tr[data-param-name] select")) {
    const name = field.closest("tr")?.getAttribute("data-param-name") ?? "";
    field.setAttribute("aria-label", name);
  }
}

const page = document.getElementById("swagger-ui");
if (page) {
  const look = () => {
    if (page.querySelector("main")) fix(page);
  };
  // Attributes are not observed, or it would be called for its own changes.
  new MutationObserver(look).observe(page, { childList: true, subtree: true });
  look();
}

export {}; // A module: its names are not global.
