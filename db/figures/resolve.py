"""Give numbers without a unit the unit of their neighbours: "400 of the 1,100 workers"; leave out the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from db.figures.amounts import Amount
from db.figures.lexicon import BARE_RATE_WORDS, CASUALTY_VERBS, COUNTING_VERBS, MONEY_WORDS, RATE_WORDS
from db.figures.tolls import find_counted_noun
from db.model.figure import Figure

_WINDOW = 80  # characters before a number in which a word says that it is money
_NEAR = 8  # characters before a number that has the unit of another otherwise
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？\n]")
_LAST_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]++) (?:a |at |to )?$")
# Between a quantity and a number of the same unit that it is compared with: "38 minutes from 55".
_FROM_PREVIOUS = re.compile(
    r",? (?:up |down )?(?:from|against|versus|vs\.?|compared (?:with|to)|instead of|to|contra|frente a(?: los| las)?"
    r"|en vez de|desde|not|no|y no)(?: some| unos| unas| about)? |，?(?:而不是|而非|高于|低于|上一?年为|去年为)"
)
# Before a number of what the sentence has counted: "from 12 to 16 reefers a week will be opened instead of three".
_INSTEAD = re.compile(r"\b(?:instead of|rather than|en vez de|en lugar de)(?: the| los| las)? $")
_TO_NEXT = re.compile(
    r"\s?(?:of|out of|out of the|of the|of its|of their|de los|de las|de sus|to|a|hasta|y|and|or|o|until"
    r"|至|到|和|、|增至|增加到|提高到|降至|升至|减至)\s?"
)
_TO_SHARE = re.compile(r" (?:to|a|hasta) ")  # "from 41 to 36 percent"
# Behind a small number that counts what was counted before.
_GOES_ON = re.compile(
    r"\s(?:de ellos|de ellas|of them|of whom|of which|who|that|segun|en contra|a favor|en total|in total|in favor"
    r"|against|on|for|un[oa]? de|as of|y|fueron|quedaron|resultaron|estan|were|are|remain)\b"
)
_RATES = (*RATE_WORDS, *BARE_RATE_WORDS)
_MAX_RATE = 1e4  # of an exchange rate read with its decimals as thousands
_MAX_SHARED_RATIO = 10.0  # between two numbers of one multiplier
_ANDS = frozenset(("y", "and", "和", "、"))
_LEADS_TO_LIST = re.compile(r"(?:\b(?:de|entre|of|between) |[为约达])$")
_COMPOUND_KINDS = frozenset(("duration", "mass", "distance", "money"))
_COMPOUND_GAPS = frozenset((" ", " y ", " and ", " con ", "", "零", "又"))
_OTHERS = frozenset(("otros", "otras", "other", "another", "further"))  # before a number of what was counted
_STANDS_FOR_ITSELF = re.compile(r"\s(?:who|of (?:them|whom)|de ell[oa]s|quedaron|resultaron|estan|were|are|remain)\b")
_INHERITED = frozenset(("count", "mass", "money", "volume", "area", "distance", "power", "energy"))


def resolve_amounts(text: str, amounts: Sequence[Amount]) -> list[Figure]:
    """Return the figures of the amounts of a folded text, in order; without numbers whose unit nothing says."""
    amounts = list(_join_compounds(text, amounts))
    figures: list[Figure] = []
    last: Amount | None = None  # the quantity before
    counted: Amount | None = None  # the last that is no share and no period
    for place, amount in enumerate(amounts):
        if amount.kind:
            resolved: Amount | None = amount
        else:
            following = amounts[place + 1] if place + 1 < len(amounts) else None
            resolved = _resolve_toll(text, amount) or _resolve(text, amount, last, counted, following)
        if resolved is None:
            continue
        last = resolved
        counted = resolved if resolved.kind in _INHERITED else counted
        figures.append(_make_figure(resolved))
    return figures


def _join_compounds(text: str, amounts: Sequence[Amount]) -> Iterator[Amount]:
    """Yield the amounts, those in two units as one: "2 hours and 40 minutes", "1 tonelada 250 kilos"."""
    waiting: Amount | None = None
    for amount in amounts:
        if waiting is not None and _is_rest(text, waiting, amount):
            value = float(waiting.value or 0.0) + float(amount.value or 0.0)
            waiting = replace(waiting, end=amount.end, value=value, factor=amount.factor)
            continue
        if waiting is not None:
            yield waiting
        waiting = amount
    if waiting is not None:
        yield waiting


def _is_rest(text: str, first: Amount, second: Amount) -> bool:
    return (
        first.kind in _COMPOUND_KINDS
        and (first.kind, first.unit) == (second.kind, second.unit)
        and first.high is None
        and second.high is None
        and second.qualifier == ""
        and isinstance(second.value, float)
        and second.factor < first.factor
        and second.value < first.factor
        and text[first.end : second.start] in _COMPOUND_GAPS
    )


def _resolve_toll(text: str, amount: Amount) -> Amount | None:
    """Return a number that counts what its sentence names apart from it; None if it names nothing."""
    if amount.numeral is None or amount.numeral.is_one:
        return None
    noun = find_counted_noun(text, amount.start, amount.end)
    return replace(amount, kind="count", unit=noun) if noun else None


def _resolve(
    text: str, amount: Amount, last: Amount | None, counted: Amount | None, following: Amount | None
) -> Amount | None:
    numeral = amount.numeral
    if numeral is None:
        return None
    if following is not None and following.kind in (*_INHERITED, "percent", "duration") and not numeral.is_one:
        links = _TO_NEXT if following.kind in _INHERITED else _TO_SHARE
        gap = links.fullmatch(text, amount.end, following.start)
        if gap is not None:
            may_share = "of" not in gap[0] and (gap[0].strip() not in _ANDS or _is_list(text, amount.start))
            is_part = gap[0].strip().startswith("de ")
            return _share_scale(_with_unit(amount, following), following, may_share=may_share, is_part=is_part)
    if last is not None and last.kind != "date" and _is_set_against(text, last, amount):
        return _share_scale(_with_unit(amount, last), last, may_share=True)
    if counted is not None and _SENTENCE_END.search(text, counted.end, amount.start):
        counted = None
    is_large = numeral.is_grouped or numeral.scale > 1
    is_told = is_large or (amount.qualifier != "" and not numeral.is_one)
    verb = _LAST_WORD.search(text[max(0, amount.start - 14) : amount.start])
    is_casualty = verb is not None and verb[1] in CASUALTY_VERBS
    is_counted = (
        verb is not None
        and (verb[1] in COUNTING_VERBS or verb[1] in _OTHERS)
        and counted is not None
        and counted.kind == "count"
    )
    if not is_told and not is_casualty and not is_counted and not _GOES_ON.match(text, amount.end):
        return None
    if counted is not None and counted.kind != "count" and not is_large:
        counted = None
    if numeral.sign and (numeral.value or 0.0) < _MAX_RATE and _tells(text, amount.start, _WINDOW, _RATES):
        return None
    if counted is not None and not (numeral.scale >= 1e4 and _tells_money(text, amount.start, _NEAR)):
        return _with_unit(amount, counted)
    if is_casualty and not is_large:
        return replace(amount, kind="count", unit="people")
    if not is_told and not _STANDS_FOR_ITSELF.match(text, amount.end):
        return None
    if numeral.scale >= 1e4 and _tells_money(text, amount.start, _WINDOW):
        return replace(amount, kind="money", unit="?")
    return replace(amount, kind="count")


def _is_set_against(text: str, last: Amount, amount: Amount) -> bool:
    """Return True if a number is of the unit of the quantity before, with which it is compared."""
    if _FROM_PREVIOUS.fullmatch(text, last.end, amount.start):
        return True
    begin = max(last.end, amount.start - _WINDOW)
    return _INSTEAD.search(text, begin, amount.start) is not None and not _SENTENCE_END.search(
        text, last.end, amount.start
    )


def _share_scale(amount: Amount, following: Amount, *, may_share: bool, is_part: bool = False) -> Amount:
    """Give a number without a multiplier that of another: "de 7,5 y ocho millones", "4.200 millones frente a 2.400".

    A number of thousands takes it from another one of thousands alone, and none becomes much larger or smaller than the
    other by it: "400 de los 1,1 millones", "2 mil heridos, no 40". One that `is_part` of the other is not larger.
    """
    numeral, other = amount.numeral, following.numeral
    if not may_share or numeral is None or other is None or not isinstance(amount.value, float):
        return amount
    limit = 1e3 if other.base < 1e3 else 1e6
    if numeral.scale != 1 or other.scale < 1e3 or amount.value >= limit * amount.factor:
        return amount
    value = amount.value * other.scale
    ratio = value / following.value if isinstance(following.value, float) and following.value else 0.0
    is_near = 1 / _MAX_SHARED_RATIO < ratio < _MAX_SHARED_RATIO or not (numeral.value or 0.0).is_integer()
    if is_part:
        is_near = ratio <= 1
    return replace(amount, value=value) if is_near else amount


def _is_list(text: str, start: int) -> bool:
    """Return True if two values begin here, not two statements: "de 7,5 y ocho millones", "murieron 40 y 2 mil"."""
    return _LEADS_TO_LIST.search(text[max(0, start - _NEAR) : start]) is not None


def _with_unit(amount: Amount, other: Amount) -> Amount:
    value = amount.value * other.factor if isinstance(amount.value, float) else amount.value
    high = None if amount.high is None else amount.high * other.factor
    return replace(amount, kind=other.kind, unit=other.unit, value=value, high=high, factor=other.factor)


def _tells_money(text: str, start: int, window: int) -> bool:
    return _tells(text, start, window, MONEY_WORDS)


def _tells(text: str, start: int, window: int, told: Iterable[str]) -> bool:
    """Return True if one of these beginnings of words, or Chinese words, stands before `start` in its sentence."""
    words = _SENTENCE_END.split(text[max(0, start - window) : start])[-1]
    return any(f" {word}" in f" {words}" if word.isascii() else word in words for word in told)


def _make_figure(amount: Amount) -> Figure:
    if amount.high is not None and isinstance(amount.value, float):
        return Figure(
            start=amount.start, end=amount.end, surface="", kind=amount.kind, unit=amount.unit, qualifier="range",
            low=min(amount.value, amount.high), high=max(amount.value, amount.high),
            is_multiple=amount.is_multiple,
        )  # fmt: skip
    return Figure(
        start=amount.start, end=amount.end, surface="", kind=amount.kind, unit=amount.unit, qualifier=amount.qualifier,
        value=amount.value, is_multiple=amount.is_multiple,
    )  # fmt: skip
