"""analyse(page): an article or a rejection, never an exception."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import datetime as dt
import json
import random
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from pipelines.analysis.analyse import analyse, analyse_fully
from pipelines.page import Hint, OutletProfile, Page
from pipelines.relevance.topic import load_topic
from pipelines.vectors import VECTOR_LENGTH

TOPIC = load_topic("china_peru")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ON_TOPIC = (
    "<p>China y Perú firmaron en Lima un acuerdo para ampliar el puerto de Chancay, que opera Cosco Shipping.</p>"
    "<p>La empresa china invertirá 500 millones de dólares en el terminal, informó el ministro peruano de Transportes.</p>"
    "<p>El comercio entre China y Perú creció un tercio desde que el puerto abrió, según la aduana de Shanghái.</p>"
)
OFF_TOPIC = (
    "<p>El club local ganó el domingo por tres goles a uno y se quedó con el primer lugar de la tabla de posiciones.</p>"
    "<p>El entrenador dijo que el equipo todavía puede mejorar mucho antes de que empiece la segunda rueda del torneo.</p>"
)


def page(
    body: str | bytes, *, url: str = "https://diario.example/nota-17", kind: str = "text/html", title: str = "Nota"
) -> Page:
    html = (
        body
        if isinstance(body, bytes)
        else f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}".encode()
    )
    return Page(
        url=url,
        key=url.removeprefix("https://"),
        body=html,
        outlet=OutletProfile(id="diario", name="El Diario", country="PE"),
        fetched_at=NOW,
        headers=(("Content-Type", kind),),
    )


def test_an_article_on_topic_is_an_article_with_its_record() -> None:
    found = analyse(page(ON_TOPIC, title="China y Perú amplían el puerto de Chancay"), topic=TOPIC)
    assert isinstance(found, Article)
    assert found.title == "China y Perú amplían el puerto de Chancay"
    assert found.text.count("\n") == 2
    assert (found.language, found.outlet, found.words) == ("es", "diario", len(found.text.split()))
    assert len(found.text_sha256) == 64
    assert found.fingerprint
    assert found.mentions


def test_an_article_that_stands_only_in_the_pages_data_is_an_article() -> None:
    title = "China y Perú amplían el puerto de Chancay"
    state = json.dumps({"props": {"nota": {"titulo": title, "cuerpo": ON_TOPIC}}})
    html = f'<html><head><title>{title}</title></head><body><div id="app"></div><script id="d" type="application/json">{state}</script>'
    found = analyse(page(html.encode()), topic=TOPIC)
    assert isinstance(found, Article)
    assert found.text.count("\n") == 2
    walled = json.dumps({"@type": "NewsArticle", "headline": title, "isAccessibleForFree": False, "articleBody": "x"})
    html += f'<script type="application/ld+json">{walled}</script>'
    assert isinstance(analyse(page(html.encode()), topic=TOPIC), Rejection)


def test_a_page_off_topic_is_rejected_early_or_with_its_score() -> None:
    early = analyse(page(OFF_TOPIC), topic=TOPIC)
    full = analyse(page(OFF_TOPIC), topic=TOPIC, full=True)
    assert isinstance(early, Rejection)
    assert isinstance(full, Rejection)
    assert early.reason in {RejectionReason.NO_ACTORS, RejectionReason.OFF_TOPIC}
    assert full.reason is RejectionReason.OFF_TOPIC
    assert full.relevance is not None


def test_only_an_article_is_encoded_for_its_story(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[list[str]] = []

    def encode(sentences: list[str]) -> np.ndarray:
        encoded.append(sentences)
        return np.ones((len(sentences), VECTOR_LENGTH), np.float32)

    monkeypatch.setattr("pipelines.stories.article_wording.encode_sentences", encode)
    monkeypatch.setattr("pipelines.relevance.learning.text_vectors.encode_sentences", encode)
    for full in (True, False):
        assert isinstance(analyse(page(OFF_TOPIC), topic=TOPIC, full=full), Rejection)
    assert encoded == []
    article = analyse(page(ON_TOPIC), topic=TOPIC)
    assert isinstance(article, Article)
    assert article.wording is not None
    assert [len(sentences) for sentences in encoded] == [4]  # all in one call


def test_analysing_fully_gives_the_fields_beside_the_reason() -> None:
    analysis = analyse_fully(page(OFF_TOPIC), topic=TOPIC)
    assert isinstance(analysis.outcome, Rejection)
    assert analysis.article is not None
    assert analysis.article.text.startswith("El club local")


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3 China Peru Chancay", "text/html", RejectionReason.UNREADABLE),
        (b"\x89PNG\r\n\x1a\n", "image/png", RejectionReason.NOT_HTML),
        (b'<?xml version="1.0"?><rss><channel/></rss>', "application/rss+xml", RejectionReason.NOT_HTML),
        (b"", "text/html", RejectionReason.NOT_HTML),
        (b"<html><body></body></html>", "text/html", RejectionReason.NO_TEXT),
        (b"<html><body><p>02:10</p><p>China Peru</p></body></html>", "text/html", RejectionReason.NO_TEXT),
    ],
)
def test_a_page_that_is_no_article_is_rejected_with_its_reason(body: bytes, kind: str, reason: RejectionReason) -> None:
    found = analyse(page(body, kind=kind), topic=TOPIC, full=True)
    assert isinstance(found, Rejection)
    assert found.reason is reason


@pytest.mark.parametrize(
    "path", ["/", "/tag/chancay", "/autor/rosa-tello", "/buscar?q=china", "/page/3/", "/temas/puertos"]
)
def test_a_listing_is_no_article_though_its_teasers_are_on_topic(path: str) -> None:
    found = analyse(page(ON_TOPIC, url=f"https://diario.example{path}"), topic=TOPIC, full=True)
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.NOT_ARTICLE


def test_a_listing_address_that_serves_a_marked_article_is_an_article() -> None:
    marked = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "x"}</script>' + ON_TOPIC
    assert isinstance(analyse(page(marked, url="https://diario.example/temas/puertos/nota"), topic=TOPIC), Article)


def test_html_without_a_content_type_is_read() -> None:
    assert isinstance(analyse(page(ON_TOPIC, kind=""), topic=TOPIC), Article)
    assert isinstance(analyse(page(ON_TOPIC, kind="application/pdf"), topic=TOPIC), Article)


def test_the_canonical_link_does_not_become_the_address() -> None:
    elsewhere = '<link rel="canonical" href="https://copia.example/otra">' + ON_TOPIC
    found = analyse(page(elsewhere), topic=TOPIC)
    assert isinstance(found, Article)
    assert (found.url, found.key) == ("https://diario.example/nota-17", "diario.example/nota-17")


def test_an_outlet_is_not_credited_to_itself() -> None:
    own = analyse(page(ON_TOPIC + "<p>Fuente: El Diario</p>"), topic=TOPIC)
    other = analyse(page(ON_TOPIC + "<p>Fuente: La República</p>"), topic=TOPIC)
    assert isinstance(own, Article)
    assert isinstance(other, Article)
    assert (own.credited_to, other.credited_to) == (None, "La República")


def test_no_result_depends_on_the_order_of_pages() -> None:
    pages = [page(ON_TOPIC), page(OFF_TOPIC), page(ON_TOPIC * 2, title="Otra"), page(b"<html>"), page(ON_TOPIC)]
    first = [analyse(one, topic=TOPIC, full=True) for one in pages]
    order = list(range(len(pages)))
    random.Random(3).shuffle(order)
    again = {place: analyse(pages[place], topic=TOPIC, full=True) for place in order}
    assert [again[place] for place in range(len(pages))] == first


PARAGRAPH = ON_TOPIC.encode()
HOSTILE = {
    "a hundred thousand nested divs": b"<html><body>" + b"<div>" * 100_000 + PARAGRAPH,
    "nested inline elements": b"<html><body>" + b"<b><i>" * 20_000 + PARAGRAPH,
    "half a million line breaks": b"<html><body>" + b"<br>" * 500_000 + PARAGRAPH,
    "a giant attribute": b"<html><body><p class='" + b"share " * 500_000 + b"'>" + PARAGRAPH,
    "many attributes": b"<html><body><p " + b'a="b" ' * 100_000 + b">" + PARAGRAPH,
    "a giant paragraph": b"<html><body><p>" + b"China Peru " * 300_000,
    "a giant word": b"<html><body><p>" + b"a" * 3_000_000,
    "null bytes": b"<html><body>" + b"\x00" * 1_000_000 + PARAGRAPH,
    "deep JSON-LD": b"<html><script type='application/ld+json'>" + b"[" * 200_000 + b"</script>" + PARAGRAPH,
    "a title of separators": b"<html><title>"
    + b" | " * 100_000
    + b"</title><h1>"
    + b" - " * 100_000
    + b"</h1>"
    + PARAGRAPH,
    "unclosed cells": b"<html><body>" + b"<td>" * 50_000 + PARAGRAPH,
    "ampersands": b"<html><body>" + b"&" * 300_000 + PARAGRAPH,
    "digits where dates stand": b"<html><h1>x</h1><span class='date'>"
    + b"1 " * 120
    + b"2024-" * 20
    + b"</span>"
    + PARAGRAPH,
    "almost a list of networks": b"<html><body><p>" + b"Facebook " * 22 + b"x</p>" + PARAGRAPH,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_is_analysed_quickly_and_without_an_error(name: str) -> None:
    start = time.process_time()
    analyse(page(HOSTILE[name]), topic=TOPIC, full=True)
    assert time.process_time() - start < 30  # seconds; a watchdog ends workers after sixty


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=2000), st.sampled_from(["text/html", "", "text/html; charset=gbk", "text/plain"]), st.booleans()
)
def test_any_bytes_give_a_rejection_or_an_article(body: bytes, kind: str, full: bool) -> None:
    found = analyse(page(b"<html>" + body, kind=kind), topic=TOPIC, full=full)
    assert isinstance(found, Article | Rejection)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3000), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=40))
def test_a_page_cut_off_and_damaged_anywhere_is_analysed(end: int, damage: list[tuple[int, int]]) -> None:
    whole = page(
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x","datePublished":"2026-10-01T08:00:00Z",'
        '"author":{"name":"Rosa Tello"}}</script><meta property="og:title" content="x"><time datetime="2026-10-01">x</time>'
        f"<div class='byline'>Por Rosa</div><table><tr><td>{ON_TOPIC}</table><aside>{OFF_TOPIC}</aside>"
    )
    body = bytearray(whole.body[:end])
    for place, byte in damage:
        if body:
            body[place % len(body)] = byte
    found = analyse(replace(whole, body=bytes(body), hint=Hint(title="x")), topic=TOPIC, full=True)
    assert isinstance(found, Article | Rejection)


def test_a_page_without_a_headline_goes_by_its_first_sentence() -> None:
    bare = f"<html><body><article>{ON_TOPIC}</article>".encode()
    found = analyse(page(bare), topic=TOPIC)
    assert isinstance(found, Article)
    assert found.title == found.text.split("\n")[0]
