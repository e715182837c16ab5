"""A desk with one subscription, the servers of its targets, and what of its alerts arrived."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alert_desk import Mailbox, News, Receiver, free_port

from db.news import revisions
from db.search.index import index_article, unindex_article
from pipelines.alerts.alerts import Alerts
from pipelines.alerts.subscriptions.subscription import Subscription

NOON = dt.datetime(2026, 11, 22, 17, tzinfo=dt.UTC)  # in Lima
CHANNELS = ("mail", "webhook", "log")
TEAM = ("ana@example.org", "li@example.org", "bob@example.org")
KEY = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
TEXT = "El puerto de Chancay costará 3 millones de dólares."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a fault."""

    fault: str
    channel: str
    due: int  # stories × recipients
    lost: int
    again: int  # arrivals of a message that was there
    twice: int  # stories that another message told too
    stated: tuple[int, int, int] = (0, 0, 0)
    note: str = ""

    @property
    def held(self) -> bool:
        return (self.lost, self.again, self.twice) == self.stated


@dataclass
class Bench:
    """One desk, its servers, and what is due."""

    folder: Path
    channel: str
    news: News = field(init=False)
    mailbox: Mailbox = field(init=False)
    hook: Receiver = field(init=False)
    due: set[str] = field(default_factory=set)
    rhythm: str = "immediately"
    quiet: str = ""

    def __post_init__(self) -> None:
        self.news = News(self.folder)
        self.mailbox, self.hook = Mailbox(port=free_port()), Receiver()
        self.mailbox.start()
        self.hook.start()
        (self.folder / "mail").write_text(self.mailbox.url(*TEAM))
        (self.folder / "hook").write_text(f"signed+http://{KEY}@127.0.0.1:{self.hook.port}/hook")

    def close(self) -> None:
        self.mailbox.stop()
        self.hook.stop()
        self.news.db.close()

    def alerts(self) -> Alerts:
        return alerts_of(self.folder, self.channel, rhythm=self.rhythm, quiet=self.quiet)

    def run(self, now: dt.datetime = NOON) -> Any:
        return asyncio.run(self.alerts().run(now))

    def article(self, name: int) -> int:
        """Something to tell; `name` is its own in any news.db."""
        self.due.add(f"/{name}")
        return self.news.article(f"Chancay {name}", TEXT, url=f"https://diario.example/{name}")

    def revise(self, article: int, figure: int) -> None:
        """A revision to tell."""
        self.due.add(f"→ {figure} millones")
        news = self.news.db
        with news.atomic():
            (before,) = news.query("SELECT * FROM articles WHERE id = :id", {"id": article})
            text = re.sub(r"\d+ millones", f"{figure} millones", before["text"])
            revisions.keep(news, before, title=before["title"], text=text, seen=f"2026-11-22T17:{figure:02}:00Z")
            unindex_article(news, article, before["title"], before["text"])
            news["articles"].update(article, {"text": text, "text_sha256": str(figure)})
            index_article(news, article, before["title"], text)

    def arrivals(self) -> list[tuple[str, str, str]]:
        """(recipient, the message's identity, its text) of everything that arrived; a line of the log is a message."""
        if self.channel == "mail":
            kept = [(to, str(mail["Message-ID"]), mail.get_body(("plain",))) for to, mail in self.mailbox.received]
            return [(to, id_, body.get_content()) for to, id_, body in kept if body is not None]
        if self.channel == "webhook":
            return [
                ("hook", {name.lower(): value for name, value in headers.items()}["webhook-id"], str(told(body)))
                for _, headers, body in self.hook.requests
            ]
        return [("log", str(number), "\n".join(line)) for number, line in enumerate(self.news.log())]

    def outcome(self, fault: str, *, stated: tuple[int, int, int] = (0, 0, 0), note: str = "") -> Outcome:
        """Count what arrived against what was due."""
        recipients = {"mail": TEAM, "webhook": ("hook",), "log": ("log",)}[self.channel]
        lost = again = twice = 0
        for recipient in recipients:
            messages: dict[str, str] = {}
            for to, id_, text in self.arrivals():
                if to == recipient:
                    again += id_ in messages
                    messages[id_] = text
            told_in = Counter(unit for text in messages.values() for unit in self.due if is_told(unit, text))
            lost += sum(unit not in told_in for unit in self.due)
            twice += sum(count - 1 for count in told_in.values())
        due = len(self.due) * len(recipients)
        told_due = Outcome(fault=fault, channel=self.channel, due=due, lost=lost, again=again, twice=twice)
        return Outcome(**{**vars(told_due), "stated": stated, "note": note})


def told(body: Any) -> str:
    """What a webhook's message tells, as lines."""
    stories = body["data"].get("stories", [])
    return "\n".join(f"{story['url']}\n{story['updated'] or ''}" for story in stories)


def is_told(unit: str, text: str) -> bool:
    """Whether a message tells an article (by its address, and not for a revision) or a revision."""
    if unit.startswith("→"):
        return unit in text
    found = re.search(rf"diario\.example{unit}\b", text)
    return found is not None and not (unit == "/1" and "→" in text)  # of these the first alone is revised


def alerts_of(folder: Path, channel: str, *, rhythm: str = "immediately", quiet: str = "") -> Alerts:
    """One subscription to one channel."""
    target = {"mail": ("file:mail",), "webhook": ("file:hook",), "log": ()}[channel]
    wanted = Subscription(name="Puerto", query="chancay", to=target, revisions=True, when=rhythm, quiet=quiet)
    return Alerts(
        news=folder / "news.db",
        desk=folder / "desk.db",
        folder=folder,
        name="Vigía",
        timezone="America/Lima",
        subscriptions=[wanted],
        announce=lambda line: None,
        limit=10,
    )


@contextlib.contextmanager
def bench(folder: Path, channel: str, **options: Any) -> Iterator[Bench]:
    """A desk that told its first article; the second is due."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Bench(folder, channel, **options)
    logging.getLogger("mail.log").disabled = True
    try:
        made.run(NOON - dt.timedelta(days=3))
        yield made
    finally:
        made.close()
