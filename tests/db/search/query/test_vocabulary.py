"""Field values are read in people's words, and an unknown value gives an error that suggests the nearest."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from sqlite_utils import Database

from crawler.config.outlet import OutletKind, Ownership
from db import migrations
from db.model.outlet_kind import OWNERSHIPS
from db.search.query import (
    QueryError,
    Vocabulary,
    build_vocabulary,
    collect_notes,
    load_vocabulary,
    parse_query,
    read_query,
    words_to_mark,
    write_query,
)
from db.search.query.vocabulary import KINDS
from tests.fixtures.query_corpus import CONCEPTS, OUTLETS, corpus

KNOWN = build_vocabulary(
    tuple((id_, one["name"], one.get("country"), '["es", "qu"]') for id_, one in OUTLETS.items()),
    tuple((id_, *names) for id_, names in CONCEPTS.items()),
)


def test_the_kinds_and_ownerships_are_those_of_the_directory_of_outlets() -> None:
    assert get_args(OutletKind) == KINDS
    assert get_args(Ownership) == OWNERSHIPS


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("concept:chancay-port", "concept:chancay-port"),
        ("concept:Chancay-Port", "concept:chancay-port"),
        ('concept:"Puerto de Chancay"', "concept:chancay-port"),
        ("concept:钱凯港", "concept:chancay-port"),
        ("concept:錢凱港", "concept:chancay-port"),
        ('concept:("las bambas" OR 中远海运)', "concept:las-bambas OR concept:cosco"),
        ("outlet:el-comercio", "outlet:el-comercio"),
        ('outlet:"El Comercio"', "outlet:el-comercio"),
        ("outlet:新华社", "outlet:xinhua"),
        ("country:pe", "country:PE"),
        ("country:Perú", "country:PE"),
        ("kind:State-Media", "kind:state-media"),
        ('kind:"state media"', "kind:state-media"),
        ("ownership:private", "ownership:private"),
        ("lang:ES", "lang:es"),
        ("lang:es-PE", "lang:es"),
        ("lang:español", "lang:es"),
        ("lang:中文", "lang:zh"),
        ("lang:qu", "lang:qu"),
        ("is:copy", "is:copy"),
        ("is:revision", "is:revision"),
        ("is:paywalled", "paywalled:yes"),
        ("is:borderline", "verdict:borderline"),
        ("paywalled:sí", "paywalled:yes"),
        ("paywalled:NO", "paywalled:no"),
        ("peru -outlet:andina", "peru -outlet:andina"),
    ],
)
def test_a_value_is_read_in_the_words_that_people_use(text: str, meant: str) -> None:
    assert write_query(read_query(text, KNOWN).tree) == meant


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("peru concept:‸chancay-prot", 'there is no concept "chancay-prot"; did you mean concept:chancay-port?'),
        ("concept:‸bambas", "did you mean concept:las-bambas?"),
        ("concept:‸zzz", "write one of chancay-port, cosco, las-bambas"),
        ("outlet:‸andinna", "did you mean outlet:andina?"),
        ("outlet:‸comercio", "did you mean outlet:el-comercio?"),
        ("country:‸XX", 'no outlet of this desk is in "XX"'),
        ("country:‸Chile", "write one of CN, PE"),
        ("kind:‸magazine", "write one of state-media, agency"),
        ("kind:‸pres", "did you mean kind:press?"),
        ("ownership:‸government", "write one of state, private"),
        ("lang:‸xx", 'lang: is never "xx"'),
        ("verdict:‸maybe", "write one of relevant, borderline"),
        ("is:‸copies", "did you mean is:copy?"),
        ("is:‸revised", "did you mean is:revision?"),
        ("paywalled:‸perhaps", "write one of yes, no"),
        ("outlet:andina outlet:‸xinhua", "write outlet:(andina OR xinhua)"),
        ("lang:(es ‸en)", "write lang:(es OR en)"),
        ("x OR (country:PE y country:‸CN)", "no article has country:PE and country:CN at once"),
    ],
)
def test_an_unknown_value_gives_an_error_with_its_place_and_the_nearest(marked: str, message: str) -> None:
    text = marked.replace("‸", "")
    with pytest.raises(QueryError) as caught:
        read_query(text, KNOWN)
    assert message in str(caught.value)
    assert caught.value.at == marked.index("‸")
    assert caught.value.query == text


def test_before_the_first_crawl_no_outlet_or_concept_is_refused() -> None:
    query = read_query("concept:chancay-port outlet:andina country:PE", Vocabulary())
    assert write_query(query.tree) == "concept:chancay-port outlet:andina country:PE"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("chancay port", "concept:chancay-port"),
        ("puerto de chancay cobre", "concept:chancay-port cobre"),
        ('cobre "Puerto de Chancay"', "cobre concept:chancay-port"),
        ("钱凯港 OR x", "concept:chancay-port OR x"),
        ("(las bambas OR x) peru", "(concept:las-bambas OR x) peru"),
    ],
)
def test_words_that_name_a_concept_suggest_it(text: str, offered: str) -> None:
    (note,) = collect_notes(parse_query(text), KNOWN)
    assert "finds it by its names in all languages" in note.text
    assert note.applied(text) == offered
    assert parse_query(note.applied(text)) == parse_query(offered)


@pytest.mark.parametrize(
    "text",
    ["chancay", "port chancay", "title:钱凯港", "peru -钱凯港", "las x bambas", "las OR bambas", "naviera"],
)
def test_words_that_name_no_concept_suggest_nothing(text: str) -> None:
    assert collect_notes(parse_query(text), KNOWN) == ()


@pytest.mark.parametrize(
    ("text", "offered"),
    [("cobre or litio", "cobre OR litio"), ("cobre O litio", "cobre OR litio"), ("港 或 矿", "港 OR 矿")],
)
def test_a_word_that_looks_like_an_operator_gives_a_note(text: str, offered: str) -> None:
    (note,) = collect_notes(parse_query(text), KNOWN)
    assert "is looked for as a word; the operator is OR" in note.text
    assert note.applied(text) == offered


def test_the_vocabulary_is_read_from_the_database_and_is_the_same_until_it_changes() -> None:
    db, _ = corpus(0)
    first = load_vocabulary(db)
    assert first.outlets["xinhua"] == "新华社"
    assert first.countries == {"PE", "CN"}
    assert first.concepts["cosco"] == ("COSCO Shipping", "中远海运")
    assert load_vocabulary(db) is first


@pytest.mark.parametrize("languages", [None, "", "es", "[", "{}", "[1]", '["qu"]'])
def test_languages_as_an_older_version_wrote_them_are_no_error(languages: str | None) -> None:
    db = Database(memory=True)
    migrations.news.apply(db)
    db["outlets"].insert({"id": "x", "name": "X", "languages": languages})
    assert ("qu" in load_vocabulary(db).languages) is (languages == json.dumps(["qu"]))


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("title:chancay -cobre outlet:andina", "chancay"),
        ("concept:chancay-port lang:es", '"Chancay port" "Puerto de Chancay" "钱凯港"'),
        ('cobre NEAR/3 (litio OR chin*) -"las bambas"', "cobre litio chin*"),
        ("outlet:andina", ""),
        ("no query (", "no query ("),
    ],
)
def test_searched_words_and_names_of_concepts_are_marked(text: str, marked: str) -> None:
    assert words_to_mark(text, KNOWN) == marked
