"""The schema of both databases, append-only: a migration that has shipped is never edited (sqlite_utils.Migrations).

`news.db` may be published, `desk.db` is private; column names are an interface, columns may be added freely. A folder
holds ten. Migrations run in the order of the folders, of the modules' names, and within a module from its top: a new
one gets the next number.
"""

from db.migrations import v01_to_v09, v10_to_v19, v20_to_v29, v30_to_v39
from db.migrations.sets import desk, news

__all__ = ["desk", "news", "v01_to_v09", "v10_to_v19", "v20_to_v29", "v30_to_v39"]
