"""How often judgements agree with the labels of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Precision, recall and F1 of "relevant", 0..1, over `texts` judgements; all are 0 if there are none."""

    texts: int
    precision: float
    recall: float
    f1: float


def measure_agreement(pairs: Iterable[tuple[bool, bool]]) -> Agreement:
    """Compare judgements with labels: pairs (labelled relevant, judged relevant)."""
    counts = Counter(pairs)
    right, false, missed = counts[True, True], counts[False, True], counts[True, False]
    return Agreement(
        texts=counts.total(),
        precision=right / max(1, right + false),
        recall=right / max(1, right + missed),
        f1=2 * right / max(1, 2 * right + false + missed),
    )
