"""Plain Datasette serves the same site with the commands of the documentation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml
from datasette.app import Datasette
from datasette_auth_passwords.utils import hash_password

from db.public_copy import publish_copy
from db.site.readers.query_threads import QueryThreads, Work, current_work
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until, wait_until_async

SITE = ROOT / "db" / "site"
PASSWORD = "un puerto, dos grúas"


@pytest.fixture(scope="module")
def public_db(news_db: Path) -> Path:
    publish_copy(news_db, news_db.with_name("public.db"))
    return news_db.with_name("public.db")


def command_in(document: str, file: str) -> list[str]:
    """Return the documented command line that serves `file`."""
    text = (ROOT / "docs" / document).read_text("utf-8")
    (line,) = re.findall(rf"^\.venv/bin/datasette {re.escape(file)} .+$", text, re.MULTILINE)
    return shlex.split(line)


def is_listening(client: httpx.Client) -> bool:
    try:
        client.get("/help")
    except httpx.ConnectError:
        return False
    return True


@contextlib.contextmanager
def served(command: list[str], path: Path) -> Iterator[httpx.Client]:
    """Run a documented command in the checkout, on another file and port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "datasette", str(path), *command[2:], "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS) as client:
            wait_until(lambda: process.poll() is not None or is_listening(client), what="an answer of Datasette")
            assert process.poll() is None, process.communicate()[0][-2000:]
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE_SECONDS)


def test_the_documented_command_serves_the_desk_at_every_documented_address(news_db: Path) -> None:
    documented = set(re.findall(r"`(/(?:news|search)[^`\s]*)`", (ROOT / "docs" / "records.md").read_text("utf-8")))
    queries = yaml.safe_load((SITE / "metadata.yaml").read_text("utf-8"))["databases"]["news"]["queries"]
    assert {page.split("/")[2].partition("?")[0] for page in documented if page.count("/") == 2} >= set(queries)
    with served(command_in("records.md", "desk/news.db"), news_db) as client:
        ours = ("/outlet/faro", "/concepts", "/concept/chancay", "/subscribe?q=Chancay")
        for path in (*ours, "/", "/?q=Chancay", "/article/1", "/outlets", "/site/room.css", *sorted(documented)):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert "El puerto de Chancay" in client.get("/").text
        rows = client.get("/news/articles.json?_shape=array&_size=100&_labels=on").json()
        assert {"id", "title", "outlet", "text"} <= set(rows[0])
        assert rows[0]["outlet"]["label"]
        assert client.post("/news/articles").status_code == 405
        assert client.get("/news.json?sql=select+1").status_code == 403
        assert client.get("/-/login").status_code == 404


def test_the_documented_command_serves_what_was_published(public_db: Path) -> None:
    public = yaml.safe_load((SITE / "public.yaml").read_text("utf-8"))["databases"]["public"]
    with served(command_in("server.md", "public.db"), public_db) as client:
        for table, about in public["tables"].items():
            if not about.get("hidden"):
                row = client.get(f"/public/{table}.json?_shape=array&_size=1").json()
                assert set(about.get("columns", {})) <= set(row[0]), table
                assert client.get(f"/public/{table}").status_code == 200
        for query in public["queries"]:
            assert client.get(f"/public/{query}?words=Chancay&outlet=faro&days=30").status_code == 200, query
        listed = client.get("/public.json").json()["tables"]
        assert {it["name"] for it in listed if not it["hidden"]} == {
            name for name, about in public["tables"].items() if not about.get("hidden")
        }
        found = client.get("/search.json?q=Chancay").json()["articles"]
        assert found
        page = client.get(f"/article/{found[0]['id']}").text
        assert "Read the full text at the outlet." in page
        assert f'href="{found[0]["url"]}" rel="noopener noreferrer nofollow"' in page
        copy = client.get("/public/copies.json?_shape=array").json()[0]
        copied = client.get(f"/article/{copy['article']}").text
        assert f'href="/article/{copy["original"]}"' in copied
        assert 'class="compare"' not in copied
        changed = client.get("/public/revisions.json?_shape=array").json()[0]
        assert "The change was seen:" in client.get(f"/article/{changed['article']}").text
        assert "As of " in client.get("/").text
        assert "/subscribe" not in client.get("/?q=Chancay").text  # there is no desk to subscribe at
        ours = ("/outlet/faro", "/concepts", "/concept/chancay")
        for path in (
            *ours,
            "/",
            "/?q=Chancay",
            "/?outlet=faro",
            "/?concept=chancay",
            "/outlets",
            "/search.atom",
            f"/article/{found[0]['id']}.ris",
            "/?lang=es",
        ):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "/news" not in answer.text, path  # the tables are called by this file's name


def test_a_public_copy_is_readable_by_datasette_alone(public_db: Path) -> None:
    words = [sys.executable, "-m", "datasette", str(public_db), "--get", "/public/articles.json?_shape=array&_size=5"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=True)
    assert len(json.loads(done.stdout)) == 5


async def test_plain_datasette_asks_for_a_password_too(news_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIA_PASSWORD_HASH", hash_password(PASSWORD, iterations=10_000))
    metadata = yaml.safe_load((SITE / "metadata.yaml").read_text("utf-8"))
    metadata["plugins"]["vigia"]["password_hash"] = {"$env": "VIGIA_PASSWORD_HASH"}
    plain = Datasette([str(news_db)], metadata=metadata, plugins_dir=str(SITE / "plugins"),
                      template_dir=str(SITE / "templates"))  # fmt: skip
    assert (await plain.client.get("/")).status_code == 401
    assert (await plain.client.get("/news/articles.json")).status_code == 401
    entered = await plain.client.post("/-/login", data={"password": PASSWORD, "next": "/outlets"})
    assert entered.headers["location"] == "/outlets"
    cookies = {"ds_actor": entered.cookies["ds_actor"]}
    assert (await plain.client.get("/outlets", cookies=cookies)).status_code == 200


async def test_plain_datasette_gives_each_reader_a_share_too(public_db: Path) -> None:
    metadata = yaml.safe_load((SITE / "public.yaml").read_text("utf-8"))
    plain = Datasette([str(public_db)], metadata=metadata, plugins_dir=str(SITE / "plugins"),
                      template_dir=str(SITE / "templates"))  # fmt: skip
    transport = httpx.ASGITransport(app=cast("Any", plain.app()), client=("192.0.2.1", 1))
    threads, end = cast("QueryThreads", plain.executor), threading.Event()
    token = current_work.set(Work("192.0.2.1", "costly"))
    held = [threads.submit(lambda: end.wait(DEADLINE_SECONDS)) for _ in range(9)]
    current_work.reset(token)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=DEADLINE_SECONDS) as client:
        flood = [asyncio.create_task(client.get("/public/articles?_facet=url&_size=max")) for _ in range(20)]
        await wait_until_async(lambda: sum(one.done() for one in flood) >= 10, what="ten refusals")
        assert (await client.get("/outlets")).status_code == 200
        assert {one.result().status_code for one in flood if one.done()} == {503}
        end.set()
        assert {answer.status_code for answer in await asyncio.gather(*flood)} == {200, 503}
    for one in held:
        one.result(60)
