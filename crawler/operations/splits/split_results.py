"""The results of a split as one Parquet file, and how it is read again with distrust.

A file is written under a temporary name, synced and renamed: what has the right name is whole. Pages that came to
nothing but a count have no row.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt, TypeAdapter, ValidationError

from crawler.operations.splits.json_values import dump_json_value
from db.draft_files import settle_file
from db.model.article import Article
from db.model.rejection import Rejection
from db.model.story_wording import StoryWording
from pipelines.analysis.workers.jobs import WorkersError
from pipelines.page import Page

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

_NOTE = b"vigia"  # the key of the note in the file's metadata
_GROUP_BYTES = 8_000_000  # after which a row group is written
_MAX_GROUP_BYTES = 400_000_000  # that are read at once
_MAX_NOTE_BYTES = 1_000_000
_REMEDY = "delete this file and run the same command again"

_PAGE: TypeAdapter[Page] = TypeAdapter(Page)
_ARTICLE: TypeAdapter[Article] = TypeAdapter(Article)
_REJECTION: TypeAdapter[Rejection] = TypeAdapter(Rejection)


class SplitResultError(WorkersError):
    """A file of results can't be used. The text is one line: the file, the problem, the remedy if rows were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRow:
    """A page that is to be stored, or whose lines are to be counted, with the outcome of its analysis.

    inputs: the digest of what decides on the outcome beside the repeated lines, where a result is found by that.
    cut: the hashes of the page's lines that were repeated ones (`choose_hashes`).
    """

    offset: int
    record_id: str = ""
    inputs: str = ""
    cut: bytes = b""
    page: Page  # without its body if it was rejected
    outcome: Article | Rejection


