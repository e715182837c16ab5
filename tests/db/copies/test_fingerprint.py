"""Anchors are few, the same on every machine, and shared by texts that share a run of words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.copies.fingerprint import MAX_ANCHORS, WINDOW_SHINGLES, compute_fingerprint, to_band_rows
from db.copies.similarity import compare_texts
from tests.fixtures.paths import FIXTURES

TEXTS = [row["text"] for row in json.loads((FIXTURES / "copied_texts.json").read_text("utf-8"))]
WORDS = st.lists(st.sampled_from(["puerto", "mina", "grúa", "barco", "sal", "río", "cobre", "ley"]), min_size=60)


def test_a_fingerprint_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert compute_fingerprint("Uno dos tres cuatro cinco seis siete ocho nueve diez.") == (25719770168999,)


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert compute_fingerprint("El río CRECIÓ: dos metros, en una noche.") == compute_fingerprint(
        "el rio crecio dos metros en una noche"
    )


def test_a_text_of_four_words_has_none_and_five_words_have_one() -> None:
    assert compute_fingerprint("uno dos tres cuatro") == ()
    assert compute_fingerprint("") == ()
    assert len(compute_fingerprint("uno dos tres cuatro cinco")) == 1


def test_numbers_fit_a_signed_column_and_are_few() -> None:
    for text in TEXTS:
        anchors = compute_fingerprint(text)
        assert 4 <= len(anchors) <= 40
        assert all(0 <= anchor < 2**47 for anchor in anchors)
        assert to_band_rows(anchors)[0] == (1, anchors[0])
    assert len(compute_fingerprint(" ".join(map(str, range(100_000))))) == MAX_ANCHORS


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS[:14]), st.integers(0, 60), WORDS, WORDS)
@pytest.mark.slow
def test_texts_that_share_a_run_of_words_share_an_anchor(
    text: str, start: int, before: list[str], after: list[str]
) -> None:
    run = text.split()[start : start + WINDOW_SHINGLES + 4]
    if len(run) == WINDOW_SHINGLES + 4:
        framed = " ".join([*before, *run, *after])
        assert set(compute_fingerprint(framed)) & set(compute_fingerprint(text))


def test_different_texts_share_no_anchor() -> None:
    everything = [anchor for text in TEXTS for anchor in compute_fingerprint(text)]
    assert len(everything) == len(set(everything))


def test_similarity_is_exact_and_symmetric() -> None:
    a, b = "uno dos tres cuatro cinco seis", "uno dos tres cuatro cinco siete"
    assert compare_texts(a, b) == compare_texts(b, a)
    assert compare_texts(a, b).jaccard == 1 / 3
    assert compare_texts(a, b).containment == 1 / 2
    assert compare_texts("", a).jaccard == 0.0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_compared(a: str, b: str) -> None:
    likeness = compare_texts(a, b)
    assert 0.0 <= likeness.jaccard <= likeness.containment <= 1.0
    compute_fingerprint(a)
