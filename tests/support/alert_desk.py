"""A desk with invented news, a real SMTP server and what a webhook receiver keeps."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import http.server
import json
import shutil
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from db.connection import open_desk, open_news
from db.search.index import index_article, unindex_article
from pipelines.alerts.alerts import Alerts
from pipelines.alerts.subscriptions.subscription import Subscription


class News:
    """A desk folder, with articles written straight into news.db."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "news.db"
        self.desk_path = folder / "desk.db"
        self.db = open_news(self.path)
        self.printed: list[str] = []

    def outlet(self, name: str, **columns: Any) -> None:
        self.db["outlets"].insert({"id": name, "name": name.title(), **columns}, replace=True, pk="id")

    def article(
        self, title: str, text: str = "El puerto de Chancay.", *, outlet: str = "diario", **columns: Any
    ) -> int:
        with self.db.atomic():
            if not list(self.db.query("SELECT 1 FROM outlets WHERE id = :id", {"id": outlet})):
                self.outlet(outlet)
            number = self.db.execute("SELECT coalesce(max(id), 0) + 1 FROM articles").fetchone()[0]
            row = {
                "url": f"https://{outlet}.example/{number}",
                "outlet": outlet,
                "title": title,
                "text": text,
                "words": len(text.split()),
                "relevance": 0.9,
                "verdict": "relevant",
                "first_seen": "2026-11-22T14:00:00Z",
                "last_seen": "2026-11-22T14:00:00Z",
                "text_sha256": str(number),
                "language": "es",
                "published": "2026-11-22T13:30:00Z",
                "published_precision": "time",
                **columns,
            }
            row.setdefault("key", row["url"].removeprefix("https://"))
            id_ = self.db["articles"].insert(row).last_rowid
            assert id_ is not None
            index_article(self.db, id_, title, text)
        return id_

    def remove(self, number: int) -> None:
        with self.db.atomic():
            (row,) = self.db.query("SELECT title, text FROM articles WHERE id = :id", {"id": number})
            unindex_article(self.db, number, row["title"], row["text"])
            self.db.execute("DELETE FROM articles WHERE id = :id", {"id": number})

    def backup(self) -> Path:
        """A copy of news.db as it stands."""
        copy = self.folder / "backup.db"
        self.db.execute("VACUUM INTO :path", {"path": str(copy)})
        return copy

    def restore(self, backup: Path) -> None:
        """Put such a copy in the place of news.db, as who restores a backup does."""
        self.db.close()
        for suffix in ("-wal", "-shm"):
            (self.folder / f"news.db{suffix}").unlink(missing_ok=True)
        shutil.copy(backup, self.path)
        self.db = open_news(self.path)

    def alerts(
        self, *subscriptions: Subscription, timezone: str = "America/Lima", limit: float = 10, **options: Any
    ) -> Alerts:
        return Alerts(
            news=self.path,
            desk=self.desk_path,
            folder=self.folder,
            name="Vigía",
            timezone=timezone,
            subscriptions=subscriptions,
            announce=self.printed.append,
            limit=limit,
            **options,
        )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        desk = open_desk(self.desk_path)
        try:
            return list(desk.query(sql))
        finally:
            desk.close()

    def titles(self) -> list[str]:
        """The headlines that alerts.log tells, in its order."""
        return [line[3] for line in self.log()]

    def log(self) -> list[list[str]]:
        path = self.folder / "alerts.log"
        return [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []


@dataclass
class Mailbox:
    """A real SMTP server that keeps what it accepts, and refuses what it is told to."""

    port: int
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: Callable[[str], str | None] = lambda address: None
    answer: Callable[[], str] = lambda: "250 kept"
    attempts: int = 0
    controller: Controller | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if refusal := self.refuse(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 well"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.attempts += 1
        answer = self.answer()
        if answer.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self.received += [(address, mail) for address in envelope.rcpt_tos]
        return answer

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    def url(self, *recipients: str) -> str:
        return f"mailto://127.0.0.1:{self.port}/{','.join(recipients)}?from=vigia@desk.example"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for _, mail in self.received]


@dataclass
class Receiver:
    """A real HTTP server: every request is kept, and answered as told."""

    port: int = 0
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    taken: Callable[[], None] = lambda: None  # called when a request is kept and not answered yet
    server: http.server.ThreadingHTTPServer | None = None

    def start(self) -> None:
        told = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                told.requests.append((self.path, dict(self.headers), json.loads(body or b"null")))
                told.taken()
                if told.wait is not None:
                    told.wait.wait(20)
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self) -> None:
                told.requests.append((self.path, dict(self.headers), None))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep the test's output quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Answer)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.wait is not None:
            self.wait.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hooks/s3cr3t-path"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def utc(text: str) -> dt.datetime:
    """A moment in UTC: 2026-11-22T12:30."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
