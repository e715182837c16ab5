/* Marks what was first seen after the reader's last visit. The visit is kept in this browser and told to nobody. */
(() => {
  const entries = [...document.querySelectorAll("article.entry[data-seen]")];
  const newest = entries.reduce((latest, entry) => (entry.dataset.seen > latest ? entry.dataset.seen : latest), "");
  if (!newest) {
    return;
  }
  let since;
  try {
    // One visit lasts as long as the tab: reading on and coming back does not make everything old.
    since = sessionStorage.getItem("vigia-since") ?? localStorage.getItem("vigia-visited") ?? "";
    sessionStorage.setItem("vigia-since", since);
    if (newest > (localStorage.getItem("vigia-visited") ?? "")) {
      localStorage.setItem("vigia-visited", newest);
    }
  } catch {
    return; // storage is switched off: nothing is marked
  }
  const fresh = since ? entries.filter((entry) => entry.dataset.seen > since) : [];
  for (const entry of fresh) {
    entry.classList.add("fresh");
    const word = document.createElement("span");
    word.className = "new";
    word.textContent = "new";
    entry.querySelector(".when").append(" ", word);
  }
  const total = document.querySelector(".total");
  if (fresh.length && total) {
    const many = fresh.length === entries.length ? "all of this page" : String(fresh.length);
    total.append(`, ${many} new since your last visit`);
  }
})();
