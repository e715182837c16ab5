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


def test_forms_that_mean_the_same_are_written_in_one_way():
    assert clean("ＵＳ＄１．５ ２０２６年 ８％") == "US$1.5 2026年 8%"
    assert clean("con\ufb01rmó la o\ufb03ce") == "confirmó la office"
    assert clean("\u2f3f\u2f00") == "手一"  # radicals, as they come out of PDF files
    assert clean("中国，秘鲁：“合作”！（完）") == "中国，秘鲁：“合作”！（完）"  # punctuation of Chinese stays


def test_a_text_of_invisible_characters_alone_is_empty():
    assert clean("\u200b\u00ad\ufeff\u2060" * 100_000) == ""
