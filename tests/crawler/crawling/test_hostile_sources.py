"""An honest outlet beside one whose sources hang in C code, eat memory and end the process that reads them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawler.crawling.test_network import Site
from tests.fixtures.demo_desk import rows
from tests.fixtures.forked_commands import run_command
from tests.fixtures.paths import ROOT

# The command, with a reader of sources that does what their bodies say, and limits that a test can wait for.
VIGIA_WITH_ODD_READER = """
import sys
from crawler.crawling import source_jobs
from pipelines.analysis.workers.jobs import JobLimits
source_jobs.DISCOVER = "tests.fixtures.worker_functions:discover_or_hang"
source_jobs.SOURCE_LIMITS = JobLimits(seconds=4, memory_bytes=200_000_000, answer_bytes=5_000_000)
from crawler.cli.main import vigia
import crawler.cli
vigia()
"""


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    honest, hostile = Site(), Site("127.0.0.2")
    yield honest, hostile
    honest.close()
    hostile.close()


def crawl_both(folder: Path, honest: Site, hostile: Site) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    words = {"delay": 0.0, "workers": 1, "allow_networks": ["127.0.0.0/8"]}
    sources = {
        "honest": f'feeds = ["{honest.url}/feed.xml"]',
        "hostile": f"sitemaps = {json.dumps([f'{hostile.url}/{name}' for name in ('hang', 'memory', 'die')])}",
    }
    blocks = [
        f'[[outlet]]\nid = "{name}"\nname = "{name}"\nhome = "{site.url}/"\nlanguages = ["es"]\nkind = "press"\n'
        + sources[name]
        for name, site in (("honest", honest), ("hostile", hostile))
    ]
    text = ['[desk]\ndirectory = "none"', "[crawl]", *(f"{key} = {json.dumps(value)}" for key, value in words.items())]
    (folder / "vigia.toml").write_text("\n".join([*text, *blocks]), encoding="utf-8")
    return run_command("-c", VIGIA_WITH_ODD_READER, "--desk", str(folder), "crawl", cwd=ROOT)


def test_hostile_sources_cost_their_outlet_alone_and_rest_afterwards(tmp_path: Path, sites: tuple[Site, Site]) -> None:
    honest, hostile = sites
    honest.lists(*(f"{honest.url}/2026/11/2{n}/una-noticia-de-prueba-larga-{n}" for n in range(5)))
    for name, word in (("hang", b"hang-in-c"), ("memory", b"eat-memory"), ("die", b"die-now")):
        hostile.pages[f"/{name}"] = lambda word=word: (200, {"Content-Type": "application/xml"}, b"<urlset>" + word)
    folder = tmp_path / "desk"
    ended = crawl_both(folder, honest, hostile)
    assert ended.returncode == 0, ended.stderr
    found = {
        url.rpartition("/")[2]: (outcome, detail)
        for url, outcome, detail in rows(folder / "desk.db", "SELECT url, outcome, detail FROM sources")
    }
    assert found["feed.xml"][0] == "ok"
    assert found["hang"] == ("unreadable", "reading it did not end within 4 seconds")
    assert found["memory"] == ("unreadable", "reading it needed more than 200 MB of memory")
    assert found["die"] == ("unreadable", "reading it ended its worker process twice: exit code 7")
    crawls = dict(rows(folder / "news.db", "SELECT outlet, outcome FROM crawls"))
    assert crawls["honest"] == "ok"
    assert crawls["hostile"].startswith("failed: ")
    [honest_end] = rows(folder / "news.db", "SELECT finished FROM crawls WHERE outlet = 'honest'")
    [hostile_end] = rows(folder / "news.db", "SELECT finished FROM crawls WHERE outlet = 'hostile'")
    assert honest_end <= hostile_end

    hostile.asked.clear()
    again = crawl_both(folder, honest, hostile)
    assert again.returncode == 0, again.stderr
    assert not [path for path in hostile.asked if path != "/robots.txt"]
    assert "its last reading was ended" in "".join(
        outcome for [outcome] in rows(folder / "news.db", "SELECT outcome FROM crawls WHERE outlet = 'hostile'")
    )
