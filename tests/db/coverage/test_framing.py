"""The words by which groups of outlets differ."""

from __future__ import annotations

import random

import pytest

from db.coverage.framing import MAX_TERMS, MIN_GROUP_ARTICLES, TermDifference, TermSet, compare_terms, find_words
from db.coverage.groups import OutletGroup

PRESS, STATE, OTHER = OutletGroup("private", "PE"), OutletGroup("state", "CN"), OutletGroup("nonprofit", "US")
WORDS = [f"palabra{number}" for number in range(400)]


def articles(
    chance: random.Random, number: int, *, outlets: int = 4, also: tuple[str, ...] = (), share: float = 1.0
) -> list[TermSet]:
    """Return articles of common and rare words, of which some have further ones."""
    found = []
    for place in range(number):
        words = {WORDS[min(int(chance.paretovariate(0.6)), len(WORDS)) - 1] for _ in range(120)}
        extra = set(also) if chance.random() < share else set()
        found.append(TermSet(outlet=f"outlet-{place % outlets}", terms=frozenset(words | extra)))
    return found


def words_of(found: dict[OutletGroup, list[TermDifference]], group: OutletGroup) -> list[str]:
    return [one.term for one in found[group]]


def test_a_word_that_a_group_has_more_often_is_found() -> None:
    chance = random.Random(1)
    found = compare_terms(
        {
            PRESS: articles(chance, 40, also=("derrame", "puerto"), share=0.5),
            STATE: articles(chance, 60, also=("puerto",), share=0.5),
        }
    )
    assert words_of(found, PRESS)[0] == "derrame"
    assert "puerto" not in words_of(found, PRESS) + words_of(found, STATE)
    first = found[PRESS][0]
    assert (first.articles_of, first.others, first.others_of) == (40, 0, 60)
    assert 10 < first.articles < 30


def test_groups_that_write_alike_differ_in_next_to_nothing() -> None:
    chance = random.Random(2)
    told = 0
    for _ in range(20):
        found = compare_terms({PRESS: articles(chance, 50), STATE: articles(chance, 50)})
        told += sum(map(len, found.values()))
    assert told <= 10  # of 20 comparisons of some 300 words


def test_the_style_of_one_outlet_is_not_that_of_its_group() -> None:
    chance = random.Random(3)
    own = articles(chance, 40)
    styled = [
        TermSet(outlet=one.outlet, terms=one.terms | {"redacción"}) if one.outlet == "outlet-0" else one for one in own
    ]
    found = compare_terms({PRESS: styled, STATE: articles(chance, 60)})
    assert "redacción" not in words_of(found, PRESS)


def test_small_groups_count_among_the_others_only() -> None:
    chance = random.Random(4)
    few = articles(chance, MIN_GROUP_ARTICLES - 1)
    assert set(compare_terms({PRESS: articles(chance, 30), STATE: few})) == set()
    assert set(compare_terms({PRESS: articles(chance, 30), STATE: few, OTHER: few})) == {PRESS}
    assert compare_terms({}) == {}


def test_articles_without_terms_are_nothing_to_compare_with() -> None:
    own, empty = articles(random.Random(5), 30), [TermSet(outlet="outlet-0", terms=frozenset())] * 30
    assert compare_terms({PRESS: own, STATE: empty}) == {PRESS: [], STATE: []}


def test_no_more_words_are_listed_than_people_read() -> None:
    chance = random.Random(5)
    many = tuple(f"otra{number}" for number in range(40))
    found = compare_terms({PRESS: articles(chance, 40, also=many), STATE: articles(chance, 40)})
    assert len(found[PRESS]) == MAX_TERMS


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Exportación de ARÁNDANOS en 2026", "es", {"exportacion": "exportación", "arandanos": "arándanos"}),
        ("港口建设投资建設", "zh", {"港口": "港口", "建设": "建设", "投资": "投资"}),
        ("Port of 钱凯港", "en", {"port": "port"}),
        ("", "es", {}),
    ],
)
def test_words_are_compared_without_case_accents_and_numbers(text: str, language: str, words: dict[str, str]) -> None:
    assert find_words(text, language) == words
