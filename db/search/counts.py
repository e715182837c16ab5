"""Count the hits of a search: facets beside the list, and articles by day for the chart.

Each statement reads a bounded number of rows and returns whether there were more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from db.model.outlet_kind import STATE_KINDS, STATE_OWNERSHIP
from db.search.filters import MOMENT, column_condition, concept_condition
from db.search.plan import ALL_IDS, Plan, concept_sql, text_condition, text_sql
from db.search.results import JOINED, NEWEST_FIRST, WALKED_ARTICLES, from_index, rest_condition, walk, walk_condition
from db.search.statement import Parameters, RowsOf, RowStatement, Statement

MAX_SAMPLED_HITS = 8_000  # newest hits that are tested against the filters
MAX_COUNTED_HITS = 2_000  # newest hits that pass the filters: these are counted
MAX_CHARTED_ARTICLES = 4_000  # with more, or more stories, the chart counts every second one, every third one …
# db.model.outlet_kind.speaks_for_state, of a row of `outlets`.
_OF_STATE = "(coalesce(ownership, '') = '{}' OR coalesce(kind, '') IN ({}))".format(
    STATE_OWNERSHIP, ", ".join(f"'{kind}'" for kind in STATE_KINDS)
)


class FacetCount(TypedDict):
    """How many hits have a value of a facet, and of three that are none.

    "all": how many hits there are; "story": of how many stories; "more": 1 if there may be more than were counted.
    """

    facet: str
    value: str
    n: int


class FirstId(TypedDict):
    """An id, see `select_first_id`."""

    id: int


class DayCount(TypedDict):
    """Articles or stories of a day: all, of state outlets and of private ones. One in `each` was counted, and scaled.

    A story is counted on the day of the first of its articles that the search finds, for the outlet of that one.
    """

    day: str
    n: int
    state: int
    private: int
    each: int


def select_facet_counts(plan: Plan) -> RowStatement[FacetCount]:
    """Select FacetCounts of the newest hits, for any page of the list."""
    sample, parameters, is_part = _sample(replace(plan, filters=replace(plan.filters, before=None)))
    sql = f"""
        WITH {sample}
        SELECT 'all' AS facet, '' AS value, count(*) AS n FROM hits
        UNION ALL SELECT 'more', '', (SELECT count(*) FROM hits) = {MAX_COUNTED_HITS} OR {is_part}
        UNION ALL SELECT 'story', '', count(DISTINCT s.story) FROM hits
            CROSS JOIN story_articles AS s ON s.article = hits.id
        UNION ALL SELECT 'outlet', outlet, count(*) FROM hits GROUP BY outlet
        UNION ALL SELECT 'language', language, count(*) FROM hits GROUP BY language
        UNION ALL SELECT 'verdict', verdict, count(*) FROM hits GROUP BY verdict
        UNION ALL SELECT 'concept', m.concept, count(*) FROM hits CROSS JOIN mentions AS m ON m.article = hits.id
            GROUP BY m.concept
    """  # noqa: S608 -- literals
    return RowsOf[FacetCount](sql), parameters


def select_first_id(*, since: str) -> RowStatement[FirstId]:
    """Select one row: an id below all articles published since a moment.

    What was published since then was fetched since then, give or take two days of wrong clocks. The least id of all:
    not every desk wrote its articles in the order of time. The statement is slow over half a year of articles, and its
    result never falls.
    """
    sql = f"""
        SELECT coalesce(min(id) - 1, {ALL_IDS["upto"]}) AS id FROM articles INDEXED BY articles_first_seen
        WHERE first_seen >= coalesce(datetime(:since, '-2 days'), '')
    """  # noqa: S608 -- literals
    return RowsOf[FirstId](sql), {"since": since}


def select_day_counts(
    plan: Plan, *, since: str, until: str = "", ahead: int = 0, first_id: int | None = None, stories: bool = False
) -> RowStatement[DayCount]:
    """Select DayCounts of articles, or of `stories`, from a moment on, and before `until` if it is given.

    Days are those of clocks `ahead` minutes of UTC. A date without an hour (midnight in UTC) stays on its day.
    `first_id`: the row of `select_first_id` for `since` or an earlier moment, if it is known.
    """
    latest = min(filter(None, (until, plan.filters.until)), default="")
    plan = _without_cursor(plan, since=max(since, plan.filters.since), until=latest)
    hour, minute = divmod(-ahead % 1440, 60)
    # Of a day in UTC, what is before the local midnight is of another local day than what is behind it.
    parameters: Parameters = {
        "since": plan.filters.since,
        "midnight": f"{hour:02}:{minute:02}",
        "earlier": -1 if ahead < 0 else 0,
        "later": 1 if ahead > 0 else 0,
    }
    if stories and (plan.filters.since, latest) == (since, until) and plan.filters.has_time_alone:
        counted, values = _all_stories(until)
    else:
        counted, values = _counted(plan, first_id=first_id if plan.filters.since == since else None, stories=stories)
    sql = f"""
        WITH {counted}, halves AS (
            SELECT substr(moment, 1, 10) AS day,
                CASE WHEN substr(moment, 12, 8) IN ('', '00:00:00') THEN 0
                    WHEN substr(moment, 12, 5) < :midnight THEN :earlier ELSE :later END AS shift,
                count(*) AS n,
                sum(outlet IN (SELECT id FROM outlets WHERE {_OF_STATE})) AS state,
                sum(outlet IN (SELECT id FROM outlets WHERE ownership = 'private' AND NOT {_OF_STATE})) AS private
            FROM counted GROUP BY 1, 2
        ), days AS (
            SELECT coalesce(date(day, shift || ' days'), '') AS day,
                sum(n) AS n, sum(state) AS state, sum(private) AS private
            FROM halves GROUP BY 1
        )
        SELECT day, n * each AS n, state * each AS state, private * each AS private, each FROM days CROSS JOIN thinned
    """  # noqa: S608 -- literals
    return RowsOf[DayCount](sql), values | parameters


def _all_stories(until: str) -> Statement:
    """Return table expressions with `counted` (moment, outlet) of the first article of each story, and `thinned`."""
    begun = "stories AS e INDEXED BY stories_began"
    where = f"e.merged_into IS NULL AND e.began >= :since{' AND e.began < :until' if until else ''}"
    sql = f"""
        thinned(each) AS MATERIALIZED (SELECT 1 + (SELECT count(*) FROM {begun} WHERE {where}) / {MAX_CHARTED_ARTICLES}
        ), counted AS (
            SELECT {MOMENT} AS moment, it.outlet FROM {begun}
            CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = e.first_article
            WHERE {where} AND e.id % (SELECT each FROM thinned) = 0)"""  # noqa: S608 -- literals
    return sql, {"until": until} if until else {}


def _counted(plan: Plan, *, first_id: int | None, stories: bool) -> Statement:
    """Return table expressions with `counted` (moment, outlet) of each article or story, and `thinned` (each)."""
    if first_id is None:
        start: str
        start, parameters = select_first_id(since=plan.filters.since)
    else:
        start, parameters = "SELECT :first_id", {"first_id": first_id}
    found, looked_at, each, where, values = _charted(plan, stories=stories)
    columns, group = f"{MOMENT} AS moment, it.outlet", ""
    if stories:  # of an aggregate query with min, SQLite takes the other columns from the row of the least
        columns, group = f"min({MOMENT}) AS moment, it.outlet, s.story", " GROUP BY s.story"
    sql = f"""
        start(id) AS MATERIALIZED ({start}
        ), {found}, thinned(each) AS MATERIALIZED (SELECT {each}
        ), counted AS (SELECT {columns} FROM {looked_at} WHERE {where}{group})"""  # noqa: S608 -- literals
    return sql, values | parameters


def _without_cursor(plan: Plan, *, since: str, until: str) -> Plan:
    """Return the plan of all articles of a span, for any page. A list of only the newest ids is not used."""
    first_day = plan.filters.first_day if since == plan.filters.since else ""
    after_day = plan.filters.after_day if until == plan.filters.until else ""
    filters = replace(plan.filters, since=since, until=until, first_day=first_day, after_day=after_day)
    filters = replace(filters, sort="time", before=None)
    return replace(plan, filters=filters, window="near", found=plan.found if plan.found_all else "")


def _charted(plan: Plan, *, stories: bool) -> tuple[str, str, str, str, Parameters]:
    """Return what the chart counts: the table expression `found`, FROM, one in how many, WHERE, parameters.

    With `stories`, FROM has the story of each article as `s`, and all articles of one story in so many are counted.
    """
    filters = plan.filters
    where, parameters = column_condition(filters, by_outlet=plan.index == "outlet")
    mentions, values = concept_condition(filters)
    matches, more = text_condition(plan)
    parameters |= values | more
    found = "found(id) AS NOT MATERIALIZED (SELECT NULL)"
    of_story = " CROSS JOIN story_articles AS s ON s.article = {}.id" if stories else ""
    if plan.index == "outlet" or (plan.index == "concept" and filters.words):  # if there are few, all are counted
        source, values = from_index(plan)
        return found, source + of_story.format("it"), "1", f"{where} AND {mentions} AND {matches}", parameters | values
    # Of several common concepts the index finds nearly all articles: these are thinned before they are tested.
    by_concept = bool(filters.concept) and (len(filters.concept) == 1 or plan.index == "concept")
    if filters.has_indexed_words or by_concept:
        select, rest = (text_sql, mentions) if filters.has_indexed_words else (concept_sql, matches)
        ids, values = select(plan, after="(SELECT id FROM start)")
        # The index of a concept is read twice in less time than its ids are stored.
        stored = "MATERIALIZED" if filters.has_indexed_words else "NOT MATERIALIZED"
        found = f"found(id) AS {stored} (SELECT id FROM ({ids}))"  # noqa: S608 -- literals
        each = f"1 + (SELECT count(*) FROM found) / {MAX_CHARTED_ARTICLES}"  # noqa: S608 -- literals
        thinned = "s.story" if stories else "found.id"
        where = f"{thinned} % (SELECT each FROM thinned) = 0 AND {where} AND {rest}"  # noqa: S608 -- as above
        return found, f"found{of_story.format('found')} {JOINED}", each, where, parameters | values | ALL_IDS
    each = "1"
    if filters.words or filters.has_column_filter or filters.concept:
        counted = f"{MOMENT} >= :since{f' AND {MOMENT} < :until' if filters.until else ''}"
        counted += " AND it.outlet = :outlet" if filters.has_one_outlet else ""
        each = f"1 + (SELECT count(*) FROM {walk(plan)} WHERE {counted}) / {MAX_CHARTED_ARTICLES}"  # noqa: S608 -- literals
    thinned = "s.story" if stories else "it.id"
    where = f"{thinned} % (SELECT each FROM thinned) = 0 AND {where} AND {mentions} AND {matches}"  # noqa: S608 -- as above
    return found, walk(plan) + of_story.format("it"), each, where, parameters


def _sample(plan: Plan) -> tuple[str, Parameters, str]:
    """Table expressions that end with `hits`; their parameters; the condition that not all hits were looked at."""
    filters = plan.filters
    columns = "it.id, it.outlet, it.language, it.verdict"
    by_text = filters.has_indexed_words and plan.index in ("text", "time")
    if by_text or (filters.concept and not filters.words and plan.index != "outlet"):
        ids, parameters = text_sql(plan) if by_text else concept_sql(plan)
        where, values = column_condition(filters)
        mentions, more = concept_condition(filters) if by_text else ("1", {})
        is_filtered = filters.has_column_filter or (by_text and filters.concept)
        # Without a filter only copies are left out.
        most = MAX_SAMPLED_HITS if is_filtered else min(MAX_SAMPLED_HITS, MAX_COUNTED_HITS * 3 // 2)
        sql = f"""found AS MATERIALIZED (SELECT id FROM ({ids}) ORDER BY id DESC LIMIT {most}),
            hits AS MATERIALIZED (
                SELECT {columns} FROM found {JOINED} WHERE {where} AND {mentions} LIMIT {MAX_COUNTED_HITS})"""  # noqa: S608 -- literals
        return sql, parameters | values | more | ALL_IDS, f"(SELECT count(*) FROM found) = {most}"  # noqa: S608 -- as above
    if plan.index != "time":
        source, parameters = from_index(plan)
        where, values = column_condition(filters, by_outlet=plan.index == "outlet")
        rest, more = rest_condition(plan)
        sql = f"""hits AS MATERIALIZED (
            SELECT {columns} FROM {source}
            WHERE {where} AND {rest} ORDER BY {NEWEST_FIRST} LIMIT {MAX_COUNTED_HITS})"""  # noqa: S608 -- literals
        return sql, parameters | values | more, "0"
    if not filters.words:
        where, parameters = walk_condition(plan)
        sql = f"""hits AS MATERIALIZED (
            SELECT {columns} FROM {walk(plan)} WHERE {where} ORDER BY {NEWEST_FIRST} LIMIT {MAX_COUNTED_HITS})"""  # noqa: S608 -- literals
        return sql, parameters, "0"
    where, parameters = column_condition(filters)
    rest, values = rest_condition(plan, id_="walked.id")
    most = WALKED_ARTICLES["far"]
    sql = f"""walked AS MATERIALIZED (
            SELECT {columns} FROM {walk(plan)} WHERE {where} ORDER BY {NEWEST_FIRST} LIMIT {most}),
        hits AS MATERIALIZED (SELECT * FROM walked WHERE {rest} LIMIT {MAX_COUNTED_HITS})"""  # noqa: S608 -- literals
    return sql, parameters | values, f"(SELECT count(*) FROM walked) = {most}"  # noqa: S608 -- as above
