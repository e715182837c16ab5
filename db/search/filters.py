"""What a reader asks to see, and what drives finding it: whatever is rarest of words, concept, outlets and time.

FTS5 gives ids quickly and in no order of time; an article's moment and outlet cost twenty times as much each. So the
few hits of rare words are sorted; for common ones the articles are walked from the newest, and each is asked whether
the words find it, until the page is full. `search` and `weight` ask how much there is of each, `weighed` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from db.search.index import fts_query
from db.search.query import Query

Statement = tuple[str, dict[str, Any]]
Drive = Literal["words", "concept", "outlets", "time"]
Reach = Literal["near", "far", "all"]

FEW = 12_000  # articles that are put in order for one page; of more they are walked
FEW_FOUND = 6_000  # of words: their ids are handed on, and read by each part of a page
MOST_LOOKED_THROUGH = 100_000  # articles of outlets of which those are counted that other filters leave
MOST_FOUND = 20_000  # ids of words' beginnings that a page keeps
_PROBE = 20  # what asking an article for words costs, beside reading one from an index
_LATE = 0.9  # of all ids: where words are counted first, for those that are common show it there
_PLENTY = 1_500  # hits there that are enough to call words common
MOMENT = "coalesce(it.published, it.first_seen)"
WHOLE = {"after": 0, "upto": 2**63 - 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """What a reader asked to see. Empty means any."""

    words: str = ""
    query: Query | None = None  # what the words mean; None for words that are no query, which are read tolerantly
    marked: str = ""  # words to mark in what is found, if they are others
    outlet: str = ""
    country: str = ""
    kind: str = ""
    ownership: str = ""
    language: str = ""
    concept: str = ""
    verdict: str = ""
    since: str = ""  # 2026-11-22T05:00:00Z
    sort: Literal["time", "rank"] = "time"
    before: tuple[str, int] | None = None  # moment and id of the last row of the page before
    drive: Drive | None = None  # what finding begins with, see `weighed`; None: words or concept, if there are any
    reach: Reach = "near"  # how far back is looked for common words; "all": to the first article, however long it takes
    found: str = ""  # JSON, the newest ids that words find, where asking the index for them is dear
    found_all: bool = True  # whether that is all that they find

    @property
    def with_copies(self) -> bool:
        """Whether copies are listed too: asked for, or of an outlet that ran them. Else they are under originals."""
        asked = self.query and (self.query.compiled.copies or self.query.compiled.outlets)
        return bool(self.outlet or asked)

    @property
    def everything(self) -> bool:
        """Whether nothing was chosen."""
        return self == SearchFilters(
            sort=self.sort, before=self.before, drive=self.drive
        )  # others come with words alone

    @property
    def of_outlets(self) -> bool:
        """Whether it chooses outlets by what they are."""
        return bool(self.country or self.kind or self.ownership)

    @property
    def may_miss(self) -> bool:
        """Whether a page that is not full may have more behind the articles that were asked for words."""
        if self.reach == "all" or not self.words or walks(self) or self.sort == "rank":  # of the newest alone, always
            return False
        return self.drive == "time" or (bool(self.found) and not self.found_all)


def first_page(choice: SearchFilters) -> SearchFilters:
    """The same choice from its first row."""
    return replace(choice, before=None)


def common(choice: SearchFilters) -> Statement | None:
    """One row (n): how many of the newest articles the words find; _PLENTY show that they are common. None: not asked.

    Not of beginnings that the index has no list of: what is asked of them costs as much as all (db.search.prefixes).
    """
    if not choice.words or walks(choice) or _begins(choice):
        return None
    sql, parameters = words_hits(choice)
    late = sql.replace(":after", "(SELECT CAST(coalesce(max(id), 0) * :late AS INTEGER) FROM articles)")
    counted = f"SELECT count(*) AS n FROM (SELECT 1 FROM ({late}) LIMIT {_PLENTY})"  # noqa: S608 -- written by db.search.query.sql
    return counted, parameters | WHOLE | {"late": _LATE}


def is_common(n: int) -> bool:
    """Whether the n of `common` shows it."""
    return n >= _PLENTY


def search(choice: SearchFilters) -> Statement | None:
    """One row (found, n): the ids that words find, as JSON, and their number, where the index is to be asked once.

    n over FEW_FOUND: there are more, and `found` holds nothing of use; but for beginnings of words, of which it holds
    the newest ids. None: without words.
    """
    if not choice.words or walks(choice):
        return None
    sql, parameters = words_hits(choice)
    newest = f" ORDER BY id DESC LIMIT {MOST_FOUND + 1}" if _begins(choice) else f" LIMIT {FEW_FOUND + 1}"
    some = f"SELECT id FROM ({sql}){newest}"  # noqa: S608 -- as above
    return f"SELECT json_group_array(id) AS found, count(*) AS n FROM ({some})", parameters | WHOLE  # noqa: S608 -- as above


def together(newer: Mapping[str, Any], older: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `search` of all articles, from those of the newer and of the older ones."""
    if newer["n"] > MOST_FOUND:  # what lies between is not known
        return dict(newer)
    ids = ",".join(row["found"][1:-1] for row in (newer, older) if row["n"])
    return {"found": f"[{ids}]", "n": newer["n"] + older["n"]}


