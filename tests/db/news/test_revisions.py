"""What changed between two versions of an article."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.connection import open_news
from db.model.article import Article
from db.news.articles import save_article
from db.news.revisions import compare_versions, read_versions

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
OLD = (
    "La empresa invertirá 40 millones de dólares en el muelle de Quilca, dijo ayer Rosa Quispe.\n"
    "Los pescadores piden paso por la bahía.\n"
    "La obra empieza en marzo."
)


def test_removed_and_added_words_come_with_the_words_before_them() -> None:
    changes = compare_versions("Muelle nuevo", OLD, "Muelle nuevo", OLD.replace("en marzo", "antes de abril"))
    (part,) = changes.parts
    assert (part.before, part.out, part.into, part.marks) == ("La obra empieza", "en marzo", "antes de abril", ())
    assert (changes.words_out, changes.words_in, changes.headline) == (2, 3, None)


def test_a_changed_figure_is_marked() -> None:
    changes = compare_versions("Muelle nuevo", OLD, "Muelle nuevo", OLD.replace("40 millones", "45,5 millones"))
    assert (changes.figures_out, changes.figures_in) == (("40",), ("45,5",))
    assert [(part.out, part.into, part.marks) for part in changes.parts] == [("40", "45,5", ("figure",))]


def test_a_changed_name_is_marked_and_a_sentence_s_first_word_is_not() -> None:
    new = OLD.replace("Rosa Quispe", "Julia Mamani").replace("La obra empieza", "Todo empieza")
    changes = compare_versions("Muelle nuevo", OLD, "Muelle nuevo", new)
    assert (changes.names_out, changes.names_in) == (("Quispe", "Rosa"), ("Julia", "Mamani"))
    assert [part.marks for part in changes.parts] == [("name",), ()]


def test_a_changed_headline_is_marked() -> None:
    changes = compare_versions("Muelle nuevo", OLD, "Muelle viejo", OLD)
    assert changes.headline == ("Muelle nuevo", "Muelle viejo")
    assert changes.parts == ()


def test_an_added_and_a_removed_paragraph_are_one_part_each() -> None:
    first, second, third = OLD.splitlines()
    changes = compare_versions("x", OLD, "x", f"{first}\n{third}\nEl alcalde saludó la noticia.")
    assert [(part.out, part.into) for part in changes.parts] == [(second, ""), ("", "El alcalde saludó la noticia.")]


def test_chinese_is_compared_by_characters() -> None:
    changes = compare_versions("标题", "项目投资40亿元，明年三月开工。", "标题", "项目投资45亿元，明年四月开工。")
    assert [(part.out, part.into, part.marks) for part in changes.parts] == [
        ("40", "45", ("figure",)),
        ("三", "四", ()),
    ]


def test_typography_is_no_change() -> None:
    changes = compare_versions("“Muelle”", "Dijo: “sí” —y firmó—.", '"Muelle"', 'Dijo: "sí" -y  firmó-.')
    assert (changes.headline, changes.parts) == (None, ())


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_version_does_not_differ_from_itself_and_any_two_can_be_compared(old: str, new: str) -> None:
    assert compare_versions("x", old, "x", old).parts == ()
    changes = compare_versions("x", old, "x", new)
    assert changes.words_out <= len(old) * 4 + 4  # NFKC makes up to 18 characters of one, few of them words
    json.dumps([part.marks for part in changes.parts])


def test_all_versions_can_be_read_in_order_with_their_times(tmp_path: Path) -> None:
    db = open_news(tmp_path / "news.db")
    article = Article(url="https://d.test/a", key="d.test/a", outlet="d", title="Muelle nuevo", text=OLD, language="es")
    for hours, text in enumerate((OLD, OLD.replace("40", "41"), OLD.replace("40", "42"))):
        saved = save_article(db, replace(article, text=text), seen_at=NOON + dt.timedelta(hours=hours), place=None)
    found = read_versions(db, saved.article_id)
    assert [version.since for version in found] == [
        "2026-11-20T12:00:00Z",
        "2026-11-20T13:00:00Z",
        "2026-11-20T14:00:00Z",
    ]
    assert [version.text.split()[3] for version in found] == ["40", "41", "42"]
    stored = [json.loads(row["changes"]) for row in db.query("SELECT changes FROM revisions ORDER BY id")]
    assert [(change["figures_out"], change["figures_in"]) for change in stored] == [(["40"], ["41"]), (["41"], ["42"])]
    assert read_versions(db, 999) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\n" * 20_000, "a\nb\nc\n" * 20_000),
        ("a b " * 20_000, "a b c " * 20_000),
        (
            "".join(chr(0x4E00 + i * 7919 % 3000) for i in range(100_000)),
            "".join(chr(0x4E00 + i * 104729 % 2999) for i in range(100_000)),
        ),
    ],
    ids=["paragraphs", "words", "characters"],
)
def test_texts_made_to_be_hard_to_compare_are_compared_quickly(old: str, new: str) -> None:
    began = time.process_time()
    changes = compare_versions("Chancay", old, "Chancay", new)
    assert time.process_time() - began < 5
    assert changes.words_in > 0
    assert changes.parts
