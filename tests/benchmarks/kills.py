"""Kill crawls and sending at random moments, and count what was lost and what came twice.

    .venv/bin/python tests/benchmarks/kills.py [--shared DIR] [--times 10] [--seed N]

Uses the replayed web and a real SMTP server. First `vigia crawl` is killed (SIGKILL), then `vigia alerts send`, each
`--times` times; then each runs once to its end. Every page of the web must be an article or a rejection exactly once,
and every alert must have reached the server.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from throughput import SHARED, free_port, replayed

from crawler import urls

VIGIA = Path(sys.executable).with_name("vigia")
QUERIES = (
    "China",
    "Perú OR Peru",
    "中国",
    "秘鲁",
    "Chancay OR 钱凯",
    "COSCO",
    "cobre OR copper OR 铜",
    "exportaciones",
)
SUBSCRIPTIONS = """
[[subscription]]
name = "{name}"
query = '{query}'
to = ["file:target"]
past = true
borderline = true
copies = true
"""


class Inbox:
    """Handler of a mail server that keeps every message and is slow to accept it."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept a message after a short delay, so that some kills fall while a message is being sent."""
        await asyncio.sleep(random.uniform(0.02, 0.3))
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def killed(command: list[str], *, after: float) -> bool:
    """Start a command and kill it after some seconds; return False if it had ended by itself."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    ended = process.poll() is not None
    process.kill()
    process.wait()
    return not ended


def settled(folder: Path) -> Counter[str]:
    """Count how often each page of the web is stored, as an article or as a rejection."""
    with sqlite3.connect(folder / "news.db") as news:
        rows = news.execute("SELECT url FROM articles UNION ALL SELECT url FROM rejections").fetchall()
    return Counter(urls.key(url) for (url,) in rows)


def main() -> None:
    """Kill both commands, run them to the end, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20261122)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    rows = (arguments.shared / "web" / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    pages = {urls.key(json.loads(row)["url"]) for row in rows}
    inbox = Inbox()
    smtp = Controller(inbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        web, _ = replayed(arguments.shared, folder)
        try:
            crawls, alerts = run(folder, smtp, chance, arguments.times)
        finally:
            web.kill()
            web.wait()
            smtp.stop()
        counts = settled(folder)
        with sqlite3.connect(folder / "desk.db") as desk:
            wanted = desk.execute(
                "SELECT s.name, a.key FROM alerts a JOIN subscriptions s ON s.id = a.subscription"
            ).fetchall()
            waiting = desk.execute("SELECT count(*) FROM deliveries WHERE state != 'sent'").fetchone()[0]
    print(
        f"crawl: {crawls} kills; {len(pages)} pages, {len(pages & set(counts))} settled, "
        f"{len(pages - set(counts))} lost, {sum(number > 1 for number in counts.values())} twice"
    )
    by_id: dict[str, list[Any]] = defaultdict(list)
    for message in inbox.messages:
        by_id[message["Message-ID"]].append(message)
    repeated = sum(len(copies) - 1 for copies in by_id.values())
    differing = sum(len({str(copy.get_body(("plain",))) for copy in copies}) > 1 for copies in by_id.values())
    print(
        f"alerts: {alerts} kills; {len(wanted)} alerts in {len(by_id)} messages, {waiting} never sent, "
        f"{repeated} messages came twice (with the same Message-ID; {differing} of them with another text)"
    )


def run(folder: Path, smtp: Controller, chance: random.Random, times: int) -> tuple[int, int]:
    """Kill both commands, then let each end once; return how many kills hit a running process."""
    (folder / "target").write_text(f"mailto://127.0.0.1:{smtp.port}?from=vigia@example.org&to=analyst@example.org\n")
    path = folder / "vigia.toml"
    text = path.read_text(encoding="utf-8").replace("[crawl]", "[crawl]\ndelay = 0.05", 1)
    # Many subscriptions, so that sending takes longer than ten kills.
    text += "".join(SUBSCRIPTIONS.format(name=f"S{n}", query=query) for n, query in enumerate(QUERIES * 6))
    path.write_text(text, encoding="utf-8")
    command = [str(VIGIA), "--desk", str(folder)]
    crawls = sum(killed([*command, "crawl"], after=chance.uniform(1.5, 9.0)) for _ in range(times))
    subprocess.run([*command, "crawl"], check=True, stdout=subprocess.DEVNULL)
    alerts = sum(killed([*command, "alerts", "send"], after=chance.uniform(1.3, 2.5)) for _ in range(times))
    for _ in range(5):
        subprocess.run([*command, "alerts", "send"], check=True, stdout=subprocess.DEVNULL)
    return crawls, alerts


if __name__ == "__main__":
    main()