def searched(choice: SearchFilters, row: Mapping[str, Any]) -> SearchFilters:
    """The choice with what `search` found."""
    if choice.sort == "rank":  # which asks the index for the rank of each
        return choice
    if _begins(choice):
        return replace(choice, found=row["found"], found_all=row["n"] <= MOST_FOUND)
    return replace(choice, found=row["found"] if row["n"] <= FEW_FOUND else "")


def weight(choice: SearchFilters) -> Statement | None:
    """One row (concept, outlets): how many articles each finds by itself, counted to FEW and no further.

    Only what was chosen is a column; None when there is nothing to weigh.
    """
    columns: list[str] = []
    parameters: dict[str, Any] = {}
    if choice.concept:
        sql, asked = concept_hits(choice)
        parameters |= asked | WHOLE
        columns.append(f"(SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT {FEW + 1})) AS concept")  # noqa: S608 -- literals
    if choice.of_outlets and not choice.outlet:
        condition, asked = _of_outlets(choice)
        parameters |= asked
        columns.append(f"""(SELECT count(*) FROM (
            SELECT 1 FROM articles AS it INDEXED BY articles_outlet_moment
            WHERE {condition} LIMIT {FEW + 1})) AS outlets""")  # noqa: S608 -- as above
        if (choice.language or choice.verdict) and choice.words:
            # Outlets that write in other languages are many articles and few of those that were asked for.
            where, asked = conditions(replace(choice, drive="outlets", before=None))
            parameters |= asked
            columns[-1] = f"""(SELECT CASE count(*) WHEN {MOST_LOOKED_THROUGH} THEN {FEW + 1}
                ELSE min(coalesce(sum(fits), 0), {FEW + 1}) END FROM (
                SELECT {where} AS fits FROM articles AS it INDEXED BY articles_outlet_moment
                WHERE {condition} LIMIT {MOST_LOOKED_THROUGH})) AS outlets"""  # noqa: S608 -- as above
    return (f"SELECT {', '.join(columns)}", parameters) if columns else None


def weighed(choice: SearchFilters, counted: Mapping[str, int]) -> SearchFilters:
    """The choice with what drives it: `counted` is the row of `weight`, and the n of `search` as "words"."""
    drives: tuple[Drive, ...] = ("words", "concept", "outlets")
    costs: list[tuple[int, Drive]] = [
        (counted[drive] * (_PROBE if choice.words and drive != "words" else 1), drive)
        for drive in drives
        if counted.get(drive, FEW + 1) <= (FEW_FOUND if drive == "words" else FEW)
    ]
    if choice.found:
        costs.append((counted["words"], "words"))
    return replace(choice, drive=min([*costs, (MOST_FOUND + 2 if choice.found else FEW + 1, "time")])[1])


