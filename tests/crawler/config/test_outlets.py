"""The shipped outlets: each test runs once per outlet, so that a failure names it."""

from __future__ import annotations

import datetime as dt
import re
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler import urls
from crawler.config.desk import OUTLET_DIRECTORY, Desk, load_desk
from crawler.config.outlet import Outlet

ROWS = {
    row["id"]: (file.stem, row)
    for file in sorted(OUTLET_DIRECTORY.glob("*.toml"))
    for row in tomllib.loads(file.read_text(encoding="utf-8"))["outlet"]
}
OUTLETS = [Outlet.model_validate(row) for _, row in ROWS.values()]
# The outlets of the five articles that this project began with.
SEEDS = ["iria", "latam_reports", "atlantic_council", "cgtn", "cgtn_es", "cgsp"]

each = pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.id)

# Real addresses that the patterns must not match.
ARTICLES = {
    "iria": "http://ir-ia.com/news/chinese-president-xi-arrives-in-peru-on-his-latin-american-tour/",
    "latam_reports": "https://www.latinamericareports.com/a-port-and-its-town/12345/",
    "atlantic_council": "https://www.atlanticcouncil.org/blogs/new-atlanticist/what-a-port-means/",
    "cgtn": "https://news.cgtn.com/news/2024-11-15/A-port-opens-1yxLx6L3wf6/p.html",
    "cgtn_es": "https://espanol.cgtn.com/news/2024-11-15/1857212345678901234/index.html",
    "cgsp": "https://chinaglobalsouth.com/2024/11/15/a-port-opens/",
    "andina": "https://andina.pe/ingles/noticia-a-port-opens-1007754.aspx",
    "elcomercio_pe": "https://elcomercio.pe/economia/peru/un-puerto-se-abre-noticia/",
    "larepublica_pe": "https://larepublica.pe/economia/2024/11/14/un-puerto-se-abre-278922",
    "rpp": "https://rpp.pe/economia/economia/un-puerto-se-abre-noticia-1598765",
    "rree_pe": "https://www.gob.pe/institucion/rree/noticias/1054321-un-puerto-se-abre",
    "xinhua_zh": "http://www.xinhuanet.com/world/20241114/0123456789abcdef0123456789abcdef/c.html",
    "xinhua_en": "https://english.news.cn/20241114/0123456789abcdef0123456789abcdef/c.html",
    "people_zh": "http://world.people.com.cn/n1/2024/1114/c1002-40361234.html",
    "people_es": "http://spanish.people.com.cn/n3/2024/1114/c31621-20241234.html",
    "china_daily": "https://www.chinadaily.com.cn/a/202411/14/WS0123456789abcdef01234567.html",
    "mofcom": "https://www.mofcom.gov.cn/xwfb/xwfyrth/art/2025/art_0123456789abcdef0123456789abcdef.html",
    "caixin": "https://international.caixin.com/2024-11-14/102256789.html",
    "bbc_mundo": "https://www.bbc.com/mundo/articles/c4gpz163vg2o",
    "portalportuario": "https://portalportuario.cl/un-puerto-se-abre/",
}
NOT_ARTICLES = {
    "cgtn": "https://news.cgtn.com/news/2024-11-15/A-port-opens-1yxLx6L3wf6/share_amp.html",
    "caixin": "https://video.caixin.com/2024-11-14/102256789.html",
    "container_news": "https://container-news.com/scfi/",
    "xinhua_zh": "https://english.news.cn/20241114/0123456789abcdef0123456789abcdef/c.html",
    "rree_pe": "https://www.gob.pe/institucion/mtc/noticias/1054321-un-puerto-se-abre",
}


def test_an_outlet_is_read_again_from_its_json() -> None:
    """Workers of an import read the outlets from a file of JSON."""
    hourly = OUTLETS[0].model_copy(update={"every": dt.timedelta(hours=1)})
    assert hourly.model_dump(mode="json")["every"] == "3600s"
    for outlet in (*OUTLETS, hourly):
        assert Outlet.model_validate_json(outlet.model_dump_json()) == outlet


@each
def test_an_outlet_has_name_country_language_and_kind(outlet: Outlet) -> None:
    assert outlet.name.strip() == outlet.name
    assert urlsplit(outlet.home).path, "write the home page with its slash"
    assert re.fullmatch(r"[a-z]{2}", outlet.languages[0])


@each
def test_its_sources_are_web_addresses_without_duplicates(outlet: Outlet) -> None:
    addresses = [source.url for source in outlet.sources]
    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        assert urlsplit(address).scheme in {"http", "https"}
        assert not re.search(r"[{}~!\s]|YYYY|page=N", address), "a template or a mark of the research is no source"


