"""Turn saved files into pages and outcomes into JSON, for `vigia analyse`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crawler import urls
from crawler.config.desk import Desk, DeskError
from crawler.discovery.decompression import decompress
from crawler.operations.find_outlet import OutletFinder
from db.model.article import Article
from db.model.rejection import Rejection
from pipelines.analysis.analyse import Analysis
from pipelines.page import OutletProfile, Page

MAX_FILE_BYTES = 50_000_000  # after decompression


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """One file to analyse, with the address of the page that it holds."""

    file: Path
    url: str
    outlet: str | None = None


def read_tasks(listing: Path) -> Iterator[FileTask]:
    """Read a list of files to analyse: one JSON object on each line.

    An object is {"file", "url", "outlet"?}, with the file's path relative to the list. Raises DeskError with the
    number of a line that can't be read.
    """
    with listing.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                yield FileTask(file=listing.parent / row["file"], url=row["url"], outlet=row.get("outlet"))
            except (ValueError, KeyError, TypeError) as error:
                raise DeskError(
                    f'{listing}:{number}: {error!r}; write {{"file": "…", "url": "https://…"}} on each line'
                ) from error


def page_of_file(task: FileTask, desk: Desk, *, now: dt.datetime) -> Page:
    """Build the page that a crawl would make of this file.

    Raises DeskError if the address can't be requested, or the file can't be decompressed or is too large.
    """
    url = urls.canonicalize(task.url)
    if url is None:
        raise DeskError(f"{task.url}: not an address that could be fetched; write a whole http:// or https:// address")
    body = task.file.read_bytes()
    is_too_large = len(body) > MAX_FILE_BYTES
    if body[:2] == b"\x1f\x8b":
        unpacked = decompress(body, "gzip", max_bytes=MAX_FILE_BYTES)
        body, is_too_large = unpacked.body, unpacked.too_large
        if unpacked.fault and not is_too_large:
            raise DeskError(f"{task.file}: can't be unpacked ({unpacked.fault})")
    if is_too_large:
        raise DeskError(f"{task.file}: over {MAX_FILE_BYTES // 1_000_000} MB; it is not a page")
    return Page(
        url=url, key=urls.key(url), answered_url=url, body=body, outlet=profile_of(task, url, desk), fetched_at=now
    )


def profile_of(task: FileTask, url: str, desk: Desk) -> OutletProfile:
    """Return the outlet that the task names, or the one that the address belongs to.

    If there is neither, returns a profile without any knowledge.
    """
    for outlet in desk.outlets:
        if outlet.id == task.outlet:
            return outlet.profile
    if task.outlet is None and (found := OutletFinder(desk.outlets).find(url)):
        return found.profile
    return OutletProfile(id=task.outlet or urls.get_host(url), name="", home=url, country="XX")


def outcome_as_json(outcome: Article | Rejection | Analysis) -> dict[str, Any]:
    """Return an article or rejection as `vigia analyse` prints it.

    A rejection has its reason under `rejected`. With the fields of its article it has the rule's verdict, which is
    null if the text is off topic.
    """
    if isinstance(outcome, Analysis):
        if outcome.article is None or outcome.outcome is outcome.article:
            return outcome_as_json(outcome.outcome)
        fields = outcome_as_json(outcome.article) | outcome_as_json(outcome.outcome)
        return fields | {"verdict": outcome.verdict}
    fields = asdict(outcome)
    fields.pop("fingerprint", None)
    fields.pop("wording", None)
    fields.pop("seen_lines")
    fields.pop("line_hashes")
    if isinstance(outcome, Rejection):
        fields["rejected"] = str(fields.pop("reason"))
    return {name: value for name, value in fields.items() if name != "key"}
