"""Passages show the searched words of an article in a message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from db.search.highlight import MarkedPart
from db.search.snippets import cut_passages

FILLER = "Los vecinos esperan obras que el gobierno prometió en marzo. El alcalde pidió paciencia a todos. " * 4
TEXT = f"El puerto de Chancay abrió ayer. {FILLER}En el sur, el litio de Puno espera permiso. {FILLER}Nada más."


def plain(passage: tuple[MarkedPart, ...]) -> str:
    return "".join(part.text for part in passage)


def marked(passage: tuple[MarkedPart, ...]) -> list[str]:
    return [part.text for part in passage if part.hit]


def test_two_passages_show_the_different_words_in_the_order_of_the_text() -> None:
    first, second = cut_passages(TEXT, "litio OR chancay")
    assert plain(first).startswith("El puerto de Chancay abrió ayer. ")
    assert (marked(first), marked(second)) == (["Chancay"], ["litio"])
    assert plain(second).startswith("…\u00a0")


def test_a_passage_begins_with_its_sentence_and_cuts_no_word() -> None:
    (passage,) = cut_passages(TEXT, "litio")
    text = plain(passage).strip("…\u00a0")
    before = TEXT.partition(text)[0]
    assert text in TEXT
    assert before.endswith(". ")
    assert TEXT.partition(text)[2].startswith(" ")


def test_a_word_that_stands_in_two_places_is_shown_twice() -> None:
    passages = cut_passages(f"Chancay crece. {FILLER}Se habla de Chancay en Lima.", "chancay")
    assert [marked(passage) for passage in passages] == [["Chancay"], ["Chancay"]]


def test_the_passage_with_most_searched_words_is_chosen() -> None:
    text = f"China, China, China y China. {FILLER}China compra litio en Puno. {FILLER}"
    (passage,) = cut_passages(text, "china litio puno", most=1)
    assert marked(passage) == ["China", "litio", "Puno"]


def test_chinese_passages_are_as_wide_as_others_and_end_at_a_sentence() -> None:
    text = f"{'双方讨论了贸易合作问题。' * 20}钱凯港明年扩建。{'双方讨论了贸易合作问题。' * 20}"
    (passage,) = cut_passages(text, "钱凯港")
    shown = plain(passage).strip("…\u00a0")
    assert marked(passage) == ["钱凯港"]
    assert 40 <= len(shown) <= 120
    assert shown.endswith("。")


def test_without_a_hit_the_beginning_is_shown_and_for_an_empty_text_nothing() -> None:
    (passage,) = cut_passages(TEXT, "tungsteno")
    assert plain(passage).startswith("El puerto de Chancay abrió ayer.")
    assert cut_passages(" \n ", "chancay") == ()


@given(text=st.text(alphabet="ab .。港口", max_size=600), words=st.sampled_from(["a", "ab b", "港", "港口 OR b", ""]))
def test_passages_are_stretches_of_the_text_apart_from_one_another(text: str, words: str) -> None:
    whole = " ".join(text.split())
    at = 0
    for passage in cut_passages(text, words, width=60):
        shown = plain(passage).removeprefix("…\u00a0").removesuffix("\u00a0…")
        at = whole.index(shown, at) + len(shown)
        assert shown
