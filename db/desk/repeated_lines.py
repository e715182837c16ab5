"""Repeated lines (desk.db): lines that different articles of an outlet share, and that are no part of their texts.

Lines are counted page by page and learned when enough different articles show them. They are stored in desk.db and not
in news.db, because they are not for publication and can be learned again from the archive. What is learned from a set
of pages does not depend on their order: a page counts once, by its latest version, and a line is learned if
NEEDED_ARTICLES of the pages that show it are different articles, which no later page can undo. Only `prune_lines` goes
by time. The tables keep their first name, "furniture".
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.repeated_lines import LinePosition, SeenLine, SeenLines
from db.model.times import stamp

# How many different articles must show a line, by where it stands. Promotions reach these numbers within a day; a
# sentence that agencies repeat ("… did not respond to a request for comment") hardly ever reaches the last.
NEEDED_ARTICLES = {LinePosition.LABEL: 3, LinePosition.LAST: 4, LinePosition.AMONG: 8}
# Least share of common anchors by which two pages count as one article: copies, revisions, templates.
SAME_ARTICLE_SHARE = 0.4
MAX_OUTLET_PAGES = 400  # of an outlet that are stored
MAX_OUTLET_LINES = 200  # of an outlet that are learned
_MAX_STEPS = 20_000  # of one search for different articles; pages made from a template would take many more


@dataclass(frozen=True, slots=True)
class _Shown:
    title: int
    anchors: frozenset[int]


def count_lines(
    db: Database,
    seen_lines: SeenLines,
    *,
    key: str,
    outlet: str,
    seen_at: dt.datetime,
    is_spared: Callable[[str], bool],
) -> int:
    """Count a page's lines in place of those counted of it before; return how many lines were learned by that.

    `key` is the page's key, `seen_at` aware. A line for which `is_spared` is true is not learned.
    """
    seen = stamp(seen_at)
    learned = 0
    with db.atomic():
        db.execute(
            """
            INSERT INTO furniture_pages (key, outlet, seen_at, title, anchors)
            VALUES (:key, :outlet, :seen, :title, :anchors)
            ON CONFLICT (key) DO UPDATE SET
                outlet = excluded.outlet, seen_at = excluded.seen_at, title = excluded.title, anchors = excluded.anchors
            """,
            {
                "key": key,
                "outlet": outlet,
                "seen": seen,
                "title": seen_lines.title,
                "anchors": json.dumps(seen_lines.anchors),
            },
        )
        (page,) = db.execute("SELECT id FROM furniture_pages WHERE key = :key", {"key": key}).fetchone()
        db.execute("DELETE FROM furniture_lines WHERE page = :page", {"page": page})
        for seen_line in seen_lines.lines:
            db.execute(
                "INSERT INTO furniture_lines (line, page, standing) VALUES (:line, :page, :standing)",
                {"line": seen_line.line, "page": page, "standing": int(seen_line.standing)},
            )
        for seen_line in seen_lines.lines:
            learned += _learn(db, seen_line, outlet=outlet, seen=seen, is_spared=is_spared)
    return learned


def read_repeated_lines(db: Database, outlet: str) -> tuple[str, ...]:
    """Return the learned lines of an outlet, in a fixed order."""
    rows = db.execute("SELECT text FROM furniture WHERE outlet = :outlet ORDER BY line", {"outlet": outlet})
    return tuple(text for (text,) in rows)


def read_all_repeated_lines(db: Database) -> dict[str, tuple[str, ...]]:
    """Return the learned lines of all outlets that have any, by outlet, in a fixed order."""
    lines: dict[str, list[str]] = {}
    for outlet, text in db.execute("SELECT outlet, text FROM furniture ORDER BY outlet, line"):
        lines.setdefault(outlet, []).append(text)
    return {outlet: tuple(texts) for outlet, texts in lines.items()}


def forget_lines(db: Database, outlets: Iterable[str]) -> None:
    """Delete all lines and pages of these outlets, before they are learned again from the archive."""
    parameters = {"outlets": json.dumps(list(outlets))}
    with db.atomic():
        db.execute("DELETE FROM furniture WHERE outlet IN (SELECT value FROM json_each(:outlets))", parameters)
        db.execute("DELETE FROM furniture_pages WHERE outlet IN (SELECT value FROM json_each(:outlets))", parameters)


def prune_lines(db: Database) -> None:
    """Keep each outlet's latest MAX_OUTLET_PAGES pages and its MAX_OUTLET_LINES lines that were seen last.

    A learned line may outlive the pages from which it was learned.
    """
    with db.atomic():
        db.execute(
            """
            DELETE FROM furniture_pages WHERE id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER (PARTITION BY outlet ORDER BY seen_at DESC, key) AS place
                    FROM furniture_pages
                ) WHERE place > :pages
            )
            """,
            {"pages": MAX_OUTLET_PAGES},
        )
        db.execute(
            """
            DELETE FROM furniture WHERE (outlet, line) IN (
                SELECT outlet, line FROM (
                    SELECT outlet, line, row_number() OVER (PARTITION BY outlet ORDER BY last_seen DESC, line) AS place
                    FROM furniture
                ) WHERE place > :lines
            )
            """,
            {"lines": MAX_OUTLET_LINES},
        )


def are_different(pages: Sequence[tuple[int, Collection[int]]], *, least: int) -> bool:
    """Whether at least `least` of these pages, each (title, anchors), are different articles."""
    shown = [_Shown(title, frozenset(anchors)) for title, anchors in pages]
    if len({one.title for one in shown}) < least:
        return False
    steps = 0

    def extend(chosen: list[_Shown], start: int) -> bool:
        nonlocal steps
        if len(chosen) == least:
            return True
        for place in range(start, len(shown) - (least - len(chosen)) + 1):
            steps += 1
            if steps > _MAX_STEPS:
                return False
            if not any(_is_same(shown[place], one) for one in chosen) and extend([*chosen, shown[place]], place + 1):
                return True
        return False

    return extend([], 0)


def _is_same(one: _Shown, other: _Shown) -> bool:
    """Whether two pages count as one article: the same beginning of the title, or similar texts.

    Texts are compared by their smallest anchors (Broder 1997, bottom-k sketches).
    """
    if one.title == other.title:
        return True
    both = sorted(one.anchors | other.anchors)[: max(len(one.anchors), len(other.anchors))]
    shared = one.anchors & other.anchors
    return sum(anchor in shared for anchor in both) >= SAME_ARTICLE_SHARE * len(both)


def _learn(db: Database, seen_line: SeenLine, *, outlet: str, seen: str, is_spared: Callable[[str], bool]) -> int:
    """Update a learned line, or learn it if enough different articles show it; return how many were learned."""
    there = db.execute(
        """
        UPDATE furniture SET last_seen = max(last_seen, :seen),
            articles = max(articles, (SELECT count(*) FROM furniture_lines AS s WHERE s.line = :line))
        WHERE outlet = :outlet AND line = :line
        """,
        {"outlet": outlet, "line": seen_line.line, "seen": seen},
    )
    if there.rowcount:
        return 0
    rows = db.execute(
        """
        SELECT s.standing, p.title, p.anchors, p.seen_at FROM furniture_lines AS s
        JOIN furniture_pages AS p ON p.id = s.page WHERE s.line = :line ORDER BY p.key
        """,
        {"line": seen_line.line},
    ).fetchall()
    for standing, needed in NEEDED_ARTICLES.items():
        shown = [(title, json.loads(anchors)) for where, title, anchors, _ in rows if where <= standing]
        if len(shown) >= needed and are_different(shown, least=needed) and not is_spared(seen_line.text):
            db.execute(
                """
                INSERT INTO furniture (outlet, line, text, articles, first_seen, last_seen)
                VALUES (:outlet, :line, :text, :articles, :first, :last)
                """,
                {
                    "outlet": outlet,
                    "line": seen_line.line,
                    "text": seen_line.text,
                    "articles": len(rows),
                    "first": min(row[3] for row in rows),
                    "last": max(row[3] for row in rows),
                },
            )
            return 1
    return 0