def test_unconfirmed_outlets_are_crawled_last() -> None:
    desk = Desk.model_construct(outlets=tuple(OUTLETS))
    order = [outlet.unconfirmed for outlet in desk.enabled_outlets]
    assert order == sorted(order)
    assert 0 < sum(order) < len(order) / 4


@each
def test_a_stated_ownership_has_a_source(outlet: Outlet) -> None:
    assert (outlet.ownership == "unknown") == (outlet.ownership_source is None)


@each
def test_its_pattern_matches_http_and_https_with_and_without_www(outlet: Outlet) -> None:
    if outlet.article_pattern is None:
        return
    assert outlet.article_pattern.startswith("^https?://")
    article = ARTICLES.get(outlet.id)
    if article is None:
        return
    host = urlsplit(article).hostname or ""
    forms = {article, article.replace("http://", "https://"), article.replace("https://", "http://")}
    if host.count(".") == 1 or host.startswith("www."):
        bare = host.removeprefix("www.")
        forms |= {form.replace(f"//{host}/", f"//{name}/") for form in forms for name in (bare, f"www.{bare}")}
    for form in forms:
        assert re.search(outlet.article_pattern, form), form


@each
def test_its_pattern_is_fast_on_any_address(outlet: Outlet) -> None:
    """A pattern runs in the event loop of the crawl, on every link of a page."""
    if outlet.article_pattern is None:
        return
    begin = re.sub(r"[^/]*$", "", ARTICLES.get(outlet.id, outlet.home))
    began = time.process_time()
    for stuff in ("1" * 2000, "a" * 2000, "a-" * 1000, "a/" * 1000, "2024/11/14/" * 180, "noticia-1/" * 200):
        re.search(outlet.article_pattern, f"{begin}{stuff}!")
    assert time.process_time() - began < 10


@pytest.mark.parametrize(("id", "address"), NOT_ARTICLES.items())
def test_a_pattern_does_not_match_pages_that_are_not_articles(id: str, address: str) -> None:  # noqa: A002
    pattern = ROWS[id][1]["article_pattern"]
    assert not re.search(pattern, address)


@each
def test_a_disabled_outlet_says_why(outlet: Outlet) -> None:
    assert outlet.enabled or (outlet.note or "").startswith("Disabled: ")


@each
def test_an_outlet_with_candidates_by_title_has_a_note_that_says_why(outlet: Outlet) -> None:
    assert outlet.candidates == "all" or "only titles that name the topic" in (outlet.note or "")


@each
def test_its_listings_are_on_its_own_site(outlet: Outlet) -> None:
    own = {urls.get_host(outlet.home), *outlet.hosts}
    assert all(urls.is_same_site(address, own) for address in outlet.listings)


@each
def test_an_address_that_matches_its_pattern_is_on_its_site(outlet: Outlet) -> None:
    if outlet.id in ARTICLES:
        assert urls.is_same_site(ARTICLES[outlet.id], {urls.get_host(outlet.home), *outlet.hosts})


@pytest.mark.parametrize("id", SEEDS)
def test_the_outlets_of_the_first_articles_are_enabled(id: str) -> None:  # noqa: A002
    outlet = Outlet.model_validate(ROWS[id][1])
    assert outlet.enabled
    assert outlet.sources


def test_most_of_the_outlets_are_enabled() -> None:
    assert len(OUTLETS) == 153
    assert sum(outlet.enabled for outlet in OUTLETS) == 140


def test_an_id_is_unique_in_all_files() -> None:
    ids = [
        row["id"]
        for file in OUTLET_DIRECTORY.glob("*.toml")
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["outlet"]
    ]
    assert len(ids) == len(set(ids))


def test_there_are_outlets_of_all_three_languages_and_both_countries() -> None:
    watched = [outlet for outlet in OUTLETS if outlet.enabled]
    assert {"es", "en", "zh"} <= {language for outlet in watched for language in outlet.languages}
    assert sum(outlet.country == "PE" for outlet in watched) > 20
    assert sum(outlet.country == "CN" for outlet in watched) > 15


def test_a_desk_gets_them_all_or_the_files_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "all"\n')
    assert {outlet.id for outlet in load_desk(tmp_path).outlets} == set(ROWS)
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = ["peru", "china"]\n')
    some = {outlet.id for outlet in load_desk(tmp_path).outlets}
    assert some == {id for id, (file, _) in ROWS.items() if file in {"peru", "china"}}  # noqa: A001
