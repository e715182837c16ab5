"""JSON indexes: dotted paths, WordPress by default."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.outlet import JsonIndex, Outlet, Source
from crawler.discovery import DiscoveryResult, discover
from crawler.discovery.json_index import value_at

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
INDEX = "https://diario.test/wp-json/wp/v2/posts"


def read(document: object, **fields: str) -> DiscoveryResult:
    index = JsonIndex.model_validate({"url": INDEX} | fields)
    outlet = Outlet(
        id="diario", name="D", home="https://diario.test/", languages=("es",), kind="press", indexes=(index,)
    )
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return discover(outlet.sources[0], body, url=INDEX, content_type="application/json", outlet=outlet, now=NOW)


def test_wordpress_posts_are_read_by_default() -> None:
    post = {
        "id": 7,
        "date": "2026-11-20T10:00:00",
        "date_gmt": "2026-11-20T15:00:00",
        "link": "https://www.diario.test/puerto-1/",
        "title": {"rendered": "El puerto &#8220;m&aacute;s grande&#8221; &amp; el tren"},
    }
    found = read([post])
    assert found.warnings == ()
    (candidate,) = found.candidates
    assert candidate.url == "https://www.diario.test/puerto-1/"
    assert candidate.title == "El puerto “más grande” & el tren"
    assert candidate.published == dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)


def test_fields_are_found_at_dotted_paths() -> None:
    document = {"data": [{"rows": [{"href": "noticias/1-uno", "t": "Uno", "when": {"ms": 1795168800000}, "l": "es"}]}]}
    found = read(document, items="data.0.rows", link="href", title="t", published="when.ms", language="l")
    (candidate,) = found.candidates
    assert candidate.url == "https://diario.test/wp-json/wp/v2/noticias/1-uno"
    assert candidate.published == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert candidate.language == "es"


def test_an_object_of_entries_by_id_is_read_as_a_list() -> None:
    assert len(read({"items": {"7": {"link": "/a-7"}, "8": {"link": "/a-8"}}}, items="items").candidates) == 2


@pytest.mark.parametrize(
    ("document", "warning"),
    [
        ({"code": "rest_no_route", "message": "x"}, 'no list at "rows" of the JSON; there is code, message'),
        ({"rows": 7}, 'no list at "rows" of the JSON; there is rows'),
        ({"rows": []}, "an index without entries"),
        ({"rows": [{}, None, 7, {"link": 7}]}, "4 entries without an address that can be requested"),
        (b'{"rows": [', "broken JSON: Expecting value: line 1 column 11 (char 10)"),
        (b"", "empty"),
        (b"<html></html>", "answered an HTML page, not a JSON index"),
    ],
)
def test_an_answer_that_is_not_an_index_gives_a_warning(document: object, warning: str) -> None:
    assert read(document, items="rows") == DiscoveryResult(warnings=(warning,))


def test_a_too_deeply_nested_index_gives_a_warning() -> None:
    assert read(b"[" * 100_000).warnings[0].startswith("broken JSON")


@pytest.mark.parametrize("when", [True, 1e400, float("nan"), -1e300, [], {}, "", "ayer", 0])
def test_an_invalid_date_is_none(when: object) -> None:
    assert read([{"link": "/a-1", "date_gmt": when}]).candidates[0].published is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["link", "title", "rendered", "date_gmt"]) | st.text(), inner)
    ),
)


@given(JSON)
def test_read_index_never_raises(document: object) -> None:
    assert isinstance(read(document), DiscoveryResult)


@given(JSON, st.text())
def test_value_at_returns_a_value_or_none(document: object, path: str) -> None:
    found = value_at(document, path)
    assert found is None or json.dumps(found) in json.dumps(document)


def test_an_index_without_configured_fields_is_read_as_wordpress() -> None:
    outlet = Outlet(id="d", name="D", home="https://diario.test/", languages=("es",), kind="press", listings=(INDEX,))
    body = b'[{"link": "https://diario.test/a-1", "title": {"rendered": "Uno"}}]'
    source = Source(url=INDEX, kind="index")
    assert discover(source, body, url=INDEX, outlet=outlet, now=NOW).candidates[0].title == "Uno"
