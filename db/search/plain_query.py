"""Plain queries: any text read as a search, without errors.

They are for Datasette's own search of a table, and for words that are no query of db.search.query.

All words must be found; `"…"` is a phrase; AND, OR, NOT in capitals; `-word` excludes; `word*` is a prefix; parentheses
group. Wrong syntax is read as plain words: no text is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from db.search.query.redundancy import MAX_QUERY_PREFIXES, Join, find_needed
from db.text.folding import join_words
from db.text.tokens import TOKEN, quote_phrase, split_tokens

MATCHES_NOTHING = '""'  # an FTS5 query that is valid and matches no row
MAX_PLAIN_QUERY_CHARACTERS = 4_000  # the rest is not read
MAX_GROUP_DEPTH = 16  # nested parentheses; FTS5's own parser gives up between 60 and 100

_QUOTES = str.maketrans(dict.fromkeys("“”„«»「」『』", '"') | {"\0": " "})
_LEXEME = re.compile(r'"(?P<phrase>[^"]*)"|(?P<bracket>[()])|(?P<word>[^\s()"]+)|"')


def fts_query(words: str) -> str:
    """Turn any text into a valid FTS5 query: `MATCHES_NOTHING` if no word must be found."""
    return _Reader(words).group(0).required or MATCHES_NOTHING


def count_plain_prefixes(words: str) -> int:
    """Return how many different prefixes the words have; MAX_QUERY_PREFIXES of them are looked up."""
    reader = _Reader(words)
    reader.group(0)
    return len(reader.prefixes)


def iter_plain_terms(words: str) -> Iterator[tuple[str, bool]]:
    """Yield (words, is a prefix) of all terms that `fts_query` searches for."""
    return _Reader(words).required_terms()


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a query: the FTS5 expression that must match (or None), and that which must not match."""

    required: str | None = None
    excluded: tuple[str, ...] = ()
    token: tuple[str, str, bool] | None = None  # of one word in ASCII letters: "", the letters, is it a prefix

    def negated(self) -> _Clause:
        if self.required is not None:
            return _Clause(None, (_all_but(self.required, self.excluded),))
        return _Clause(_any(self.excluded)) if self.excluded else self


def _fold(clauses: list[_Clause], join: Join) -> list[_Clause]:
    """Leave out clauses that say nothing beside the others."""
    needed = find_needed([((one.required, one.excluded), one.token) for one in clauses], join)
    return [clauses[place] for place in needed]


def _all_but(required: str, excluded: tuple[str, ...]) -> str:
    return f"({required} NOT {_any(excluded)})" if excluded else required


def _all(parts: tuple[str, ...] | list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def _any(parts: tuple[str, ...] | list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _either(clauses: list[_Clause]) -> _Clause:
    """Join by OR. `a OR -b` would find nearly everything and FTS5 cannot say it: the exclusion is left out."""
    if len(clauses) == 1 and clauses[0].required is not None:
        return clauses[0]
    required = [clause.required for clause in _fold(clauses, "any") if clause.required is not None]
    if required:
        return _Clause(_any(required))
    excluded = [_any(clause.excluded) for clause in clauses if clause.excluded]
    return _Clause(None, (_all(excluded),)) if excluded else _Clause()


def _together(clauses: list[_Clause]) -> _Clause:
    """Join by AND, with what every part excludes."""
    if len(clauses) == 1:
        return clauses[0]
    required = [clause.required for clause in _fold(clauses, "all") if clause.required is not None]
    excluded = tuple(dict.fromkeys(part for clause in clauses for part in clause.excluded))
    return _Clause(_all_but(_all(required), excluded)) if required else _Clause(None, excluded)


def _term(text: str, *, is_prefix: bool = False) -> _Clause:
    """Quote a text for FTS5, so that nothing in it is syntax. Punctuation alone gives an empty clause."""
    text = join_words(text)
    if not TOKEN.search(text):
        return _Clause()
    tokens = split_tokens(text) if text.isascii() else []
    return _Clause(
        quote_phrase(text, is_prefix=is_prefix), token=("", tokens[0], is_prefix) if len(tokens) == 1 else None
    )


class _Reader:
    """Reader of a query from left to right. It never fails."""

    def __init__(self, words: str) -> None:
        text = unicodedata.normalize("NFKC", words[:MAX_PLAIN_QUERY_CHARACTERS]).translate(_QUOTES)[
            :MAX_PLAIN_QUERY_CHARACTERS
        ]
        self._lexemes = list(_LEXEME.finditer(text))
        self._at = 0
        self.prefixes: set[str] = set()  # all, and those that are looked up
        self._read: set[str] = set()

    def group(self, depth: int) -> _Clause:
        """Read up to the bracket that closes this group, or to the end."""
        alternatives: list[_Clause] = []
        current: list[_Clause] = []
        negate = False
        while self._at < len(self._lexemes):
            lexeme = self._lexemes[self._at]
            self._at += 1
            word, phrase, bracket = lexeme["word"], lexeme["phrase"], lexeme["bracket"]
            if bracket == ")":
                if depth:
                    break
                continue
            if word == "OR":
                alternatives.append(_together(current))
                current = []
                continue
            if word in ("NOT", "-"):
                # A dash with spaces around it is punctuation; one before a bracket or a quote excludes it.
                negate = word == "NOT" or self._touches_next(lexeme)
                continue
            if word == "AND":
                continue
            if bracket:
                clause = self.group(depth + 1) if depth < MAX_GROUP_DEPTH else _Clause()
            elif phrase is not None:
                clause = _term(phrase)
            elif word:
                negate = negate or (word.startswith("-") and len(word) > 1)
                clause = _term(word, is_prefix=word.endswith("*"))
                if word.endswith("*") and clause.required:
                    clause = self._counted(clause)
            else:
                continue  # a quote without a closing one
            current.append(clause.negated() if negate else clause)
            negate = False
        return _either([*alternatives, _together(current)])

    def _counted(self, clause: _Clause) -> _Clause:
        self.prefixes.add(clause.required or "")
        is_read = len(self.prefixes) <= MAX_QUERY_PREFIXES or clause.required in self._read
        if is_read:
            self._read.add(clause.required or "")
        return clause if is_read else _Clause()

    def _touches_next(self, lexeme: re.Match[str]) -> bool:
        return self._at < len(self._lexemes) and self._lexemes[self._at].start() == lexeme.end()

    def required_terms(self) -> Iterator[tuple[str, bool]]:
        """See `iter_plain_terms`."""
        excluded = False
        for lexeme in self._lexemes:
            self._at += 1
            word, phrase = lexeme["word"], lexeme["phrase"]
            if word in ("AND", "OR") or lexeme["bracket"]:
                continue
            if word in ("NOT", "-"):
                excluded = word == "NOT" or self._touches_next(lexeme)
                continue
            if not excluded and phrase is not None:
                yield phrase, False
            elif not excluded and word and not word.startswith("-"):
                yield word, word.endswith("*")
            excluded = False
