"""`/story/ID/copies` and `/copies`: who took from whom, what was cut, whom copies credit; files and voices."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.copies.fingerprint import compute_fingerprint
from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import save_article, save_rejection
from db.news.ledgers import copy_sources
from db.news.ledgers.copy_sources import read_untraced_groups, trace_pending_group
from db.public_copy import publish_copy
from tests.db.site.test_pages import plain
from tests.fixtures.invented_desk import reader
from tests.fixtures.story_desk import NOON, make_article

NOW = NOON + dt.timedelta(days=1)
SENTENCES = (
    "Una grúa cayó el jueves por la noche sobre el muelle de Quilca y causó la muerte de tres obreros.",
    "El equipo había llegado de Ningbo en febrero y todavía esperaba el certificado de la autoridad portuaria.",
    "La empresa que opera el terminal anunció que suspende las maniobras hasta que termine la investigación.",
    "Los familiares de las víctimas se reunieron el viernes con la fiscal que dirige las diligencias.",
    "El sindicato pidió que se publiquen los informes de inspección de los últimos dos años.",
    "El ministerio enviará a dos peritos para revisar la base de las otras grúas del puerto.",
)
OWN = "Según fuentes del puerto, el operador había pedido cambiar los pernos de la base hace un mes."
AGENCY_TEXT = " ".join(SENTENCES)
PAPER_TEXT = " ".join((*SENTENCES[:5], OWN))


def article(outlet: str, text: str, hours: float, *, precision: str = "time", credited: str | None = None) -> Article:
    return replace(
        make_article(outlet, "crane", hours=hours, text=text),
        published_precision=precision,
        credited_to=credited,
        fingerprint=compute_fingerprint(text),
    )


def save(db: Database, one: Article) -> int:
    seen = NOON + dt.timedelta(hours=9)
    return save_article(db, one, seen_at=seen, place=None).article_id


COPIES = (
    article("agencia", AGENCY_TEXT, 0),
    article("diario", PAPER_TEXT, 1, credited="Agencia"),
    article("portal", PAPER_TEXT.replace(SENTENCES[1] + " ", ""), 2),
    article("gemelo", AGENCY_TEXT, 0),
    article("semanario", AGENCY_TEXT, 0, precision="day"),
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with a report of an agency, a paper that cut it, a portal that took it from the paper, and two twins."""
    path = tmp_path_factory.mktemp("copied") / "news.db"
    db = open_news(path)
    for one in COPIES:
        save(db, one)
    db.conn.close()
    return path


def read_sources(db: Database) -> dict[str, tuple[str, int, int, int, int, int]]:
    rows = db.execute("SELECT outlet, source_outlet, kept, cut, added, is_sure, is_credited FROM copy_sources")
    return {row[0]: row[1:] for row in rows}


EXPECTED = {
    "diario": ("agencia", 5, 1, 1, 1, 1),
    "portal": ("diario", 5, 1, 0, 1, 0),
    "gemelo": ("agencia", 6, 0, 0, 0, 0),
    "semanario": ("agencia", 6, 0, 0, 0, 0),
}


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (2, 1, 0, 4, 3), (1, 4, 0, 2, 3)])
def test_sources_do_not_depend_on_the_order_of_arrival(tmp_path: Path, order: tuple[int, ...]) -> None:
    db = open_news(tmp_path / "news.db")
    for number in order:
        save(db, COPIES[number])
    found = read_sources(db)
    assert {outlet: found[outlet] for outlet in ("diario", "portal")} == {
        outlet: EXPECTED[outlet] for outlet in ("diario", "portal")
    }
    assert [found[outlet][4] for outlet in found if outlet not in ("diario", "portal")] == [0, 0]
    db.conn.close()


def test_a_changed_text_and_a_deleted_article_move_the_sources(tmp_path: Path) -> None:
    db = open_news(tmp_path / "news.db")
    for one in COPIES[:3]:
        save(db, one)
    assert read_sources(db) == {outlet: EXPECTED[outlet] for outlet in ("diario", "portal")}
    save(db, replace(COPIES[1], text=AGENCY_TEXT, fingerprint=compute_fingerprint(AGENCY_TEXT)))
    assert read_sources(db)["diario"] == ("agencia", 6, 0, 0, 1, 1)
    assert read_sources(db)["portal"] == ("agencia", 4, 2, 1, 1, 0)
    gone = COPIES[0]
    rejection = Rejection(url=gone.url, key=gone.key, outlet=gone.outlet, reason=RejectionReason.OFF_TOPIC)
    save_rejection(db, rejection, seen_at=NOW, place=None, replace=True)
    assert read_sources(db) == {"portal": ("diario", 4, 2, 1, 1, 0)}
    db.conn.close()


