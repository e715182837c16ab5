"""Revisions: earlier versions of an article, and the changes between two versions word by word."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlite_utils import Database

from db.copies.similarity import normalise
from db.edits.find_edit import Edit, find_edit
from db.news.article_row import ArticleRow
from db.news.ledgers.edit_rows import delete_edits, find_notice, save_edit
from db.news.outlets import find_outlet_country
from db.news.version_comparison import store_comparison
from db.text.alignment import WorkBudget, align, budget_for
from db.text.scripts import HAN
from db.text.text_changes import MAX_COMPARED_CHARS

_TOKEN = re.compile(rf"[{HAN}]|\d+(?:[.,:/]\d+)*%?|[^\W\d_{HAN}]+|\S")
_MAX_PART_CHARACTERS = 2000  # of one part that are stored; the whole text is stored beside it
_MAX_PARTS = 200  # that are stored
_TOKENS_BEFORE = 6  # of context, stored with a part
_TOKENS_AFTER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an article, and since when it was seen like that (in the form of db.model.times.stamp)."""

    since: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPart:
    """One changed place: `out` was replaced by `into`, of which one may be "". Marks: "figure", "name"."""

    before: str  # the words in front of it
    out: str
    into: str
    marks: tuple[str, ...] = ()
    after: str = ""  # the words behind it, with the space between: the unit of a figure, the rest of a name


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChanges:
    """The differences between two versions. Names are recognised by their capitals, so in Spanish and English only."""

    headline: tuple[str, str] | None  # before and after, None when it stayed
    parts: tuple[ChangedPart, ...]  # of the text, in order
    words_out: int
    words_in: int
    figures_out: tuple[str, ...]
    figures_in: tuple[str, ...]
    names_out: tuple[str, ...]
    names_in: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRevision:
    """A change of an article from one version to the next, each (title, text), with what is stored of it as JSON."""

    before: tuple[str, str]
    after: tuple[str, str]
    changes: str
    comparison: str
    edit: Edit


def prepare_revision(
    before: tuple[str, str], after: tuple[str, str], *, language: str = "", country: str | None = None
) -> PreparedRevision:
    """Compare two versions, each (title, text). This takes up to some seconds of bounded work, and no database.

    language: of the article; country: of its outlet. Figures are read by them.
    """
    changes = compare_versions(*before, *after)
    return PreparedRevision(
        before=before,
        after=after,
        changes=json.dumps(asdict(changes), ensure_ascii=False),
        comparison=store_comparison(before, after),
        edit=find_edit(before, after, language=language, country=country),
    )


def save_revision(
    db: Database,
    before: ArticleRow,
    *,
    title: str,
    text: str,
    seen: str,
    modified: str | None = None,
    prepared: PreparedRevision | None = None,
) -> None:
    """Store the version of a row before a change to `title` and `text`, which was seen at `seen`.

    The row in `articles` shows the latest version. Version n was there from revision n - 1's `seen_at` (the first
    from `articles.first_seen`) until revision n's. `changes` are those to the next version.

    modified: when the page says that it was modified, in the form of db.model.times.stamp.
    prepared: used if it is of these two versions.
    """
    versions = (before["title"], before["text"]), (title, text)
    if prepared is None or (prepared.before, prepared.after) != versions:
        country = find_outlet_country(db, before["outlet"])
        prepared = prepare_revision(*versions, language=before["language"] or "", country=country)
    cursor = db.execute(
        """
        INSERT INTO revisions (article, seen_at, title, text, text_sha256, changes, comparison)
        VALUES (:article, :seen_at, :title, :text, :text_sha256, :changes, :comparison)
        """,
        {
            "article": before["id"],
            "seen_at": seen,
            "title": before["title"],
            "text": before["text"],
            "text_sha256": before["text_sha256"],
            "changes": prepared.changes,
            "comparison": prepared.comparison,
        },
    )
    notice = find_notice(prepared.edit, modified_before=before["modified"], modified=modified)
    save_edit(db, int(cursor.lastrowid or 0), prepared.edit, notice=notice)


def delete_revisions(db: Database, article: int) -> None:
    """Delete the revisions of an article that is about to be deleted, with what they changed."""
    delete_edits(db, article)
    db.execute("DELETE FROM revisions WHERE article = :id", {"id": article})


def read_changes(stored: str) -> TextChanges | None:
    """Read the stored changes of a revision; None for a revision from before changes were stored."""
    known: dict[str, Any] = json.loads(stored)
    if not known:
        return None
    headline = known["headline"]
    return TextChanges(
        headline=None if headline is None else (headline[0], headline[1]),
        parts=tuple(ChangedPart(**part | {"marks": tuple(part["marks"])}) for part in known["parts"]),
        words_out=known["words_out"],
        words_in=known["words_in"],
        figures_out=tuple(known["figures_out"]),
        figures_in=tuple(known["figures_in"]),
        names_out=tuple(known["names_out"]),
        names_in=tuple(known["names_in"]),
    )