class SplitNote(BaseModel):
    """What a split came to. `next`: the offset at which the record after the last one begins; None at the file's end.

    `counts`: the records that have no row, by outcome.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    start: NonNegativeInt
    next: NonNegativeInt | None
    records: NonNegativeInt
    counts: Mapping[str, NonNegativeInt]


def _make_schema() -> pyarrow.Schema:
    import pyarrow as pa  # noqa: PLC0415 - 150 MB, of an extra

    texts = ("record_id", "inputs", "page", "kind", "outcome", "encoder", "language", "details")
    blobs = ("line_hashes", "cut", "body", "signature", "heads", "vectors")
    columns = [("offset", pa.int64()), *((name, pa.string()) for name in texts)]
    return pa.schema([*columns, *((name, pa.binary()) for name in blobs)])


@dataclass(slots=True)
class ResultWriter:
    """Writes the file of a split; a context manager, to be ended by `finish`."""

    path: Path
    key: str
    start: int = 0  # the offset of its first record, where splits are ranges of a file
    records: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _bytes: int = 0
    _draft: Path = field(init=False)
    _writer: parquet.ParquetWriter = field(init=False)

    def __enter__(self) -> ResultWriter:
        from pyarrow import parquet  # noqa: PLC0415

        self._draft = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex}.part")
        self._writer = parquet.ParquetWriter(self._draft, _make_schema(), compression="zstd")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._draft.unlink(missing_ok=True)

    def add_row(self, row: SplitRow) -> None:
        """Add a page with its outcome."""
        self.records += 1
        page, outcome = row.page, row.outcome
        wording = None
        if isinstance(outcome, Article):
            wording, told = outcome.wording, dump_json_value(_ARTICLE, outcome, {"wording", "line_hashes"})
        else:
            told = dump_json_value(_REJECTION, outcome, {"line_hashes"})
        body = page.body if isinstance(outcome, Article) else b""
        made: dict[str, Any] = {
            "offset": row.offset,
            "record_id": row.record_id,
            "inputs": row.inputs,
            "page": dump_json_value(_PAGE, page, {"body"}),
            "kind": "article" if isinstance(outcome, Article) else "rejection",
            "outcome": told,
            "line_hashes": outcome.line_hashes if row.inputs else b"",
            "cut": row.cut,
            "body": body,
        }
        if wording:
            made |= {"encoder": wording.encoder, "language": wording.language, "details": wording.details}
            made |= {"signature": wording.signature, "heads": wording.heads, "vectors": wording.body}
        self._append(made, len(body) + len(told))

    def copy_rows(self, other: SplitResult, is_wanted: Callable[[str, bytes, bytes], bool]) -> set[str]:
        """Copy rows from another file, one for each `inputs`; return these.

        is_wanted: says of a row's `inputs`, of its page's line hashes and of `cut` whether it is copied. Raises
        SplitResultError.
        """
        found: set[str] = set()
        for row in other.read_columns():
            if row["inputs"] not in found and is_wanted(row["inputs"], row["line_hashes"], row["cut"]):
                found.add(row["inputs"])
                self.records += 1
                self._append(row, len(row["body"]) + len(row["outcome"]))
        return found

    def _append(self, row: dict[str, Any], size: int) -> None:
        self._rows.append(row)
        self._bytes += size
        if self._bytes > _GROUP_BYTES:
            self._write_group()

    def count(self, outcome: str) -> None:
        """Count a record that needs no row."""
        self.records += 1
        self.counts[outcome] += 1

    def finish(self, next_offset: int | None = None) -> None:
        """Put the whole file into its place."""
        self._write_group()
        note = SplitNote(key=self.key, start=self.start, next=next_offset, records=self.records, counts=self.counts)
        self._writer.add_key_value_metadata({_NOTE: note.model_dump_json().encode()})
        self._writer.close()
        settle_file(self._draft, self.path)

    def _write_group(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=_make_schema()))
            self._rows.clear()
            self._bytes = 0


@dataclass(frozen=True, slots=True)
class SplitResult:
    """A file of results that was opened and whose note, columns and sizes are right."""

    path: Path
    note: SplitNote

    def read_rows(self) -> Iterator[SplitRow]:
        """Yield its rows in the order in which they were written. Raises SplitResultError."""
        with self._explain_errors():
            yield from map(self._read_row, self.read_columns())

    def read_columns(self) -> Iterator[dict[str, Any]]:
        """Yield its rows as they lie in the file, unchecked. Raises SplitResultError."""
        from pyarrow import parquet  # noqa: PLC0415

        with self._explain_errors(), parquet.ParquetFile(self.path) as file:
            for group in range(file.num_row_groups):
                yield from file.read_row_group(group).to_pylist()

    @contextlib.contextmanager
    def _explain_errors(self) -> Iterator[None]:
        from pyarrow import ArrowException  # noqa: PLC0415

        try:
            yield
        except (ArrowException, OSError, ValidationError, ValueError) as error:
            raise SplitResultError(f"{self.path}: {str(error).splitlines()[0]:.200}; {_REMEDY}") from error

    def _read_row(self, row: Mapping[str, Any]) -> SplitRow:
        page = _PAGE.validate_python({**json.loads(row["page"]), "body": row["body"]})
        outcome: Article | Rejection
        if row["kind"] == "article":
            outcome = _ARTICLE.validate_json(row["outcome"])
            if row["encoder"] is not None:
                wording = StoryWording(
                    encoder=row["encoder"],
                    language=row["language"],
                    signature=row["signature"],
                    heads=row["heads"],
                    body=row["vectors"],
                    details=row["details"],
                )
                outcome = replace(outcome, wording=wording)
        else:
            outcome = _REJECTION.validate_json(row["outcome"])
        if (outcome.url, outcome.key, outcome.outlet) != (page.url, page.key, page.outlet.id):
            raise SplitResultError(f"{self.path}: an outcome of another page; {_REMEDY}")
        return SplitRow(
            offset=row["offset"],
            record_id=row["record_id"],
            inputs=row["inputs"],
            cut=row["cut"],
            page=page,
            outcome=outcome,
        )


def open_result(path: Path, *, key: str | None) -> SplitResult | None:
    """Open a file of results; None if there is none. Raises SplitResultError if it is not what this split wrote.

    key: None to take those of any split.
    """
    from pyarrow import ArrowException, parquet  # noqa: PLC0415

    if not path.exists():
        return None
    try:
        about = parquet.read_metadata(path)
        note = (about.metadata or {}).get(_NOTE, b"")
        if len(note) > _MAX_NOTE_BYTES or not about.schema.to_arrow_schema().equals(_make_schema()):
            raise SplitResultError(f"{path}: other columns than those of results")
        read = SplitNote.model_validate_json(note)
        groups = [about.row_group(number).total_byte_size for number in range(about.num_row_groups)]
    except (ArrowException, OSError, ValidationError) as error:
        raise SplitResultError(f"{path}: {str(error).splitlines()[0]:.200}") from error
    if key not in {None, read.key} or about.num_rows + sum(read.counts.values()) != read.records:
        raise SplitResultError(f"{path}: results of something else")
    if max(groups, default=0) > _MAX_GROUP_BYTES:
        raise SplitResultError(f"{path}: a row group of more than {_MAX_GROUP_BYTES / 1e6:.0f} MB")
    return SplitResult(path, read)
