"""`vigia story` shows, joins and splits stories, and undoes that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from crawler.cli.main import vigia
from crawler.config.desk import load_desk
from crawler.service.service import site_of
from db.connection import open_news
from db.figures.find import find_figures
from db.news.outlets import save_measures
from db.news.stories.rows import find_story
from pipelines.relevance.topic import load_topic
from tests.fixtures.story_desk import make_article, store


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A desk with a story of two articles and one of a single article."""
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\nport = 0\n', "utf-8")
    with closing(open_news(tmp_path / "news.db")) as news:
        news.table("outlets").insert(
            {"id": "diario", "name": "Diario del Sur", "ownership": "private", "country": "PE"}
        )
        for name, events, hours in (("diario", "crane", 0), ("radio", "crane", 3), ("chasqui", "strike", 5)):
            store(news, make_article(name, events, hours=hours))
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(vigia, ["--desk", str(folder), "story", *arguments])


def stories(folder: Path) -> list[int | None]:
    with closing(open_news(folder / "news.db", readonly=True)) as news:
        return [find_story(news, article) for article in (1, 2, 3)]


@pytest.mark.parametrize("may_write", [True, False])
@pytest.mark.slow
def test_the_room_of_the_process_that_writes_joins_stories_and_no_other_does(folder: Path, may_write: bool) -> None:
    with (
        site_of(load_desk(folder), may_write=may_write) as site,
        httpx.Client(base_url=site.url) as client,
    ):
        token = re.search(r'name="token" value="(\w+)"', client.get("/story/1").text)
        assert bool(token) == may_write
        fields = {"token": token[1] if token else "", "article": "1", "story": "1", "with": "http://www.chasqui.test/1"}
        answer = client.post("/story/join", data=fields)
        assert (answer.status_code == 303) == may_write
    assert stories(folder) == ([1, 1, 1] if may_write else [1, 1, 3])


@pytest.mark.parametrize("which", ["1", "https://radio.test/1"])
def test_a_story_is_shown_by_its_number_or_an_address(folder: Path, which: str) -> None:
    shown = run(folder, which)
    assert shown.exit_code == 0
    assert shown.output.startswith("Story 1: diario sobre crane\n2 articles of 2 outlets in 1 language")
    assert shown.output.index("Diario del Sur") < shown.output.index("https://radio.test/1")


@pytest.mark.parametrize("arguments", [("1", "--json"), ("--json", "1")])
def test_a_story_is_json_for_scripts(folder: Path, arguments: tuple[str, ...]) -> None:
    article = {"ownership": "private", "language": "es", "published": "2026-11-20T12:00:00Z", "because": "first"}
    story = json.loads(run(folder, *arguments).output)
    assert story["articles"][0] == {"url": "https://diario.test/1", "outlet": "diario"} | article
    assert [found["because"] for found in story["articles"]] == ["first", "near"]
    del story["articles"]
    counts = {"outlets": 1, "originals": 1, "copies": 0}
    assert story.pop("coverage") == [
        {"ownership": "private", "country": "PE", "first": "https://diario.test/1", "is_first": True}
        | {"lag_seconds": None, "same_day": False}
        | counts,
        {"ownership": "unknown", "country": "XX", "first": "https://radio.test/1", "is_first": False}
        | {"lag_seconds": 3 * 3600, "same_day": False}
        | counts,
    ]
    assert story == {
        "id": 1,
        "began": "2026-11-20T12:00:00Z",
        "latest": "2026-11-20T15:00:00Z",
        "title": "diario sobre crane",
        "first": "https://diario.test/1",
        "first_by_ownership": {"private": "https://diario.test/1", "unknown": "https://radio.test/1"},
        "independent_voices": ["diario", "radio"],
        "divergences": [],
    }


def test_a_story_whose_other_outlet_ran_a_copy_has_one_independent_voice(folder: Path) -> None:
    with closing(open_news(folder / "news.db")) as news:
        news.execute("UPDATE articles SET original = 1 WHERE outlet = 'radio'")
        news.conn.commit()
    assert "1 independent voice; the other outlets ran copies alone." in run(folder, "1").output
    assert json.loads(run(folder, "1", "--json").output)["independent_voices"] == ["diario"]


def test_a_story_tells_in_which_figures_outlets_differ(folder: Path) -> None:
    topic = load_topic("china_peru")
    with closing(open_news(folder / "news.db")) as news:
        save_measures(news, topic.measures.make_rows(), topic.measures.make_scope_rows())
        for name, text in (("diario", "Hubo dos muertos en Quilca."), ("radio", "Hubo tres muertos, según la radio.")):
            figures = topic.measures.measure_figures(find_figures(text, "es", "PE"), text, "es")
            store(news, replace(make_article(name, "crane", text=text), figures=figures))
    assert "Outlets give different figures: killed 2 (Diario del Sur) · 3 (radio)" in run(folder, "1").output
    (found,) = json.loads(run(folder, "1", "--json").output)["divergences"]
    assert (found["measure"], found["kind"], found["story"]) == ("killed", "differs", 1)
    assert [(figure["value"], figure["sentence"]) for figure in found["figures"]] == [
        (2.0, "Hubo dos muertos en Quilca."),
        (3.0, "Hubo tres muertos, según la radio."),
    ]


def test_an_analyst_joins_and_splits(folder: Path) -> None:
    assert run(folder, "join", "1", "https://chasqui.test/1").output == "They are story 1 now.\n"
    assert stories(folder) == [1, 1, 1]
    assert run(folder, "join", "1", "3").output == "1 and 3 are one story already.\n"
    assert run(folder, "3", "--json").output == run(folder, "1", "--json").output  # the old number leads to it
    assert run(folder, "split", "https://radio.test/1").exit_code == 0
    assert len(set(stories(folder))) == 2


def test_an_analyst_undoes_one_correction_after_the_other(folder: Path) -> None:
    run(folder, "join", "1", "3")
    run(folder, "split", "https://radio.test/1")
    assert run(folder, "undo", "https://radio.test/1").output == "The last split of story 2 is undone.\n"
    assert stories(folder) == [1, 1, 1]
    assert run(folder, "undo", "3").output == "The last join of story 1 is undone.\n"
    assert stories(folder) == [1, 1, 3]
    assert "no join or split of this story that can be undone" in run(folder, "undo", "1").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("99",),
        ("9" * 30,),
        ("https://nowhere.test/x",),
        ("join", "1", "99"),
        ("split", "not an address"),
        ("undo", "99"),
        ("undo", "3"),
    ],
)
def test_what_is_not_there_is_one_line(folder: Path, arguments: tuple[str, ...]) -> None:
    ended = run(folder, *arguments)
    assert ended.exit_code == 1
    assert ended.output.count("\n") == 1
    assert stories(folder) == [1, 1, 3]


def test_a_desk_that_has_not_crawled_says_so(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', "utf-8")
    for arguments in (("1",), ("join", "1", "2"), ("split", "https://radio.test/1"), ("undo", "1")):
        assert run(tmp_path, *arguments).exit_code == 1
    assert not (tmp_path / "news.db").exists()
