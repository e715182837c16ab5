"""A digest begins with counts and a list of headlines, the newest first."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from db.i18n.languages import LANGUAGES, Language
from db.text.sanitise import wrap_lines
from pipelines.alerts.messages.digest import AlertMessage, DigestContents, compose_digest
from pipelines.alerts.messages.story import build_story
from tests.fixtures.digest_example import LIMA, as_mailed, head
from tests.fixtures.digest_example import digest as example_digest
from tests.fixtures.digest_example import row as example_row

PLAIN = {"text": "El puerto abre.", "outlet_name": "Diario", "first_seen": "2026-11-22T14:00:00Z", "concepts": "{}"}
CHINESE_STATE = {"country": "CN", "kind": "state-media", "ownership": "state"}


def row(**columns: Any) -> dict[str, Any]:
    defaults = {"url": "https://diario.example/1", "published": "2026-11-22T13:30:00Z"}
    return example_row(**LIMA | PLAIN | defaults | columns)


def also_in(*names: str) -> str:
    return json.dumps([{"name": name, "published": None, "precision": "time"} for name in names])


def message(*rows: dict[str, Any], query: str = "chancay") -> AlertMessage:
    stories = tuple(build_story(each, query=query, zone="America/Lima") for each in rows)
    return compose_digest(DigestContents(stories=stories), head=head("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_digest_reads_as_before(language: Language) -> None:
    """After a wanted change write the files anew: VIGIA_WRITE_GOLDEN=1 pytest -k reads_as_before."""
    path = Path(__file__).parent / "golden" / f"digest-{language}.txt"
    message = example_digest(language)
    text = f"{message.subject}\n\n{wrap_lines(as_mailed(message)[0])}"
    if os.environ.get("VIGIA_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text("utf-8")


def test_headlines_stand_on_top_newest_first_with_counts_by_group_of_outlets() -> None:
    digest = message(
        row(id=1, title="Oldest", published="2026-11-20T10:00:00Z", outlet_name="Radio"),
        row(id=2, title="Newest", published="2026-11-22T10:00:00Z", outlet_name="Xinhua", **CHINESE_STATE),
        row(id=3, title="Weightiest", published="2026-11-21T10:00:00Z", also=also_in("A", "B", "C")),
        row(id=4, title="Undated", published=None, first_seen="2026-11-21T12:00:00Z"),
        query="abre",
    )
    order = ["Newest", "Undated", "Weightiest", "Oldest"]
    top, _, below = digest.text.partition("\nPassages\n")
    assert [line.partition(". ")[2] for line in top.splitlines() if line[:1].isdigit()] == order
    assert sorted(order, key=below.index) == order
    assert "State outlets (China): 1" in top
    assert "Weightiest\n   Diario · 21 Nov, 05:00 · 3 more outlets" in top
    assert digest.subject.endswith("— Weightiest")
    assert [one.text_content() for one in html.fromstring(digest.html).xpath("//ol/li/span[1]")] == order


def test_the_lines_below_a_headline_begin_under_it() -> None:
    digest = message(*(row(id=n, title=f"Nota {n}") for n in range(11)))
    for list_ in digest.text.split("\nPassages\n"):
        lines = list_.splitlines()
        numbered = [at for at, line in enumerate(lines) if line[:1].isdigit() and ". Nota" in line]
        assert len(numbered) == 11
        for at in numbered:
            below = lines[at + 1]
            assert len(below) - len(below.lstrip()) == lines[at].index("Nota")


def test_changes_of_known_articles_come_after_what_is_new() -> None:
    digest = message(
        row(id=1, title="Changed", published="2026-11-22T12:00:00Z", is_update=True, also=also_in("A", "B")),
        row(id=2, title="New", published="2026-11-21T12:00:00Z"),
        query="abre",
    )
    assert digest.text.index("1. New") < digest.text.index("2. Changed")
    assert digest.subject.endswith("— New")
    assert "Passages" not in digest.text  # two stories need no list


@pytest.mark.parametrize(("count", "passages"), [(3, 2), (23, 1)])
def test_of_many_stories_each_has_one_passage(count: int, passages: int) -> None:
    text = " ".join(f"Frase {n} sobre otra cosa, larga y sin interés." for n in range(40))
    long = f"El puerto de Chancay abre. {text} Chancay cierra. {text}"
    digest = message(*(row(id=n, title=f"Nota {n}", text=long) for n in range(count)))
    tree = html.fromstring(digest.html)
    assert len(tree.xpath("//ol/li")) == count
    assert len(tree.xpath("//div[@class='story'][1]/p[@dir='auto']")) == passages
