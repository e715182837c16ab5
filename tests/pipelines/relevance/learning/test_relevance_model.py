"""The file of a model: written in one step, read once, and never trusted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.relevance.learning.relevance_model import ModelError, read_model, write_model
from pipelines.relevance.topic_file import TOPICS_FOLDER
from tests.fixtures.learned_topics import make_direction, make_model

SHIPPED = TOPICS_FOLDER / "china_peru" / "model.json"


def test_a_model_is_read_as_it_was_written(tmp_path: Path):
    path = tmp_path / "new" / "model.json"
    write_model(path, make_model(bias=-1.25, head=make_direction(3) * 0.5))
    found = read_model(path)
    assert found.bias == -1.25
    assert np.array_equal(found.head, make_direction(3) * 0.5)
    assert found.names["b"]["es"] == "Perú"
    assert [file.name for file in path.parent.iterdir()] == ["model.json"]


def test_a_changed_file_is_read_again(tmp_path: Path):
    path = tmp_path / "model.json"
    write_model(path, make_model(bias=1))
    assert read_model(path) is read_model(path)
    write_model(path, make_model(bias=-22.5))
    assert read_model(path).bias == -22.5


def test_the_shipped_model_is_small_and_can_be_read():
    assert SHIPPED.stat().st_size < 12_000
    assert read_model(SHIPPED).texts["relevant"] > 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bias": "high"}, "damaged"),
        ({"bias": float("nan")}, "damaged"),
        ({"head": [0.1] * 511}, "damaged"),
        ({"more": 1}, "damaged"),
        ({"encoder": "another/1"}, "made for another/1"),
    ],
)
def test_what_is_no_model_is_named_in_one_line(tmp_path: Path, change: dict[str, object], said: str):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(SHIPPED.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(ModelError, match=said) as raised:
        read_model(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"0", b"[" * 20_000, b" " * 1_000_001])
def test_any_other_file_is_an_error_of_its_own_kind(tmp_path: Path, body: bytes):
    path = tmp_path / "model.json"
    path.write_bytes(body)
    with pytest.raises(ModelError):
        read_model(path)


def test_a_missing_file_is_an_error(tmp_path: Path):
    with pytest.raises(ModelError, match="No such file"):
        read_model(tmp_path / "none.json")