def read_versions(db: Database, article_id: int) -> list[Version]:
    """Return all versions of an article, the first one first; [] for an unknown id."""
    article = next(db.query("SELECT title, text, first_seen FROM articles WHERE id = :id", {"id": article_id}), None)
    if article is None:
        return []
    since, found = article["first_seen"], []
    for row in db.query(
        "SELECT seen_at, title, text FROM revisions WHERE article = :id ORDER BY id", {"id": article_id}
    ):
        found.append(Version(since=since, title=row["title"], text=row["text"]))
        since = row["seen_at"]
    return [*found, Version(since=since, title=article["title"], text=article["text"])]


def compare_versions(old_title: str, old_text: str, title: str, text: str) -> TextChanges:
    """Find what was removed and added between two versions, leaving typography and white space aside."""
    parts = list(_parts(_paragraphs(old_text), _paragraphs(text)))
    outs, intos = [old_title] + [part.out for part in parts], [title] + [part.into for part in parts]
    figures_out, figures_in = _difference(map(_figures, outs), map(_figures, intos))
    # A capital at the beginning of a sentence does not make a name, unless the word has one elsewhere too.
    known = _names(f"{old_text}\n{text}")
    names_out, names_in = _difference(
        (Counter(_words_of(part) & known) for part in outs), (Counter(_words_of(part) & known) for part in intos)
    )
    return TextChanges(
        headline=None if normalise(old_title) == normalise(title) else (old_title, title),
        parts=tuple(_marked(part, known) for part in parts[:_MAX_PARTS]),
        words_out=sum(_count(part.out) for part in parts),
        words_in=sum(_count(part.into) for part in parts),
        figures_out=figures_out,
        figures_in=figures_in,
        names_out=names_out,
        names_in=names_in,
    )


def _paragraphs(text: str) -> list[str]:
    return [plain for line in text.splitlines() if (plain := normalise(line))]


def _parts(old: list[str], new: list[str]) -> Iterator[ChangedPart]:
    """Align whole paragraphs first, then words within the paragraphs that changed."""
    size = sum(map(len, old)) + sum(map(len, new))
    budget = budget_for(size) if size <= MAX_COMPARED_CHARS else WorkBudget(looks=0, pairs=0)
    for kind, a, b, c, d in align(old, new, budget):
        if kind != "equal":
            lead = old[a - 1] if a else ""
            yield from _word_parts("\n".join(old[a:b]), "\n".join(new[c:d]), lead, budget)


def _word_parts(old: str, new: str, lead: str, budget: WorkBudget) -> Iterator[ChangedPart]:
    spans_old, spans_new = list(_TOKEN.finditer(old)), list(_TOKEN.finditer(new))
    for kind, a, b, c, d in align([span[0] for span in spans_old], [span[0] for span in spans_new], budget):
        if kind == "equal":
            continue
        before = old[spans_old[max(0, a - _TOKENS_BEFORE)].start() : spans_old[a - 1].end()] if a else lead[-40:]
        behind = spans_new[d : d + _TOKENS_AFTER]
        after = new[spans_new[d - 1].end() if d else 0 : behind[-1].end()] if behind else ""
        yield ChangedPart(
            before=before, out=_slice(old, spans_old[a:b]), into=_slice(new, spans_new[c:d]), after=after.split("\n")[0]
        )


def _slice(text: str, spans: list[re.Match[str]]) -> str:
    return text[spans[0].start() : spans[-1].end()] if spans else ""


def _count(text: str) -> int:
    return sum(1 for token in _TOKEN.findall(text) if token[0].isalnum())


def _figures(text: str) -> Counter[str]:
    return Counter(token for token in _TOKEN.findall(text) if token[0].isdigit())


def _words_of(text: str) -> set[str]:
    return {token for token in _TOKEN.findall(text) if token[0].isupper()}


def _names(text: str) -> set[str]:
    """Find the capitalised words that stand inside a sentence somewhere in the text."""
    found = set()
    previous = "."
    for match in re.finditer(rf"\n|{_TOKEN.pattern}", text):
        token = match[0]
        if token[0].isupper() and len(token) > 1 and (previous[0].isalnum() or previous in {",", "(", "-"}):
            found.add(token)
        previous = token
    return found


def _difference(out: Any, into: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what only the one side has, and what only the other has. Moved words are on both sides."""
    gone, come = Counter[str](), Counter[str]()
    for words in out:
        gone.update(words)
    for words in into:
        come.update(words)
    return tuple(sorted((gone - come).keys())), tuple(sorted((come - gone).keys()))


def _marked(part: ChangedPart, known: set[str]) -> ChangedPart:
    marks = []
    if _figures(part.out) != _figures(part.into):
        marks.append("figure")
    if _words_of(part.out) & known != _words_of(part.into) & known:
        marks.append("name")
    return replace(part, out=part.out[:_MAX_PART_CHARACTERS], into=part.into[:_MAX_PART_CHARACTERS], marks=tuple(marks))
