"""What was seen first is the original, unless a credible date says otherwise: an outlet may claim any date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlite_utils import Database

from db import migrations
from db.copies.fingerprint import compute_fingerprint
from db.copies.precedence import LEAST_USUAL_LAG, MOST_USUAL_LAG, measure_usual_lag
from db.model.article import Article
from db.model.times import stamp
from db.news.articles import save_article

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
TEXT = (
    "El puerto de Chancay recibió ayer un buque con doscientos contenedores de arándanos que van a Shanghái. "
    "La operación tomó seis horas, dijo la empresa, y fue la primera de la temporada que empieza en noviembre. "
    "Los productores del norte esperan enviar por esa ruta la mitad de su cosecha antes de que acabe el año."
)


@pytest.fixture
def db() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    return db


def save(
    db: Database,
    outlet: str,
    *,
    published: dt.datetime | None,
    seen: dt.datetime,
    text: str = TEXT,
    backfilled: bool = False,
    precision: str = "time",
    source_published: dt.datetime | None = None,
) -> int:
    """Save a text at an address that no other has."""
    number = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    article = Article(
        url=f"https://{outlet}.test/{number}",
        key=f"{outlet}.test/{number}",
        outlet=outlet,
        title="Arándanos por Chancay",
        text=text,
        language="es",
        published=published and stamp(published),
        published_precision=published and precision,
        fingerprint=compute_fingerprint(text),
    )
    said = source_published and stamp(source_published)
    return save_article(db, article, seen_at=seen, place=None, backfilled=backfilled, source_published=said).article_id


def read(db: Database, id_: int) -> dict[str, Any]:
    return dict(db.table("articles").get(id_))


def settle(db: Database, outlet: str, *, lag: dt.timedelta) -> None:
    """Give an outlet ten days on the desk, with articles that were seen so long after their publication."""
    for number in range(20):
        seen = NOON - dt.timedelta(days=10) + dt.timedelta(hours=12 * number)
        words = " ".join(f"{outlet}{number}palabra{place}" for place in range(40))
        save(db, outlet, published=seen - lag, seen=seen, text=words)


FALSE = {
    "1994": dt.datetime(1994, 2, 1, 9, tzinfo=dt.UTC),
    "the epoch": dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
    "two years before": NOON - dt.timedelta(days=730),
    "forty days before": NOON - dt.timedelta(days=40),
    "three days before": NOON - dt.timedelta(days=3),
}


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
@pytest.mark.parametrize("is_settled", [True, False], ids=["a known outlet", "a new outlet"])
def test_a_copy_seen_later_that_claims_an_old_date_stays_a_copy(
    db: Database, claim: dt.datetime, is_settled: bool
) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    if is_settled:
        settle(db, "copista", lag=dt.timedelta(minutes=20))
    first = save(db, "diario", published=NOON - dt.timedelta(minutes=10), seen=NOON)
    copy = save(db, "copista", published=claim, seen=NOON + dt.timedelta(seconds=5))
    assert (read(db, first)["original"], read(db, copy)["original"]) == (None, first)
    assert (read(db, copy)["published"], read(db, copy)["claimed"]) == (None, stamp(claim))
    assert read(db, first)["claimed"] is None


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_a_false_date_that_was_seen_first_does_not_keep_the_story_in_the_past(db: Database, claim: dt.datetime) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    liar = save(db, "copista", published=claim, seen=NOON)
    honest = save(db, "diario", published=NOON - dt.timedelta(minutes=5), seen=NOON + dt.timedelta(minutes=5))
    assert (read(db, liar)["original"], read(db, honest)["original"]) == (honest, None)
    assert read(db, liar)["claimed"] == stamp(claim)


def test_a_date_some_hours_before_is_no_reason_if_the_outlet_is_usually_seen_within_minutes(db: Database) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    settle(db, "copista", lag=dt.timedelta(minutes=20))
    first = save(db, "diario", published=NOON - dt.timedelta(minutes=10), seen=NOON)
    copy = save(db, "copista", published=NOON - dt.timedelta(hours=5), seen=NOON + dt.timedelta(minutes=1))
    assert (read(db, copy)["original"], read(db, first)["original"]) == (first, None)


HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize("lag", [HOUR / 2, 12 * HOUR], ids=["fresh", "late"])
@pytest.mark.parametrize("is_settled", [True, False], ids=["a known outlet", "a new outlet"])
def test_an_article_seen_before_all_others_keeps_its_date_when_a_copy_comes_days_later(
    db: Database, lag: dt.timedelta, is_settled: bool
) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    if is_settled:
        settle(db, "agencia", lag=dt.timedelta(minutes=20))
    first = save(db, "agencia", published=NOON - lag, seen=NOON)
    copy = save(db, "diario", published=NOON + 48 * HOUR, seen=NOON + 49 * HOUR)
    assert (read(db, copy)["original"], read(db, first)["original"]) == (first, None)
    assert (read(db, first)["published"], read(db, first)["claimed"]) == (stamp(NOON - lag), None)


def test_of_two_articles_that_a_desk_saw_late_the_earlier_date_is_credited(db: Database) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    settle(db, "agencia", lag=dt.timedelta(minutes=20))
    copy = save(db, "diario", published=NOON - 10 * HOUR, seen=NOON)
    first = save(db, "agencia", published=NOON - 12 * HOUR, seen=NOON + HOUR / 60)
    assert (read(db, copy)["original"], read(db, first)["original"]) == (first, None)
    assert read(db, first)["claimed"] is read(db, copy)["claimed"] is None


def test_a_date_within_the_usual_lag_of_an_outlet_is_credited(db: Database) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    settle(db, "agencia", lag=dt.timedelta(hours=6))
    copy = save(db, "diario", published=NOON - dt.timedelta(minutes=10), seen=NOON)
    first = save(db, "agencia", published=NOON - dt.timedelta(hours=5), seen=NOON + dt.timedelta(minutes=1))
    assert (read(db, copy)["original"], read(db, first)["original"]) == (first, None)
    assert read(db, first)["claimed"] is None


def test_an_original_that_a_backfill_finds_later_is_credited_with_its_date(db: Database) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    settle(db, "agencia", lag=dt.timedelta(minutes=20))
    copy = save(db, "diario", published=NOON - dt.timedelta(minutes=10), seen=NOON)
    published = NOON - dt.timedelta(days=2)
    first = save(db, "agencia", published=published, seen=NOON + dt.timedelta(days=9), backfilled=True)
    assert (read(db, copy)["original"], read(db, first)["original"]) == (first, None)
    assert read(db, first)["published"] == stamp(published)


def test_a_date_that_the_source_contradicts_is_not_credited(db: Database) -> None:
    for agrees in (True, False):
        text = TEXT.replace("doscientos", "trescientos" if agrees else "cuatrocientos")
        first = save(db, "diario", published=NOON - dt.timedelta(minutes=10), seen=NOON, text=text)
        claim = NOON - dt.timedelta(days=5)
        other = save(
            db, "agencia", published=claim, seen=NOON + dt.timedelta(days=9), text=text, backfilled=True,
            source_published=claim if agrees else NOON + dt.timedelta(hours=1),
        )  # fmt: skip
        assert read(db, other)["original"] == (None if agrees else first)
        db.execute("DELETE FROM fingerprints")


def test_a_desk_younger_than_the_story_takes_the_dates_of_its_copies(db: Database) -> None:
    past = NOON - dt.timedelta(days=400)
    copy = save(db, "diario", published=past + dt.timedelta(hours=3), seen=NOON)
    first = save(db, "agencia", published=past, seen=NOON + dt.timedelta(minutes=1))
    assert (read(db, copy)["original"], read(db, first)["original"]) == (first, None)
    assert read(db, copy)["claimed"] is read(db, first)["claimed"] is None
    liar = save(db, "copista", published=FALSE["1994"], seen=NOON + dt.timedelta(minutes=2))
    assert (read(db, liar)["original"], read(db, liar)["claimed"]) == (first, stamp(FALSE["1994"]))


def test_a_date_in_the_future_is_a_claim_and_the_article_stands_where_it_was_seen(db: Database) -> None:
    future = save(db, "copista", published=NOON + dt.timedelta(days=300), seen=NOON)
    assert (read(db, future)["published"], read(db, future)["claimed"]) == (None, "2027-09-16T12:00:00Z")
    later = save(db, "diario", published=NOON + dt.timedelta(minutes=5), seen=NOON + dt.timedelta(minutes=9))
    assert read(db, later)["original"] == future


def test_an_old_article_of_its_own_keeps_its_date(db: Database) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    old = save(db, "diario", published=FALSE["1994"], seen=NOON)
    assert (read(db, old)["published"], read(db, old)["claimed"]) == (stamp(FALSE["1994"]), None)


def test_a_claim_stays_one_when_the_page_is_read_again_and_goes_when_the_page_corrects_it(db: Database) -> None:
    settle(db, "diario", lag=dt.timedelta(minutes=20))
    first = save(db, "diario", published=NOON - dt.timedelta(minutes=10), seen=NOON)
    copy = save(db, "copista", published=FALSE["1994"], seen=NOON + dt.timedelta(seconds=5))
    row = read(db, copy)
    for published, claimed in ((FALSE["1994"], stamp(FALSE["1994"])), (NOON, None)):
        article = Article(
            url=row["url"], key=row["key"], outlet="copista", title=row["title"], text=TEXT, language="es",
            published=stamp(published), published_precision="time", fingerprint=compute_fingerprint(TEXT),
        )  # fmt: skip
        save_article(db, article, seen_at=NOON + dt.timedelta(hours=1), place=None)
        assert (read(db, copy)["original"], read(db, copy)["claimed"]) == (first, claimed)


def test_the_usual_lag_has_bounds_and_needs_some_articles() -> None:
    assert measure_usual_lag([dt.timedelta(minutes=1)] * 7) is None
    assert measure_usual_lag([dt.timedelta(minutes=1)] * 8) == LEAST_USUAL_LAG
    assert measure_usual_lag([dt.timedelta(days=2)] * 8) == MOST_USUAL_LAG
    assert measure_usual_lag([dt.timedelta(days=12_000)] * 50) is None
