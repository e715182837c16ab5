"""What a page says about its article."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.metadata import structured_data
from pipelines.analysis.metadata.language import detect_language
from pipelines.analysis.metadata.metadata import Metadata, read_metadata
from pipelines.analysis.text import extraction, page_tree
from pipelines.page import Hint, OutletProfile, Page

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
TEXT = "La ministra dijo que la obra empezará en marzo y que no hará falta otro estudio del suelo."


def about(
    head: str = "",
    body: str = "",
    *,
    node: dict[str, Any] | str | None = None,
    hint: Hint | None = None,
    url: str = "https://diario.example/nota",
    outlet: OutletProfile | None = None,
) -> Metadata:
    script = "" if node is None else node if isinstance(node, str) else json.dumps({"@type": "NewsArticle", **node})
    html = (
        f"<html><head>{head}<script type='application/ld+json'>{script}</script></head><body>{body}<p>{TEXT}</p></body>"
    )
    page = Page(
        url=url,
        key=url,
        body=html.encode(),
        outlet=outlet or OutletProfile(id="diario", name="El Diario", country="PE"),
        fetched_at=NOW,
        hint=hint or Hint(),
    )
    tree = page_tree.parse_html(html)
    assert tree is not None
    structured = structured_data.read_structured_data(tree)
    lines = [line.text for line in extraction.extract_lines(tree, size=100)]
    return read_metadata(page, tree, structured=structured, lines=lines)


@pytest.mark.parametrize(
    "title",
    [
        "Sube el cobre - El Diario", "Sube el cobre | El Diario", "El Diario: Sube el cobre".replace(":", " |"),
        "Sube el cobre — Diario.example", "Sube el cobre | ECONOMÍA | El Diario".replace(" | ECONOMÍA", ""),
    ],
)  # fmt: skip
def test_the_outlets_name_is_no_part_of_the_title(title: str) -> None:
    assert about(f"<title>{title}</title>").title == "Sube el cobre"


def test_a_dash_within_a_headline_stays() -> None:
    assert about("<title>Lima - Pekín: un vuelo directo | El Diario</title>").title == "Lima - Pekín: un vuelo directo"


def test_entities_that_were_escaped_twice_are_resolved() -> None:
    assert about('<meta property="og:title" content="Trump &amp;#8216;congratulates&amp;#8217; Lima">').title == (
        "Trump ‘congratulates’ Lima"
    )


def test_a_page_without_a_title_takes_that_of_its_source() -> None:
    assert about(hint=Hint(title="Desde el sitemap")).title == "Desde el sitemap"


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Por Rosa Tello", ("Rosa Tello",)),
        ("By Mary Oduya and Tom Reyes", ("Mary Oduya", "Tom Reyes")),
        ({"@type": "Person", "name": "Elena Oberholzer (obe)"}, ("Elena Oberholzer",)),
        ([{"name": "Rosa Tello"}, {"name": "Jorge Ccori"}, {"name": "Rosa Tello"}], ("Rosa Tello", "Jorge Ccori")),
        ({"@type": "Person", "givenName": "Anna Giulia", "familyName": "Fink"}, ("Anna Giulia Fink",)),
        ("rosa@diario.example", ()),
        ("https://facebook.com/diario", ()),
        ("admin", ()),
        ("Redacción El Diario", ("Redacción El Diario",)),
        ("牛镛、岳弘彬", ("牛镛", "岳弘彬")),
    ],
)
def test_authors_are_names(author: Any, names: tuple[str, ...]) -> None:
    assert about(node={"headline": "x", "author": author}).authors == names


def test_a_person_in_the_byline_is_preferred_to_the_outlet() -> None:
    byline = '<h1>Sube el cobre</h1><div class="byline">Por <a href="/rt">Rosa Tello</a></div>'
    node = {"headline": "Sube el cobre", "author": {"@type": "Organization", "name": "El Diario"}}
    assert about("", byline, node=node).authors == ("Rosa Tello",)
    assert about("", "<h1>Sube el cobre</h1>", node=node).authors == ("El Diario",)


def test_an_author_that_is_a_reference_is_looked_up() -> None:
    graph = {
        "@graph": [
            {"@type": "Article", "headline": "x", "author": {"@id": "#rt"}},
            {"@type": "Person", "@id": "#rt", "name": "Rosa Tello"},
        ]
    }
    assert about(node=json.dumps(graph)).authors == ("Rosa Tello",)


def moment(found: Metadata) -> tuple[str | None, str | None, str | None]:
    published = found.published
    return (published.stamp(), published.precision, found.published_from) if published else (None, None, None)


def test_the_visible_time_is_added_to_a_day_in_the_metadata() -> None:
    found = about('<meta name="date" content="2026-10-29">', '<time datetime="2026-10-29T09:15:00-05:00">29/10</time>')
    assert moment(found) == ("2026-10-29T14:15:00Z", "time", "page")


def test_the_outlets_own_offset_is_preferred_to_utc_for_the_same_moment() -> None:
    head = '<meta property="article:published_time" content="2026-11-21T19:30:00-05:00">'
    found = about(head, node={"headline": "x", "datePublished": "2026-11-22T00:30:00Z"})
    assert found.published is not None
    assert found.published.stamp() == "2026-11-22T00:30:00Z"
    assert found.published.local_stamp() == "2026-11-21T19:30:00-05:00"


def test_the_sources_date_is_used_where_the_page_has_none() -> None:
    hint = Hint(published=dt.datetime(2026, 11, 1, 15, 30, tzinfo=dt.UTC))
    assert moment(about(hint=hint)) == ("2026-11-01T15:30:00Z", "time", "source")


def test_a_date_in_the_future_is_ignored() -> None:
    hint = Hint(published=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    assert moment(about(node={"headline": "x", "datePublished": "2030-01-01T10:00:00Z"}, hint=hint)) == (
        None,
        None,
        None,
    )


def test_a_relative_date_is_ignored() -> None:
    assert moment(about("", '<h1>x</h1><span class="date">Publicado hace 3 años</span>')) == (None, None, None)


def test_epoch_milliseconds_beside_the_headline_are_read() -> None:
    found = about("", '<h1>x</h1><span class="date" data-time="1731616200000">20:30, 14-Nov</span>')
    assert moment(found) == ("2024-11-14T20:30:00Z", "time", "page")


def test_an_update_is_no_publication() -> None:
    head = '<meta property="article:published_time" content="2026-10-01T08:00:00Z"><meta property="article:modified_time" content="2026-10-02T08:00:00Z">'
    found = about(head)
    assert moment(found)[0] == "2026-10-01T08:00:00Z"
    assert found.modified is not None
    assert found.modified.stamp() == "2026-10-02T08:00:00Z"


def test_the_day_in_the_address_is_used_if_there_is_no_other_date() -> None:
    assert moment(about(url="https://diario.example/2026/05/07/nota")) == ("2026-05-07T00:00:00Z", "day", "address")


@pytest.mark.parametrize(
    ("free", "is_paywalled"),
    [(False, True), ("False", True), ("false", True), (True, False), ("True", False), (None, False)],
)
def test_a_paywall_is_read_from_a_boolean_or_string(free: Any, is_paywalled: bool) -> None:
    assert about(node={"headline": "x", "isAccessibleForFree": free}).paywalled is is_paywalled


@pytest.mark.parametrize(
    ("head", "body", "is_sponsored"),
    [
        ("", "<h1>x</h1><p>[NOTA CONTRATADA]</p>", True),
        ("", '<div class="label">Publirreportaje</div><h1>x</h1>', True),
        ('<meta property="article:section" content="Sponsored">', "<h1>x</h1>", True),
        ("", "<h1>Publirreportaje: el banco del futuro</h1>", True),
        ("<title>A rally sponsored by the state oil company ends in Lima</title>", "<h1>x</h1>", False),
        ("<title>Sube el cobre</title>", "<h1>x</h1>", False),
    ],
)
def test_paid_content_is_flagged(head: str, body: str, is_sponsored: bool) -> None:
    assert about(head, body).sponsored is is_sponsored


@pytest.mark.parametrize(
    "image", ["javascript:alert(1)", "data:image/png;base64,AAAA", "file:///etc/passwd", "http://["]
)
def test_an_image_that_is_not_on_the_web_is_left_out(image: str) -> None:
    assert about(node={"headline": "x", "image": image}).image is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "El puerto recibió a su primer buque y los vecinos lo celebraron con una feria que duró hasta la noche del sábado.",
            "es",
        ),
        (
            "The port received its first ship, and the people who live there held a fair that went on until Saturday night.",
            "en",
        ),
        (
            "O porto recebeu o seu primeiro navio, e os moradores fizeram uma festa que durou até a noite de sábado, não sem chuva.",
            "pt",
        ),
        ("港口迎来了第一艘货轮，附近的居民举行了庆祝活动，一直持续到星期六晚上。", "zh"),
        ("港口迎來了第一艘貨輪，附近的居民舉行了慶祝活動，一直持續到星期六晚上。", "zh"),
        (
            "Der Hafen hat sein erstes Schiff empfangen, und die Leute, die dort leben, haben bis in die Nacht gefeiert und getanzt.",
            "de",
        ),
        ("港に最初の船が着き、近くに住む人たちは土曜日の夜まで続くお祭りをしました。", "ja"),
    ],
)
def test_the_language_is_read_from_the_text(text: str, language: str) -> None:
    assert detect_language(text, declared="en") == language


def test_a_very_short_text_gets_the_declared_language() -> None:
    assert detect_language("China", declared="es-PE") == "es"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "@type",
                        "@id",
                        "@graph",
                        "name",
                        "headline",
                        "author",
                        "datePublished",
                        "image",
                        "keywords",
                        "isAccessibleForFree",
                        "publisher",
                        "articleSection",
                        "url",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_ld_is_read_without_an_error(value: Any) -> None:
    found = about(
        node=json.dumps({"@type": "NewsArticle", "x": 1} | (value if isinstance(value, dict) else {"author": value}))
    )
    assert found.title.encode().decode() == found.title
    assert all(author.strip() for author in found.authors)


def test_json_ld_with_trailing_commas_comments_and_lone_surrogates_is_read() -> None:
    node = '<!-- {"@type": "NewsArticle", "headline": "Sube \\ud800el cobre", "datePublished": "2026-10-01T08:00:00Z",} -->'
    found = about(node=node)
    assert found.title == "Sube el cobre"
    assert moment(found)[0] == "2026-10-01T08:00:00Z"
