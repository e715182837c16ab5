"""Tell what lies in the archive folder and is not the archive's."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.config.desk import Desk
from pipelines.archive.warc_files import Archive, is_warc_name

_MAX_NAMES = 5  # that are told one by one


def describe_foreign_files(desk: Desk) -> Iterator[str]:
    """Yield a line for each file, with what to do about it. Raises OSError if the folder can't be read."""
    names = Archive(desk.archive).foreign_names()
    for name in sorted(names, key=lambda name: not is_warc_name(name))[:_MAX_NAMES]:
        path = desk.archive / name
        if is_warc_name(name):
            yield (
                f"{path}: another program's WARC file; `vigia import {path}` reads it. Then move it out of the "
                "archive folder"
            )
        else:
            yield f"{path}: not made by Vigía, which leaves it alone; move it out of the archive folder"
    if len(names) > _MAX_NAMES:
        yield f"{desk.archive}: {len(names) - _MAX_NAMES} more that Vigía did not make"
