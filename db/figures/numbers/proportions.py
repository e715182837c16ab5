"""Parts and multiples of a whole: "la mitad", "two-thirds", "one in three", 三分之一, 七成, "tripled"; in percent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from db.figures.lexicon import NUMBER_WORDS
from db.figures.numbers.chinese_numerals import read_chinese_numeral
from db.figures.numbers.numerals import FRACTIONS


class Share(NamedTuple):
    """A share in percent that begins where it was looked for and ends at `end`, with a qualifier of its own."""

    end: int
    value: float
    high: float | None = None
    qualifier: str = ""
    is_multiple: bool = False  # of what was before: "doubled" is 200 %, which is no share and no growth


_MULTIPLES = {
    "doubl": 200, "tripl": 300, "trebl": 300, "quadrupl": 400, "quintupl": 500, "halv": 50,
    "duplic": 200, "triplic": 300, "cuadruplic": 400, "quintuplic": 500, "dobl": 200,
}  # fmt: skip
_OF_MULTIPLES = ("multiple", "fold", "twice", "times", "name")  # groups of the forms below
_TIMES_NAMES = {"doble": 200, "triple": 300, "cuadruple": 400, "cuadruplo": 400, "quintuple": 500}
_WORD = r"[a-z]++|[0-9]{1,3}"
_ENDS = r"\s*[.,;:)]|\s*$"  # what may follow a part that stands for itself
_BEHIND = (
    r"(?=\s+(?:of|less|more|lower|higher|below|above|off|short|fewer|larger|smaller|cheaper|in|from|to|by|since|this|last|on|and|is|are|was"
    rf"|were|went|goes|go|come|live)\b|{_ENDS})"
)
_NO_TIME = r"\b(?! (?:years?|months?|weeks?|days?|hours?|minutes?)\b)"
_COMPARED = r"the|as|its|their|that|those|what|last"
_FORMS_EN = (
    r"(?P<n>[a-z]++|[0-9])[ -](?P<part>thirds|quarters|fourths|fifths|sixths|sevenths|eighths|ninths|tenths)\b",
    r"(?P<n>an?|one)[ -](?P<part>third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twentieth|hundredth)"
    + _BEHIND,
    r"(?P<n>one)-(?P<part>third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b",
    (
        r"(?<!first )(?<!second )(?<!latter )(?<!last )(?<!other )(?<!better )(?P<part>half)"
        r"(?= (?:of|the|its|their|his|her|our|all|as|that|this|to|in|is|are|was|were|comes?|goe?s?)\b"
        rf"|{_ENDS})"
    ),
    rf"(?P<n>{_WORD}) (?:[a-z]++ )??(?:in every|out of every|of every|in|out of|of) (?P<m>{_WORD}){_NO_TIME}",
    r"(?P<multiple>doubl|tripl|trebl|quadrupl|quintupl|halv)(?:ed|ing|es)\b",
    rf"(?P<multiple>doubl|tripl|quadrupl)e(?= (?:{_COMPARED}|by|to)\b)",
    r"(?P<fold>[a-z]{2,9}?|[0-9]{1,4})-?fold\b",
    rf"(?P<twice>twice|thrice)(?= (?:{_COMPARED})\b)",
    (
        r"(?P<times>[a-z]++|[0-9]{1,3}(?:\.[0-9])?) times"
        rf"(?= (?:{_COMPARED}|more|higher|larger|greater|bigger|over|faster|above|longer|heavier|less)\b)"
    ),
)
_FEMININE = "tercera|cuarta|quinta|sexta|septima|octava|novena|decima|vigesima|centesima"
_FORMS_ES = (
    rf"(?P<n>[a-z]++|[0-9]) (?P<part>{_FEMININE})s? partes?\b",
    rf"(?:la|una) (?P<part>{_FEMININE}) parte\b",
    r"(?P<n>un|dos|tres|cuatro|[0-9]) (?P<part>tercio|quinto|sexto|octavo|decimo)s?\b(?! (?:de final|lugar|puesto))",
    rf"(?P<n>un|tres) (?P<part>cuarto)s?(?= del?\b(?! final)|{_ENDS})",
    r"(?:la|una) (?P<half>mitad)\b",
    rf"(?P<n>{_WORD}) (?:[a-z]++ )??de (?:cada|entre|entre cada) (?P<m>{_WORD})\b",
    r"(?:el|al) (?P<name>doble|triple|cuadruple|cuadruplo|quintuple)\b",
    (
        r"(?P<multiple>duplic|triplic|cuadruplic|quintuplic)"
        r"(?:o|a|an|aron|ado|ada|ados|adas|ar|aria|arian|ara|aran|arse|ando|andose|aba|aban)\b"
    ),
    (
        r"(?P<times>[a-z]++|[0-9]{1,3}(?:[.,][0-9])?) veces"
        r"(?= (?:mas|mayor|mayores|superior|superiores|menos|menor|el|la|los|lo|su)\b)"
    ),
)
_FORMS = {
    language: tuple(re.compile(f"(?<![a-z0-9]){form}") for form in forms)
    for language, forms in (("en", _FORMS_EN), ("es", _FORMS_ES))
}
_DIGITS = "〇零一二两三四五六七八九十百千0-9.点"
_CHINESE_FRACTION = re.compile(rf"(?P<whole>[{_DIGITS}万]{{1,8}})分之(?P<part>[{_DIGITS}]{{1,8}})")
_CHINESE_HALF = re.compile(r"(?:一|过|近|大)半(?![成年天个小月径导夜球岛决场])|半数")
_CHINESE_TENTHS = re.compile(r"成(?![员立为功本果都熟品交长就套因语效绩分型])(?P<rest>[一二三四五六七八九]{1,2}|半)?")
_CHINESE_DOUBLING = re.compile(r"翻(?:了|上)?(?:(?P<n>[一两二三四五六七八九半0-9])番|一?倍|番)")
_CHINESE_TIMES = re.compile(r"[多余]?倍(?![受增感加率数速频])")
_TIMES_WORDS = {"twice": 2.0, "thrice": 3.0}


def read_share(text: str, start: int, language: str) -> Share | None:
    """Read the share that begins at `start` of a folded text; None if none does."""
    if language not in _FORMS:
        return None
    values = NUMBER_WORDS[language].values
    for form in _FORMS[language]:
        if match := form.match(text, start):
            value = _share_value(match, lambda word: values.get(word) if not word[0].isdigit() else _number(word))
            if value is not None:
                names = match.groupdict()
                return Share(match.end(), value, is_multiple=any(names.get(name) for name in _OF_MULTIPLES))
    return None


def _number(word: str) -> float:
    return float(word.replace(",", "."))


def _share_value(match: re.Match[str], number: Callable[[str], float | None]) -> float | None:
    found = match.groupdict()
    if found.get("half"):
        return 50.0
    if name := found.get("name"):
        return float(_TIMES_NAMES[name])
    if multiple := found.get("multiple"):
        return float(_MULTIPLES[multiple])
    if twice := found.get("twice"):
        return 100 * _TIMES_WORDS[twice]
    if times := found.get("times") or found.get("fold"):
        value = number(times)
        return None if value is None or value < 1 else 100 * value
    few = number(found["n"]) if found.get("n") else 1.0
    if few is None or few < 1:
        return None
    if many := found.get("m"):
        whole = number(many)
        is_round = whole is not None and (whole <= 10 or whole % 10 == 0) and whole <= 100
        every = " cada " in match[0] or "every" in match[0] or "out of" in match[0]
        if whole is None or not few < whole or not is_round or (" in " not in match[0] and not every):
            return None
        if not every and few != 1 and whole not in (10, 100):
            return None
        return 100 * few / whole
    part = found["part"]
    whole = FRACTIONS.get(part) or FRACTIONS.get(part.removesuffix("s"))
    return 100 * few / whole if whole and few < whole else None


def read_chinese_share(text: str, start: int) -> Share | None:
    """Read the Chinese share that begins at `start` of a folded text; None if none does."""
    if match := _CHINESE_FRACTION.match(text, start):
        whole, part = _value_of(match["whole"]), _value_of(match["part"])
        if whole and part is not None:
            return _find_end_of_range(text, Share(match.end(), 100 * part / whole))
        return None
    if match := _CHINESE_HALF.match(text, start):
        return Share(
            match.end(), 50.0, qualifier={"过": "more_than", "近": "almost", "大": "more_than"}.get(match[0][0], "")
        )
    if text.startswith("半成", start):
        return Share(start + 2, 5.0)
    if match := _CHINESE_DOUBLING.match(text, start):
        times = _value_of(match["n"]) if match["n"] and match["n"] != "半" else 1.0
        return Share(match.end(), 100.0 * 2 ** (times or 1.0), is_multiple=True)
    numeral = read_chinese_numeral(text, start) if text[start] not in "翻半过近大" else None
    if numeral is None or numeral.value is None or numeral.needs_qualifier:
        return None
    qualifier = "more_than" if numeral.is_more else ""
    if (match := _CHINESE_TENTHS.match(text, numeral.end)) and numeral.value <= 10:
        high = numeral.high * 10 if numeral.high is not None else None
        return Share(match.end(), numeral.value * 10 + _tenths_behind(match["rest"]), high, qualifier)
    if match := _CHINESE_TIMES.match(text, numeral.end):
        qualifier = "more_than" if len(match[0]) > 1 else qualifier
        return Share(match.end(), numeral.value * 100, numeral.high and numeral.high * 100, qualifier, is_multiple=True)
    return None


def _find_end_of_range(text: str, first: Share) -> Share:
    """Return 百分之八至百分之十二 as a range, else the first share alone."""
    match = _CHINESE_FRACTION.match(text, first.end + 1) if text.startswith(("至", "到"), first.end) else None
    whole, part = (_value_of(match["whole"]), _value_of(match["part"])) if match else (None, None)
    if match is None or not whole or part is None or 100 * part / whole <= first.value:
        return first
    return Share(match.end(), first.value, 100 * part / whole)


def _tenths_behind(signs: str | None) -> float:
    """Return the percents behind 成: 五 is 5, 九五 is 9.5, 半 is 5."""
    if not signs or signs == "半":
        return 5.0 if signs else 0.0
    return float(_value_of(signs[0]) or 0.0) + (float(_value_of(signs[1]) or 0.0) / 10 if len(signs) > 1 else 0.0)


def _value_of(run: str) -> float | None:
    numeral = read_chinese_numeral(run, 0)
    return numeral.value if numeral and numeral.end == len(run) else None
