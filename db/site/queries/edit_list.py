"""SQL of the ledger of edits. Each statement reads a bounded part of an index, the newest edits first."""

from __future__ import annotations

from typing import TypedDict

from db.search.statement import RowsOf

MAX_SCANNED_EDITS = 20_000  # of the newest that are searched for a rare kind
MAX_COUNTED_ARTICLES = 50_000  # that changed, of the days that are counted


class EditRow(TypedDict):
    """An edit with its article. `kinds` and `details` are JSON."""

    revision: int
    article: int
    outlet: str
    seen_at: str
    kinds: str
    details: str | None
    notice: str | None
    title: str
    language: str | None
    url: str
    key: str
    published: str | None
    published_precision: str | None


class OutletEdits(TypedDict):
    """How many articles of an outlet changed, and of how many no notice was found."""

    outlet: str
    changed: int
    unnoticed: int


class PublishedByOutlet(TypedDict):
    """How many articles of an outlet were published."""

    outlet: str
    articles: int


_COLUMNS = """
    e.revision, e.article, e.outlet, e.seen_at, e.kinds, e.details, e.notice, a.title, a.language, a.url,
    coalesce(a.key, a.url) AS key, a.published, a.published_precision
"""
# :kind is a word of `kinds` in its quotation marks, or ""; :before a revision or NULL.
EDITS = RowsOf[EditRow](f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT revision FROM (
            SELECT revision, kinds FROM edits INDEXED BY edits_told
            WHERE kinds <> '[]' AND revision < coalesce(:before, 9223372036854775807)
            ORDER BY revision DESC LIMIT {MAX_SCANNED_EDITS}
        ) WHERE instr(kinds, :kind) LIMIT :limit
    ) AS page CROSS JOIN edits AS e ON e.revision = page.revision CROSS JOIN articles AS a ON a.id = e.article
    ORDER BY e.revision DESC
""")  # noqa: S608 -- constants
EDITS_OF_OUTLET = RowsOf[EditRow](f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT revision FROM (
            SELECT revision, kinds FROM edits INDEXED BY edits_outlet
            WHERE kinds <> '[]' AND outlet = :outlet AND revision < coalesce(:before, 9223372036854775807)
            ORDER BY revision DESC LIMIT {MAX_SCANNED_EDITS}
        ) WHERE instr(kinds, :kind) LIMIT :limit
    ) AS page CROSS JOIN edits AS e ON e.revision = page.revision CROSS JOIN articles AS a ON a.id = e.article
    ORDER BY e.revision DESC
""")  # noqa: S608 -- constants
# Seen from :since on and before :until, of one outlet or (NULL) of all.
EDITS_OF_DAYS = RowsOf[EditRow](f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT revision FROM (
            SELECT revision, kinds FROM edits INDEXED BY edits_seen
            WHERE seen_at >= :since AND seen_at < :until AND kinds <> '[]'
                AND revision < coalesce(:before, 9223372036854775807) AND (:outlet IS NULL OR outlet = :outlet)
            ORDER BY seen_at DESC, revision DESC LIMIT {MAX_SCANNED_EDITS}
        ) WHERE instr(kinds, :kind) LIMIT :limit
    ) AS page CROSS JOIN edits AS e ON e.revision = page.revision CROSS JOIN articles AS a ON a.id = e.article
    ORDER BY e.revision DESC
""")  # noqa: S608 -- constants
# Trifles between two revisions, of one outlet or (NULL) of all.
TRIFLES = RowsOf[EditRow](f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT revision FROM edits INDEXED BY edits_trifles
        WHERE kinds = '[]' AND revision > :after AND revision < coalesce(:before, 9223372036854775807)
            AND (:outlet IS NULL OR outlet = :outlet)
        ORDER BY revision DESC LIMIT :limit
    ) AS page CROSS JOIN edits AS e ON e.revision = page.revision CROSS JOIN articles AS a ON a.id = e.article
    ORDER BY e.revision DESC
""")  # noqa: S608 -- constants
TRIFLES_OF_DAYS = RowsOf[EditRow](f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT revision FROM edits INDEXED BY edits_seen
        WHERE seen_at >= :since AND seen_at < :until AND kinds = '[]'
            AND revision > :after AND revision < coalesce(:before, 9223372036854775807)
            AND (:outlet IS NULL OR outlet = :outlet)
        ORDER BY seen_at DESC, revision DESC LIMIT :limit
    ) AS page CROSS JOIN edits AS e ON e.revision = page.revision CROSS JOIN articles AS a ON a.id = e.article
    ORDER BY e.revision DESC
""")  # noqa: S608 -- constants
# Of the articles :ids (a JSON list), seen from :since on and before :until.
EDITS_OF_ARTICLES = RowsOf[EditRow](f"""
    SELECT {_COLUMNS} FROM json_each(:ids) AS page
    CROSS JOIN edits AS e INDEXED BY edits_article ON e.article = page.value
    CROSS JOIN articles AS a ON a.id = e.article
    WHERE e.kinds <> '[]' AND e.seen_at >= :since AND e.seen_at < :until
    ORDER BY e.revision LIMIT :limit
""")  # noqa: S608 -- constants
# Of one outlet (:only), or (NULL) of all.
EDITS_BY_OUTLET = RowsOf[OutletEdits](f"""
    SELECT outlet, count(DISTINCT article) AS changed, count(DISTINCT iif(notice = 'none', article, NULL)) AS unnoticed
    FROM (
        SELECT outlet, article, notice FROM edits INDEXED BY edits_moment
        WHERE kinds <> '[]' AND moment >= :since AND (:only IS NULL OR outlet = :only)
        ORDER BY moment DESC LIMIT {MAX_COUNTED_ARTICLES}
    ) GROUP BY outlet ORDER BY changed DESC, outlet
""")  # noqa: S608 -- a number of ours
ARTICLES_OF_OUTLETS = RowsOf[PublishedByOutlet]("""
    SELECT o.value AS outlet, (
        SELECT count(*) FROM articles AS a INDEXED BY articles_outlet_moment
        WHERE a.outlet = o.value AND coalesce(a.published, a.first_seen) >= :since
    ) AS articles
    FROM json_each(:outlets) AS o
""")
