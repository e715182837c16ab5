/* What Datasette's pages keep in inline scripts, which our Content-Security-Policy does not run. */
var DATASETTE_ALLOW_FACET = true; // read by table.js

document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll("details.actions-menu-links[open]")) {
    if (!details.contains(event.target)) {
      details.open = false;
    }
  }
});
