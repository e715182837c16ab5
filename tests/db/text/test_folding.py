"""Folding keeps offsets and removes differences of spelling that do not matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from db.text.folding import clean, fold

letters = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("áéíóúñüÁÉÍÓÚÑÜ’–—ßøłıİＡｚ魯秘祕錢凱　·•"), max_size=120
)


@given(letters)
def test_folding_keeps_every_character_in_its_place(text):
    assert len(fold(text)) == len(text)


@given(letters)
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)


def test_accents_case_width_and_chinese_variants_are_folded():
    assert fold("PERÚ Ｐｅｒú 錢凱港 祕魯 Xi’an") == "peru peru 钱凯港 秘鲁 xi'an"


def test_invisible_characters_and_decomposed_accents_are_taken_out():
    assert clean("Pe\u00adru\u0301\u200b  y\u00a0China") == "Perú y China"
