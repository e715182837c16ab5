"""Texts with a person's label, as a topic learns from them: measures and vectors, without the texts themselves."""

from __future__ import annotations

import functools
import heapq
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from db.draft_files import write_file
from db.model.verdict import SimilarText
from pipelines.vectors import ENCODER, VECTOR_LENGTH, Vectors

EXAMPLES_FILE = "labels.jsonl"
MAX_EXAMPLES_BYTES = 50_000_000
SIMILAR_TEXTS = 2  # shown beside an article
_MIN_SIMILARITY = 0.3  # below it, a text does not read like another
_STEPS = 127  # of a quantised number on either side of zero


class ExamplesError(Exception):
    """Labelled texts can't be read. The text is one line: file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a model reads of a text."""

    measures: Mapping[str, float] = field(repr=False)  # of the rule
    means: Vectors = field(repr=False)  # of its wording, shape (2, VECTOR_LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled text that names both sides of the topic."""

    id: str
    is_relevant: bool
    language: str
    measures: Mapping[str, float] = field(repr=False)  # of the rule
    means: Vectors = field(repr=False)  # of its wording, shape (2, VECTOR_LENGTH)
    masked: Features | None = None  # without its countries' names; None if it names both sides by these alone
    title: str = ""  # "" if it must not be shown
    stands_by_home: bool = False  # one side is only the outlet's home
    is_mark: bool = False

    @property
    def label(self) -> str:
        """The label as analysts write it."""
        return "relevant" if self.is_relevant else "irrelevant"


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """The examples of one file, and the directions of those whose titles may be shown."""

    all: tuple[Example, ...] = ()
    shown: tuple[Example, ...] = ()
    directions: Vectors = field(default_factory=lambda: np.zeros((0, 2 * VECTOR_LENGTH), np.float32), repr=False)


@functools.lru_cache(maxsize=4)
def _read(path: Path, modified_ns: int, size: int) -> Examples:  # noqa: ARG001 - a changed file is another
    head, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    if head["encoder"] != ENCODER:
        raise ExamplesError(f"{path}: made with {head['encoder']}, not {ENCODER}")
    examples = tuple(
        Example(
            id=row["id"],
            is_relevant=row["label"] == "relevant",
            language=row["language"],
            measures=dict(zip(head["measures"], row["measures"], strict=True)),
            means=np.stack([_unpack(row["head"]), _unpack(row["evidence"])]),
            masked=_read_masked(head["measures"], row["masked"]) if "masked" in row else None,
            title=row.get("title", ""),
            stands_by_home=row.get("stands_by_home", False),
            is_mark=row.get("is_mark", False),
        )
        for row in rows
    )
    shown = tuple(example for example in examples if example.title)
    return (
        Examples(examples, shown, np.stack([_direction(example.means) for example in shown]))
        if shown
        else Examples(examples)
    )


def _read_masked(names: Sequence[str], row: Mapping[str, Any]) -> Features:
    return Features(
        measures=dict(zip(names, row["measures"], strict=True)),
        means=np.stack([_unpack(row["head"]), _unpack(row["evidence"])]),
    )


def read_examples(path: Path) -> Examples:
    """Read a file of examples, none if there is no file; the same file is read once. Raises ExamplesError."""
    try:
        state = path.stat()
        if state.st_size > MAX_EXAMPLES_BYTES:
            raise ExamplesError(f"{path}: not a file of `vigia topics train`; delete it")
        return _read(path, state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        return Examples()
    except OSError as error:
        raise ExamplesError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ExamplesError(f"{path}: damaged; delete it, or train again with `vigia topics train`") from error


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Write examples in one step, one a line behind a line that names the encoder and the measures. Raises OSError."""
    names = list(examples[0].measures) if examples else []
    lines = [json.dumps({"encoder": ENCODER, "measures": names})]
    for example in examples:
        row: dict[str, object] = {"id": example.id, "label": example.label, "language": example.language}
        row |= {"title": example.title} if example.title else {}
        row |= {"stands_by_home": True} if example.stands_by_home else {}
        row |= {"is_mark": True} if example.is_mark else {}
        row |= _write_features(names, example.measures, example.means)
        if masked := example.masked:
            row["masked"] = _write_features(names, masked.measures, masked.means)
        lines.append(json.dumps(row, ensure_ascii=False))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, ("\n".join(lines) + "\n").encode())


def _write_features(names: Sequence[str], measures: Mapping[str, float], means: Vectors) -> dict[str, object]:
    return {
        "measures": [round(measures[name], 3) for name in names],
        "head": _pack(means[0]),
        "evidence": _pack(means[1]),
    }


def find_similar_texts(means: Vectors, files: Iterable[Examples]) -> tuple[SimilarText, ...]:
    """Return the examples with a title whose wording is nearest, the nearest first."""
    direction = _direction(means)
    near = [
        (-float(cosine), example.id, example)
        for file in files
        for cosine, example in zip((file.directions @ direction).tolist(), file.shown, strict=True)
        if cosine >= _MIN_SIMILARITY
    ]
    return tuple(
        SimilarText(title=example.title, label=example.label, similarity=round(-cosine, 2))
        for cosine, _, example in heapq.nsmallest(SIMILAR_TEXTS, near, key=lambda found: found[:2])
    )


def _direction(means: Vectors) -> Vectors:
    """Return both vectors as one of length 1, each of them with the same weight."""
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    flat = (means / np.where(lengths, lengths, 1)).ravel()
    direction: Vectors = (flat / (np.linalg.norm(flat) or 1)).astype(np.float32)
    return direction


def _pack(vector: Vectors) -> str:
    """Write a vector with 8 bits a number, behind its largest number."""
    largest = float(np.abs(vector).max()) or 1.0
    steps = np.round(vector * (_STEPS / largest)).astype(np.int8)
    return f"{largest:.4f} {b64encode(steps.tobytes()).decode()}"


def _unpack(text: str) -> Vectors:
    largest, _, steps = text.partition(" ")
    numbers = np.frombuffer(b64decode(steps, validate=True), np.int8).astype(np.float32)
    if numbers.shape != (VECTOR_LENGTH,):
        raise ValueError("a vector of another length")
    return numbers * np.float32(float(largest) / _STEPS)
