"""Crawls of sources that list their pages in odd ways: what is new is found, and the past is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.fixtures.demo_desk import rows
from tests.fixtures.forked_commands import run_vigia
from tests.fixtures.hostile_web import HostileWeb, answer, hostile_web, write_desk

TEXT = "COSCO amplía el puerto de Chancay, en el Perú, y la carga hacia China crece. " * 12
STATED = ("2024-03-01", "1970-01-01T00:00:00+00:00", "0001-01-01", "-1", "2026-13-45", "", "9999-12-31")


@pytest.fixture
def web() -> Iterator[HostileWeb]:
    with hostile_web() as one:
        one.any_page = lambda path: answer(f"<html><title>Chancay {path}</title><p>{TEXT} {path}</p></html>".encode())
        yield one


def lists(web: HostileWeb, path: str, named: Mapping[str, str], *, element: str = "url") -> None:
    """Let a sitemap list these paths, each with what it states as its lastmod."""
    inner = "".join(
        f"<{element}><loc>{web.url}{link}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{element}>"
        for link, day in named.items()
    )
    root = "urlset" if element == "url" else "sitemapindex"
    web.pages[path] = lambda: answer(f"<{root}>{inner}</{root}>".encode(), kind="application/xml")


def crawl(folder: Path, web: HostileWeb, **outlet: object) -> set[str]:
    """Crawl once; return the paths of the pages that were asked for in this crawl."""
    web.asked.clear()
    keys = {"home": f"{web.url}/", "sitemaps": [f"{web.url}/sitemap.xml"], **outlet}
    (folder / "vigia.toml").write_text(write_desk({"one": keys}), encoding="utf-8")
    ended = run_vigia("--desk", str(folder), "crawl")
    assert ended.returncode == 0, ended.stderr
    return {path for _, path in web.asked if re.match(r"/nota-\d+$", path)}


def test_a_page_that_was_never_listed_is_new_whatever_its_lastmod_says(tmp_path: Path, web: HostileWeb) -> None:
    sitemaps = [f"{web.url}/sitemap-{form}.xml" for form in range(len(STATED))]
    for form, stated in enumerate(STATED):
        lists(web, f"/sitemap-{form}.xml", {f"/nota-1{form}": stated})
    assert crawl(tmp_path, web, sitemaps=sitemaps) == {f"/nota-1{form}" for form in range(len(STATED))}
    for form, stated in enumerate(STATED):
        lists(web, f"/sitemap-{form}.xml", {f"/nota-1{form}": stated, f"/nota-2{form}": stated})
    assert crawl(tmp_path, web, sitemaps=sitemaps) == {f"/nota-2{form}" for form in range(len(STATED))}


def test_child_sitemaps_are_read_whatever_their_lastmod_says(tmp_path: Path, web: HostileWeb) -> None:
    children = range(len(STATED))
    lists(web, "/sitemap.xml", {f"/sitemap-{child}.xml": STATED[child] for child in children}, element="sitemap")
    for child in children:
        lists(web, f"/sitemap-{child}.xml", {f"/nota-{child}": "2024-03-01"})
    crawl(tmp_path, web)
    for child in children:
        lists(web, f"/sitemap-{child}.xml", {f"/nota-{child}": "2024-03-01", f"/nota-1{child}": "2024-03-01"})
    assert crawl(tmp_path, web) == {f"/nota-1{child}" for child in children}


def test_a_child_sitemap_that_appears_is_new_with_all_its_pages(tmp_path: Path, web: HostileWeb) -> None:
    lists(web, "/sitemap.xml", {"/sitemap-1.xml": ""}, element="sitemap")
    lists(web, "/sitemap-1.xml", {"/nota-1": "2024-03-01"})
    assert crawl(tmp_path, web) == {"/nota-1"}
    lists(web, "/sitemap.xml", {"/sitemap-1.xml": "", "/news.xml": "2024-03-01"}, element="sitemap")
    lists(web, "/news.xml", {"/nota-2": "2024-03-01", "/nota-3": ""})
    assert crawl(tmp_path, web) == {"/nota-2", "/nota-3"}


def test_the_past_of_a_source_is_not_crawled(tmp_path: Path, web: HostileWeb) -> None:
    named = {f"/nota-{number}": STATED[number % 2 * 5] for number in range(60)}
    lists(web, "/sitemap.xml", named)
    assert crawl(tmp_path, web, max_pages=5) == {f"/nota-{number}" for number in range(0, 10, 2)}
    assert crawl(tmp_path, web, max_pages=5) == set()
    lists(web, "/sitemap.xml", named | {"/nota-99": ""})
    assert crawl(tmp_path, web, max_pages=5) == {"/nota-99"}


def test_the_past_in_many_child_sitemaps_is_not_crawled(tmp_path: Path, web: HostileWeb) -> None:
    lists(web, "/sitemap.xml", {f"/sitemap-{child}.xml": "" for child in range(30)}, element="sitemap")
    for child in range(30):
        lists(web, f"/sitemap-{child}.xml", {f"/nota-{child}{number}": "" for number in range(100, 104)})
    found = crawl(tmp_path, web, max_pages=20)
    assert {path[6:8] for path in found} == {"27", "28", "29"}
    for _ in range(2):
        assert crawl(tmp_path, web, max_pages=20) == set()
    lists(web, "/sitemap-4.xml", {f"/nota-4{number}": "" for number in range(100, 105)})
    assert "/nota-4104" in crawl(tmp_path, web, max_pages=20) | crawl(tmp_path, web, max_pages=20)


def test_pages_that_were_lost_with_news_db_are_found_again(tmp_path: Path, web: HostileWeb) -> None:
    lists(web, "/sitemap.xml", {"/nota-1": "2024-03-01", "/nota-2": ""})
    assert crawl(tmp_path, web) == {"/nota-1", "/nota-2"}
    for path in tmp_path.glob("news.db*"):
        path.unlink()
    assert crawl(tmp_path, web) == {"/nota-1", "/nota-2"}
    assert len(rows(tmp_path / "news.db", "SELECT url FROM articles UNION SELECT url FROM rejections")) == 2
