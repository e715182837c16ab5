"""Mistakes in a query are explained in the reader's language."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.search import query
from db.search.query import MAX_QUERY_PREFIXES, QueryError
from db.site.filters.query_feedback import describe_mistake, load_translations, read_words, translate_message
from db.site.wording import SiteWording

VOCABULARY = query.build_vocabulary(
    (("faro", "El Faro", "PE", '["es"]'), ("xinhua", "Xinhua", "CN", '["zh"]')),
    (("chancay-port", "Chancay port", "Puerto de Chancay", "钱凯港"), ("cobre", "Copper", "Cobre", "铜")),
)
WRONG = [
    *("x" * 100_001, "a " * 2_001, "()", "", "(cobre", "cobre)", "(" * 60 + "a" + ")" * 60, "title:", "a AND OR b"),
    *("a OR", "OR a", "NEAR/3 a", "a NEAR/3", '"cobre', ": a", "- a", "title:-a", "a NEAR/5 -b", "a* b*c", "a && b"),
    *("a ...", "a W/5 b", "a?b", "a~2", '"' + "uno " * 80 + '"', "a*", "a NEAR/3 b NEAR/4 c", "a NEAR/9999 b"),
    *("a NEAR/3 (b c)", "title:a NEAR/3 b", "tittle:a", "zzz:a", "outlet:far*", "outlet:(a NEAR/3 b)"),
    *("title:(outlet:faro)", "a OR -b", "-a", "lang:es lang:zh", "country:Mars", "outlet:nobody", "outlet:fara"),
    *("concept:nothing", "kind:x", "verdict:perhaps", "lang:xx", "paywalled:maybe", "is:odd"),
]
PARTS = st.sampled_from(
    [*'()-:*"', "a", "b*", "OR", "AND", "NOT", "NEAR/3", "title:", "outlet:", "lang:es", "铜", "zz:"]
)


def wrong(text: str) -> QueryError | None:
    try:
        query.read_query(text, VOCABULARY, ranked=False)
    except QueryError as error:
        return error
    return None


@pytest.mark.parametrize("language", ["es", "zh"])
@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_each_mistake_is_explained_in_the_reader_s_language(text: str, language: str) -> None:
    error = wrong(text)
    assert error is not None
    for part in (error.message, error.hint):
        assert translate_message(part, SiteWording(language)) != part, part


@given(st.lists(PARTS, max_size=8).map(" ".join))
def test_every_mistake_is_translated(text: str) -> None:
    if error := wrong(text):
        assert [
            part for part in (error.message, error.hint) if part and translate_message(part, SiteWording("zh")) == part
        ] == []


def test_the_sentences_have_the_same_places_in_each_language() -> None:
    places = {tuple(sorted(set(query_places(it[language])))) == tuple(sorted(set(query_places(it["en"]))))
              for _, it in load_translations() for language in ("es", "zh")}  # fmt: skip
    assert places == {True}


def query_places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def test_a_mistake_is_one_sentence_with_its_remedy() -> None:
    error = wrong("tittle:china")
    assert error is not None
    assert (
        describe_mistake(error.message, error.hint, SiteWording("en"))
        == 'there is no field "tittle"; did you mean title:?'
    )
    assert (
        describe_mistake(error.message, error.hint, SiteWording("es"))
        == "no existe el campo «tittle»; ¿quiso decir title:?"
    )
    assert describe_mistake(error.message, error.hint, SiteWording("zh")) == "没有“tittle”这个字段；是否指title:？"


@pytest.mark.parametrize("language", ["en", "es", "zh"])
@pytest.mark.parametrize("one_letter", ["", "a* "])  # with it they are plain words
def test_a_page_says_how_many_prefixes_it_looked_up(language: str, one_letter: str) -> None:
    wording = SiteWording(language)
    many = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}*" for n in range(MAX_QUERY_PREFIXES + 7)]
    told = read_words({"q": one_letter + " ".join(many)}, outlets={}, concepts={}, wording=wording)
    count = len(many) + bool(one_letter)
    assert told.cut == wording("front.cut", most=MAX_QUERY_PREFIXES, n=count)
    assert str(MAX_QUERY_PREFIXES) in told.cut
    assert str(count) in told.cut
    few = read_words({"q": one_letter + "chin* china* " * 50}, outlets={}, concepts={}, wording=wording)
    assert few.cut == ""


async def test_the_page_and_its_files_show_what_was_cut(client: httpx.AsyncClient) -> None:
    many = "+".join(f"{chr(97 + n % 26)}{chr(97 + n // 26)}*" for n in range(MAX_QUERY_PREFIXES + 7))
    assert "only the first 30 were searched" in (await client.get(f"/?q={many}")).text
    assert "only the first 30 were searched" in (await client.get(f"/search.json?q={many}")).text
