"""The schema of both databases, append-only: a migration that has shipped is never edited (sqlite_utils.Migrations).

`news.db` may be published, `desk.db` is private; DESIGN's column names are an interface, columns may be added freely.
Migrations run in the order in which the modules below are imported, and within a module from its top: a new one stands
at the end of the last.
"""

from db.migrations.sets import desk, news  # isort: skip
from db.migrations import first, analysis, channels, notices, news_again, room, names, silence, beginnings  # isort: skip

__all__ = [
    "analysis",
    "beginnings",
    "channels",
    "desk",
    "first",
    "names",
    "news",
    "news_again",
    "notices",
    "room",
    "silence",
]
