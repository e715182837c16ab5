"""Each page is stored once, as an article or as a rejection."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from db import migrations
from db.connection import open_news
from db.model.article import Article, Place
from db.model.rejection import Rejection, RejectionReason
from db.model.verdict import Mention, RelevanceReason, Verdict
from db.news.articles import save_article, save_rejection
from db.news.outlets import save_concepts, save_outlets
from db.news.page_lookup import count_records, find_article, find_rejection, read_mentions
from db.news.rebuilds.archived_pages import list_archived_pages, read_listed_pages
from db.news.stored_article import find_known_keys

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=6)

ARTICLE = Article(
    url="https://diario.test/puerto",
    key="diario.test/puerto",
    outlet="diario",
    title="El muelle de Quilca recibe su primera grúa",
    text=(
        "La primera grúa eléctrica llegó ayer al muelle de Quilca a bordo de un buque chino.\n"
        "El operador invirtió 40 millones de dólares y espera mover 12 000 contenedores al año.\n"
        "Los pescadores de la caleta piden que se les deje pasar por la bahía."
    ),
    language="es",
    authors=("Rosa Quispe",),
    published="2026-11-20T11:30:00Z",
    published_precision="time",
    published_local="2026-11-20T06:30:00-05:00",
    published_from="page",
    relevance=0.8,
    reasons=(
        RelevanceReason(sentence="La primera grúa llegó.", concepts=("quilca", "china"), place="lead", weight=0.7),
    ),
    mentions=(Mention(concept="quilca", count=2, in_title=True), Mention(concept="china", count=1)),
    words=42,
)
REJECTION = Rejection(
    url="https://diario.test/receta",
    key="diario.test/receta",
    outlet="diario",
    reason=RejectionReason.NO_ACTORS,
    relevance=0.0,
)


@pytest.fixture
def db() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    db.execute("PRAGMA foreign_keys = ON")
    save_outlets(db, [{"id": "diario", "name": "Diario", "languages": ["es"]}, {"id": "otro", "name": "Otro"}])
    return db


def count(db: Database, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_new_article_is_one_row_with_mentions_addresses_and_a_search_row(db: Database) -> None:
    saved = save_article(
        db, ARTICLE, seen_at=NOON, place=Place(file="2026-11-20.warc.gz", offset=77), keys=["diario.test/r/1"]
    )
    assert (saved.outcome, saved.original) == ("new", None)
    row = db.table("articles").get(saved.article_id)
    assert row["url"] == ARTICLE.url
    assert row["text"] == ARTICLE.text
    assert json.loads(row["authors"]) == ["Rosa Quispe"]
    assert json.loads(row["reasons"])[0]["concepts"] == ["quilca", "china"]
    assert (row["first_seen"], row["last_seen"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")
    assert (row["archive_file"], row["archive_offset"]) == ("2026-11-20.warc.gz", 77)
    assert len(row["text_sha256"]) == 64
    mentions = db.query("SELECT concept, count, in_title FROM mentions ORDER BY concept")
    assert [tuple(mention.values()) for mention in mentions] == [("china", 1, 0), ("quilca", 2, 1)]
    assert find_known_keys(db, ["diario.test/puerto", "diario.test/r/1", "diario.test/x"]) == {
        "diario.test/puerto",
        "diario.test/r/1",
    }
    (hit,) = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'grua'").fetchall()
    assert hit[0] == saved.article_id


def test_an_article_of_a_pdf_says_so_until_its_page_is_html(db: Database) -> None:
    for format_ in ("pdf", None):
        save_article(db, replace(ARTICLE, format=format_), seen_at=NOON, place=None)
        assert [row["format"] for row in db["articles"].rows] == [format_]


def test_the_same_article_again_is_unchanged_and_moves_last_seen(db: Database) -> None:
    first = save_article(db, ARTICLE, seen_at=NOON, place=Place(file="a.warc.gz", offset=0))
    again = save_article(db, ARTICLE, seen_at=LATER, place=None)
    assert (again.article_id, again.outcome) == (first.article_id, "unchanged")
    row = db.table("articles").get(first.article_id)
    assert (row["first_seen"], row["last_seen"]) == ("2026-11-20T12:00:00Z", "2026-11-20T18:00:00Z")
    assert row["archive_file"] == "a.warc.gz"
    assert count(db, "articles") == 1
    assert count(db, "revisions") == 0
    assert count(db, "mentions") == 2


def test_a_changed_text_is_a_revision_that_keeps_the_first_version(db: Database) -> None:
    first = save_article(db, ARTICLE, seen_at=NOON, place=None)
    text = ARTICLE.text.replace("40 millones", "45 millones").replace("grúa eléctrica", "grúa híbrida")
    saved = save_article(db, replace(ARTICLE, text=text), seen_at=LATER, place=Place(file="b.warc.gz", offset=5))
    assert (saved.article_id, saved.outcome) == (first.article_id, "revised")
    assert db.table("articles").get(first.article_id)["text"] == text
    (revision,) = db.query("SELECT * FROM revisions")
    assert (revision["text"], revision["title"]) == (ARTICLE.text, ARTICLE.title)
    assert revision["seen_at"] == "2026-11-20T18:00:00Z"
    found = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'hibrida'").fetchall()
    lost = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'electrica'").fetchall()
    assert (len(found), len(lost)) == (1, 0)


def test_a_changed_headline_is_a_revision(db: Database) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    saved = save_article(db, replace(ARTICLE, title="Llega la primera grúa a Quilca"), seen_at=LATER, place=None)
    assert saved.outcome == "revised"
    assert count(db, "revisions") == 1


@pytest.mark.parametrize(
    "text",
    [
        ARTICLE.text.replace("\n", "\n\n  "),
        ARTICLE.text + "\n1.234 vistas",
        ARTICLE.text + "\nPublicado hace 2 horas",
        ARTICLE.text.replace(" ", "\u00a0"),
        "Hace 3 días\n" + ARTICLE.text,
    ],
    ids=["white space", "view counter", "relative time", "no-break spaces", "relative day"],
)
def test_changed_repeated_lines_are_no_revision(db: Database, text: str) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    assert save_article(db, replace(ARTICLE, text=text), seen_at=LATER, place=None).outcome == "unchanged"
    assert count(db, "revisions") == 0


def test_a_source_date_of_the_first_visit_outlives_a_revisit_without_it(db: Database) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    bare = replace(
        ARTICLE, published=None, published_precision=None, published_local=None, published_from=None, title="Otro"
    )
    saved = save_article(db, bare, seen_at=LATER, place=None)
    row = db.table("articles").get(saved.article_id)
    assert (row["published"], row["published_precision"]) == ("2026-11-20T11:30:00Z", "time")


def test_a_twin_address_with_the_same_text_is_the_same_article(db: Database) -> None:
    first = save_article(db, ARTICLE, seen_at=NOON, place=None)
    twin = replace(ARTICLE, url="https://diario.test/n/778", key="diario.test/n/778")
    saved = save_article(db, twin, seen_at=LATER, place=None, keys=["diario.test/puerto"])
    assert (saved.article_id, saved.outcome) == (first.article_id, "unchanged")
    assert find_known_keys(db, ["diario.test/n/778"]) == {"diario.test/n/778"}


def test_a_wrong_canonical_link_does_not_merge_two_articles(db: Database) -> None:
    first = save_article(db, ARTICLE, seen_at=NOON, place=None, keys=["diario.test"])
    other = replace(
        ARTICLE,
        url="https://diario.test/arandano",
        key="diario.test/arandano",
        title="Arándanos viajan a Ningbo",
        text="La cooperativa de Olmos embarcó treinta toneladas de arándanos rumbo a Ningbo, su mayor envío del año.",
    )
    saved = save_article(db, other, seen_at=LATER, place=None, keys=["diario.test"])
    assert saved.outcome == "new"
    assert saved.article_id != first.article_id
    assert count(db, "revisions") == 0


def test_a_rejected_page_is_known_and_kept_with_its_reason(db: Database) -> None:
    assert save_rejection(db, REJECTION, seen_at=NOON, place=Place(file="rejected-a.warc.gz", offset=9), keys=["k"])
    assert save_rejection(db, replace(REJECTION, reason=RejectionReason.OFF_TOPIC), seen_at=LATER, place=None)
    (row,) = db.query("SELECT * FROM rejections")
    assert (row["reason"], row["key"], row["seen_at"]) == ("off-topic", "diario.test/receta", "2026-11-20T18:00:00Z")
    assert find_known_keys(db, ["diario.test/receta", "k", "z"]) == {"diario.test/receta", "k"}


def test_a_rejected_page_that_a_better_rule_keeps_leaves_the_rejections(db: Database) -> None:
    save_rejection(
        db, replace(REJECTION, url="http://www.diario.test/puerto", key=ARTICLE.key), seen_at=NOON, place=None
    )
    saved = save_article(db, ARTICLE, seen_at=LATER, place=None)
    assert saved.outcome == "new"
    assert count(db, "rejections") == 0
    assert db.table("addresses").get(ARTICLE.key)["article"] == saved.article_id


def test_an_article_is_not_lost_to_a_rejection_at_a_later_visit(db: Database) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    gone = replace(REJECTION, url=ARTICLE.url, key=ARTICLE.key, reason=RejectionReason.NOT_FOUND)
    assert not save_rejection(db, gone, seen_at=LATER, place=None)
    assert (count(db, "articles"), count(db, "rejections")) == (1, 0)


def test_a_better_rule_turns_an_article_into_a_rejection(db: Database) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    save_article(db, replace(ARTICLE, title="Otro título"), seen_at=LATER, place=None)
    now = replace(REJECTION, url=ARTICLE.url, key=ARTICLE.key)
    assert save_rejection(db, now, seen_at=LATER, place=None, replace=True)
    tables = ("articles", "revisions", "mentions", "fingerprints", "rejections", "addresses")
    assert {table: count(db, table) for table in tables} == dict.fromkeys(tables, 0) | {"rejections": 1, "addresses": 1}
    assert not db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'grua'").fetchall()


def test_what_an_analyst_marked_is_never_deleted(db: Database) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    db.table("marks").insert(
        {"key": ARTICLE.key, "url": ARTICLE.url, "verdict": "relevant", "marked_at": "2026-11-20T12:00:00Z"}
    )
    rejected = replace(REJECTION, url=ARTICLE.url, key=ARTICLE.key)
    assert not save_rejection(db, rejected, seen_at=LATER, place=None, replace=True)
    assert count(db, "articles") == 1


def test_a_rebuild_writes_no_revision_and_leaves_the_times(db: Database) -> None:
    first = save_article(db, ARTICLE, seen_at=NOON, place=Place(file="a.warc.gz", offset=0))
    better = replace(ARTICLE, text=ARTICLE.text.splitlines()[0], verdict=Verdict.BORDERLINE, mentions=())
    saved = save_article(db, better, seen_at=LATER, place=None, rebuilt=True)
    assert (saved.article_id, saved.outcome) == (first.article_id, "revised")
    row = db.table("articles").get(first.article_id)
    assert (row["verdict"], row["last_seen"], row["text"]) == ("borderline", "2026-11-20T12:00:00Z", better.text)
    assert (count(db, "revisions"), count(db, "mentions")) == (0, 0)


def test_a_failure_within_a_save_leaves_no_rows(db: Database) -> None:
    db.execute("CREATE TRIGGER stop BEFORE INSERT ON addresses BEGIN SELECT RAISE(ABORT, 'power cut'); END")
    with pytest.raises(Exception, match="power cut"):
        save_article(db, ARTICLE, seen_at=NOON, place=None)
    assert (count(db, "articles"), count(db, "mentions"), count(db, "fingerprints")) == (0, 0, 0)
    assert not db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'grua'").fetchall()


def test_known_keys_takes_more_keys_than_a_statement_has_variables(db: Database) -> None:
    save_rejection(db, REJECTION, seen_at=NOON, place=None)
    keys = [f"diario.test/{number}" for number in range(40_000)]
    assert find_known_keys(db, [*keys, REJECTION.key]) == {REJECTION.key}
    assert find_known_keys(db, []) == set()


def test_an_unknown_outlet_or_concept_gets_a_row_rather_than_losing_the_article(db: Database) -> None:
    saved = save_article(db, replace(ARTICLE, outlet="nuevo"), seen_at=NOON, place=None)
    assert saved.outcome == "new"
    save_concepts(db, [{"id": "quilca", "kind": "port", "side": "peru", "name_en": "Quilca"}])
    assert db.table("concepts").get("quilca")["name_en"] == "Quilca"
    assert db.table("outlets").get("nuevo")["name"] == "nuevo"


def test_the_look_up_of_a_page_uses_indexes_alone(db: Database) -> None:
    plan = db.execute(
        """
        EXPLAIN QUERY PLAN SELECT * FROM articles WHERE id IN (SELECT article FROM addresses WHERE key = 'k')
            OR key = 'k' OR url = 'u' ORDER BY id LIMIT 1
        """
    ).fetchall()
    assert not [step for step in plan if step[3].startswith("SCAN")]


def test_a_page_is_found_by_its_url_its_key_and_its_other_addresses(db: Database) -> None:
    saved = save_article(db, ARTICLE, seen_at=NOON, place=Place(file="a.warc.gz", offset=3), keys=["diario.test/r/1"])
    save_rejection(db, REJECTION, seen_at=NOON, place=Place(file="rejected-a.warc.gz", offset=9))
    save_rejection(db, replace(REJECTION, url="https://otro.test/x", key="otro.test/x"), seen_at=NOON, place=None)
    for address in (ARTICLE.url, ARTICLE.key, "diario.test/r/1"):
        row = find_article(db, address)
        assert row is not None
        assert row["id"] == saved.article_id
    assert find_article(db, "https://diario.test/nada") is None
    rejected = find_rejection(db, REJECTION.url)
    assert rejected is not None
    assert rejected["reason"] == "no-actors"
    assert read_mentions(db, saved.article_id)[0]["concept"] == "quilca"
    assert list_archived_pages(db, "diario") == 2
    assert [(page.key, page.place.offset, page.is_article) for _, page in read_listed_pages(db)] == [
        ("diario.test/puerto", 3, True),
        ("diario.test/receta", 9, False),
    ]
    assert count_records(db) == {"articles": 1, "originals": 1, "copies": 0, "revisions": 0, "rejections": 2}


def test_half_a_surrogate_pair_does_not_lose_the_article(db: Database) -> None:
    broken = replace(ARTICLE, title="Un muelle \ud83d nuevo", authors=("Rosa \udc00",), tags=("\ud83d",))
    saved = save_article(db, broken, seen_at=NOON, place=None)
    assert db.table("articles").get(saved.article_id)["title"] == "Un muelle ? nuevo"
    assert save_article(db, broken, seen_at=LATER, place=None).outcome == "unchanged"


def test_two_connections_store_one_article(tmp_path: Path) -> None:
    one, other = open_news(tmp_path / "news.db"), open_news(tmp_path / "news.db")
    save_article(one, ARTICLE, seen_at=NOON, place=None)
    assert save_article(other, ARTICLE, seen_at=LATER, place=None).outcome == "unchanged"
