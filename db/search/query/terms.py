"""Read the leaves of a query (words, NEAR, fields) and check each. Pure; raises only Mistake."""

from __future__ import annotations

import difflib
from dataclasses import replace

from lark import Token

from db.search.query.tree import FOREIGN, And, Field, Near, Node, Not, Or, Words
from db.text.tokens import MAX_PHRASE_WORDS, TOKEN, split_tokens

MAX_NEAR_WORDS = 100  # words of NEAR
MAX_NEAR_COMBINATIONS = 200  # combinations that one NEAR may stand for

FIELD_NAMES = ("title", "outlet", "country", "kind", "ownership", "lang", "concept", "verdict", "is", "paywalled")
# Names of the fields in other services or languages, only for suggestions.
_OTHER_NAMES = {
    "headline": "title", "titulo": "title", "titular": "title", "hl": "title", "标题": "title",
    "source": "outlet", "site": "outlet", "domain": "outlet", "medio": "outlet", "fuente": "outlet", "媒体": "outlet",
    "pais": "country", "location": "country", "国家": "country",
    "type": "kind", "tipo": "kind", "类型": "kind",
    "owner": "ownership", "propiedad": "ownership",
    "language": "lang", "idioma": "lang", "lengua": "lang", "语言": "lang",
    "topic": "concept", "tag": "concept", "about": "concept", "concepto": "concept", "tema": "concept",
    "relevance": "verdict", "paywall": "paywalled",
}  # fmt: skip
_SYMBOLS = {"&": "AND", "&&": "AND", "+": "AND", "|": "OR", "||": "OR", "/": "OR", "!": "NOT"}


class Mistake(Exception):  # noqa: N818 -- becomes a QueryError where the text is known
    """What is wrong with a part of a query. Arguments: message, place in the text, hint."""


def start_of(token: Token) -> int:
    """Return where a token begins, in characters."""
    return token.start_pos or 0


def read_word(text: str, *, at: int, end: int, bare: bool = False) -> Words:
    """Read a word or phrase that can be found. Raises Mistake for any other."""
    stem = text.removesuffix("*")
    if "*" in stem:
        place = at + (not bare) + text.index("*")
        raise Mistake("* stands for the rest of a word, at its end alone", place, "write the beginning: chin*")
    if not TOKEN.search(stem):
        if operator := _SYMBOLS.get(stem):
            raise Mistake(f'"{stem}" is no operator', at, f"write {operator}")
        raise Mistake("there is no letter or figure to look for", at, "remove it")
    if bare and FOREIGN.fullmatch(text):
        distance = "".join(character for character in text if character.isdecimal()) or "10"
        raise Mistake(f'"{text}" is no operator', at, f"write NEAR/{distance} between two words")
    if bare and ("?" in stem.rstrip("?") or "~" in stem or "^" in stem):
        raise Mistake("?, ~ and ^ mean nothing in a word", at, "write its beginning with *, or forms with OR")
    found = split_tokens(stem)
    if len(found) > MAX_PHRASE_WORDS:
        raise Mistake(
            f"a phrase of more than {MAX_PHRASE_WORDS} words or characters", at, "its first words find it too"
        )
    is_prefix = text.endswith("*")
    if is_prefix and len(found) == 1 and len(stem) == 1 and found[0].isascii():
        raise Mistake("one letter with * would find nearly everything", at, "write two letters or more")
    return Words(stem, is_prefix, at=at, end=end, bare=bare)


