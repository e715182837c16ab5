"""Give numbers without a unit the unit of their neighbours: "400 of the 1,100 workers"; leave out the others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from db.figures.amounts import Amount
from db.figures.figure import Figure
from db.figures.lexicon import MONEY_WORDS

_WINDOW = 80  # characters before a number in which a word says that it is money
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？;；\n]")
_TO_NEXT = re.compile(
    r"\s?(?:of|of the|of its|of their|de los|de las|de sus|to|a|hasta|y|and|or|o|until"
    r"|至|到|和|、|增至|增加到|提高到|降至|升至|减至)\s?"
)
# Behind a small number that counts what was counted before.
_GOES_ON = re.compile(
    r"\s(?:de ellos|de ellas|of them|of whom|of which|who|that|segun|en contra|a favor|en total|in total|in favor"
    r"|against|on|for|un[oa]? de|as of|y)\b"
)
_INHERITED = frozenset(("count", "mass", "money", "volume", "area", "distance", "power", "energy"))
_SPLIT_KINDS = frozenset(("percent", "duration", "date"))


def resolve_amounts(text: str, amounts: Sequence[Amount]) -> list[Figure]:
    """Return the figures of the amounts of a folded text, in order; without numbers whose unit nothing says."""
    figures: list[Figure] = []
    previous: Amount | None = None
    for place, amount in enumerate(amounts):
        if amount.kind:
            resolved: Amount | None = amount
        else:
            following = amounts[place + 1] if place + 1 < len(amounts) else None
            resolved = _resolve(text, amount, previous, following)
        if resolved is None:
            continue
        if resolved.kind not in _SPLIT_KINDS:
            previous = resolved
        figures.append(_make_figure(resolved))
    return figures


def _resolve(text: str, amount: Amount, previous: Amount | None, following: Amount | None) -> Amount | None:
    numeral = amount.numeral
    if numeral is None:
        return None
    is_next = following is not None and following.kind in _INHERITED and not numeral.is_one
    if is_next and following and _TO_NEXT.fullmatch(text, amount.end, following.start):
        return _with_unit(amount, following)
    if previous is not None and _SENTENCE_END.search(text, previous.end, amount.start):
        previous = None
    is_large = numeral.is_grouped or numeral.scale > 1
    if not is_large and not amount.qualifier and not _GOES_ON.match(text, amount.end):
        return None
    if previous is not None and previous.kind in _INHERITED:
        return _with_unit(amount, previous)
    if not is_large and not amount.qualifier:
        return None
    if numeral.scale >= 1e4 and _tells_money(text, amount.start):
        return Amount(amount.start, amount.end, "money", "?", amount.value, amount.high, amount.qualifier)
    return Amount(amount.start, amount.end, "count", "", amount.value, amount.high, amount.qualifier)


def _with_unit(amount: Amount, other: Amount) -> Amount:
    value = amount.value * other.factor if isinstance(amount.value, float) else amount.value
    high = None if amount.high is None else amount.high * other.factor
    return Amount(
        amount.start, amount.end, other.kind, other.unit, value, high, amount.qualifier, other.factor, amount.numeral
    )


def _tells_money(text: str, start: int) -> bool:
    words = _SENTENCE_END.split(text[max(0, start - _WINDOW) : start])[-1]
    return any(f" {word}" in f" {words}" if word.isascii() else word in words for word in MONEY_WORDS)


def _make_figure(amount: Amount) -> Figure:
    if amount.high is not None and isinstance(amount.value, float):
        return Figure(
            start=amount.start, end=amount.end, surface="", kind=amount.kind, unit=amount.unit, qualifier="range",
            low=min(amount.value, amount.high), high=max(amount.value, amount.high),
        )  # fmt: skip
    return Figure(
        start=amount.start, end=amount.end, surface="", kind=amount.kind, unit=amount.unit, qualifier=amount.qualifier,
        value=amount.value,
    )  # fmt: skip
