"""What a topic has learned: the weights of a logistic regression over the rule's measures and a text's wording."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from db.draft_files import write_file
from pipelines.relevance.learning.text_vectors import SideNames
from pipelines.vectors import ENCODER, VECTOR_LENGTH, Vectors

MODEL_FILE = "model.json"
MAX_MODEL_BYTES = 1_000_000
_DECIMALS = 3  # of a weight in the file

Weights = Annotated[tuple[float, ...], Field(min_length=VECTOR_LENGTH, max_length=VECTOR_LENGTH)]


class ModelError(Exception):
    """The model can't be used. The text is one line: file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceModel:
    """Weights in logits. `bias` and `measures` belong to names, `head` and `evidence` to wording."""

    names: SideNames  # what the countries of both sides were called in the texts that it learned from
    bias: float
    measures: Mapping[str, float] = field(repr=False)
    head: Vectors = field(repr=False)  # of shape (VECTOR_LENGTH,)
    evidence: Vectors = field(repr=False)
    texts: Mapping[str, int] = field(default_factory=dict)  # how many it learned from, by label
    marks: int = 0  # how many of them are marks of the desk

    def weigh_measures(self, measures: Mapping[str, float]) -> float:
        """Return what the names of a text add to its score, in logits."""
        return self.bias + math.fsum(self.measures.get(name, 0.0) * value for name, value in measures.items())


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    encoder: str
    names: dict[str, dict[str, str]]
    texts: dict[str, int]
    marks: int
    bias: float
    measures: dict[str, float]
    head: Weights
    evidence: Weights


def read_model(path: Path) -> RelevanceModel:
    """Read a model's file; the same file is read once. Raises ModelError, also if there is none."""
    try:
        state = path.stat()
        if state.st_size > MAX_MODEL_BYTES:
            raise ModelError(f"{path}: not a model of `vigia topics train`; delete it")
        return _read(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error


@functools.lru_cache(maxsize=8)
def _read(path: Path, modified_ns: int, size: int) -> RelevanceModel:  # noqa: ARG001 - a changed file is another one
    try:
        file = _File.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError, ValidationError) as error:
        raise ModelError(f"{path}: damaged; delete it, or train again with `vigia topics train`") from error
    if file.encoder != ENCODER:
        raise ModelError(f"{path}: made for {file.encoder}, not {ENCODER}; train again with `vigia topics train`")
    return RelevanceModel(
        names=file.names,
        bias=file.bias,
        measures=file.measures,
        head=np.array(file.head, np.float32),
        evidence=np.array(file.evidence, np.float32),
        texts=file.texts,
        marks=file.marks,
    )


def write_model(path: Path, model: RelevanceModel) -> None:
    """Write a model's file in one step. Raises OSError."""
    rows = {
        "encoder": ENCODER,
        "names": model.names,
        "texts": dict(model.texts),
        "marks": model.marks,
        "bias": round(model.bias, _DECIMALS),
        "measures": {name: round(weight, _DECIMALS) for name, weight in model.measures.items()},
        "head": _rounded(model.head),
        "evidence": _rounded(model.evidence),
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in rows.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, f"{{\n{lines}\n}}\n".encode())


def _rounded(weights: Vectors) -> list[float]:
    return [round(float(weight), _DECIMALS) for weight in weights]
