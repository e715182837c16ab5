"""Describe a pack's articles: metadata.json, the changes between versions, citations, and a README in each language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crawler.operations.evidence.evidence_form import EVIDENCE_FORMAT, METADATA_NAME, WACZ_NAME
from crawler.operations.evidence.gather import Evidence, GatheredArticle
from crawler.operations.evidence.warc_index import WarcRecord
from db import __version__
from db.i18n.languages import LANGUAGES
from db.model.times import stamp
from db.news.revisions import TextChanges, compare_versions, read_changes
from db.site.exports.citations import make_citation, make_csl_item, printable_line, write_bibtex, write_ris
from db.site.local_time import load_zone
from pipelines.archive.captures import Capture

README_FOLDER = Path(__file__).parent / "readme"
_COLUMNS = (
    "url", "title", "published", "published_precision", "published_local", "published_from",
    "claimed", "claimed_precision", "modified", "language", "words", "credited_to", "section",
    "first_seen", "last_seen", "format",
)  # fmt: skip  # of `articles`, that a pack tells: what the page says and when it was read, no judgement of the desk


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedCapture:
    """A capture with its place in the WACZ and the SHA-256 of its records."""

    capture: Capture
    file: str
    response: WarcRecord
    sha256: str


@dataclass(frozen=True, slots=True)
class Description:
    """The payload of a pack beside the WACZ: files by name, and what metadata.json says."""

    files: dict[str, bytes] = field(repr=False)
    told: dict[str, Any] = field(repr=False)


def describe_pack(evidence: Evidence, packed: Mapping[Capture, PackedCapture]) -> Description:
    """Write all files of the payload but the WACZ."""
    files: dict[str, bytes] = {}
    articles = []
    for number, article in enumerate(evidence.articles, 1):
        articles.append(_describe_article(article, number, packed, files))
    told = {
        "format": EVIDENCE_FORMAT,
        "software": f"Vigía {__version__}",
        "desk": printable_line(evidence.desk.desk.name),
        "as_of": evidence.as_of,
        "pages": WACZ_NAME if packed else None,
        "articles": articles,
    }
    files[METADATA_NAME] = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    files |= _write_citations(evidence)
    files |= {f"data/README.{language}.txt": _write_readme(told, language) for language in LANGUAGES}
    return Description(files, told)


def list_pages(evidence: Evidence, packed: Mapping[Capture, PackedCapture]) -> list[dict[str, str]]:
    """Return the list of pages of the WACZ: each capture under the title of the version that it shows."""
    pages = []
    for article in evidence.articles:
        titles = {
            source: version["title"]
            for source, version in zip(article.sources, article.record.versions, strict=True)
            if source
        }
        title = article.record.row["title"]
        for capture in article.captures:
            title = titles.get(capture, title)
            response = packed[capture].response
            id_ = hashlib.sha256(f"{response.url} {response.date}".encode()).hexdigest()[:20]
            page = {"id": id_, "url": response.url, "ts": response.page_date, "title": printable_line(title)}
            pages.append(page)
    return pages


def _describe_article(
    article: GatheredArticle, number: int, packed: Mapping[Capture, PackedCapture], files: dict[str, bytes]
) -> dict[str, Any]:
    """Return what metadata.json says of an article, and add its files."""
    record, folder = article.record, f"data/articles/{number}"
    row = record.row
    captures = [_describe_capture(packed[capture]) for capture in article.captures]
    versions: list[dict[str, Any]] = []
    for index, (version, source) in enumerate(zip(record.versions, article.sources, strict=True)):
        text = version["text"].encode()
        file = f"{folder}/version-{index + 1}.txt"
        files[file] = text
        following = record.versions[index + 1 : index + 2]
        told: dict[str, Any] = {
            "number": index + 1,
            "since": version["since"],
            "until": following[0]["since"] if following else None,
            "title": version["title"],
            "text": file,
            "text_sha256": hashlib.sha256(text).hexdigest(),
            "capture": None if source is None else article.captures.index(source) + 1,
            "changes": None,
        }
        if index:
            before = record.versions[index - 1]
            changes = read_changes(before["changes"]) or compare_versions(
                before["title"], before["text"], version["title"], version["text"]
            )
            name = f"{folder}/changes-{index}-to-{index + 1}.txt"
            files[name] = _write_changes(changes)
            told["changes"] = asdict(changes) | {"file": name, "kinds": before["kinds"], "notice": before["notice"]}
        versions.append(told)
    return {
        "number": number,
        **{name: row[name] for name in _COLUMNS},  # type: ignore[literal-required]
        "authors": json.loads(row["authors"] or "[]"),
        "paywalled": bool(row["paywalled"]),
        "sponsored": bool(row["sponsored"]),
        "outlet": dict(record.outlet) if record.outlet else {"id": row["outlet"], "name": row["outlet"]},
        "versions": versions,
        "captures": captures,
        "copy_of": record.original,
        "copies": list(record.copies),
        "story": None if record.story is None else {"id": record.story, "articles": list(record.story_articles)},
    }


def _describe_capture(packed: PackedCapture) -> dict[str, Any]:
    capture, response = packed.capture, packed.response
    return {
        "url": response.url,
        "fetched_at": stamp(capture.fetched_at),
        "status": capture.status,
        "warc": packed.file,
        "offset": response.offset,
        "length": capture.end - capture.place.offset,
        "sha256": packed.sha256,
        "payload_digest": response.digest,
        "archive_file": capture.place.file,
        "archive_offset": capture.place.offset,
        "imported_from": capture.origin and asdict(capture.origin),
    }


def _write_changes(changes: TextChanges) -> bytes:
    """Write changes as GNU wdiff does: [-what went out-] and {+what came in+}, between the words around it."""
    lines = []
    if changes.headline:
        lines.append(f"# [-{changes.headline[0]}-] {{+{changes.headline[1]}+}}")
    for part in changes.parts:
        out, into = f"[-{part.out}-]" if part.out else "", f"{{+{part.into}+}}" if part.into else ""
        lines.append(" ".join(filter(None, (part.before.strip(), out, into, part.after.strip()))))
    return "".join(f"{line}\n" for line in lines).encode()


def _write_citations(evidence: Evidence) -> dict[str, bytes]:
    zone = load_zone(evidence.desk.desk.timezone)
    found = [
        make_citation(one.record.row, one.record.outlet, keywords=one.keywords, zone=zone) for one in evidence.articles
    ]
    items = json.dumps([make_csl_item(citation) for citation in found], ensure_ascii=False, indent=1)
    return {
        "data/citations.ris": "".join(map(write_ris, found)).encode(),
        "data/citations.bib": "\n".join(map(write_bibtex, found)).encode(),
        "data/citations.csl.json": f"{items}\n".encode(),
    }


def _write_readme(told: Mapping[str, Any], language: str) -> bytes:
    environment = Environment(
        loader=FileSystemLoader(README_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 -- plain text
    )
    environment.filters["line"] = lambda text: printable_line(str(text))
    return environment.get_template(f"README.{language}.txt").render(told).encode()


def list_gaps(told: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the address and number of each version whose page the archive does not hold."""
    for article in told["articles"]:
        for version in article["versions"]:
            if version["capture"] is None:
                yield article["url"], version["number"]
