"""Citations keep their fields in every format, as parsers of RIS, BibTeX, CSL-JSON and COinS read them."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import bibtexparser
import jsonschema
import pytest
import rispy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from db.site.exports import citations
from db.site.exports.author_names import AuthorName, split_author_name
from db.site.exports.citations import (
    format_coins,
    list_meta_tags,
    make_citation,
    make_csl_item,
    printable_line,
    write_bibtex,
    write_csl_json,
    write_ris,
)
from db.site.exports.reference_line import format_chicago, write_reference

ROW: dict[str, Any] = {
    "id": 7,
    "url": "https://faro.test/economia/grua?id=7&v=1_a",
    "outlet": "faro",
    "title": "Llega a Chancay la mayor grúa enviada desde Shanghái",
    "authors": '["Hernán Quispe Loli", "Redacción EF"]',
    "published": "2026-11-22T03:30:00Z",
    "published_local": "2026-11-21T22:30:00-05:00",
    "published_precision": "time",
    "last_seen": "2026-11-22T12:00:00Z",
    "language": "es",
    "format": None,
    "text": "La grúa más alta del litoral llegó ayer al puerto de Chancay. Su montaje tardará tres semanas.",
}
OUTLET = {"id": "faro", "name": "El Faro del Callao", "country": None, "kind": "press"}

# The fields of csl-data.json (citation-style-language/schema) that a citation may have; no others.
_DAY = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array", "minItems": 1, "maxItems": 1,
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
        }
    },
    "required": ["date-parts"],
    "additionalProperties": False,
}  # fmt: skip
_PERSON = {"required": ["family", "given"], "properties": {"family": {"type": "string"}, "given": {"type": "string"}}}
_LITERAL = {"required": ["literal"], "properties": {"literal": {"type": "string"}}}
CSL = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "type": {"enum": ["article-newspaper", "report", "webpage"]},
            "author": {
                "type": "array",
                "items": {"oneOf": [one | {"additionalProperties": False} for one in (_PERSON, _LITERAL)]},
            },
            "issued": _DAY,
            "accessed": _DAY,
        }
        | {
            name: {"type": "string"}
            for name in ("title", "container-title", "publisher", "URL", "language", "abstract", "keyword")
        },
        "required": ["id", "type"],
        "additionalProperties": False,
    },
}


def cited(keywords: tuple[str, ...] = (), kind: str = "press", **changed: Any) -> citations.Citation:
    return make_citation(ROW | changed, OUTLET | {"kind": kind}, keywords=keywords)


def untex(text: str) -> str:
    """Return the text that TeX would print."""
    for name, character in (("textbraceleft", "{"), ("textbraceright", "}"), ("textbackslash", "\\")):
        text = text.replace(f"{{\\{name}}}", {"{": "\x01", "}": "\x02", "\\": "\x03"}[character])
    text = text.replace(r"{\textasciitilde}", "~").replace(r"{\textasciicircum}", "^")
    text = re.sub(r"\\([&%$#_])", r"\1", text)
    assert "{" not in text
    assert "}" not in text
    return text.translate({1: "{", 2: "}", 3: "\\"})


def parsed_bibtex(text: str) -> dict[str, str]:
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    (entry,) = library.entries
    assert entry.entry_type == "online"
    return {name: field.value for name, field in entry.fields_dict.items()} | {"key": entry.key}


def parsed_ris(text: str) -> dict[str, Any]:
    (record,) = rispy.loads(text)
    return dict(record)


def test_ris_holds_every_field_in_its_tag() -> None:
    record = parsed_ris(write_ris(cited(("Chancay port", "COSCO Shipping"))))
    assert record["type_of_reference"] == "NEWS"
    assert record["authors"] == ["Quispe Loli, Hernán", "Redacción EF"]
    assert record["title"] == ROW["title"]
    assert record["secondary_title"] == record["publisher"] == "El Faro del Callao"
    assert (record["year"], record["date"], record["access_date"]) == ("2026", "2026/11/21/", "2026/11/22/")
    assert record["urls"] == [ROW["url"]]
    assert record["language"] == "es"
    assert record["abstract"] == "La grúa más alta del litoral llegó ayer al puerto de Chancay."
    assert record["keywords"] == ["Chancay port", "COSCO Shipping"]


def test_bibtex_holds_every_field_in_biblatex_s_names() -> None:
    fields = parsed_bibtex(write_bibtex(cited(("Port, Chancay",))))
    assert fields["key"] == "faro-2026-11-21-7"
    assert fields["author"] == "Quispe Loli, Hernán and {Redacción EF}"
    assert fields["title"] == f"{{{ROW['title']}}}"
    assert fields["organization"] == "{El Faro del Callao}"
    assert (fields["date"], fields["urldate"], fields["langid"]) == ("2026-11-21", "2026-11-22", "spanish")
    assert fields["url"] == ROW["url"]  # verbatim to biblatex: nothing in it is escaped
    assert fields["keywords"] == "Port Chancay"


def test_csl_json_is_what_the_schema_allows() -> None:
    (item,) = json.loads(write_csl_json(cited()))
    jsonschema.validate([item], CSL)
    assert item["author"] == [{"family": "Quispe Loli", "given": "Hernán"}, {"literal": "Redacción EF"}]
    assert item["issued"] == {"date-parts": [[2026, 11, 21]]}
    assert item["accessed"] == {"date-parts": [[2026, 11, 22]]}
    assert item["container-title"] == "El Faro del Callao"


@pytest.mark.parametrize(("kind", "in_ris"), [("government", "RPRT"), ("association", "RPRT"), ("press", "NEWS")])
def test_a_pdf_of_an_office_is_cited_as_a_report(kind: str, in_ris: str) -> None:
    assert write_ris(cited(kind=kind, format="pdf")).startswith(f"TY  - {in_ris}\r\n")


@pytest.mark.parametrize(
    ("kind", "in_ris", "in_csl", "in_zotero"),
    [
        ("press", "NEWS", "article-newspaper", "newspaperArticle"),
        ("agency", "NEWS", "article-newspaper", "newspaperArticle"),
        ("think-tank", "RPRT", "report", "report"),
        ("government", "ELEC", "webpage", "webpage"),
    ],
)
def test_the_kind_of_outlet_decides_the_type_of_citation(kind: str, in_ris: str, in_csl: str, in_zotero: str) -> None:
    citation = cited(kind=kind)
    assert write_ris(citation).startswith(f"TY  - {in_ris}\r\n")
    assert make_csl_item(citation)["type"] == in_csl
    assert parse_qs(format_coins(citation))["rft.type"] == [in_zotero]
    assert ("publisher" in make_csl_item(citation)) == (in_csl == "report")


def test_the_bibliography_entry_is_chicago_style() -> None:
    assert format_chicago(cited(authors='["Hernán Quispe Loli"]')) == (
        "Quispe Loli, Hernán. “Llega a Chancay la mayor grúa enviada desde Shanghái.” El Faro del Callao, "
        "November 21, 2026. https://faro.test/economia/grua?id=7&v=1_a."
    )
    unsigned = format_chicago(cited(authors="[]", title='¿Quién dijo "puerto"?', published=None, published_local=None))
    assert unsigned.startswith("El Faro del Callao. “¿Quién dijo ‘puerto’?” Accessed November 22, 2026. https://")
    three = format_chicago(cited(authors='["Ana Torres", "Hernán Quispe Loli", "Redacción"]'))
    assert three.startswith("Torres, Ana, Hernán Quispe Loli, and Redacción. “")


def test_the_line_is_in_the_style_of_the_readers_language() -> None:
    two = cited(authors='["Hernán Quispe Loli", "Ana Torres"]', title="La «grúa» llega a Chancay")
    assert write_reference(two, "es") == (
        "Quispe Loli, Hernán y Ana Torres. «La “grúa” llega a Chancay». El Faro del Callao, "
        "21 de noviembre de 2026. https://faro.test/economia/grua?id=7&v=1_a."
    )
    assert write_reference(two, "zh") == (
        "Hernán Quispe Loli, Ana Torres. La «grúa» llega a Chancay[N/OL]. El Faro del Callao, "
        "2026-11-21[2026-11-22]. https://faro.test/economia/grua?id=7&v=1_a."
    )
    undated = cited(authors="[]", published=None, published_local=None)
    assert "Consultado el 22 de noviembre de 2026." in write_reference(undated, "es")
    assert "El Faro del Callao[2026-11-22]." in write_reference(undated, "zh")
    four = cited(authors='["Ana Torres", "Luis Paz", "Eva Ruiz", "Hugo Sáenz"]')
    assert write_reference(four, "zh").startswith("Ana Torres, Luis Paz, Eva Ruiz, 等. ")
    assert write_reference(four, "en") == format_chicago(four)


def test_the_day_of_publication_is_the_one_in_the_outlets_zone() -> None:
    assert cited().published == dt.date(2026, 11, 21)
    day_alone = cited(published="2026-11-22T00:00:00Z", published_local=None, published_precision="day")
    assert day_alone.published == dt.date(2026, 11, 22)
    assert cited(published=None, published_local=None).published is None
    lima = ZoneInfo("America/Lima")
    assert make_citation(ROW | {"published_local": None}, OUTLET).published == dt.date(2026, 11, 22)
    assert make_citation(ROW | {"published_local": None}, OUTLET, zone=lima).published == dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("country", "published", "local", "day"),
    [
        ("PE", "2026-11-22T03:30:00Z", "2026-11-22T03:30:00+00:00", 21),  # a feed that says all in UTC
        ("PE", "2026-11-22T03:30:00Z", None, 21),
        ("CN", "2026-11-21T20:00:00Z", "2026-11-21T20:00:00+00:00", 22),
        ("CN", "2026-11-21T20:00:00Z", "2026-11-21T15:00:00-05:00", 21),  # what the page writes is its own
        ("GB", "2026-11-22T03:30:00Z", "2026-11-22T03:30:00+00:00", 22),
        ("XX", "2026-11-22T03:30:00Z", "2026-11-22T03:30:00+00:00", 21),
    ],
)
def test_a_moment_in_utc_is_put_on_the_calendar_of_the_outlet_s_country(
    country: str, published: str, local: str | None, day: int
) -> None:
    row = ROW | {"published": published, "published_local": local}
    assert make_citation(row, OUTLET | {"country": country}, zone=ZoneInfo("America/Lima")).published == dt.date(
        2026, 11, day
    )


def test_the_day_of_access_is_in_the_time_zone_of_the_desk() -> None:
    row = ROW | {"last_seen": "2026-11-23T02:00:00Z"}
    assert make_citation(row, OUTLET, zone=ZoneInfo("America/Lima")).accessed == dt.date(2026, 11, 22)


def test_an_address_that_no_browser_should_open_is_in_no_citation() -> None:
    citation = cited(url="javascript:alert(1)//https://faro.test/")
    for text in (
        write_ris(citation),
        write_bibtex(citation),
        write_csl_json(citation),
        format_coins(citation),
        format_chicago(citation),
    ):
        assert "javascript" not in text
    assert all("javascript" not in content for _, content in list_meta_tags(citation))


def test_an_outlet_that_is_its_own_author_is_named_once() -> None:
    assert cited(authors='["EL FARO DEL CALLAO"]').authors == ()
    assert format_chicago(cited(authors='["EL FARO DEL CALLAO"]')).count("El Faro del Callao") == 1


def test_zotero_finds_people_and_institutions_in_the_page() -> None:
    found = parse_qs(format_coins(cited()))
    assert found["rft.aulast"] == ["Quispe Loli"]
    assert found["rft.aufirst"] == ["Hernán"]
    assert found["rft.aucorp"] == ["Redacción EF"]
    assert found["rft.source"] == ["El Faro del Callao"]
    assert found["rft.identifier"] == [ROW["url"]]
    tags = list_meta_tags(cited())
    assert ("citation_author", "Quispe Loli, Hernán") in tags
    assert ("citation_publication_date", "2026/11/21") in tags


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Ana Torres", AuthorName(family="Torres", given="Ana")),
        ("Hernán Quispe Loli", AuthorName(family="Quispe Loli", given="Hernán")),
        ("José Luis Pérez Guadalupe", AuthorName(family="Pérez Guadalupe", given="José Luis")),
        ("María Elena Rodríguez", AuthorName(family="Rodríguez", given="María Elena")),
        ("Juan de la Cruz", AuthorName(family="de la Cruz", given="Juan")),
        ("John A. Smith", AuthorName(family="Smith", given="John A.")),
    ],
)
def test_a_name_that_is_clear_is_split(author: str, name: AuthorName) -> None:
    assert split_author_name(author, language="es") == name


@pytest.mark.parametrize(
    "author",
    [
        "王伟", "新华社", "Zhang Wei", "Li Xiaoming", "Redacción EF", "Agencia Costa", "ANA TORRES", "Ana", "@ana",
        "Ana Torres | Lima", "R. Evan Ellis", "Nélida Farro Milla", "Reuters Staff", "Universidad del Mar Chico", "",
    ],
)  # fmt: skip
def test_a_name_that_may_be_split_in_two_ways_stays_whole(author: str) -> None:
    assert split_author_name(author, language="es") == AuthorName(literal=author)


titles = st.text(st.characters(codec="utf-8"), max_size=80)
nasty = st.text(st.sampled_from(list("{}\\\"%&$#_~^@,=\n\r\t\0 \u2028\u202e孔子ñaA-–'ER  - TY")), max_size=60)


@settings(deadline=None)
@given(title=titles | nasty, author=titles | nasty, word=titles | nasty, outlet=titles | nasty)
@example(title="\r\nER  - \r\nTY  - BOOK", author="{", word="a, b", outlet="}")
@example(title="\\", author="a and b", word="\\", outlet="\\{")
def test_hostile_texts_stay_in_their_field_of_every_format(title: str, author: str, word: str, outlet: str) -> None:
    row = ROW | {"title": f"T{title}", "authors": json.dumps([f"X {author}"]), "text": f"Texto {title}"}
    citation = make_citation(row, OUTLET | {"name": f"O{outlet}"}, keywords=(f"k{word}",))
    fields = parsed_bibtex(write_bibtex(citation))
    assert untex(fields["title"][1:-1]) == citation.title == printable_line(f"T{title}")
    assert untex(fields["organization"][1:-1]) == citation.outlet
    assert set(fields) <= {
        *("key", "author", "title", "organization", "date", "url", "urldate", "langid", "keywords", "abstract"),
    }
    record = parsed_ris(write_ris(citation))
    assert record["title"] == citation.title
    assert record["type_of_reference"] == "NEWS"
    assert record["keywords"] == list(citation.keywords)
    (item,) = json.loads(write_csl_json(citation))
    jsonschema.validate([item], CSL)
    assert item["title"] == citation.title
    assert parse_qs(format_coins(citation))["rft.title"] == [citation.title]
    assert len(format_chicago(citation).splitlines()) == 1
