"""What of Vigía decides how a page is analysed, as one digest: its code, data and topic."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from pipelines.relevance.topic import TopicPlace
from pipelines.relevance.topic_file import TopicFile, find_included_file, find_topic_file, parse_file

# Packages and modules of Vigía by which a record becomes an article. Versions of libraries are not in the digest.
_DECIDING = (
    *("pipelines", "db.copies", "db.figures", "db.i18n.concept_names", "db.i18n.languages", "db.model", "db.text"),
    *("crawler.urls", "crawler.operations.splits", "crawler.operations.imports", "crawler.operations.rebuilds"),
    *("crawler.config.outlet", "crawler.discovery.article_pattern", "crawler.operations.find_outlet"),
)
_NOT_DECIDING = Path("pipelines/alerts")
OTHER_RULES = "runs another version of Vigía; install the same on all machines, and start it anew"


@functools.cache
def digest_rules() -> str:
    """Return the digest of the code and the data of this process, as they were when it was first asked."""
    digest = hashlib.sha256()
    for name in _DECIDING:
        spec = find_spec(name)
        assert spec is not None  # noqa: S101 - they are installed with this module
        assert spec.origin is not None  # noqa: S101 - none is a namespace
        place = Path(spec.origin)
        files = _list_files(place.parent) if place.name == "__init__.py" else [place]
        _add_files(digest, files, place.parent)
    return digest.hexdigest()


def digest_topic(place: TopicPlace) -> str:
    """Return the digest of a topic's files and of what the desk has learned. Raises TopicError, OSError."""
    path = find_topic_file(place.file)
    file: TopicFile = parse_file(TopicFile, path)
    digest = hashlib.sha256()
    _add_files(digest, [path, *(find_included_file(path, name) for name in file.include)], path.parent)
    if place.learned and (learned := Path(place.learned)).exists():
        _add_files(digest, _list_files(learned) if learned.is_dir() else [learned], learned)
    return digest.hexdigest()


def _list_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and not path.is_relative_to(folder.parent / _NOT_DECIDING):
            yield path


def _add_files(digest: hashlib._Hash, paths: Iterable[Path], root: Path) -> None:
    for path in paths:
        name = path.relative_to(root) if path.is_relative_to(root) else path.name
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
