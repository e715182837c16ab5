"""What test_workers.py lets real worker processes run: functions that answer, raise, hang and die."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.page import Article, Page


def article(page: Page, **_: Any) -> Article:
    return Article(
        url=page.url,
        key=page.key,
        outlet=page.outlet.id,
        title=str(os.getpid()),
        text=str(len(page.body)),
        language="es",
    )


def as_told(page: Page, *, furniture: tuple[str, ...] = (), **_: Any) -> Any:
    """Do what the page's body says: "die 3", "hang", "raise" …"""
    word, _space, rest = page.body.decode().partition(" ")
    match word:
        case "die":
            os._exit(int(rest))
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die-once":
            mark = Path(rest)
            if not mark.exists():
                mark.touch()
                os._exit(7)
        case "hang":
            Path(rest).write_text(str(os.getpid())) if rest else None
            time.sleep(600)
        case "hang-in-c":  # one call that holds the interpreter lock and never looks at signals
            Path(rest).write_text(str(os.getpid())) if rest else None
            ctypes.PyDLL(None).sleep(600)
        case "regex":
            re.match(r"(a+)+$", "a" * 64 + "b")
        case "raise":
            raise KeyError(rest)
        case "exit":
            sys.exit(3)
        case "unpicklable":
            return lambda: None
        case "modules":
            return replace(article(page), text=" ".join(sys.modules))
        case "sleep":
            time.sleep(float(rest))
        case "furniture":
            return article(page), furniture
    return article(page)
