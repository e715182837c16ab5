"""Parser of the query language: grammar, limits and error messages. Pure; raises only QueryError.

| written                  | means                                       |
| ------------------------ | ------------------------------------------- |
| `chancay puerto`         | both words; AND may stand between them      |
| `"puerto de Chancay"`    | a phrase                                    |
| `chin*`                  | the beginning of a word                     |
| `a OR b`, `NOT a`, `-a`  | NOT binds closer than AND, AND than OR; (…) |
| `cobre NEAR/10 China`    | at most ten words between them              |
| `title:x`, `title:(x y)` | fields: db.search.query.terms.FIELD_NAMES               |
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedToken, v_args

from db.search.query.terms import (
    FIELD_NAMES,
    Mistake,
    apply_field,
    build_near,
    read_field_name,
    read_word,
    refuse_unbounded,
    start_of,
)
from db.search.query.tree import Node, QueryError, Words, all_of, any_of, none_of
from db.text.folding import join_words

MAX_QUERY_CHARACTERS = 100_000
MAX_QUERY_TERMS = 2_000  # words, phrases and values
MAX_NESTED_PARENTHESES = 20  # parentheses in parentheses; FTS5's own parser gives up between 60 and 100

# Replaced one for one, so that places stay the same: full-width forms, quotes of other languages, minus signs.
# Invisible characters (control, direction, zero width) separate words, except one alone inside a word.
_UNSEEN = [(0, 32), (0x7F, 0xA0), (0xAD, 0xAE), (0x61C, 0x61D), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070)]
_SAME = str.maketrans(
    {chr(0xFF01 + n): chr(0x21 + n) for n in range(94)}
    | dict.fromkeys("“”„‟«»「」『』〝〞", '"')
    | dict.fromkeys("−–‐‑", "-")
    | {chr(code): " " for start, end in [*_UNSEEN, (0xFEFF, 0xFF00)] for code in range(start, end)}
)

# Every character begins some terminal, so only the order of terminals can be wrong.
_GRAMMAR = r"""
start: either
?either: all (_OR all)*
?all: one (_AND? one)*
?one: (NOT | MINUS) one -> without
    | near
?near: atom (NEAR atom)*
?atom: plain | FIELD plain -> field
?plain: WORD -> word | PHRASE -> phrase | "(" either ")" -> group
    | (LONE_QUOTE | LONE_DASH | LONE_COLON) -> lonely

