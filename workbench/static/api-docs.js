/**
 * Adds what Swagger UI leaves out for those who hear or tab through its page: it draws with React
 * after the page has loaded, and again whenever something is opened, so each change is looked at.
 */

/** @param {Element} drawn */
function mend(drawn) {
  // It has a main part of its own, which leaves the rest of it in none.
  drawn.removeAttribute("role");
  for (const part of drawn.querySelectorAll(".information-container, .scheme-container")) {
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", part.matches(".scheme-container") ? "Authorize" : "About");
  }
  // Below the page's own heading.
  for (const title of drawn.querySelectorAll("h1, h2.title")) title.setAttribute("aria-level", "2");
  for (const tag of drawn.querySelectorAll("h3.opblock-tag")) tag.setAttribute("aria-level", "3");
  for (const field of drawn.querySelectorAll("tr[data-param-name] select")) {
    const name = field.closest("tr")?.getAttribute("data-param-name") ?? "";
    field.setAttribute("aria-label", name);
  }
}

const page = document.getElementById("swagger-ui");
if (page) {
  const look = () => {
    if (page.querySelector("main")) mend(page);
  };
  // Attributes are not observed, or it would see its own.
  new MutationObserver(look).observe(page, { childList: true, subtree: true });
  look();
}

export {}; // a module, whose names are its own
