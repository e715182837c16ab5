/* What a page can do better with a script. Nothing of it leaves this browser. */
(() => {
  const search = document.getElementById("q");
  const keys = document.getElementById("keys");
  const entries = [...document.querySelectorAll("article.entry")];
  const current = () => entries.indexOf(document.activeElement?.closest("article.entry"));
  const shown = (entry) => entry.getClientRects().length > 0;
  const go = (step) => {
    const here = current();
    const first = step > 0 ? 0 : entries.length - 1;
    for (let place = here < 0 ? first : here + step; place in entries; place += step) {
      if (shown(entries[place])) {
        entries[place].querySelector("h3 a").focus();
        entries[place].scrollIntoView({ block: "nearest" });
        return;
      }
    }
  };
  const does = {
    "/": () => (search?.focus(), search?.select()),
    "?": () => keys?.showModal(),
    j: () => go(1),
    k: () => go(-1),
    o: () => entries[current()]?.querySelector("h3 a").click(),
    x: () => entries[current()]?.querySelector(".tick input")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
    const act = Object.hasOwn(does, event.key) && does[event.key];
    if (act && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      act();
    }
  });
})();

/* Marks what was first seen after the reader's last visit. The visit is kept in this browser and told to nobody. */
(() => {
  const line = document.querySelector(".since");
  const entries = [...document.querySelectorAll("article.entry[data-seen]")];
  const newest = entries.reduce((latest, entry) => (entry.dataset.seen > latest ? entry.dataset.seen : latest), "");
  if (!line || !newest) {
    return;
  }
  const AWAY = 30 * 60 * 1000; // milliseconds without a page after which the next one is a new visit
  const now = Date.now();
  let visit;
  try {
    const kept = JSON.parse(localStorage.getItem("vigia-visit") ?? "null");
    visit = kept && typeof kept.seen === "string" && typeof kept.at === "number" ? kept : { seen: "", at: now };
    if (!visit.since || now - visit.at > AWAY) {
      visit.since = { seen: visit.seen, at: visit.at };
    }
    visit.at = now;
    if (!location.search && newest > visit.seen) {
      visit.seen = newest; // not on a filtered page, which shows a part of the new articles
    }
    localStorage.setItem("vigia-visit", JSON.stringify(visit));
  } catch {
    return; // storage is off or unreadable: mark nothing
  }
  const fresh = visit.since.seen ? entries.filter((entry) => entry.dataset.seen > visit.since.seen) : [];
  if (!fresh.length) {
    return;
  }
  const words = line.dataset;
  for (const entry of fresh) {
    entry.classList.add("fresh");
    const word = document.createElement("span");
    word.className = "new";
    word.textContent = words.new;
    entry.querySelector(".when").append(" ", word);
  }
  const zone = { timeZone: words.zone };
  const day = (moment) => new Intl.DateTimeFormat("en-CA", zone).format(moment);
  const time = new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit" }).format(visit.since.at);
  const language = document.documentElement.lang;
  const form = { [day(now)]: words.today, [day(now - 24 * 3600 * 1000)]: words.yesterday }[day(visit.since.at)];
  const date = new Intl.DateTimeFormat(words.locale, { ...zone, day: "numeric", month: "long" });
  const when = form ? form.replace("{time}", time) : `${date.format(visit.since.at)}, ${time}`;
  const plural = new Intl.PluralRules(language).select(fresh.length) === "one" ? words.one : words.other;
  const goesOn = fresh.length === entries.length && document.querySelector(".turn a[rel=next]"); // the next page has new articles too
  line.textContent = (goesOn ? words.least : plural).replace("{n}", fresh.length).replace("{when}", when);
  if (fresh.length < entries.length) {
    const only = document.createElement("button");
    only.type = "button";
    only.textContent = words.only;
    only.setAttribute("aria-pressed", "false");
    only.addEventListener("click", () => {
      const on = document.body.classList.toggle("only-new");
      only.setAttribute("aria-pressed", String(on));
      for (const section of document.querySelectorAll("section.day")) {
        section.classList.toggle("old", !section.querySelector(".fresh"));
      }
    });
    line.append(" ", only);
  }
  line.hidden = new URLSearchParams(location.search).has("before"); // a later page counts its own articles alone
})();
