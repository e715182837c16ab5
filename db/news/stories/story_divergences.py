"""Where outlets give different figures (news.db): the divergences of a story, and of a concept across stories.

What may have changed them is noted in `stale_divergences`, and compared again before the transaction ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlite_utils import Database

from db.figures.divergences import FoundDivergence, find_divergences
from db.figures.told_figures import MeasureRules, ScopeRules, ToldFigure
from db.model.times import stamp
from db.news.stories.rows import SQL_MOMENT
from db.search.statement import Parameters

_MAX_FIGURES = 400  # of a story that are compared, those of the latest articles
_MAX_OF_CONCEPT = 400  # figures of a concept's measure, the latest first

_TOLD = f"""
    f.id, f.article, coalesce(a.original, a.id) AS original, a.outlet, {SQL_MOMENT} AS moment, f.kind, f.unit, f.value,
    f.qualifier, f.measure, coalesce(f.concept, '') AS concept, f.scope, f.is_attributed, f.in_lead
"""
_OF_STORY = f"""
    SELECT {_TOLD}
    FROM story_articles AS s CROSS JOIN figures AS f ON f.article = s.article
    CROSS JOIN articles AS a ON a.id = s.article CROSS JOIN measures AS m ON m.id = f.measure
    WHERE s.story = :story AND typeof(f.value) = 'real' AND NOT (m.is_lasting AND f.concept IS NOT NULL)
    ORDER BY s.article DESC LIMIT :most
"""  # noqa: S608 -- the constants
_BESIDE = f"""
    SELECT {_TOLD.replace("f.measure", "'' AS measure")}
    FROM story_articles AS s CROSS JOIN figures AS f ON f.article = s.article
    CROSS JOIN articles AS a ON a.id = s.article
    WHERE s.story = :story AND f.measure IS NULL AND f.is_attributed AND typeof(f.value) = 'real'
    ORDER BY s.article DESC LIMIT :most
"""  # noqa: S608 -- the constants
_OF_CONCEPT = f"""
    SELECT {_TOLD}
    FROM figures AS f INDEXED BY idx_figures_concept CROSS JOIN articles AS a ON a.id = f.article
    WHERE f.concept = :concept AND f.measure = :measure AND typeof(f.value) = 'real'
    ORDER BY f.id DESC LIMIT :most
"""  # noqa: S608 -- the constants


def refresh_divergences(db: Database, *, now: dt.datetime) -> None:
    """Compare again what may have changed; runs in the caller's transaction."""
    stale = set(db.execute("SELECT story, concept, measure FROM stale_divergences").fetchall())
    if not stale:
        return
    db.execute("DELETE FROM stale_divergences")
    measures = {
        id_: MeasureRules(bool(grows), bool(is_lasting), bool(needs_lead))
        for id_, grows, is_lasting, needs_lead in db.execute("SELECT id, grows, is_lasting, needs_lead FROM measures")
    }
    scopes = {
        id_: ScopeRules(bool(is_state), bool(is_shown), tells)
        for id_, is_state, is_shown, tells in db.execute("SELECT id, is_state, is_shown, tells FROM scopes")
    }
    for story, concept, measure in sorted(stale, key=str):
        if story is not None:
            told = _read_told(db, _OF_STORY, {"story": story, "most": _MAX_FIGURES})
            known = "story = :story"
        else:
            told = _read_told(db, _OF_CONCEPT, {"concept": concept, "measure": measure, "most": _MAX_OF_CONCEPT})
            known = "concept = :concept AND measure = :measure AND story IS NULL"
        found = find_divergences(told, measures=measures, scopes=scopes) if len(told) > 1 else []
        if story is not None and any(divergence.kind == "differs" for divergence in found):
            beside = _read_told(db, _BESIDE, {"story": story, "most": _MAX_FIGURES})
            found = find_divergences(told, measures=measures, scopes=scopes, beside=beside)
        _write(db, known, {"story": story, "concept": concept, "measure": measure}, found, now=now)


def _read_told(db: Database, sql: str, values: Parameters) -> list[ToldFigure]:
    return [ToldFigure(**row | {"is_attributed": bool(row["is_attributed"])}) for row in db.query(sql, values)]


def _write(db: Database, known: str, of: Parameters, found: Iterable[FoundDivergence], *, now: dt.datetime) -> None:
    """Bring the rows of a story or a concept up to date. One that is told no more stays, closed, with its number."""
    rows = db.execute(
        f"SELECT id, measure, unit, kind = 'scope' FROM divergences WHERE {known} ORDER BY id",  # noqa: S608 -- above
        of,
    ).fetchall()
    numbers: dict[tuple[str, str, bool], list[int]] = {}
    for id_, measure, unit, is_scope in rows:
        numbers.setdefault((measure, unit, bool(is_scope)), []).append(id_)
    for divergence in found:
        reused = numbers.get((divergence.measure, divergence.unit, divergence.kind == "scope"))
        row = {
            "id": reused.pop(0) if reused else None,
            "story": of["story"],
            "concept": of["concept"],
            "measure": divergence.measure,
            "unit": divergence.unit,
            "kind": divergence.kind,
            "since": divergence.since,
        }
        cursor = db.execute(
            """
            INSERT INTO divergences (id, story, concept, measure, unit, kind, since)
            VALUES (:id, :story, :concept, :measure, :unit, :kind, :since)
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, since = excluded.since, closed = NULL
            """,
            row,
        )
        number = row["id"] or cursor.lastrowid
        db.execute("DELETE FROM divergence_figures WHERE divergence = :id", {"id": number})
        db.conn.executemany(
            "INSERT INTO divergence_figures (divergence, figure) VALUES (:divergence, :figure)",
            [{"divergence": number, "figure": figure} for figure in divergence.figures],
        )
    is_gone = (
        of["story"] is not None
        and not db.execute("SELECT 1 FROM stories WHERE id = :story AND merged_into IS NULL", of).fetchone()
    )
    for number in (number for left in numbers.values() for number in left):
        if is_gone:  # the story that stands has its own
            db.execute("DELETE FROM divergence_figures WHERE divergence = :id", {"id": number})
            db.execute("DELETE FROM divergences WHERE id = :id", {"id": number})
            continue
        db.execute(
            "UPDATE divergences SET closed = coalesce(closed, :now) WHERE id = :id", {"id": number, "now": stamp(now)}
        )
