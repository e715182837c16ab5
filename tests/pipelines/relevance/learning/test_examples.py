"""Labelled examples: kept without their texts, and found again by what they read like."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pipelines.relevance.learning.examples import (
    EXAMPLES_FILE,
    ExamplesError,
    Features,
    find_similar_texts,
    read_examples,
    write_examples,
)
from pipelines.relevance.topic_file import TOPICS_FOLDER
from tests.fixtures.learned_topics import make_direction, make_example


def test_examples_are_read_as_they_were_written(tmp_path: Path):
    path = tmp_path / "labels.jsonl"
    written = [
        make_example("a", is_relevant=True, about=1, title="Un título"),
        make_example("b", is_relevant=False, about=2, is_mark=True, at_home=True),
    ]
    unnamed = make_example("a", is_relevant=True, about=3)
    written[0] = dataclasses.replace(written[0], masked=Features(measures=unnamed.measures, means=unnamed.means))
    write_examples(path, written)
    found = read_examples(path).all
    assert [(it.id, it.label, it.title, it.is_mark, it.stands_by_home) for it in found] == [
        ("a", "relevant", "Un título", False, False),
        ("b", "irrelevant", "", True, True),
    ]
    assert found[0].measures == written[0].measures
    assert np.allclose(found[0].means, written[0].means, atol=0.01)
    assert found[0].masked is not None
    assert found[0].masked.measures == unnamed.measures
    assert np.allclose(found[0].masked.means, unnamed.means, atol=0.01)
    assert found[1].masked is None


def test_no_file_is_no_examples(tmp_path: Path):
    assert read_examples(tmp_path / "none.jsonl").all == ()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}\n{}", b'{"encoder": "another/1", "measures": []}\n', b"\xff", b"[" * 20_000]
)
def test_any_other_file_is_an_error_of_its_own_kind(tmp_path: Path, body: bytes):
    path = tmp_path / "labels.jsonl"
    path.write_bytes(body)
    with pytest.raises(ExamplesError) as raised:
        read_examples(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_the_nearest_texts_with_a_title_come_first(tmp_path: Path):
    path = tmp_path / "labels.jsonl"
    write_examples(
        path,
        [
            make_example("far", is_relevant=True, about=1, title="Otra cosa"),
            make_example("hidden", is_relevant=True, about=2),
            make_example("near", is_relevant=False, about=2, title="Casi lo mismo"),
        ],
    )
    (only,) = find_similar_texts(np.stack([make_direction(2)] * 2), [read_examples(path)])
    assert (only.title, only.label, only.similarity) == ("Casi lo mismo", "irrelevant", 1.0)
    assert find_similar_texts(np.zeros((2, 512), np.float32), [read_examples(path)]) == ()


def test_the_shipped_examples_hold_titles_of_our_own_cases_alone():
    shipped = read_examples(TOPICS_FOLDER / "china_peru" / EXAMPLES_FILE)
    own = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].glob("*_cases.toml"))
    assert len(shipped.all) > 400
    assert len({example.id for example in shipped.all}) == len(shipped.all)
    assert all(f"title = {_quoted(example.title)}" in own for example in shipped.shown)


def _quoted(title: str) -> str:
    return "'" + title + "'" if '"' in title else f'"{title}"'
