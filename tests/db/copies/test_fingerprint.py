"""Anchors: few, the same everywhere, and shared by whatever shares a run of words."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from db.copies.fingerprint import MOST, WINDOW, bands, fingerprint
from db.copies.similarity import similarity
from tests.fixtures.paths import FIXTURES

TEXTS = [row["text"] for row in json.loads((FIXTURES / "copied_texts.json").read_text("utf-8"))]
WORDS = st.lists(st.sampled_from(["puerto", "mina", "grúa", "barco", "sal", "río", "cobre", "ley"]), min_size=60)


def test_a_fingerprint_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert fingerprint("Uno dos tres cuatro cinco seis siete ocho nueve diez.") == (25719770168999,)


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert fingerprint("El río CRECIÓ: dos metros, en una noche.") == fingerprint(
        "el rio crecio dos metros en una noche"
    )


def test_a_text_of_four_words_has_none_and_five_words_have_one() -> None:
    assert fingerprint("uno dos tres cuatro") == ()
    assert fingerprint("") == ()
    assert len(fingerprint("uno dos tres cuatro cinco")) == 1


def test_numbers_fit_a_signed_column_and_are_few() -> None:
    for text in TEXTS:
        anchors = fingerprint(text)
        assert 4 <= len(anchors) <= 40
        assert all(0 <= anchor < 2**47 for anchor in anchors)
        assert bands(anchors)[0] == (1, anchors[0])
    assert len(fingerprint(" ".join(map(str, range(100_000))))) == MOST


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS[:14]), st.integers(0, 60), WORDS, WORDS)
def test_texts_that_share_a_run_of_words_share_an_anchor(
    text: str, start: int, before: list[str], after: list[str]
) -> None:
    run = text.split()[start : start + WINDOW + 4]
    if len(run) == WINDOW + 4:
        framed = " ".join([*before, *run, *after])
        assert set(fingerprint(framed)) & set(fingerprint(text))


def test_different_texts_share_no_anchor() -> None:
    everything = [anchor for text in TEXTS for anchor in fingerprint(text)]
    assert len(everything) == len(set(everything))


def test_similarity_is_exact_and_symmetric() -> None:
    a, b = "uno dos tres cuatro cinco seis", "uno dos tres cuatro cinco siete"
    assert similarity(a, b) == similarity(b, a)
    assert similarity(a, b).jaccard == 1 / 3
    assert similarity(a, b).containment == 1 / 2
    assert similarity("", a).jaccard == 0.0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_compared(a: str, b: str) -> None:
    likeness = similarity(a, b)
    assert 0.0 <= likeness.jaccard <= likeness.containment <= 1.0
    fingerprint(a)
