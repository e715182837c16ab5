"""Which article is a copy of which: look-ups and links. The earliest of a group is its original."""

from __future__ import annotations

from sqlite_utils import Database


def settle(db: Database, article_id: int, fingerprint: tuple[int, ...]) -> int | None:  # noqa: ARG001
    """Link an article that was just written to the original that it copies; gives the original's id, None without."""
    (row,) = db.query("SELECT text_sha256, published, first_seen FROM articles WHERE id = :id", {"id": article_id})
    twin = next(
        db.query(
            """
            SELECT coalesce(original, id) AS original FROM articles
            WHERE text_sha256 = :text_sha256 AND id <> :id ORDER BY published, first_seen, id LIMIT 1
            """,
            {"text_sha256": row["text_sha256"], "id": article_id},
        ),
        None,
    )
    if twin is None:
        return None
    db.execute(
        "UPDATE articles SET original = :original, similarity = 1.0, copy_kind = 'exact' WHERE id = :id",
        {"original": twin["original"], "id": article_id},
    )
    return int(twin["original"])


def forget(db: Database, article_id: int) -> None:
    """Take an article that is about to be deleted out of its group."""
    db.execute(
        "UPDATE articles SET original = NULL, similarity = NULL, copy_kind = NULL WHERE original = :id",
        {"id": article_id},
    )
    db.execute("DELETE FROM fingerprints WHERE article = :id", {"id": article_id})
