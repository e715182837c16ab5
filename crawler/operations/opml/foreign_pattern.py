"""Check an article_pattern that somebody else wrote, before it is used on addresses. Pure."""

from __future__ import annotations

import re

_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]?|.", re.DOTALL)  # an escape, a class or a letter
_GROUP_MARKS = frozenset(":=!")  # (?:…), (?=…), (?!…); flags could change what the pattern means
_REPEATS = frozenset("*+{")
_SEPARATORS = frozenset("/._-")


def has_nested_repeats(pattern: str) -> bool:
    """Return True if a valid expression may take exponential time: a repeated group is no list such as `([a-z]+/)*`.

    The part of such a list is one repeated class and, before or behind it, a separator that the class does not hold:
    a text has one way to be read as the list. Flags, named groups and comments are not read: True for them, too.
    """
    parts = _PART.findall(pattern)
    begins: list[int] = []
    for place, part in enumerate(parts):
        if part == "(":
            begins.append(place)
            if parts[place + 1] == "?" and parts[place + 2] not in _GROUP_MARKS:
                return True
        elif part == ")":
            group = parts[begins.pop() + 1 : place]
            is_repeated = parts[place + 1 : place + 2] and parts[place + 1] in _REPEATS
            if is_repeated and not _is_part_of_list(group):
                return True
    return False


def _is_part_of_list(group: list[str]) -> bool:
    if group[:2] == ["?", ":"]:
        group = group[2:]
    if len(group) != 3 or not {"*", "+"} & set(group[1:]):
        return False
    repeated, separator = (group[0], group[2]) if group[1] in _REPEATS else (group[1], group[0])
    letter = separator.removeprefix("\\")
    is_class = repeated[0] == "[" or repeated in {r"\d", r"\w"}
    return is_class and letter in _SEPARATORS and re.fullmatch(repeated, letter) is None
