"""Read JSON as pages write it: with quotation marks not escaped, comments, and several values in one text. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from db.text.entities import unescape_entities

JsonValue: TypeAlias = Any

_MAX_BROKEN_CHARACTERS = 400_000  # of JSON with errors; what follows is not read
_MAX_DEPTH = 200  # levels of nesting that are read where there are errors
_MAX_KEY_CHARACTERS = 120
_KEY = re.compile(rf'"((?:[^"\\\n]|\\.){{0,{_MAX_KEY_CHARACTERS}}})"\s*+:')
_SINGLE_KEY = re.compile(rf"'((?:[^'\\\n]|\\.){{0,{_MAX_KEY_CHARACTERS}}})'\s*+:")
_BARE_KEY = re.compile(r"([A-Za-z_$][\w$]{0,79}+)\s*+:(?!//)")
_WORD = re.compile(r"[\w$+.-]++")
_BLANK = re.compile(r"[\s,;\ufeff]++")
_QUOTES = {mark: re.compile(rf"\\.|{mark}", re.DOTALL) for mark in "\"'"}
_NEXT_KEY = rf"(?:\"[^\"\\\n]{{1,{_MAX_KEY_CHARACTERS}}}\"|'[^'\\\n]{{1,{_MAX_KEY_CHARACTERS}}}')\s*+:"
# What follows the quotation mark that ends a string: in an object the next key or the end, in a list the next value.
_AFTER_MEMBER = re.compile(rf"\s*+(?:\}}|\Z|;\s*+\Z|,\s*+(?:\}}|{_NEXT_KEY})|{_NEXT_KEY})")
_AFTER_BARE_MEMBER = re.compile(rf"\s*+(?:\}}|\Z|;|,\s*+(?:\}}|{_NEXT_KEY}|[A-Za-z_$][\w$]{{0,79}}+\s*+:))")
_HAS_BARE_KEYS = re.compile(r"[{,]\s*+[A-Za-z_$][\w$]{0,79}+\s*+:\s*+[\"'{\[]")
_AFTER_ITEM = re.compile(r"\s*+(?:\]|\Z|,\s*+(?:[\]\[\"'{\d-]|true\b|false\b|null\b))")
_AFTER_COMMENT = re.compile(r"\s*+,?\s*+(?:/[/*]|<!--)")
_OPENING_COMMENTS = {"/*": "*/", "//": "\n", "<!": None, "--": None, "]]": None}
_MARKS = ("<!--", "-->", "<![CDATA[", "]]>")
_BAD_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\(.?)|(")', re.DOTALL)
_LITERALS = {"true": True, "false": False}
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")


def read_json_values(source: str) -> list[JsonValue]:
    """Return the values of a text of JSON, in order; [] if there is none. Never raises.

    A text with errors is read key by key: a quotation mark ends a string only where a key, a value or an end follows.
    The work is linear in the text's length.
    """
    source = source.strip()
    if '"' not in source and "&quot;" in source:
        source = unescape_entities(source[:_MAX_BROKEN_CHARACTERS])
    try:
        return [json.loads(source, strict=False)]
    except (ValueError, RecursionError):
        return _BrokenText(source[:_MAX_BROKEN_CHARACTERS]).read()


def read_javascript_string(text: str, start: int) -> tuple[str, int]:
    """Return the string in single or double marks that begins at `start`, and the place behind it."""
    mark, place = text[start], start + 1
    while match := _QUOTES[mark].search(text, place):
        place = match.end()
        if match[0] == mark:
            return _unescaped(text[start + 1 : place - 1]), place
    return "", len(text)


class _BrokenText:
    """A text with errors, and the place that was reached in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.values: list[JsonValue] = []
        self.open: list[dict[str, JsonValue] | list[JsonValue]] = [self.values]
        self.key: str | None = None  # of the innermost object, if its value is still to come
        self.after_member = _AFTER_BARE_MEMBER if _HAS_BARE_KEYS.search(text) else _AFTER_MEMBER

    def read(self) -> list[JsonValue]:
        place, end = 0, len(self.text)
        while (place := self._skip_blanks(place)) < end and len(self.open) <= _MAX_DEPTH:
            letter = self.text[place]
            if letter in "{[":
                value: dict[str, JsonValue] | list[JsonValue] = {} if letter == "{" else []
                self._add(value)
                self.open.append(value)
                place += 1
            elif letter in "}]":
                self._close(dict if letter == "}" else list)
                place += 1
            elif letter in "\"'":
                place = self._read_quoted(place, letter)
            else:
                place = self._read_word(place)
        return [value for value in self.values if isinstance(value, (dict, list))]

    def _skip_blanks(self, place: int) -> int:
        while place < len(self.text):
            if match := _BLANK.match(self.text, place):
                place = match.end()
                continue
            mark = self.text[place : place + 2]
            if mark not in _OPENING_COMMENTS:
                return place
            closing = _OPENING_COMMENTS[mark]
            if closing is None:  # "<!--", "-->", "<![CDATA[" and "]]>" stand around JSON; what they hold is read
                behind = next((place + len(m) for m in _MARKS if self.text.startswith(m, place)), place)
                if behind == place:
                    return place
                place = behind
                continue
            end = self.text.find(closing, place + 2)
            place = len(self.text) if end < 0 else end + len(closing)
        return place

    def _read_quoted(self, place: int, mark: str) -> int:
        inner = self.open[-1]
        if isinstance(inner, dict) and self.key is None:
            if match := (_KEY if mark == '"' else _SINGLE_KEY).match(self.text, place):
                self.key = _unescaped(match[1])
                return match.end()
            return place + 1
        after = _AFTER_ITEM if isinstance(inner, list) else self.after_member
        at = place + 1
        while match := _QUOTES[mark].search(self.text, at):
            at = match.end()
            if match[0] == mark and (after.match(self.text, at) or _AFTER_COMMENT.match(self.text, at)):
                self._add(_unescaped(self.text[place + 1 : at - 1]))
                return at
        self._add(_unescaped(self.text[place + 1 :]))
        return len(self.text)

    def _read_word(self, place: int) -> int:
        if isinstance(self.open[-1], dict) and self.key is None and (match := _BARE_KEY.match(self.text, place)):
            self.key = match[1]
            return match.end()
        match = _WORD.match(self.text, place)
        if match is None:
            return place + 1
        if self.key is not None or isinstance(self.open[-1], list):
            number = _NUMBER.fullmatch(match[0])
            self._add(json.loads(_plain_number(match[0])) if number else _LITERALS.get(match[0]))
        return match.end()

    def _add(self, value: JsonValue) -> None:
        inner = self.open[-1]
        if isinstance(inner, list):
            inner.append(value)
        elif self.key is not None:
            inner[self.key] = value
        self.key = None

    def _close(self, kind: type) -> None:
        """End the innermost object or list; one that was left open inside it ends too."""
        self.key = None
        if isinstance(self.open[-1], kind) and len(self.open) > 1:
            self.open.pop()
            return
        depth = next((n for n in range(len(self.open) - 1, 0, -1) if isinstance(self.open[n], kind)), 0)
        if depth:
            del self.open[depth:]


def _plain_number(written: str) -> str:
    sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
    return sign + (digits.lstrip("0") or "0") if digits.isdigit() else written if written[0] != "0" else f"{sign}0"


def _unescaped(written: str) -> str:
    """Resolve the escapes of a string; quotation marks within it need none."""
    if "\\" not in written:
        return written
    fixed = _BAD_ESCAPE.sub(_escaped, written)
    try:
        found = json.loads(f'"{fixed}"', strict=False)
    except ValueError:
        return written
    return found if isinstance(found, str) else written


def _escaped(match: re.Match[str]) -> str:
    if match[2]:
        return '\\"'
    return match[0] if match[1] is None else match[1]
