"""Names of classes and ids say the same in small and in capital letters."""

from __future__ import annotations

import re

import pytest

from pipelines.analysis.text import blocks, repeated_lines

# They are searched in texts in small letters, so a capital letter in them would match nothing.
PATTERNS = (blocks._BOILERPLATE, blocks._CERTAIN, blocks._BODY, repeated_lines._TO_READERS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_for_small_letters_hold_no_capitals(pattern: re.Pattern[str]) -> None:
    letters = re.sub(r"\\.", "", pattern.pattern)
    assert letters == letters.lower()


@pytest.mark.parametrize("names", ["commentsContainer ", "main SideBar", "Newsletter-Box", " RELATED"])
def test_boilerplate_is_known_by_its_name_in_any_case(names: str) -> None:
    assert blocks.names_boilerplate(names)
    assert blocks.names_boilerplate(names.lower())


@pytest.mark.parametrize("names", ["ArticleBody ", "node Entry-Content", " cuerpo"])
def test_a_body_is_known_by_its_name_in_any_case(names: str) -> None:
    assert blocks.names_body(names)
    assert not blocks.names_certain_boilerplate(names)
