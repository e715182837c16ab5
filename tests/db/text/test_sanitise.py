"""Texts of a message are wrapped in narrow lines, and nothing of them is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.text.sanitise import wrap_lines

LINES = st.lists(st.text(alphabet="ab 汉。，é☺1.-", max_size=200), max_size=5).map("\n".join)


@given(LINES, st.integers(20, 80))
@example("111111 。。。。。。。。 ", 23)
def test_wrapping_keeps_the_text_in_narrow_lines(text: str, width: int) -> None:
    narrow = wrap_lines(text, width=width)
    assert "".join(narrow.split()) == "".join(text.split())
    for each in narrow.split("\n"):
        columns = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in each)
        assert columns <= width or " " not in each.strip(), "what is wider has no place to break"


@pytest.mark.parametrize(
    ("text", "narrow"),
    [
        ("12. uno dos tres", "12. uno dos\n    tres"),
        ("   cuatro cinco", "   cuatro\n   cinco"),
        ("秘鲁的港口，开港了。", "秘鲁的港口，\n开港了。"),
        ("   https://diario.example/largo", "   https://diario.example/largo"),
        ("corto\n-- \npie", "corto\n-- \npie"),
    ],
)
def test_a_wrapped_line_keeps_its_indentation(text: str, narrow: str) -> None:
    assert wrap_lines(text, width=12) == narrow