def test_an_older_desk_gets_its_sources_group_by_group(copied: Path, tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    path.write_bytes(copied.read_bytes())
    db = open_news(path)
    with db.atomic():
        db.execute("DELETE FROM copy_sources")
        db.execute("DELETE FROM copy_sentences")
        db.execute("INSERT INTO copy_pending (root) SELECT DISTINCT original FROM articles WHERE original IS NOT NULL")
    for root in read_untraced_groups(db):
        trace_pending_group(db, root)
    assert read_sources(db) == EXPECTED
    assert read_untraced_groups(db) == []
    db.conn.close()


@pytest.mark.slow
def test_a_very_large_group_costs_bounded_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_sources, "MAX_TRACED", 4)
    compared: list[int] = []
    read = copy_sources._read_versions
    monkeypatch.setattr(
        copy_sources,
        "_read_versions",
        lambda db, ids: compared.append(len(ids)) or read(db, ids),  # type: ignore[func-returns-value]
    )
    db = open_news(tmp_path / "news.db")
    for number in range(9):
        save(db, article(f"medio{number}", AGENCY_TEXT, number / 10))
    assert max(compared) <= 4
    assert {source for source, *_ in read_sources(db).values()} == {"medio0"}
    assert len(read_sources(db)) == 8
    db.conn.close()


@pytest.mark.parametrize(
    ("language", "words", "voices"),
    [
        ("en", "from agencia, 60 min later · 5 sentences kept, 1 cut, 1 added", "5 outlets · 1 independent voice"),
        (
            "es",
            "de agencia, 60 min después · conserva 5 frases, suprime 1, añade 1",
            "5 medios · 1 voz independiente",
        ),
        ("zh", "来自agencia、晚 60 分钟 · 保留5句、删去1句、新增1句", "5家媒体 · 1家独立报道"),
    ],
)
async def test_copies_are_told_in_three_languages(copied: Path, language: str, words: str, voices: str) -> None:
    async with reader(copied, language=language, now=NOW) as client:
        assert words in plain((await client.get("/story/1/copies")).text)
        story = (await client.get("/story/1")).text
        assert voices in plain(story)
        assert 'href="/story/1/copies"' in story
        assert 'href="/story/1/copies"' in (await client.get("/article/2")).text


async def test_a_page_shows_sentences_credit_and_no_arrow_where_the_order_is_not_known(copied: Path) -> None:
    async with reader(copied, now=NOW) as client:
        page = (await client.get("/story/1/copies")).text
        text = plain(page)
        assert text.count("shares text with agencia; which was first is not known") == 2
        assert text.count("from diario") == text.count("from agencia") == 1
        assert "credited to Agencia" in text
        assert text.count("names no source that we could find") == 3
        assert SENTENCES[5] in text
        assert OWN in text
        assert (await client.get("/story/99/copies")).status_code == 404


async def test_pages_say_how_much_they_leave_out(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("story_copies.MAX_COPIES_SHOWN", 2), ("copy_matrix.MAX_MATRIX_ROWS", 1), ("copy_matrix.MAX_MATRIX_COLUMNS", 0),
    ):  # fmt: skip
        monkeypatch.setattr(f"db.site.pages.{name}", value)
    async with reader(copied, now=NOW) as client:
        assert "3 later copies are left out here; the files have them." in (await client.get("/story/1/copies")).text
        # diario, which took and was taken from, counts once
        assert "2 outlets with fewer copies are left out here" in (await client.get("/copies")).text
        monkeypatch.setattr("db.site.pages.story_copies.MAX_COPIES_READ", 4)
        assert "At least 2 later copies are left out here" in (await client.get("/story/1/copies")).text


async def test_files_have_arrows_only_where_the_order_is_known(copied: Path) -> None:
    async with reader(copied, now=NOW) as client:
        rows = list(csv.DictReader(io.StringIO((await client.get("/story/1/copies.csv")).text)))
        assert {row["outlet"]: row["order_known"] for row in rows} == {
            "agencia": "", "diario": "1", "portal": "1", "gemelo": "0", "semanario": "0",
        }  # fmt: skip
        told = json.loads((await client.get("/story/1/copies.json")).text)
        assert [copy["source"] for copy in told["copies"] if copy["outlet"] == "portal"] == [2]
        graph = ElementTree.fromstring((await client.get("/story/1/copies.graphml")).text).find("{*}graph")
        assert graph is not None
        assert len(graph.findall("{*}node")) == 5
        edges = {(it.get("source"), it.get("target"), it.get("directed")) for it in graph.findall("{*}edge")}
        assert edges == {
            ("a1", "a2", None), ("a2", "a3", None), ("a1", "a4", "false"), ("a1", "a5", "false"),
        }  # fmt: skip


async def test_the_matrix_counts_copies_of_known_order_between_outlets(copied: Path) -> None:
    async with reader(copied, now=NOW) as client:
        told = json.loads((await client.get("/copies.json")).text)
        pairs = [(it["source_outlet"], it["outlet"], it["copies"], it["credited"]) for it in told["pairs"]]
        assert pairs == [("agencia", "diario", 1, 1), ("diario", "portal", 1, 0)]
        assert "diario,diario,portal,portal,1,0" in (await client.get("/copies.csv")).text
        assert 'target="portal"' in (await client.get("/copies.graphml")).text
        page = (await client.get("/copies")).text
        assert page.count("<tbody>") == 1
        assert page.count('<th scope="row">') == 2
    async with reader(copied, now=NOW + dt.timedelta(days=100)) as client:
        assert json.loads((await client.get("/copies.json")).text)["pairs"] == []


async def test_the_public_copy_counts_sentences_and_shows_none(copied: Path, tmp_path: Path) -> None:
    publish_copy(copied, tmp_path / "public.db")
    async with reader(tmp_path / "public.db", now=NOW) as client:
        text = plain((await client.get("/story/1/copies")).text)
        assert "5 sentences kept" in text
        assert OWN not in text
