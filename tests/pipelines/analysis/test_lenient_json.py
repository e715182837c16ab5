"""Broken JSON is read key by key, in linear time."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.analysis.lenient_json import read_json_values

SENTENCE = st.text(st.characters(exclude_characters='\\{}[]"', exclude_categories=("Cs", "Cc")), max_size=30)
ADVERSARIES = {
    "quotation marks": '{"a":"' + '" ' * 300_000,
    "marks before commas": '{"a":"' + '", ' * 200_000,
    "marks before keys": '{"a":"' + '","k' * 150_000,
    "runs of blanks": '{"a":"' + ('"' + " " * 3000) * 200,
    "lists in lists": "[" * 300_000,
    "objects in objects": '{"a":' * 100_000,
    "ends without beginning": "}" * 600_000,
    "comments that never end": '{"a": ' + "/*" * 200_000,
    "halves of comments": "<!" * 300_000,
    "CDATA marks": "<![CDATA[" * 60_000,
    "escapes that are none": '{"a":"' + "\\u00" * 120_000 + '"',
    "a number without end": "[" + "9" * 500_000,
    "five megabytes in one string": '{"a":"' + "x y " * 1_300_000,
    "wrong ends": '{"a":[1,' * 70 + "}]" * 200_000,
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a":"El "nuevo" puerto","b":"x"}', [{"a": 'El "nuevo" puerto', "b": "x"}]),
        ('{"a":"Dijo "sí", "no" y "tal"","b":1}', [{"a": 'Dijo "sí", "no" y "tal"', "b": 1}]),
        ('{"a":""Ley": qué sigue","b":{"c":"d"}}', [{"a": '"Ley": qué sigue', "b": {"c": "d"}}]),
        ('{"a":["un "barco" x","dos",],}', [{"a": ['un "barco" x', "dos"]}]),
        ('{"a":1}\n{"b":2}', [{"a": 1}, {"b": 2}]),
        ('[{"a":1}] [{"b":2}]', [[{"a": 1}], [{"b": 2}]]),
        ('<!--\n{"a":"x"}\n-->', [{"a": "x"}]),
        ('//<![CDATA[\n{"a":"x"}\n//]]>', [{"a": "x"}]),
        ('{"a":"x", // one\n "b": /* two */ "y"}', [{"a": "x", "b": "y"}]),
        ('{"a":"x"\n"b":"y"}', [{"a": "x", "b": "y"}]),
        ('{"a":"x","b":[{"c":"cut', [{"a": "x", "b": [{"c": "cut"}]}]),
        ('{"a":[{"b":1},"c":2}', [{"a": [{"b": 1}, 'c":2}']}]),
        ("{a:'x', b:{c:'it\\'s', d:[-2.5,true,null]}};", [{"a": "x", "b": {"c": "it's", "d": [-2.5, True, None]}}]),
        ('{"a":"C:\\x \\u00e9","b":007,"c":undefined}', [{"a": "C:x é", "b": 7, "c": None}]),
        ("{&quot;a&quot;:&quot;x&quot;}", [{"a": "x"}]),
        ('{"a":"x"}}}', [{"a": "x"}]),
        ("no JSON at all", []),
        ("", []),
    ],
)  # fmt: skip
def test_json_with_errors_is_read_key_by_key(text: str, values: list[Any]) -> None:
    assert read_json_values(text) == values


@given(st.recursive(st.none() | st.booleans() | st.integers() | SENTENCE, lambda part: st.lists(part) | st.dictionaries(SENTENCE, part)))  # fmt: skip  # noqa: E501
def test_json_without_errors_is_read_as_it_is(value: Any) -> None:
    assert read_json_values(json.dumps(value)) == [value]


@pytest.mark.parametrize("marks", list(itertools.product(("", "'", '"'), ("", "'", '"'), ("'", '"'))))
def test_a_literal_of_a_program_may_write_each_key_and_string_in_its_own_way(marks: tuple[str, str, str]) -> None:
    one, other, value = marks
    text = (
        f"{{'@type': 'Article', {one}headline{one}: {value}Cobre: sube a 5, dice Lima{value},"
        f" {other}author{other}: {{{one}name{one}: {value}Ana Ruiz{value}}}, {one}n{one}: 1}};"
    )
    expected = {"@type": "Article", "headline": "Cobre: sube a 5, dice Lima", "author": {"name": "Ana Ruiz"}, "n": 1}
    assert read_json_values(text) == [expected]


@given(SENTENCE, SENTENCE, SENTENCE)
@example("Puerto de ", "Chancay", ", el nuevo")
def test_marks_around_words_of_a_headline_cost_no_other_key(before: str, quoted: str, after: str) -> None:
    text = f'{{"headline":"{before}"{quoted}"{after} fin","datePublished":"2026-05-14","author":{{"name":"Ana Ruiz"}}}}'
    (found,) = read_json_values(text)
    assert found["datePublished"] == "2026-05-14"
    assert found["author"] == {"name": "Ana Ruiz"}


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    assert isinstance(read_json_values(text), list)


@pytest.mark.parametrize("text", ADVERSARIES.values(), ids=ADVERSARIES)
@pytest.mark.slow
def test_hostile_json_takes_time_in_proportion(text: str) -> None:
    before = time.process_time()
    read_json_values(text)
    assert time.process_time() - before < 3
