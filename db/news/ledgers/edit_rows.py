"""What revisions changed (news.db), as db.edits judges it. Each function runs in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from sqlite_utils import Database

from db.edits.find_edit import Edit


def find_notice(edit: Edit, *, modified_before: str | None, modified: str | None) -> str:
    """Return how a page tells of its edit: "text" says so, "modified": its modification time moved; else "none"."""
    if edit.has_notice:
        return "text"
    return "modified" if modified is not None and modified != modified_before else "none"


def save_edit(db: Database, revision: int, edit: Edit, *, notice: str) -> None:
    """Store what a revision, which was just written, changed. `notice`: as of `find_notice`."""
    details = json.dumps([asdict(detail) for detail in edit.details], ensure_ascii=False)
    restore_edit(db, revision, {"kinds": json.dumps(edit.kinds), "details": details, "notice": notice})


def restore_edit(db: Database, revision: int, kept: Mapping[str, object]) -> None:
    """Store again what a revision changed, as db.news.marks kept it while its article was away."""
    db.execute(
        """
        INSERT INTO edits (revision, article, outlet, seen_at, moment, kinds, details, notice)
        SELECT r.id, r.article, a.outlet, r.seen_at, coalesce(a.published, a.first_seen), :kinds, :details, :notice
        FROM revisions AS r JOIN articles AS a ON a.id = r.article WHERE r.id = :revision
        """,
        {"revision": revision} | {name: kept[name] for name in ("kinds", "details", "notice")},
    )


def delete_edits(db: Database, article: int) -> None:
    """Delete what the revisions of an article changed."""
    db.execute("DELETE FROM edits WHERE article = :article", {"article": article})
