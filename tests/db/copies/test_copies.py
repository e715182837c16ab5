"""Copies are linked to the earliest article of their group; texts that only resemble it are not."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.copies.fingerprint import compute_fingerprint
from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import save_article, save_rejection
from tests.fixtures.paths import FIXTURES

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
TEXTS: list[dict[str, str]] = json.loads((FIXTURES / "copied_texts.json").read_text("utf-8"))
IDS = [row["title"] for row in TEXTS]
AGENCY = {"es": "Lima, 14 nov (EFE).- ", "en": "LIMA, Nov 14 (Reuters) - ", "zh": "新华社利马11月14日电 "}
MORE = {"es": "Leer más", "en": "Read more", "zh": "阅读全文"}


@pytest.fixture
def db() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    db.execute("PRAGMA foreign_keys = ON")
    return db


def save(db: Database, name: str, text: str, *, published: str | None = None, seen: int = 0, title: str = "") -> int:
    """Save a text at an address of its own; `seen` in hours after noon."""
    article = Article(
        url=f"https://{name}",
        key=name,
        outlet=name.split("/", maxsplit=1)[0],
        title=title or name,
        text=text,
        language=None,
        published=published,
        published_precision=None if published is None else "day" if published.endswith("T00:00:00Z") else "time",
        fingerprint=compute_fingerprint(text),
    )
    return save_article(db, article, seen_at=NOON + dt.timedelta(hours=seen), place=None).article_id


def row(db: Database, id_: int) -> dict[str, Any]:
    return dict(db.table("articles").get(id_))


def links(db: Database) -> dict[str, str]:
    rows = db.execute("SELECT c.key, o.key FROM articles c JOIN articles o ON o.id = c.original").fetchall()
    return dict(rows)


def indexed(db: Database) -> set[int]:
    return {id_ for (id_,) in db.execute("SELECT DISTINCT article FROM fingerprints").fetchall()}


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.。])\s*", text) if part]


def altered(text: str, language: str, share: float) -> str:
    """Replace that share of a text's words (in Chinese: characters), always in the same places."""
    generator = random.Random(5)
    units = list(text) if language == "zh" else re.split(r"(\s+)", text)
    places = [place for place, unit in enumerate(units) if unit.strip() and unit[0].isalpha()]
    for place in generator.sample(places, round(len(places) * share)):
        units[place] = "某" if language == "zh" else "otro"
    return "".join(units)


