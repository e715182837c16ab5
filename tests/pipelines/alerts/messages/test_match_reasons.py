"""Why an article matched: the matching parts of the query in words, and the words that are marked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from db.i18n.languages import Language
from db.news import alert_articles
from db.search.highlight import highlight
from db.search.query import QueryError, Vocabulary, load_vocabulary, read_query, write_query
from db.search.query.tree import Node, Words, all_of
from pipelines.alerts.messages.match_reasons import describe, match_reasons
from pipelines.alerts.messages.wording import MessageWording
from tests.fixtures.digest_example import VOCABULARY, row
from tests.fixtures.query_corpus import OUTLETS, corpus, trees
from tests.fixtures.query_oracle import means

PORT = row(
    title="Chinese firm opens Chancay port",
    text="La naviera china abrió el Puerto de Chancay. 钱凯港开港。",
    outlet="oriente",
    outlet_name="Agencia Oriente",
    country="CN",
    kind="agency",
    ownership="state",
    language="en",
)


def why(query: str, language: Language = "en", **columns: Any) -> str:
    article = PORT | columns
    return describe(match_reasons(query, article, VOCABULARY).parts, article, MessageWording(language))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("chancay", "“chancay” in the headline"),
        ("naviera", "“naviera”"),
        ("navie*", "“navie…”"),
        ('"puerto de chancay"', "“puerto de chancay”"),
        ("chancay OR callao", "“chancay” in the headline"),
        ("(callao OR naviera) abrió -huelga", "“naviera”, “abrió”"),
        ("(callao naviera) OR (chinese opens)", "“chinese” in the headline, “opens” in the headline"),
        ("chinese NEAR/3 chancay", "“chinese” near “chancay”"),
        ("(firm OR bank) NEAR/1 opens", "“firm/bank” near “opens”"),
        ("naviera NEAR/2 钱凯港 OR chancay", "“chancay” in the headline"),
        ("concept:chancay-port", "the concept Port of Chancay"),
        ("country:CN kind:agency lang:en", "outlets of China, kind news agency, in English"),
        ("ownership:state outlet:oriente", "ownership state-owned, outlet Agencia Oriente"),
        ("is:original paywalled:no", "no copy, not paywalled"),
        ("title:chancay verdict:relevant", "“chancay” in the headline, verdict relevant"),
        ("-huelga", ""),
    ],
)
def test_the_parts_of_the_query_that_match_are_named(query: str, says: str) -> None:
    assert why(query) == says


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("es", "el tema Puerto de Chancay, «chinese» en el titular, medios de China, en inglés"),
        ("zh", "主题“钱凯港”、标题含“chinese”、媒体所在地：中国、语言：英语"),
    ],
)
def test_the_parts_of_the_query_are_named_in_the_readers_language(language: Language, says: str) -> None:
    assert why("concept:chancay-port chinese country:CN lang:en", language) == says


def test_of_many_parts_the_first_are_named_and_the_others_counted() -> None:
    query = "chinese OR firm OR opens OR port OR naviera OR china OR abrió OR 开港"
    assert why(query).endswith("“china” and 2 more")


def test_the_names_of_a_concept_are_marked_in_every_language() -> None:
    for query in ("concept:chancay-port", '"port of chancay" OR naviera OR "puerto de chancay"'):
        marked = match_reasons(query, PORT, VOCABULARY).marked
        hits = [part.text for part in highlight(PORT["text"], marked) if part.hit]
        assert {"Puerto de Chancay", "钱凯港"} <= set(hits), query


def test_further_names_of_a_concept_are_marked_in_the_text() -> None:
    names = {"chancay-port": ("megapuerto de Chancay", "Chancay", "Changkai Port")}
    article = PORT | {"title": "Un megapuerto", "text": "El Megapuerto de Chancay crece. En Chancay lo celebran."}
    marked = match_reasons("concept:chancay-port", article, VOCABULARY, names).marked
    hits = [part.text for part in highlight(article["text"], marked) if part.hit]
    assert hits == ["Megapuerto de Chancay", "Chancay"]
    assert "Changkai" not in marked


def test_only_the_matching_part_of_a_query_is_marked() -> None:
    assert match_reasons("(callao huelga) OR naviera", PORT, VOCABULARY).marked == "naviera"


def test_an_invalid_query_gives_every_article_the_same_reasons() -> None:
    assert match_reasons('NOT NOT "', PORT, VOCABULARY) == match_reasons(
        'NOT NOT "', row(title="", text=""), VOCABULARY
    )


def is_understood(text: str, vocabulary: Vocabulary) -> bool:
    try:
        read_query(text, vocabulary)
    except QueryError:
        return False
    return True


@settings(deadline=None, max_examples=60)
@given(trees, st.integers(0, 3))
@pytest.mark.slow
def test_each_named_part_matches_the_article(tree: Node, seed: int) -> None:
    db, articles = corpus(seed)
    vocabulary = load_vocabulary(db)
    asked = all_of([Words("puerto"), tree])
    assume(is_understood(write_query(asked), vocabulary))  # "of PE and of CN" is refused
    found = [id_ for id_, article in articles.items() if means(asked, article, OUTLETS)]
    rows = alert_articles.read_message_articles(db, found)
    for id_ in found:
        parts = match_reasons(write_query(asked), rows[id_], vocabulary).parts
        assert parts
        assert all(means(part.leaf, articles[id_], OUTLETS) for part in parts)


def test_thousands_of_terms_and_a_long_text_are_matched_quickly() -> None:
    query = " OR ".join(f"palabra{number}" for number in range(2_000))
    article = PORT | {"text": "palabra7 y otra cosa. " * 5_000}
    began = time.process_time()
    assert match_reasons(query, article, VOCABULARY).marked == "palabra7"
    assert time.process_time() - began < 10
