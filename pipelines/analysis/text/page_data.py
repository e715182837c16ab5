"""Read the data that a page's programs bring along in its scripts, whatever the programs are. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

from lxml.html import HtmlElement

from pipelines.analysis.lenient_json import JsonValue, read_javascript_string, read_json_values

_MAX_SCRIPT_CHARACTERS = 8_000_000  # of all data of a page
_LEAST_CHARACTERS = 200  # of a script with an article in it
_MAX_FAILURES = 20  # texts of one script that look like JSON and are none
# Where data begins in a program: "window.state = {", "JSON.parse('", "push([".
_BEGIN = re.compile(r"(?:[\w$\])]\s?=\s?|\(\s?|return\s)(?=[{\[\"'])")
_ROW = re.compile(r"(?:^|\n)[0-9a-z]{1,6}:(?:T([0-9a-f]{1,7}),)?")
_DECODER = json.JSONDecoder(strict=False)


def read_page_data(tree: HtmlElement) -> Iterator[JsonValue]:
    """Yield the objects, lists and long strings of data in a page's scripts, except JSON-LD."""
    left = _MAX_SCRIPT_CHARACTERS
    streamed: list[str] = []
    for script in tree.iter("script"):
        text = (script.text or "").strip()
        kind = (script.get("type") or "").lower()
        if len(text) < _LEAST_CHARACTERS and "push(" not in text:
            continue
        if "ld+json" in kind or (left := left - len(text)) < 0:
            continue
        if "json" in kind or text[0] in "{[":
            yield from read_json_values(text)
        elif not kind or "javascript" in kind or kind == "module":
            for value in _read_program(text):
                # Pages that are streamed push their data piece by piece: [1, "5:{…"].
                if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) and ".push(" in text:
                    streamed.append(value[1])
                elif isinstance(value, str):
                    yield from _read_nested(value)
                else:
                    yield value
    yield from _read_rows("".join(streamed))


def _read_program(text: str) -> Iterator[JsonValue]:
    """Yield the values that a program assigns or passes on."""
    place = failures = 0
    while failures < _MAX_FAILURES and (match := _BEGIN.search(text, place)):
        start = match.end()
        if text[start] in "\"'":
            value, place = read_javascript_string(text, start)
            if len(value) >= _LEAST_CHARACTERS:
                yield value
            continue
        try:
            value, place = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            failures += 1
            place = start + 1
            if text[start + 1 : start + 2] not in ")}];":
                # An object of the program's language: keys without marks, commas too many. The rest is read with it.
                found = [value for value in read_json_values(text[start:]) if value]
                yield from found
                if found and len(str(found[0])[:_LEAST_CHARACTERS]) == _LEAST_CHARACTERS:
                    return
            continue
        yield value


def _read_nested(text: str) -> Iterator[JsonValue]:
    """Yield the data that stands in a string of a program."""
    plain = unquote(text) if text.startswith(("%7B", "%5B")) else text
    if plain[:1] in {"{", "["}:
        yield from read_json_values(plain)
    else:
        yield [plain]


def _read_rows(text: str) -> Iterator[JsonValue]:
    """Yield the rows of a streamed page: "5:[…]" holds JSON, "6:T1f3,…" a text of so many bytes."""
    place = 0
    while match := _ROW.search(text, place):
        begin = match.end()
        if match[1]:
            size = int(match[1], 16)
            row = text[begin : begin + size].encode()[:size].decode(errors="ignore")
            place = begin + len(row)
            yield [row]
            continue
        end = text.find("\n", begin)
        place = len(text) if end < 0 else end
        if text[begin : begin + 1] in {"{", "["}:
            yield from read_json_values(text[begin:place])
