"""A desk on the miniature web, and the real `vigia` command to run on it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.demo.desk import write_desk
from crawler.demo.server import DemoWeb

VIGIA = Path(sys.executable).with_name("vigia")


@dataclass
class DemoDesk:
    """A web, a desk folder that watches it, and what a test wants to know of both."""

    web: DemoWeb
    folder: Path

    def configure(self, **crawl: Any) -> None:
        """Set keys of [crawl]."""
        path = self.folder / "vigia.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.partition(" =")[0] not in crawl]
        at = kept.index("[crawl]") + 1
        kept[at:at] = [f"{key} = {json.dumps(value)}" for key, value in crawl.items()]
        path.write_text("\n".join(kept), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `vigia --desk FOLDER …`."""
        command = [str(VIGIA), "--desk", str(self.folder), *arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=dict(os.environ),
        )

    def run(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `vigia --desk FOLDER …` to its end."""
        command = [str(VIGIA), "--desk", str(self.folder), *arguments]
        # As Python knows it: importing readline sets COLUMNS behind its back, and children would get that.
        return subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, env=dict(os.environ)
        )

    def crawl(self, *outlets: str) -> str:
        """Crawl once; it must end well."""
        ended = self.run("crawl", *outlets)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def news(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Rows of news.db."""
        return rows(self.folder / "news.db", sql, parameters)

    def desk(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Rows of desk.db."""
        return rows(self.folder / "desk.db", sql, parameters)

    def settled(self) -> list[str]:
        """The addresses of all articles and rejections, with repeats if there were any."""
        return [row[0] for row in self.news("SELECT url FROM articles UNION ALL SELECT url FROM rejections")]


def rows(path: Path, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    connection = sqlite3.connect(path, timeout=10)
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()


def desk_on(web: DemoWeb, folder: Path) -> DemoDesk:
    """Write the desk that watches this web."""
    write_desk(folder, proxy=web.proxy)
    return DemoDesk(web=web, folder=folder)
