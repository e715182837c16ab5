"""`vigia figures`: an answer for each line, and one clear line for what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawler.cli.main import vigia


def run(file: Path) -> Result:
    return CliRunner().invoke(vigia, ["figures", str(file)])


def test_each_line_gets_its_answer_in_order(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    rows = [
        {"id": "a", "text": "El muelle costó US$ 213 millones.", "language": "es", "country": "PE"},
        {"id": 7, "text": "Between 20 and 30 km.", "language": "en", "country": None},
        {"id": "c", "text": "没有数字\ud800", "language": "zh"},
    ]
    file.write_text("\n\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    ended = run(file)
    assert ended.exit_code == 0, ended.output
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", 7, "c"]
    place = {"start": 16, "end": 32, "surface": "US$ 213 millones"}
    assert answers[0]["quantities"] == [place | {"kind": "money", "value": 213e6, "unit": "USD", "qualifier": ""}]
    assert [(q["low"], q["high"], q["qualifier"]) for q in answers[1]["quantities"]] == [(20e3, 30e3, "range")]
    assert answers[2]["quantities"] == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", 'no object with an "id"'),
        ('{"text": "3 km", "language": "en"}', 'no object with an "id"'),
        ('{"id": 1, "text": 3, "language": "en"}', '"text" is not a text'),
        ('{"id": 1, "text": "3 km"}', '"language" is not a text'),
        ('{"id": 1, "text": "3 km", "language": "en", "country": 51}', '"country" is not a code'),
    ],
)
def test_a_line_that_is_no_text_is_named_after_the_answers_before_it(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"id": 0, "text": "", "language": "en"}\n' + line, encoding="utf-8")
    ended = run(file)
    assert ended.exit_code == 1
    assert [json.loads(answer) for answer in ended.stdout.splitlines()] == [{"id": 0, "quantities": []}]
    assert len(ended.stderr.splitlines()) == 1
    for part in (f"{file}:2: ", fault, '{"id"'):
        assert part in ended.stderr