def variants(item: dict[str, str]) -> dict[str, str]:
    text, language = item["text"], item["language"]
    paragraphs = text.splitlines()
    half = "".join(sentences(text)[:3]) if language == "zh" else " ".join(sentences(text)[:3])
    return {
        "the same": text,
        "other typography": text.replace(".", ". ").replace("«", "“").replace("»", "”").replace("\n", "\n\n"),
        "agency line": AGENCY[language] + text,
        "some words changed": altered(text, language, 0.06),
        "a paragraph dropped": "\n".join(paragraphs[:1] + paragraphs[2:]),
        "cut": half[: len(half) * 9 // 10] + "… " + MORE[language],
        "agency line and cut": AGENCY[language] + "\n".join(paragraphs[:2]) + "\n" + MORE[language],
        "an end added": text + "\n" + MORE[language] + ": " + TEXTS[0]["title"],
    }


@pytest.mark.parametrize("item", TEXTS, ids=IDS)
def test_every_kind_of_copy_is_recognised_among_all_texts(db: Database, item: dict[str, str]) -> None:
    for number, other in enumerate(TEXTS):
        save(db, f"diario/{number}", other["text"], published="2026-11-14T10:00:00Z")
    original = TEXTS.index(item) + 1
    for number, (name, text) in enumerate(variants(item).items()):
        copy = row(db, save(db, f"otro/{number}", text, published="2026-11-14T15:00:00Z", title="Otro titular"))
        assert copy["original"] == original, name
        assert 0.3 <= copy["similarity"] <= 1.0, name
    kinds = [kind for (kind,) in db.execute("SELECT copy_kind FROM articles WHERE original NOT NULL ORDER BY id")]
    assert kinds[0] == kinds[1] == "exact"
    assert kinds[2] == kinds[3] == "near"
    assert kinds[5] == kinds[6] == "excerpt"
    assert indexed(db) == set(range(1, len(TEXTS) + 1)), "only originals are looked up"


def test_different_texts_are_not_linked_even_if_on_one_event(db: Database) -> None:
    for number, item in enumerate(TEXTS):
        save(db, f"diario/{number}", item["text"])
    assert links(db) == {}


@pytest.mark.slow
def test_the_original_is_the_earliest_published_whatever_the_order_of_arrival(db: Database) -> None:
    text = TEXTS[0]["text"]
    versions = {
        "diario/1": (text, "2026-11-14T10:00:00Z"),
        "otro/2": (AGENCY["es"] + text, "2026-11-14T08:00:00Z"),
        "tercero/3": (text.replace("Dos grúas", "Un par de grúas"), "2026-11-15T00:00:00Z"),
        "cuarto/4": ("\n".join(text.splitlines()[:2]), "2026-11-14T09:00:00Z"),
    }
    for order in itertools.permutations(versions):
        fresh = Database(memory=True)
        migrations.news.apply(fresh)
        for hour, name in enumerate(order):
            save(fresh, name, versions[name][0], published=versions[name][1], seen=hour)
        assert links(fresh) == dict.fromkeys(["diario/1", "tercero/3", "cuarto/4"], "otro/2"), order
        assert len(indexed(fresh)) == 1, order


def test_of_copies_of_one_moment_the_order_in_which_they_are_stored_does_not_choose_the_original() -> None:
    found = set()
    for order in itertools.permutations(["diario/1", "otro/2", "tercero/3"]):
        fresh = Database(memory=True)
        migrations.news.apply(fresh)
        for name in order:
            save(fresh, name, TEXTS[0]["text"], published="2026-11-14T00:00:00Z")
        sources = fresh.execute(
            """
            SELECT c.key, s.key FROM copy_sources JOIN articles AS c ON c.id = article
            JOIN articles AS s ON s.id = source
            """
        ).fetchall()
        assert dict(sources) == links(fresh), order
        found.add(tuple(sorted(links(fresh).items())))
        fresh.conn.close()
    assert found == {(("otro/2", "diario/1"), ("tercero/3", "diario/1"))}


def test_without_times_the_article_seen_first_is_the_original(db: Database) -> None:
    first = save(db, "diario/1", TEXTS[1]["text"], seen=0)
    assert row(db, save(db, "otro/1", TEXTS[1]["text"], seen=1))["original"] == first


def test_a_date_without_a_time_counts_as_the_beginning_of_its_day(db: Database) -> None:
    first = save(db, "diario/1", TEXTS[1]["text"], published="2026-11-14T15:00:00Z", seen=0)
    day = save(db, "otro/1", TEXTS[1]["text"], published="2026-11-14T00:00:00Z", seen=1)
    assert (row(db, first)["original"], row(db, day)["original"]) == (day, None)


def test_a_date_that_is_found_later_may_change_the_original(db: Database) -> None:
    first = save(db, "diario/1", TEXTS[1]["text"], published="2026-11-14T15:00:00Z")
    second = save(db, "otro/1", TEXTS[1]["text"], published=None)
    assert row(db, second)["original"] == first
    save(db, "otro/1", TEXTS[1]["text"], published="2026-11-14T11:00:00Z", seen=1)
    assert (row(db, first)["original"], row(db, second)["original"]) == (second, None)


def test_a_flash_that_grew_into_a_report_is_the_report_s_excerpt(db: Database) -> None:
    text = TEXTS[2]["text"]
    flash = save(db, "diario/1", text.splitlines()[0], published="2026-11-14T06:00:00Z")
    report = save(db, "diario/2", text, published="2026-11-14T09:00:00Z")
    assert row(db, report)["original"] is None
    assert (row(db, flash)["original"], row(db, flash)["copy_kind"]) == (report, "excerpt")


def test_a_round_up_that_holds_an_article_in_its_middle_is_no_copy(db: Database) -> None:
    for number in (0, 1, 2):
        save(db, f"diario/{number}", TEXTS[number]["text"], published="2026-11-14T06:00:00Z")
    round_up = "\n".join(["Lo que pasó en la semana.", *(TEXTS[number]["text"] for number in (4, 0, 1, 5, 2, 6))])
    save(db, "diario/9", round_up, published="2026-11-15T06:00:00Z")
    assert links(db) == {}


def test_a_service_template_with_new_figures_is_no_copy_of_yesterday_s(db: Database) -> None:
    def template(day: int, *prices: str) -> str:
        return (
            f"Precio del dólar hoy, {day} de noviembre: a cuánto se cotiza la moneda en el mercado local. "
            f"El tipo de cambio abrió en {prices[0]} soles y cerró en {prices[1]} soles, según la plataforma que reúne "
            "las ofertas de las principales casas de cambio del país. En el mercado paralelo, la moneda se compra a "
            f"{prices[2]} soles y se vende a {prices[3]} soles. Los analistas consultados recomiendan comparar "
            "antes de cambiar y desconfiar de quien ofrezca en la calle un precio mejor que el de las ventanillas. "
            "Recuerde que el tipo de cambio varía durante la jornada y que las cotizaciones son referenciales."
        )

    save(db, "diario/1", template(18, "3,751", "3,764", "3,74", "3,78"), published="2026-11-18T15:00:00Z")
    save(db, "diario/2", template(19, "3,769", "3,772", "3,76", "3,79"), published="2026-11-19T15:00:00Z")
    save(db, "otro/2", template(19, "3,769", "3,772", "3,76", "3,79"), published="2026-11-19T16:00:00Z")
    assert links(db) == {"otro/2": "diario/2"}


def test_an_empty_or_tiny_text_is_a_copy_only_under_the_same_headline(db: Database) -> None:
    save(db, "diario/1", "Vea el video.", title="El eclipse")
    save(db, "diario/2", "Vea el video.", title="La marea")
    save(db, "otro/3", "Vea el video.", title="El eclipse")
    assert links(db) == {"otro/3": "diario/1"}


def test_a_copy_that_was_rewritten_becomes_an_original(db: Database) -> None:
    first = save(db, "diario/1", TEXTS[3]["text"])
    copy = save(db, "otro/1", TEXTS[3]["text"], seen=1)
    assert row(db, copy)["original"] == first
    save(db, "otro/1", TEXTS[4]["text"], seen=2)
    assert (row(db, copy)["original"], row(db, copy)["copy_kind"]) == (None, None)
    later = save(db, "tercero/1", AGENCY["es"] + TEXTS[4]["text"], seen=3)
    assert row(db, later)["original"] == copy


def test_a_revised_original_keeps_its_copies(db: Database) -> None:
    text = TEXTS[5]["text"]
    first = save(db, "diario/1", text)
    copy = save(db, "otro/1", text, seen=1)
    save(db, "diario/1", text.replace("tres mil", "cuatro mil"), seen=2)
    assert (row(db, first)["original"], row(db, copy)["original"]) == (None, first)


def test_an_extended_copy_is_found_by_what_it_added_too(db: Database) -> None:
    addition = "\n" + "\n".join(TEXTS[6]["text"].splitlines()[1:3])
    first = save(db, "diario/1", TEXTS[5]["text"])
    extended = save(db, "otro/1", TEXTS[5]["text"] + addition, seen=1)
    assert (row(db, extended)["original"], row(db, extended)["copy_kind"]) == (first, "extended")
    assert indexed(db) == {first, extended}


def test_when_an_original_is_rejected_the_earliest_copy_takes_its_place(db: Database) -> None:
    text = TEXTS[7]["text"]
    save(db, "diario/1", text)
    second = save(db, "otro/2", AGENCY["en"] + text, seen=1)
    third = save(db, "tercero/3", text, seen=2)
    rejection = Rejection(url="https://diario/1", key="diario/1", outlet="diario", reason=RejectionReason.OFF_TOPIC)
    assert save_rejection(db, rejection, seen_at=NOON, place=None, replace=True)
    assert (row(db, second)["original"], row(db, third)["original"]) == (None, second)
    fourth = save(db, "cuarto/4", altered(text, "en", 0.03), seen=3)
    assert row(db, fourth)["original"] == second


def test_a_template_with_many_articles_costs_a_bounded_number_of_rows(db: Database) -> None:
    seen: list[int] = []
    generator = random.Random(1)
    shared = TEXTS[8]["text"].splitlines()[0]
    for number in range(120):
        words = " ".join("".join(generator.choices("abdeilmnorst", k=6)) for _ in range(150))
        save(db, f"diario/{number}", f"{shared}\n{words}", published=f"2026-11-{number % 20 + 1:02d}T10:00:00Z")
    db.conn.set_trace_callback(lambda sql: seen.append(1) if "SELECT id, original, title, text" in sql else None)
    last = save(db, "diario/last", f"{shared}\n{TEXTS[9]['text']}")
    db.conn.set_trace_callback(None)
    assert row(db, last)["original"] is None
    assert len(seen) <= 13


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),  # which text
            st.sampled_from(["the same", "agency line", "some words changed", "a paragraph dropped", "cut"]),
            st.integers(1, 28),  # published on that day
        ),
        max_size=8,
    )
)
def test_an_original_is_never_a_copy_itself_and_groups_do_not_mix(arrivals: list[tuple[int, str, int]]) -> None:
    fresh = Database(memory=True)
    migrations.news.apply(fresh)
    for number, (which, way, day) in enumerate(arrivals):
        save(fresh, f"o{which}/{number}", variants(TEXTS[which])[way], published=f"2026-10-{day:02d}T10:00:00Z")
    found = links(fresh)
    assert not set(found) & set(found.values())
    assert all(copy.split("/")[0] == original.split("/")[0] for copy, original in found.items())
    groups = {f"o{which}" for which, _, _ in arrivals}
    originals = {name for (name,) in fresh.execute("SELECT outlet FROM articles WHERE original IS NULL").fetchall()}
    assert originals == groups
