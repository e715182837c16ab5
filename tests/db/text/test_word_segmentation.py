"""Chinese texts are cut into words."""

from __future__ import annotations

import pytest

from db.text.word_segmentation import load_segmenter, read_ordinary_words, read_word_list


def test_the_word_list_has_words_with_their_costs() -> None:
    listed = read_word_list()
    assert len(listed.words) == len(listed.half_bits) > 100_000
    cost = dict(zip(listed.words, listed.half_bits, strict=True))
    assert cost["我们"] < cost["秘书长"] < cost["秘方"]
    assert "秘方" in read_ordinary_words()
    assert "秘鲁" not in read_ordinary_words()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("其中秘书长表示", ["其中", "秘书长", "表示"]),
        ("港口建设投资增长", ["港口", "建设", "投资", "增长"]),
        ("在China的铜矿", ["在", "的", "铜矿"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_its_likeliest_words(text: str, words: list[str]) -> None:
    assert load_segmenter().split_words(text) == words