def build_near(operands: list[Node], joints: list[Token]) -> Node:
    """Build one node of `a NEAR/n b NEAR/n c`. Each operand is words, or alternatives of words. Raises Mistake."""
    distances = {
        str(joint).partition("/")[2].lstrip("0")[:4] or ("10" if "/" not in joint else "0") for joint in joints
    }
    if len(distances) > 1:
        raise Mistake("one NEAR can't have two distances", start_of(joints[1]), f"write {joints[0]} each time")
    distance = int(distances.pop())
    if not 0 < distance <= MAX_NEAR_WORDS:
        raise Mistake(
            f"NEAR reaches 1 to {MAX_NEAR_WORDS} words", start_of(joints[0]), "write NEAR/10, or AND for any distance"
        )
    groups: list[tuple[Words, ...]] = []
    for operand in operands:
        words = tuple(
            part for part in (operand.parts if isinstance(operand, Or) else (operand,)) if isinstance(part, Words)
        )
        if len(words) != (len(operand.parts) if isinstance(operand, Or) else 1):
            raise Mistake(
                "NEAR joins words, phrases and (a OR b) alone", operand.at, "write the rest apart from it with AND"
            )
        groups.append(words)
    if len({words.title for group in groups for words in group}) > 1:
        raise Mistake(
            "NEAR can't join the headline with the text", groups[0][0].at, f"write title:(a NEAR/{distance} b)"
        )
    pairs = 1
    for group in groups:
        pairs *= len(group)
    if pairs > MAX_NEAR_COMBINATIONS:
        raise Mistake(f"NEAR of more than {MAX_NEAR_COMBINATIONS} combinations", groups[0][0].at, "split it with OR")
    return Near(tuple(groups), distance, groups[0][0].at)


def read_field_name(token: Token) -> str:
    """Return the field that `name:` names, in lower case. Raises Mistake if there is no such field."""
    name = str(token)[:-1].lower()
    if name in FIELD_NAMES:
        return name
    meant = _OTHER_NAMES.get("".join(split_tokens(name)))
    nearest = [meant] if meant else difflib.get_close_matches(name[:40], FIELD_NAMES, n=1)
    rest = f'; if it is a word, put it in quotes: "{str(token)[:-1][:40]} …"' if not nearest else ""
    hint = f"did you mean {nearest[0]}:?" if nearest else f"fields are {', '.join(FIELD_NAMES)}{rest}"
    raise Mistake(f'there is no field "{str(token)[:-1][:40]}"', start_of(token), hint)


def apply_field(name: str, node: Node, token: Token) -> Node:
    """Apply `name:` to a word, a phrase or every word of a group. Raises Mistake where that means nothing."""
    if isinstance(node, Not):
        return Not(apply_field(name, node.part, token), node.at)
    if isinstance(node, And | Or):
        return replace(node, parts=tuple(apply_field(name, part, token) for part in node.parts))
    if name == "title" and isinstance(node, Near) and not node.operands[0][0].title:
        return replace(
            node, operands=tuple(tuple(replace(words, title=True) for words in group) for group in node.operands)
        )
    if isinstance(node, Words) and not node.title:
        if name == "title":
            return replace(node, title=True)
        if node.is_prefix:
            raise Mistake(f"* can't stand in {token}", node.at, "write the whole value")
        return Field(name, node.text, node.at)
    if isinstance(node, Near) and name != "title":
        raise Mistake(f"NEAR can't stand in {token}", node.at, "it joins words of the text or of the headline")
    raise Mistake(f"a field can't stand in {token}", node.at, "close the parenthesis before it")


def refuse_unbounded(tree: Node) -> None:
    """Raise Mistake if the query finds nearly every article: NOT alone, or on one side of an OR."""
    if is_bounded(tree):
        return
    if isinstance(tree, Or):
        side = next(part for part in tree.parts if not is_bounded(part))
        raise Mistake(
            "this side of OR says only what must not be there, and so finds nearly everything",
            side.at,
            "add what must be there, or write AND",
        )
    raise Mistake(
        "the query says only what must not be there", tree.at, "write what must be there before it: cobre -oro"
    )


def is_bounded(node: Node, *, negated: bool = False) -> bool:
    """Return True if a part, or with `negated` its opposite, says what must be there."""
    if isinstance(node, Not):
        return is_bounded(node.part, negated=not negated)
    if isinstance(node, And | Or):
        some = any if isinstance(node, And) != negated else all
        return some(is_bounded(part, negated=negated) for part in node.parts)
    return not negated
