"""The documents are correct and complete: commands, options, keys, tables, links and make targets."""

import json
import os
import re
import shlex
import sqlite3
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from crawler.cli.main import vigia
from crawler.config.desk import CrawlSettings, DeskSettings, load_desk, shipped_outlets
from crawler.config.first_file import compose_first_file
from crawler.config.outlet import JsonIndex, Outlet
from crawler.settings import user_agent
from db.connection import open_news
from pipelines.alerts.subscriptions.person import Person
from pipelines.alerts.subscriptions.planned_briefing import PlannedBriefing
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import list_shipped_topics
from tests.fixtures.paths import ROOT

README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
INTERNAL = re.compile(r"articles_fts|_sqlite_migrations$|sqlite_")  # internal tables

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def spoken(page: Path) -> Iterator[str]:
    """Yield every command line in shell blocks and between backticks."""
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            yield line.partition(" # ")[0].strip()
    yield from re.findall(
        r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    )


def vigia_lines(page: Path) -> list[str]:
    found = (re.match(r"(?:sudo -u \S+ )?(?:\S*/)?vigia (.+)$", line) for line in spoken(page))
    return [match[1] for match in found if match]


def words_of(line: str) -> list[str]:
    """Turn a documented line into words that can be run, with its optional parts and one OUTLET."""
    return shlex.split(re.sub(r"[\[\]…]", "", line))


def parsed(words: list[str]) -> tuple[str, ...]:
    """Return the path of the command that these words call. Raises click.UsageError if there is none."""
    command: click.Command = vigia
    context: click.Context | None = None
    path: list[str] = []
    while isinstance(command, click.Group):
        context = click.Context(command, info_name=command.name, parent=context, **command.context_settings)
        words = click.Command.parse_args(command, context, words)
        if not words:
            return tuple(path)
        name, words = words[0], words[1:]
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"there is no command {' '.join([*path, name])}")
        path.append(name)
        command = found
    if not words or words == ["--help"]:  # a sentence may name a command without its arguments
        return tuple(path)
    with command.make_context(path[-1], words, parent=context):
        return tuple(path)