def words_hits(choice: SearchFilters) -> Statement:
    """(id, place) of what the words find with :after < id <= :upto."""
    if choice.found and choice.reach != "all":
        sql = "SELECT value AS id, 0 AS place FROM json_each(:found) WHERE value > :after AND value <= :upto"
        return sql, {"found": choice.found}
    if choice.query:
        return choice.query.compiled.sql, dict(choice.query.compiled.parameters)
    place = "rank" if choice.sort == "rank" else "0"  # bm25 is dear: it is computed only when it is the order
    sql = f"""SELECT rowid AS id, {place} AS place FROM articles_fts
        WHERE articles_fts MATCH :fts AND rowid > :after AND rowid <= :upto"""  # noqa: S608 -- literals
    return sql, {"fts": fts_query(choice.words)}


def concept_hits(choice: SearchFilters) -> Statement:
    """(id, place) of what mentions the concept with :after < id <= :upto."""
    sql = """SELECT article AS id, 0 AS place FROM mentions INDEXED BY mentions_concept_article
        WHERE concept = :concept AND article > :after AND article <= :upto"""
    return sql, {"concept": choice.concept}


def walks(choice: SearchFilters) -> bool:
    """Whether the words ask for nothing that has an index of its own: to find it is to walk."""
    return choice.query is not None and choice.query.compiled.walks


def conditions(choice: SearchFilters) -> Statement:
    """What the indexes of articles say of `it`, an article: all of the choice but its words and its concept."""
    found: list[str] = []
    parameters: dict[str, Any] = {}
    if not choice.with_copies:
        found.append("it.original IS NULL")
    if choice.outlet:
        found.append("it.outlet = :outlet")
        parameters["outlet"] = choice.outlet
    if choice.of_outlets:
        condition, asked = _of_outlets(choice)
        # Elsewhere SQLite would look each article up once for each of the outlets; the plus forbids it.
        found.append(condition if choice.drive == "outlets" else f"+{condition}")
        parameters |= asked
    for column in ("language", "verdict"):
        if value := getattr(choice, column):
            found.append(f"it.{column} = :{column}")
            parameters[column] = value
    if choice.since:
        found.append(f"{MOMENT} >= :since")
        parameters["since"] = choice.since
    if choice.before:
        # The first says where in the index to begin; SQLite doesn't see it in the second.
        found += [f"{MOMENT} <= :before_moment", f"({MOMENT}, it.id) < (:before_moment, :before_id)"]
        parameters["before_moment"], parameters["before_id"] = choice.before
    return " AND ".join(found) or "1", parameters


def named(choice: SearchFilters, *, id_: str = "it.id") -> Statement:
    """That an article mentions the concept, as a condition."""
    if not choice.concept:
        return "1", {}
    sql = f"EXISTS (SELECT 1 FROM mentions AS m WHERE m.article = {id_} AND m.concept = :concept)"  # noqa: S608 -- a column
    return sql, {"concept": choice.concept}


def worded(choice: SearchFilters, *, id_: str = "it.id") -> Statement:
    """That the words find an article, as a condition."""
    if not choice.words:
        return "1", {}
    sql, parameters = words_hits(choice)
    if choice.found and choice.reach != "all":  # a list: read once, not for each article
        return f"{id_} IN (SELECT id FROM ({sql}))", parameters | WHOLE  # noqa: S608 -- as above
    one = sql.replace(":after", f"({id_} - 1)").replace(":upto", id_)  # a range of ids: here of one
    return f"EXISTS (SELECT 1 FROM ({one}))", parameters  # noqa: S608 -- as above


def _begins(choice: SearchFilters) -> bool:
    return choice.query is not None and choice.query.compiled.joins


def _of_outlets(choice: SearchFilters) -> Statement:
    chosen = {name: value for name in ("country", "kind", "ownership") if (value := getattr(choice, name))}
    wanted = " AND ".join(f"{name} = :{name}" for name in chosen)
    return f"it.outlet IN (SELECT id FROM outlets WHERE {wanted})", chosen  # noqa: S608 -- literals
