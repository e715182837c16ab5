"""Every block of docs/server.md is run, read or checked as a user would use it, or says why not."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crawler.monitoring.health import DeskHealth
from db.connection import open_desk, open_news
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS

GUIDE = ROOT / "docs" / "server.md"
PROGRAMS = Path(sys.executable).parent

# Language of a block -> what looks at it.
CHECKED_BY = {
    "sh": "here: each line is run, or is named in NOT_RUN",
    "toml": "tests/docs/test_readme.py loads it as a desk",
    "json": "here: its keys are those of an answer",
    "squid": "here: its networks are read; no Squid is needed for that",
    "caddy": "the tests of both web servers before the reading room",
    "nginx": "the tests of both web servers before the reading room",
}

# Beginning of a command -> why a test can't run it.
NOT_RUN = {
    "make .venv/ready": "it installs from a package registry",
    "useradd ": "it needs root and changes the machine's users",
    "systemctl ": "it needs systemd as the first process",
    "journalctl ": "it needs systemd's journal",
    "ssh -N ": "it needs a second machine, and runs until it is ended",
    "git pull": "it needs the repository that was cloned",
}


def blocks() -> list[tuple[str, str]]:
    """The blocks of the guide in their order: (language, text)."""
    return re.findall(r"^```(\w*)\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def lines_of_shell() -> list[str]:
    return [line for language, text in blocks() if language == "sh" for line in text.splitlines() if line.strip()]


def reason_not_to_run(line: str) -> str | None:
    return next((reason for beginning, reason in NOT_RUN.items() if line.startswith(beginning)), None)


def placed(line: str, folder: Path) -> str:
    """The line with the places of this test: its folder for the machine's, this user for root and vigia."""
    line = re.sub(r"^systemd-run .*?EnvironmentFile=\S+ ", "", line)  # it gives the service's user and environment
    line = line.removeprefix("sudo -u vigia ").replace(" -o vigia -g vigia", "")
    for place, here in (
        ("/opt/vigia/.venv/bin/", f"{PROGRAMS}/"),
        ("/opt/vigia", str(ROOT)),
        ("/var/lib/vigia", str(folder / "desk")),
        ("/var/backups", str(folder / "backups")),
        ("/etc/systemd/system", str(folder / "units")),
        ("public.db", str(folder / "public.db")),
    ):
        line = line.replace(place, here)
    line = re.sub(r"^\.venv/bin/", f"{PROGRAMS}/", line)
    line = re.sub(r"^vigia ", f"{PROGRAMS}/vigia ", line)
    return f"{line} --get /" if "/datasette " in line else line  # answers one request instead of serving


def test_every_language_of_a_block_has_its_check() -> None:
    assert {language for language, _ in blocks()} == set(CHECKED_BY)


def test_every_shell_block_can_be_parsed() -> None:
    for language, text in blocks():
        if language == "sh":
            parsed = subprocess.run(
                ["bash", "-n"], input=text, text=True, capture_output=True, check=False, timeout=DEADLINE_SECONDS
            )
            assert parsed.returncode == 0, parsed.stderr


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    lines = lines_of_shell()
    assert [beginning for beginning in NOT_RUN if not any(line.startswith(beginning) for line in lines)] == []


@pytest.mark.slow
def test_the_commands_of_the_guide_run_from_first_to_last(tmp_path: Path) -> None:
    for name in ("units", "backups"):
        (tmp_path / name).mkdir()
    environment = {**os.environ, "VIGIA_DESK": str(tmp_path / "desk")}
    elsewhere = {"PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}  # else it would write into the checkout
    cwd, ran = ROOT, []
    for line in lines_of_shell():
        if reason_not_to_run(line):
            continue
        command = placed(line, tmp_path)
        if command.startswith("cd "):
            cwd = Path(command.removeprefix("cd "))
            continue
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=cwd,
            env=environment | (elsewhere if " compileall " in command else {}),
            input="correct horse battery\n",  # for `hash-password`
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
        ran.append(line)
        if line.endswith(" init"):
            make_databases(tmp_path / "desk")  # what the service does when it starts
    said = " ".join(ran)
    for command in (" init", " check", " status", "hash-password", "publish", "datasette", " backup ", " restore "):
        assert command in said, f"the guide runs no{command}"
    assert (tmp_path / "units" / "vigia.service").is_file()
    assert (tmp_path / "desk" / "vigia.toml").is_file()
    assert list((tmp_path / "desk").glob("replaced-*/vigia.toml"))


def make_databases(folder: Path) -> None:
    with closing(open_news(folder / "news.db")), closing(open_desk(folder / "desk.db")):
        pass


def test_the_answer_of_health_has_the_keys_that_the_guide_shows() -> None:
    (shown,) = [json.loads(text) for language, text in blocks() if language == "json"]
    at = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
    answer = DeskHealth(
        checked_at=at, last_crawl=at, watched=1, answered=1, waiting=0, given_up=0, free_bytes=1, problems=("disk",)
    ).as_dict()
    assert {key: type(value) for key, value in shown.items()} == {key: type(value) for key, value in answer.items()}
    for key in ("outlets", "deliveries", "disk"):
        assert set(shown[key]) == set(answer[key])


def test_squid_is_told_networks_that_are_private() -> None:
    (text,) = [text for language, text in blocks() if language == "squid"]
    networks = re.search(r"^acl (\w+) dst (.+)$", text, re.MULTILINE)
    assert networks
    assert f"http_access deny {networks[1]}" in text
    for network in networks[2].split():
        assert not ipaddress.ip_network(network)[1 if "/" in network else 0].is_global, network
