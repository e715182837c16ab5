"""Numbers of Chinese texts: 41.2亿, 二十余万, 一万两千五百, 七八十."""

from __future__ import annotations

import re

from db.figures.numbers.digits import read_digits
from db.figures.numbers.numerals import Numeral

_VALUES = dict(zip("〇零一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_SMALL = {"十": 10.0, "百": 100.0, "千": 1000.0}
_LARGE = {"万": 1e4, "亿": 1e8, "兆": 1e12}
CHINESE_NUMBER_SIGNS = "〇零一二两三四五六七八九十百千万亿"
_MAX_SIGNS = 24  # of one number
_DIGIT = "〇零一二两三四五六七八九"
# Without a number before them they are figures of speech: 万亩, 万一; 百万 is a number.
_FIGURE_OF_SPEECH = re.compile(rf"亿万|[百千万亿](?:[{_DIGIT}十].*)?")
_RUN = re.compile(
    rf"(?:[{_DIGIT}十万亿]|百(?!分)|千(?![瓦米克卡伏赫帕焦])|兆(?![瓦赫帕焦字])|[多余几来](?=[十百千万亿])|(?<=[{_DIGIT}十])点(?=[{_DIGIT}])"
    rf"|(?<=[万亿])[0-9]{{1,4}}(?=[千百万])){{0,{_MAX_SIGNS}}}"
)
_MORE = re.compile(r"[多余](?!少)|几(?![乎何])|来(?=[个名人天年万])")
_PAIR = re.compile(rf"(?<![{_DIGIT}点])([一二两三四五六七八])([二两三四五六七八九])(?![{_DIGIT}点])")
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|.")


def read_chinese_numeral(text: str, start: int) -> Numeral | None:
    """Read the number that begins at `start` of a folded text; None if none does."""
    end = start
    lead = ""
    grouped = False
    sign = ""
    if text[start] in "0123456789":
        digits = read_digits(text, start, ".")
        if digits.value is None:
            return Numeral(start, digits.end, None, is_chinese=True)
        lead, end, grouped, sign = f"{digits.value:f}", digits.end, digits.is_grouped, digits.sign
    match = _RUN.match(text, end)
    run = match[0] if match else ""
    end += len(run)
    if not lead and not run:
        return None
    is_more = any(letter in "多余几" for letter in run)
    is_about = "来" in run
    if more := _MORE.match(text, end):
        is_about = is_about or more[0] == "来"
        is_more = is_more or more[0] != "来"
        end = more.end()
    run = re.sub("[多余几来]", "", run)
    high = None
    low = run
    if not lead and (pair := _PAIR.search(run)) and _VALUES[pair[2]] == _VALUES[pair[1]] + 1:
        low = run[: pair.start(2)] + run[pair.end(2) :]
        high = _evaluate(run[: pair.start(1)] + run[pair.end(1) :])
    value = _evaluate(lead + low)
    scale = next((size for sign_, size in _LARGE.items() if sign_ in run), 1.0)
    if scale == 1e4 and run.endswith("亿"):
        scale = 1e12 if "万亿" in run else 1e8
    return Numeral(
        start,
        end,
        value,
        base=value / scale if value is not None else 0.0,
        scale=scale,
        high=high,
        is_word=not lead,
        is_grouped=grouped,
        is_more=is_more,
        is_about=is_about and not is_more,
        is_one=_VALUES.get(run) == 1 and not lead,
        is_chinese=True,
        needs_unit=not lead and run[:1] in tuple("百千万亿"),
        needs_qualifier=not lead and not is_more and _FIGURE_OF_SPEECH.fullmatch(run) is not None,
        sign=sign,
    )


def _evaluate(run: str) -> float | None:
    """Compute a number; None for digits in a row that are a year or a code (二〇二六), and for 亿亿."""
    if run.count("点") > 1 or any(2 * sign in run for sign in _LARGE):
        return None
    whole, _, decimals = run.partition("点")
    tail = decimals.lstrip(_DIGIT)
    if decimals:
        fraction = "".join(str(_VALUES[sign]) for sign in decimals[: len(decimals) - len(tail)])
        base = _evaluate(whole)
        return None if base is None else _evaluate(f"{base + float('0.' + fraction):f}" + tail)
    above = section = 0.0
    current: float | None = None
    unit = 1.0  # the multiplier read last
    tokens = _TOKEN.findall(run)
    for token in tokens:
        unit = _SMALL.get(token) or _LARGE.get(token) or unit
        if token in _VALUES:
            if current is not None and current != 0:
                return None
            current = float(_VALUES[token])
        elif token in _SMALL:
            section += (1.0 if current is None else current) * _SMALL[token]
            current = None
        elif token in _LARGE:
            size = _LARGE[token]
            part = section + (current or 0.0)
            if above and above < size:
                above = (above + part) * size
            else:
                above += (part or 1.0) * size
            section, current = 0.0, None
        else:
            current = float(token)
    if current is not None and unit >= 100 and tokens[-2:-1] != ["零"]:
        current *= unit / 10  # 两万五 is 25,000
    return above + section + (current or 0.0)