_AND.5: /AND(?![^\s()"])/
_OR.5: /OR(?![^\s()"])/
NOT.5: /NOT(?![^\s()"])/
NEAR.5: /NEAR(\/\d+)?(?![^\s()"])/
MINUS.4: /-(?=[^\s\-)])/
PHRASE.4: /"[^"]*"\*?/
FIELD.3: /[^\s()":\-][^\s()":]*:/
WORD.2: /[^\s()":\-][^\s()":]*/
LONE_QUOTE.1: /"/
LONE_DASH.1: /-+/
LONE_COLON.1: /:/
%ignore /\s+/
"""


class _Tree(Transformer[Token, Node]):
    """Builder of the tree while the parser reads: a deep query needs no deep recursion in Python."""

    def start(self, children: list[Any]) -> Any:
        return children[0]

    def either(self, children: list[Any]) -> Node:
        return any_of(children, children[0].at)

    def all(self, children: list[Any]) -> Node:
        return all_of(children, children[0].at)

    def without(self, children: list[Any]) -> Node:
        return none_of(children[1], children[0].start_pos)

    def group(self, children: list[Any]) -> Any:
        return children[0]

    @v_args(inline=True)
    def word(self, token: Token) -> Words:
        return read_word(str(token), at=start_of(token), end=token.end_pos or 0, bare=True)

    @v_args(inline=True)
    def phrase(self, token: Token) -> Words:
        inside = " ".join(str(token).removesuffix("*")[1:-1].split())
        ends = token.endswith("*") and not inside.endswith("*")  # "puerto chan*" and "puerto chan"* are one
        return read_word(inside + "*" * ends, at=start_of(token), end=token.end_pos or 0)

    def near(self, children: list[Any]) -> Node:
        return build_near(children[::2], children[1::2])

    @v_args(inline=True)
    def field(self, name: Token, value: Any) -> Any:
        return apply_field(read_field_name(name), value, name)


def parse_query(text: str) -> Node:
    """Parse a query. Raises QueryError for syntax, for limits, and if nothing in it must be there.

    A soft hyphen inside a word is left out, as in stored texts; places are those without it.
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise QueryError(
            f"the query has {len(text):,} characters, {MAX_QUERY_CHARACTERS:,} are the most",
            query=text[: MAX_QUERY_CHARACTERS + 100],
            at=MAX_QUERY_CHARACTERS,
            hint="split it into several",
        )
    text = join_words(text)
    try:
        tree = _parsed(text.translate(_SAME))
        refuse_unbounded(tree)
    except Mistake as mistake:
        message, at, hint = mistake.args
        raise QueryError(message, query=text, at=at, hint=hint) from None
    return tree


@lru_cache(maxsize=1)
def _lark() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Tree())


def _parsed(text: str) -> Node:
    lark = _lark()
    state = lark.parse_interactive()
    before: Token | None = None
    try:
        for token in _watched(lark.lex(text)):
            if token.type != "$END":
                state.feed_token(token)
            before = token
        tree: Node = state.feed_eof(before)  # type: ignore[no-untyped-call]
    except UnexpectedToken as error:
        raise _out_of_place(error.token, before) from None
    return tree


def _watched(stream: Iterator[Token]) -> Iterator[Token]:
    """Check each token against the one before it, for clearer messages than those of the grammar."""
    opened: list[int] = []
    before: Token | None = None
    terms = 0
    for token in stream:
        at = start_of(token)
        if token.type in ("LPAR", "RPAR"):
            _bracket(token, before, opened)
        elif token.type in ("WORD", "PHRASE"):
            terms += 1
            if terms > MAX_QUERY_TERMS:
                raise Mistake(f"more than {MAX_QUERY_TERMS:,} words and phrases", at, "split it into several queries")
        elif token.type.startswith("LONE_"):
            raise _lonely_mark(token)
        if token.type in ("_AND", "_OR", "NEAR", "RPAR") and (lonely := _lonely(before, token)):
            raise lonely
        yield token
        before = token
    if before is None:
        raise Mistake("the query is empty", 0, "write a word that must be there")
    if opened and not _is_operator(before):
        raise Mistake("this parenthesis is never closed", opened[-1], 'write ")" where the group ends')
    if _is_operator(before):
        raise _lonely(before, None) or AssertionError


def _bracket(token: Token, before: Token | None, opened: list[int]) -> None:
    at = start_of(token)
    if token.type == "LPAR":
        opened.append(at)
        if len(opened) > MAX_NESTED_PARENTHESES:
            raise Mistake(f"more than {MAX_NESTED_PARENTHESES} parentheses in one another", at, "write it flatter")
        return
    if not opened:
        raise Mistake("this parenthesis closes nothing", at, 'remove it, or write its "(" before')
    if before is not None and before.type == "LPAR":
        raise Mistake("nothing stands in these parentheses", opened[-1], "remove them")
    opened.pop()


def _is_operator(token: Token | None) -> bool:
    return token is not None and token.type in ("_AND", "_OR", "NOT", "NEAR", "MINUS", "FIELD")


def _lonely(before: Token | None, token: Token | None) -> Mistake | None:
    if before is not None and _is_operator(before):
        at = start_of(before)
        if before.type == "FIELD":
            name = read_field_name(before)
            return Mistake(f'"{before}" stands alone', at, f"write what to look for: {name}:…")
        if token is not None and token.type != "RPAR" and before.type in ("_AND", "_OR"):
            return Mistake(f"{before} and {token} follow one another", start_of(token), "remove one of them")
        return Mistake(f"nothing stands after this {before}", at, _as_a_word(before))
    if token is not None and token.type != "RPAR" and (before is None or before.type == "LPAR"):
        hint = _as_a_word(token)
        if token.type == "NEAR":
            hint = f"write it between two words: cobre {token} oro"
        return Mistake(f"nothing stands before this {token}", start_of(token), hint)
    return None


def _as_a_word(operator: Token) -> str:
    return f'complete or remove it; the word itself is found with "{operator}" in quotes'


def _lonely_mark(token: Token) -> Mistake:
    at = start_of(token)
    if token.type == "LONE_QUOTE":
        return Mistake("this quotation mark is never closed", at, "write another where the phrase ends")
    if token.type == "LONE_COLON":
        return Mistake("this colon follows no field", at, f"fields are {', '.join(FIELD_NAMES)}")
    return Mistake("this dash stands alone", at, "write -word to leave a word out, or remove the dash")


def _out_of_place(token: Token, before: Token | None) -> Mistake:
    """Explain an error that only the grammar finds: after a field, or around NEAR."""
    at = start_of(token) if token.type != "$END" else 0
    if before is not None and before.type == "FIELD":
        name = read_field_name(before)
        return Mistake(
            f"{before} wants a word, a phrase or (…)", at, f"write {name}:word; NOT and - stand before the field"
        )
    if before is not None and before.type == "NEAR":
        return Mistake(f"{before} joins words and phrases alone", at, "write a NEAR/10 b, and -c apart from it")
    return Mistake("this can't stand here", at, "remove it or put it in quotes")
