"""What a file format is: how content of one kind is written, and what a reader is told of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

ATOM_MEDIA_TYPE = "application/atom+xml; charset=utf-8"
JSON_MEDIA_TYPE = "application/json; charset=utf-8"

ContentT = TypeVar("ContentT")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat(Generic[ContentT]):
    """A file format of one kind of content. Its key in a table of formats is the suffix of its address."""

    label: str
    media_type: str
    write: Callable[[ContentT], str]
    max_entries: int = 1_000  # of one file, of content that goes on in a next file
    is_feed: bool = False  # requested regularly: always in the order of time, with an ETag
    is_attachment: bool = False  # the browser saves it under a name
