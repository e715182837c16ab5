"""The outlets and concepts that the other tables refer to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlite_utils import Database


def save_outlets(db: Database, rows: Iterable[Mapping[str, object]]) -> None:
    """Write outlets as the desk states them now: id, name, home, country, languages, kind, ownership, ownership_source.

    Those that are no longer on the desk stay, for their articles do. `languages` may be a list.
    """
    with db.atomic():
        for row in rows:
            languages = row.get("languages")
            db.execute(
                """
                INSERT INTO outlets (id, name, home, country, languages, kind, ownership, ownership_source)
                VALUES (:id, :name, :home, :country, :languages, :kind, :ownership, :ownership_source)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, home = excluded.home, country = excluded.country,
                    languages = excluded.languages, kind = excluded.kind, ownership = excluded.ownership,
                    ownership_source = excluded.ownership_source
                """,
                {
                    "id": row["id"],
                    "name": row.get("name") or row["id"],
                    "home": row.get("home"),
                    "country": row.get("country"),
                    "languages": languages if isinstance(languages, str | None) else json.dumps(list(languages)),  # type: ignore[call-overload]
                    "kind": row.get("kind"),
                    "ownership": row.get("ownership"),
                    "ownership_source": row.get("ownership_source"),
                },
            )


def save_concepts(db: Database, rows: Iterable[Mapping[str, object]]) -> None:
    """Write the topic's concepts: id, kind, side, name_en, name_es, name_zh, and `names`, all that each is called.

    Those of an earlier topic stay.
    """
    with db.atomic():
        for row in rows:
            names = row.get("names") or ()
            db.execute(
                """
                INSERT INTO concepts (id, kind, side, name_en, name_es, name_zh, names)
                VALUES (:id, :kind, :side, :name_en, :name_es, :name_zh, :names)
                ON CONFLICT (id) DO UPDATE SET
                    kind = excluded.kind, side = excluded.side, name_en = excluded.name_en,
                    name_es = excluded.name_es, name_zh = excluded.name_zh, names = excluded.names
                """,
                {column: row.get(column) for column in ("id", "kind", "side", "name_en", "name_es", "name_zh")}
                | {"names": json.dumps(list(names), ensure_ascii=False)},  # type: ignore[call-overload]
            )
