"""Sessions of the reading room that readers ended, until they would have expired (desk.db)."""

from __future__ import annotations

from sqlite_utils import Database

MAX_ENDED_SESSIONS = 10_000
ALL_SESSIONS = ""  # the row that ends all sessions that expire by its moment


def list_ended_sessions(db: Database, *, now: int) -> dict[str, int]:
    """Return the ended sessions with the moments (Unix time) at which they expire."""
    rows = db.execute("SELECT session, expires FROM ended_sessions WHERE expires >= :now", {"now": now})
    return dict(rows.fetchall())


def end_session(db: Database, session: str, *, expires: int, now: int) -> dict[str, int]:
    """End a session, forget the expired ones, and return those that are ended as `list_ended_sessions` does.

    Beyond MAX_ENDED_SESSIONS all sessions end that expire no later than those that no longer have room.
    """
    with db.atomic():
        db.execute("DELETE FROM ended_sessions WHERE expires < :now", {"now": now})
        db.execute(
            "INSERT OR REPLACE INTO ended_sessions (session, expires) VALUES (:session, :expires)",
            {"session": session, "expires": expires},
        )
        oldest = {"all": ALL_SESSIONS, "most": MAX_ENDED_SESSIONS}
        upto = db.execute(
            """SELECT max(expires) FROM (
                SELECT expires FROM ended_sessions WHERE session <> :all ORDER BY expires DESC LIMIT -1 OFFSET :most
            )""",
            oldest,
        ).fetchone()[0]
        if upto is not None:
            db.execute("DELETE FROM ended_sessions WHERE expires <= :upto", {"upto": upto})
            db.execute(
                "INSERT OR REPLACE INTO ended_sessions (session, expires) VALUES (:all, :upto)",
                {"all": ALL_SESSIONS, "upto": upto},
            )
    return list_ended_sessions(db, now=now)
