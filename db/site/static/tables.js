/* What Datasette's pages keep in inline scripts, which our Content-Security-Policy does not run. */
var DATASETTE_ALLOW_FACET = true; // read by table.js

document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll("details.actions-menu-links[open]")) {
    if (!details.contains(event.target)) {
      details.open = false;
    }
  }
});

// The words of Datasette's menu of a column in the reader's language.
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector(".table-wrapper[data-menu]");
  if (!table) {
    return;
  }
  for (const [name, words] of Object.entries(JSON.parse(table.dataset.menu))) {
    document.querySelectorAll(`.dropdown-menu a.${name}`).forEach((link) => (link.textContent = words));
  }
  document.querySelectorAll(".filter-row > a").forEach((cross) => cross.setAttribute("aria-label", table.dataset.remove));
});
