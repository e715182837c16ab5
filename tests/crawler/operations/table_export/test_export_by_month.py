"""`vigia export`: tables by month, complete and exact, rewritten only where something changed."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from crawler.cli.main import vigia
from crawler.operations.table_export import table_files
from crawler.operations.table_export.export_by_month import LIST_NAME, export_by_month
from crawler.operations.table_export.table_files import TableExportError
from db.connection import open_news
from db.export_tables import EXPORT_TABLES
from tests.fixtures.invented_desk import build
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
RECIPES = re.findall(
    r"^```(python csv|python|sql duckdb|r csv)\n(.*?)^```",
    (ROOT / "docs" / "analysis.md").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented desk of six months, with one divergence."""
    path = build(tmp_path_factory.mktemp("desk"), now=NOW)
    (path.parent / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', encoding="utf-8")
    db = open_news(path)
    with db.atomic():
        (story,) = db.execute("SELECT min(story) FROM story_articles").fetchone()
        row = {
            "id": 1,
            "story": story,
            "measure": "cost",
            "unit": "USD",
            "kind": "differs",
            "since": "2026-11-20T10:00:00Z",
        }
        db.table("divergences").insert(row)
        db.execute("INSERT INTO divergence_figures SELECT 1, id FROM figures ORDER BY id LIMIT 2")
        db.execute("UPDATE figures SET kind = 'money'")
        db.execute("UPDATE articles SET title = '=1+1' WHERE id = 3")
    db.conn.close()
    return path


@pytest.fixture(scope="module")
def folders(news: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An export in each format."""
    folder = tmp_path_factory.mktemp("exports")
    for name in ("csv", "parquet"):
        export_by_month(news, folder / name, format=name, with_text=False)
    return {name: folder / name for name in ("csv", "parquet")}


@pytest.fixture
def changeable(news: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of the invented desk's news.db."""
    with open_news(news).conn as whole:
        whole.execute("VACUUM INTO ?", [str(tmp_path / "news.db")])
    db = open_news(tmp_path / "news.db")
    yield db
    db.conn.close()


def run(news: Path, *words: str) -> Result:
    return CliRunner().invoke(vigia, ["--desk", str(news.parent), "export", *words])


def ask(news: Path, sql: str) -> list[tuple[Any, ...]]:
    db = open_news(news, readonly=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.conn.close()


def test_both_formats_hold_every_row_of_each_table(news: Path, folders: dict[str, Path]) -> None:
    counts = {table: ask(news, f"SELECT count(*) FROM {table}")[0][0] for table in ("articles", "mentions", "figures")}
    counts |= {"stories": ask(news, "SELECT count(*) FROM stories WHERE merged_into IS NULL")[0][0], "divergences": 2}
    for table, count in counts.items():
        read = [row for file in (folders["csv"] / table).iterdir() for row in csv.DictReader(file.open(newline=""))]
        assert len(read) == pq.read_table(folders["parquet"] / table).num_rows == count > 0


def test_values_are_those_of_the_records(news: Path, folders: dict[str, Path]) -> None:
    read = {row["id"]: row for row in pq.read_table(folders["parquet"] / "articles").to_pylist()}
    written = ask(
        news, "SELECT a.id, a.title, a.published, a.paywalled, a.original, s.story FROM articles AS a"
        " JOIN story_articles AS s ON s.article = a.id"
    )  # fmt: skip
    for id_, title, published, paywalled, original, story in written:
        row = read[id_]
        assert (row["title"], row["paywalled"], row["original"], row["story"]) == (
            title,
            bool(paywalled),
            original,
            story,
        )
        assert row["published"] == (published and dt.datetime.fromisoformat(published))
        month = "articles/" + (published or row["first_seen"].isoformat())[:7]
        assert id_ in pq.read_table(folders["parquet"] / f"{month}.parquet")["id"].to_pylist()
    cells = [row["title"] for file in (folders["csv"] / "articles").iterdir() for row in csv.DictReader(file.open())]
    assert "'=1+1" in cells
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_texts_are_in_it_only_if_they_are_asked_for(news: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    texts = {text for (text,) in ask(news, "SELECT text FROM articles")}
    for file in folders["csv"].rglob("*.csv"):
        assert not any(text in file.read_text("utf-8") for text in texts)
    export_by_month(news, tmp_path / "with", format="parquet", with_text=True)
    assert set(pq.read_table(tmp_path / "with" / "articles")["text"].to_pylist()) == texts


def test_a_second_export_writes_only_the_month_that_changed(changeable: Database, tmp_path: Path) -> None:
    news, folder = tmp_path / "news.db", tmp_path / "tables"
    first = export_by_month(news, folder, format="csv", with_text=False)
    assert first.kept == 0
    assert export_by_month(news, folder, format="csv", with_text=False).written == []
    (month,) = changeable.execute("SELECT substr(published, 1, 7) FROM articles WHERE id = 20").fetchone()
    with changeable.atomic():
        changeable.execute("UPDATE articles SET section = 'Puertos' WHERE id = 20")
    (folder / "outlets.csv").unlink()
    again = export_by_month(news, folder, format="csv", with_text=False)
    assert again.written == [f"articles/{month}.csv", "outlets.csv"]
    assert again.kept == len(first.written) - 2
    with changeable.atomic():
        changeable.execute("DELETE FROM divergence_figures")
        changeable.execute("DELETE FROM divergences")
    assert export_by_month(news, folder, format="csv", with_text=False).removed == ["divergences/2026-11.csv"]
    assert not list(folder.rglob("*.part"))


def test_an_export_that_was_ended_is_taken_up_again(news: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    whole = export_by_month(news, folder, format="csv", with_text=False)
    (folder / LIST_NAME).write_text('{"format": "csv"}', encoding="utf-8")  # as it is written first
    (folder / "articles" / ".2026-11.csv.part").write_text("id", encoding="utf-8")
    assert export_by_month(news, folder, format="csv", with_text=False).written == whole.written
    assert not list(folder.rglob("*.part"))


@pytest.mark.slow
@pytest.mark.parametrize("format", ["csv", "parquet"])  # of pyarrow, the error has no file's name
def test_a_full_disk_gives_one_line_and_no_half_file(
    format: str,  # noqa: A002
    news: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fill_disk(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    write = table_files.TABLE_FORMATS[format]
    monkeypatch.setitem(table_files.TABLE_FORMATS, format, fill_disk)
    folder = tmp_path / "tables"
    ended = run(news, "--to", str(folder), "--format", format)
    place = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    assert (ended.exit_code, ended.output.count("\n")) == (1, 1)
    assert ended.output.startswith(f"vigia: {place}/")
    assert ended.output.endswith("No space left on device; free some space\n")
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [LIST_NAME]
    other = {"csv": "parquet", "parquet": "csv"}[format]
    assert f"holds an export as {format}" in run(news, "--to", str(folder), "--format", other).output
    monkeypatch.setitem(table_files.TABLE_FORMATS, format, write)
    assert run(news, "--to", str(folder), "--format", format).exit_code == 0


@pytest.mark.slow
def test_a_folder_of_something_else_is_left_alone(news: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    ended = run(news, "--to", str(tmp_path))
    assert (ended.exit_code, list(tmp_path.iterdir())) == (1, [tmp_path / "notes.txt"])
    assert "holds something other than an export; name a new folder" in ended.output
    (mine := tmp_path / "mine" / "articles").mkdir(parents=True)
    assert "holds something other than an export" in run(news, "--to", str(mine.parent)).output
    ended = run(news, "--to", str(folders["parquet"]), "--format", "csv")
    assert (ended.exit_code, ended.output.count("\n")) == (1, 1)
    assert "holds an export as parquet" in ended.output
    (folders["csv"] / LIST_NAME).rename(kept := tmp_path / "list")
    for text in ('{"format": "csv", "files": {"../news.db": {"rows": 1, "sha256": ""}}}', "[", '{"format": 1}'):
        (folders["csv"] / LIST_NAME).write_text(text, encoding="utf-8")
        with pytest.raises(TableExportError):
            export_by_month(news, folders["csv"], format="csv", with_text=False)
    kept.rename(folders["csv"] / LIST_NAME)


def test_parquet_without_pyarrow_gives_one_line(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ended = run(news, "--to", str(tmp_path / "tables"), "--format", "parquet")
    assert ended.exit_code == 1
    assert ended.output.startswith("vigia: Parquet needs pyarrow; install vigia-news[parquet]")
    assert not (tmp_path / "tables").exists()
    assert table_files.TABLE_FORMATS.keys() == {"parquet", "csv"}


@pytest.mark.parametrize(("language", "code"), RECIPES)
def test_every_recipe_of_the_documents_runs(
    language: str,
    code: str,
    folders: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folders["csv" if language.endswith(" csv") else "parquet"])
    if language == "sql duckdb":
        assert duckdb.sql(code).fetchall()
    elif language == "r csv":
        if (program := shutil.which("Rscript")) is None:
            pytest.skip("there is no R")
        done = subprocess.run(
            [program, "-e", code], check=False, capture_output=True, text=True, timeout=DEADLINE_SECONDS
        )
        assert "faro" in done.stdout, done.stderr
    else:
        exec(compile(code, "analysis.md", "exec"), {})
        assert "private" in (printed := capsys.readouterr().out) or "faro" in printed


def test_the_documents_name_every_table_and_column() -> None:
    text = (ROOT / "docs" / "analysis.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)[/.][^|]*\|[^|]*\| ([^|]+) \|$", text, re.MULTILINE))
    rows["concepts"] = rows["outlets"]
    for table in EXPORT_TABLES:
        missing = {name for name, _ in table.columns} - set(re.findall(r"`(\w+)`", rows[table.name]))
        assert missing == set(), table.name
