"""Each regular expression of the code is linear in its text, or its text has a bound with a name.

All are found by their source and in their modules. To find out why one is in this test's failure, give
`measure_worst_seconds` a text of twice the length.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from crawler.crawling import fetch_errors
from db.search import locate
from db.site.filters.query_feedback import load_translations
from tests.fixtures.expressions import Expression, find_expressions, measure_seconds, measure_worst_seconds

LENGTH = 5_000  # characters: what is quadratic takes there a hundred times as long as what is linear
MOST_RUNS = 8  # of one text: what else the machine does slows some of them down, and seldom all
MAX_GROWTH = 3.0  # from a length to twice that; 2 is linear, 4 quadratic
# As parts of the time of a quadratic pattern on this machine:
MAX_PART = 0.2  # of the worst text
MAX_PART_OF_TWICE = 10.0  # of a text of twice the length
MAX_BOUNDED_PART = 5.0  # of the worst text that a bound lets through

# What is not linear: where the constant stands that bounds its text. A cut has to be where the pattern is used.
BOUNDS = {
    "crawler/discovery/article_pattern.py:_CLASSES": "crawler.urls:MAX_URL_LENGTH",
    "crawler/discovery/autodiscovery.py:_SEPARATORS": "crawler.discovery.autodiscovery:_MAX_TITLE_CHARACTERS",
    "db/copies/similarity.py:_LINE": "db.copies.similarity:_MAX_TIME_CHARACTERS",
    **{
        f"db/text/ticking_lines.py:{name}": "db.text.ticking_lines:_MAX_CHARACTERS"
        for name in ("_BARE_COUNTER", "_COUNTER", "_DATE_OF_THE_DAY")
    },
    "pipelines/analysis/metadata/authors.py:_COUNTED": "pipelines.analysis.metadata.authors:_MAX_HEADING_CHARACTERS",
    "pipelines/analysis/metadata/authors.py:_of_lines": (
        "pipelines.analysis.metadata.authors:_MAX_NAMES_LINE_CHARACTERS"
    ),
    "pipelines/analysis/metadata/credits.py:_ALONE": "pipelines.analysis.metadata.credits:_MAX_AUTHOR_CHARACTERS",
    "pipelines/analysis/metadata/credits.py:_JOINED": "pipelines.analysis.metadata.credits:_MAX_AUTHOR_CHARACTERS",
    "pipelines/analysis/metadata/title.py:_SEPARATORS": "pipelines.analysis.metadata.title:_MAX_READ_CHARACTERS",
    "pipelines/analysis/text/boilerplate_phrases.py:BIOGRAPHY": (
        "pipelines.analysis.text.boilerplate:_MAX_BIOGRAPHY_CHARACTERS"
    ),
    "pipelines/relevance/evidence.py:_DATELINE": "pipelines.relevance.evidence:MAX_DATELINE_CHARACTERS",
    **{
        f"pipelines/analysis/metadata/credits.py:{name}": "pipelines.analysis.metadata.credits:_MAX_OPENING_CHARACTERS"
        for name in ("_CHINESE_DATELINE", "_DATELINE", "_OPENING")
    },
    **{
        f"pipelines/analysis/metadata/credit_lines.py:{name}": (
            "pipelines.analysis.metadata.credit_lines:_MAX_LINE_CHARACTERS"
        )
        for name in ("_BETWEEN", "_BETWEEN_PAIRS", "_COUNT", "_MAIL", "_SLASHED", "_split_names")
    },
    **{
        f"pipelines/analysis/metadata/credit_lines.py:{name}": (
            "pipelines.analysis.metadata.credit_lines:_MAX_FRAMED_CHARACTERS"
        )
        for name in ("_FILED", "_WRITER_CN")
    },
    **{
        f"pipelines/analysis/text/boilerplate_phrases.py:{name}": (
            "pipelines.analysis.text.boilerplate:_MAX_LABEL_CHARACTERS"
        )
        for name in ("BYLINE", "CREDIT", "LABEL")
    },
}
# Held in a variable where they are used, which is by match alone.
MATCHED = {
    f"pipelines/analysis/lenient_json.py:{name}" for name in ("_AFTER_MEMBER", "_AFTER_BARE_MEMBER", "_AFTER_ITEM")
}
OUR_OWN_TEXTS = ("crawler/demo/",)  # the texts of the demo come with the code

# Composed where they are used: examples, or why no text from outside meets them.
COMPOSED: dict[str, Callable[[], list[re.Pattern[str]]] | str] = {
    "crawler/config/outlet.py:_check_pattern": "compiled, not used",
    "crawler/crawling/fetch_errors.py:classify_error": lambda: [re.compile(row[1]) for row in fetch_errors._NETWORK],
    "crawler/crawling/fetch_errors.py:classify_redirect": "the operator's own pattern; addresses have a bound",
    "crawler/discovery/article_pattern.py:_verified_pattern": "written by itself from classes; addresses have a bound",
    "crawler/discovery/candidates.py:collect_candidates": "the operator's own pattern; addresses have a bound",
    "crawler/newsletters/article_address.py:is_article": "the operator's own pattern; addresses have a bound",
    "crawler/operations/find_outlet.py:find": "the operator's own pattern; addresses have a bound",
    "crawler/operations/opml/foreign_pattern.py:_is_part_of_list": "a class, over one letter",
    "db/search/locate.py:_normalised": lambda: [re.compile(f"(?s:.)[{locate._MARKS}]+|[ﬁ①]")],
    "db/search/locate.py:_pattern": lambda: [
        locate._pattern(locate.Term(tokens, prefix))
        for tokens, prefix in ((("puerto",), True), (("puerto", "de", "chancay"), False), (("中", "国"), False))
    ],
    "db/site/filters/query_feedback.py:load_translations": lambda: [pattern for pattern, _ in load_translations()],
    "pipelines/alerts/signed_urls.py:verify_token": "a count of characters",
    "pipelines/analysis/text/boilerplate.py:_before_end": "an outlet's name, over lines of _MAX_END_CHARACTERS",
    "pipelines/analysis/text/boilerplate_phrases.py:_start": "held by constants, which are found",
    "pipelines/analysis/text/boilerplate_phrases.py:_whole": "held by constants, which are found",
}
COMPOSED_BOUNDS = {
    "db/site/filters/query_feedback.py:load_translations": "db.site.filters.query_feedback:_MAX_SENTENCE_CHARACTERS",
}


def read_bound(name: str) -> int:
    module, _, constant = name.partition(":")
    return int(getattr(importlib.import_module(module), constant))


@cache
def measure_quadratic_seconds() -> float:
    """Return the CPU seconds that a quadratic pattern takes on LENGTH characters, to judge others by."""
    quadratic = Expression("quadratic", re.compile(r"\s*;"), frozenset({"sub"}))
    return min(measure_seconds(quadratic, " " * LENGTH) for _ in range(5))


def explain_excess(expression: Expression, bound: str | None) -> str | None:
    """Say how an expression is slower than it may be; None if it is not, also where it is measured with more care."""
    return measure_excess(expression, bound, runs=2) and measure_excess(expression, bound, runs=MOST_RUNS)


def measure_excess(expression: Expression, bound: str | None, *, runs: int) -> str | None:
    """Say how slow an expression was, at the best of so many runs; None if no slower than it may be."""
    quadratic = measure_quadratic_seconds()
    if bound is not None:
        seconds, text = measure_worst_seconds(expression, read_bound(bound), runs=runs)
        if seconds <= MAX_BOUNDED_PART * quadratic:
            return None
        return f"{expression.place}: {seconds:.2f} s within {bound}, for {text!r}"
    seconds, text = measure_worst_seconds(expression, LENGTH, runs=runs)
    if seconds <= MAX_PART * quadratic:
        return None
    twice, _ = measure_worst_seconds(expression, 2 * LENGTH, runs=runs)
    if twice <= MAX_GROWTH * seconds and twice <= MAX_PART_OF_TWICE * quadratic:
        return None
    return f"{expression.place}: {seconds:.2f} s, of twice the text {twice:.2f} s, for {text!r}"


@pytest.mark.slow
def test_every_expression_is_linear_or_its_text_has_a_bound() -> None:
    found, _ = find_expressions()
    assert len(found) > 200
    excess = [
        explain_excess(
            replace(expression, calls=frozenset({"match"})) if expression.place in MATCHED else expression,
            BOUNDS.get(expression.place),
        )
        for expression in found
        if not expression.place.startswith(OUR_OWN_TEXTS)
    ]
    assert [one for one in excess if one] == [], (
        "Make it linear (possessive `\\s*+`, a look-behind before a repeat that a search begins at every place), or cut"
        " its text by a constant and name that in BOUNDS."
    )


@pytest.mark.slow
def test_every_composed_expression_is_known_and_its_examples_are_linear() -> None:
    _, composed = find_expressions()
    assert composed == sorted(COMPOSED)
    excess = [
        explain_excess(Expression(place, pattern, frozenset({"search"})), COMPOSED_BOUNDS.get(place))
        for place, examples in COMPOSED.items()
        if not isinstance(examples, str)
        for pattern in examples()
    ]
    assert [one for one in excess if one] == []


@pytest.mark.slow
def test_no_bound_is_left_without_its_expression() -> None:
    found, _ = find_expressions()
    places = {expression.place for expression in found}
    assert sorted({*BOUNDS, *MATCHED} - places) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "call"),
    [
        (r"\s*;\s*", "sub"),  # a search that begins at each blank
        (r"<!--.*?-->", "sub"),
        (r"(\w+\s?)+$", "match"),  # repeats within a repeat
        (r"\s*:?\s*x", "match"),
        (r"a.*b.*c", "fullmatch"),
    ],
)
def test_what_is_not_linear_is_noticed(pattern: str, call: str) -> None:
    example = Expression("example", re.compile(pattern), frozenset({call}))
    assert any(explain_excess(example, None) for _ in range(4))  # what else the machine does can hide one growth


@pytest.mark.parametrize(
    ("pattern", "call"),
    [(r"(?<!\s)\s+;", "sub"), (r"\s*+(?::\s*+)?x", "match"), (r"[^<]*<", "match"), (r"a{0,30}b", "search")],
)
def test_what_is_linear_is_let_through(pattern: str, call: str) -> None:
    assert explain_excess(Expression("example", re.compile(pattern), frozenset({call})), None) is None
