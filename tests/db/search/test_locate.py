"""Index, reasons, marks and passages agree on where a text has words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.search.highlight import highlight
from db.search.index import index_article
from db.search.locate import TokenIndex
from db.search.query import build_vocabulary, find_ids, read_query
from db.search.snippets import cut_passages
from db.site.components.concept_marks import index_names, mark_paragraph
from db.text.tokens import split_tokens
from pipelines.alerts.messages.match_reasons import match_reasons

EMPTY = build_vocabulary((), ())


def found_by_index(text: str, words: str) -> bool:
    db = Database(memory=True)
    migrations.news.apply(db)
    index_article(db, 1, "", text)
    return bool(find_ids(db, read_query(words, EMPTY)))


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("El patio mide 900 ㎡ y crece.", "m2", ["㎡"]),  # indexed as "m2", as compatibility forms are
        ("Opera COSCO™ el muelle.", "cosco", []),  # indexed as one word, "coscotm"
        ("ﾍﾟﾙｰの港", "ペルー", ["ﾍﾟﾙｰ"]),
        ("El puerto de Chancay", "chan*", ["Chancay"]),
        ("錢凱港正式開港", "钱凯港", ["錢凱港"]),
        ("Peru\u0301 crece", "perú", ["Peru\u0301"]),
        ("nada de eso", "puerto", []),
    ],
)
def test_index_reasons_marks_and_passages_agree_on_where_words_are(text: str, words: str, marked: list[str]) -> None:
    row: dict[str, Any] = {"title": "", "text": text}
    assert found_by_index(text, words) == bool(marked)
    assert bool(match_reasons(words, row, EMPTY).parts) == bool(marked)
    assert [part.text for part in highlight(text, words) if part.hit] == marked
    assert [part.text for passage in cut_passages(text, words) for part in passage if part.hit] == marked
    names = index_names([("concept", [words.strip('"')])]) if not words.endswith("*") else {}
    named = [run.text for run in mark_paragraph(text, words="", names=names) if run.kind == "concept"]
    assert named == (marked if names else [])


def test_words_that_touch_in_a_chinese_text_are_different_words_of_a_passage() -> None:
    filler = "双方讨论了合作问题。" * 40
    text = f"秘鲁、中国会谈。{filler}秘鲁中国铜矿。{filler}"
    (passage,) = cut_passages(text, "秘鲁 中国 铜矿", most=1)
    assert "铜矿" in "".join(part.text for part in passage)


@given(st.text("aé́ 港㎡™½ﾊﾟが\u3099\0", max_size=30))
def test_tokens_of_any_text_are_those_of_its_normal_form(text: str) -> None:
    index = TokenIndex(text)
    assert index.tokens == split_tokens(text)
    spans = [index.span(place, 1) for place in range(len(index.tokens))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