def leaves(group: click.Group = vigia, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with the files that the documents mention."""
    for name in ("FILE", "LIST"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIGIA_DESK", raising=False)


@pages
def test_every_command_line_in_the_documents_is_valid(page: Path) -> None:
    for line in vigia_lines(page):
        if line.startswith("COMMAND"):
            continue
        try:
            parsed(words_of(line))
        except click.UsageError as error:
            pytest.fail(f"{page.name}: vigia {line}: {error.format_message()}")


def test_the_readmes_table_has_every_command() -> None:
    rows = re.findall(r"^\| `vigia ([^`]+)` \| ([^|]+) \|$", README.read_text("utf-8"), re.MULTILINE)
    documented = {parsed(words_of(line)) for line, _ in rows}
    assert documented == {path for path, _ in leaves()}
    with_json = {parsed(words_of(line)) for line, _ in rows if "--json" in line}
    assert with_json == {path for path, command in leaves() if any("--json" in p.opts for p in command.params)}


@pytest.mark.parametrize("command", [command for _, command in leaves()], ids=[" ".join(path) for path, _ in leaves()])
def test_a_commands_help_begins_with_a_sentence_and_explains_its_options(command: click.Command) -> None:
    first = (command.help or "").split("\n\n")[0]
    assert re.match(r"[A-Z].*[.:]$", first, re.DOTALL), first
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in {"port", "folder"}:
            assert parameter.help, f"{command.name} {parameter.opts[0]} has no help text"


@pages
def test_every_toml_block_in_the_documents_is_a_valid_desk(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "toml"):
        stated = tomllib.loads(block)
        text = block if "[desk]" in block else f'[desk]\ndirectory = "none"\n\n{block}'
        (tmp_path / "vigia.toml").write_text(text, encoding="utf-8")
        desk = load_desk(tmp_path)
        assert {row["id"] for row in stated.get("outlet", ())} <= {outlet.id for outlet in desk.outlets}
        assert [row["name"] for row in stated.get("subscription", ())] == [one.name for one in desk.subscriptions]


@pytest.mark.parametrize("topic", list_shipped_topics())
def test_the_examples_of_the_first_vigia_toml_are_valid(topic: str, tmp_path: Path) -> None:
    proposed = re.sub(r"^# (?=\[\[|\w+ = )", "", compose_first_file(topic), flags=re.MULTILINE)
    (tmp_path / "vigia.toml").write_text(proposed, encoding="utf-8")
    desk = load_desk(tmp_path)
    assert [subscription.name for subscription in desk.subscriptions] == ["Copper"]
    assert desk.desk.topic == topic
    assert desk.outlet("mi-diario").enabled
    assert desk.crawl.contact


@pages
def test_every_relative_link_and_picture_exists(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"


@pages
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for line in spoken(page):
        if match := re.match(r"make ([^\s=]+)", line):
            assert re.search(rf"^{re.escape(match[1])}:", makefile, re.MULTILINE), f"{page.name}: {line}"


def test_every_make_target_has_its_line_in_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(re.findall(r"^([\w-]+):.*##", makefile, re.MULTILINE))


def test_ci_runs_the_commands_that_the_readme_names() -> None:
    called = re.findall(r"^(make \w+)", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert set(called) == {"make check", "make test"}
    assert set(called) <= set(spoken(README))
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


def test_an_invalid_command_line_is_detected() -> None:
    for line in ("outlets remove gestion", "crawl --fast", "backfill OUTLET", "up --port many", "--quiet status"):
        with pytest.raises(click.UsageError):
            parsed(words_of(line))


def test_pictures_are_small() -> None:
    assert [picture.name for picture in sorted((ROOT / "docs").glob("*.png")) if picture.stat().st_size > 300_000] == []


MODELS: dict[str, type[BaseModel]] = {
    "## [desk]": DeskSettings,
    "## [crawl]": CrawlSettings,
    "## [[outlet]]": Outlet,
    "A JSON index": JsonIndex,
    "## [[person]]": Person,
    "## [[subscription]]": Subscription,
    "## [[briefing]]": PlannedBriefing,
}


@pytest.mark.parametrize(("beginning", "model"), MODELS.items(), ids=[model.__name__ for model in MODELS.values()])
def test_every_key_of_vigia_toml_is_documented_with_its_default(beginning: str, model: type[BaseModel]) -> None:
    after = (ROOT / "docs" / "configuration.md").read_text("utf-8").partition(beginning)[2]
    table = re.search(r"^(\|.*\|\n)+", after, re.MULTILINE)  # the first table below
    assert table
    documented = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\|", table[0], re.MULTILINE))
    assert set(documented) == set(model.model_fields)
    for key, field in model.model_fields.items():
        if key != "every":  # its default depends on the kind
            assert documented[key] == written(field.default), f"{key}: {documented[key]}"


def written(default: Any) -> str:
    """Format a default as the tables of the documents do."""
    if default is PydanticUndefined:
        return "*required*"
    if default is None:
        return ""
    return f"`{json.dumps(list(default) if isinstance(default, tuple) else default, ensure_ascii=False)}`"


def test_every_table_and_column_of_news_db_is_documented(tmp_path: Path) -> None:
    db = open_news(tmp_path / "news.db")
    existing = {table: {column.name for column in db[table].columns} for table in db.table_names()}
    existing = {table: columns for table, columns in existing.items() if not INTERNAL.match(table)}
    text = (ROOT / "docs" / "records.md").read_text("utf-8")
    documented = {
        table: set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", columns)))
        for table, columns in re.findall(r"^\| `(\w+)`[^|]* \| (.+) \|$", text, re.MULTILINE)
    }
    assert documented == existing


@pages
def test_every_sql_query_in_the_documents_runs(page: Path, tmp_path: Path) -> None:
    open_news(tmp_path / "news.db").conn.close()
    connection = sqlite3.connect(tmp_path / "news.db")
    for block in blocks(page, "sql"):
        connection.execute(block)
        for concept in re.findall(r"concept = '([^']+)'", block):
            assert concept in {one.id for one in load_topic("china_peru").concepts}
    connection.close()


def test_the_documented_counts_of_outlets_and_the_name_are_correct() -> None:
    text = README.read_text("utf-8")
    assert 130 <= sum(outlet.enabled for outlet in shipped_outlets()) <= 150  # "about 140"
    assert f"`{user_agent(None)}`" in text
    folder = ROOT / "crawler" / "config" / "outlets"
    documented = re.search(r"`(\[\"chile\"[^`]*\])`", (ROOT / "docs" / "configuration.md").read_text("utf-8"))
    assert documented
    assert sorted(json.loads(documented[1])) == sorted(file.stem for file in folder.glob("*.toml"))
