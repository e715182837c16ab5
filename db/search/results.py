"""A choice as SQL: one page of its list, what of it is counted, and its volume, each bounded in the rows that it reads.

Everything is ordered by `moment`: when an article was published, or first seen if its page gave no date.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from db.model.outlet_kind import STATE_KINDS, STATE_OWNERSHIP
from db.search.filters import (
    MOMENT,
    WHOLE,
    Reach,
    SearchFilters,
    Statement,
    concept_hits,
    conditions,
    named,
    walks,
    worded,
    words_hits,
)

MOST_SEARCHED = 20_000  # newest hits that a choice which was not weighed looks at
MOST_RANKED = 3_000  # newest hits that are ranked; five times as many where a filter takes most of them away
MOST_SAMPLED = 8_000  # newest hits that are looked at for counts
MOST_COUNTED = 2_000  # of them, those that are counted beside the list
MOST_DRAWN = 4_000  # articles that a chart looks at; of more every second one, third one …
# Articles of a walk that are asked whether words find them; behind the far ones the words are asked for all.
MOST_NEAR = 100  # rows of a page that is worth looking for near by
MOST_WALKED = {"near": 600, "far": 8_000}
_NEWEST_FIRST = f"{MOMENT} DESC, it.id DESC"
# The same as db.model.outlet_kind.speaks_for_state, of a row of `outlets`.
_OF_STATE = "(coalesce(ownership, '') = '{}' OR coalesce(kind, '') IN ({}))".format(
    STATE_OWNERSHIP, ", ".join(f"'{kind}'" for kind in STATE_KINDS)
)
_JOINED = "CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = found.id"


def entries(choice: SearchFilters, *, limit: int, whole: bool = True) -> Statement:
    """One page of the list. With words the `whole` text comes too, to cut a snippet from; else its beginning."""
    text = "it.text" if choice.words and whole else "substr(it.text, 1, 700) AS text"
    columns = f"""it.id, it.title, it.outlet, {MOMENT} AS moment, it.published,
        it.published_precision, it.language, {text},
        it.words, it.verdict, it.paywalled, it.sponsored, it.original, it.credited_to, it.first_seen"""
    if choice.sort == "rank" and choice.words and not walks(choice):
        page, parameters = _ranked(choice)
    elif choice.reach == "all" and choice.words and not walks(choice):
        page, parameters = _of_all(choice)
    elif _driven(choice):
        page, parameters = _sorted(choice)
    elif choice.may_miss:
        page, parameters = _walked_in_part(choice)
    else:
        where, parameters = _walked(choice)
        sql = f"SELECT {columns} FROM {_walk(choice)} WHERE {where} ORDER BY {_NEWEST_FIRST} LIMIT :limit"  # noqa: S608 -- literals
        return sql, parameters | {"limit": limit}
    sql = f"""
        WITH {page} SELECT {columns} FROM page CROSS JOIN articles AS it ON it.id = page.id
        ORDER BY page.place, page.moment DESC, page.id DESC
    """  # noqa: S608 -- literals
    return sql, parameters | {"limit": limit}


def counts(choice: SearchFilters) -> Statement:
    """Rows (facet, value, n) of hits among the newest. Facet "all": their number; "more": 1 if there may be others."""
    sampled, parameters, reached = _sample(choice)
    sql = f"""
        WITH {sampled}
        SELECT 'all' AS facet, '' AS value, count(*) AS n FROM hits
        UNION ALL SELECT 'more', '', (SELECT count(*) FROM hits) = {MOST_COUNTED} OR {reached}
        UNION ALL SELECT 'outlet', outlet, count(*) FROM hits GROUP BY outlet
        UNION ALL SELECT 'language', language, count(*) FROM hits GROUP BY language
        UNION ALL SELECT 'verdict', verdict, count(*) FROM hits GROUP BY verdict
        UNION ALL SELECT 'concept', m.concept, count(*) FROM hits CROSS JOIN mentions AS m ON m.article = hits.id
            GROUP BY m.concept
    """  # noqa: S608 -- literals
    return sql, parameters


def start(*, since: str) -> Statement:
    """One row (id): an id after which lies all that was published since a moment.

    What was published since then was read since then, give or take two days of wrong clocks. The least id of all: not
    every desk wrote its articles in the order of time. Half a year of articles makes it dear; it never falls.
    """
    sql = f"""
        SELECT coalesce(min(id) - 1, {WHOLE["upto"]}) AS id FROM articles INDEXED BY articles_first_seen
        WHERE first_seen >= coalesce(datetime(:since, '-2 days'), '')
    """  # noqa: S608 -- literals
    return sql, {"since": since}


def volume(choice: SearchFilters, *, since: str, ahead: int = 0, after: int | None = None) -> Statement:
    """Rows (day, n, state, private, each) since a moment, days being those of clocks `ahead` of UTC by so many minutes.

    `each`: one article in so many was looked at, n is scaled. A day alone (midnight in UTC) stays the day it is.
    `after`: what `start` says of `since` or of a moment before it, if it is known.
    """
    if after is None or choice.since > since:
        begun, known = start(since=max(since, choice.since))
    else:
        begun, known = "SELECT :start", {"start": after}
    choice = replace(choice, since=max(since, choice.since), sort="time", before=None, reach="near")
    if not choice.found_all:
        choice = replace(choice, found="")
    where, parameters = conditions(choice)
    mentions, asked = named(choice)
    finds, more = worded(choice)
    parameters |= asked | more | {"since": choice.since, "ahead": f"{ahead:+d} minutes"}
    searched = bool(choice.words) and not walks(choice)
    each, found = "1", "SELECT NULL"
    kept = "MATERIALIZED" if searched else "NOT MATERIALIZED"  # a concept's index is read twice in less time
    if choice.drive == "outlets" or (choice.drive == "concept" and choice.words):  # few: all are looked at
        looked_at, asked = _begun(choice)
        where = f"{where} AND {mentions} AND {finds}"
    elif searched or choice.concept:
        ids, asked = words_hits(choice) if searched else concept_hits(choice)
        found = f"SELECT id FROM ({ids.replace(':after', '(SELECT id FROM start)')})"  # noqa: S608 -- literals
        asked = asked | WHOLE
        looked_at = f"found {_JOINED}"
        each = f"1 + (SELECT count(*) FROM found) / {MOST_DRAWN}"  # noqa: S608 -- literals
        where = f"found.id % (SELECT each FROM thinned) = 0 AND {where} AND {mentions if searched else finds}"  # noqa: S608 -- as above
    else:
        asked, looked_at = {}, _walk(choice)
        if not choice.everything:
            all_of_them = f"{MOMENT} >= :since{' AND it.outlet = :outlet' if choice.outlet else ''}"
            each = f"1 + (SELECT count(*) FROM {_walk(choice)} WHERE {all_of_them}) / {MOST_DRAWN}"  # noqa: S608 -- literals
        where = f"it.id % (SELECT each FROM thinned) = 0 AND {where} AND {finds}"  # noqa: S608 -- as above
    sql = f"""
        WITH start(id) AS MATERIALIZED (
            {begun}
        ), found(id) AS {kept} ({found}
        ), thinned(each) AS MATERIALIZED (SELECT {each}
        ), hours AS (
            SELECT substr({MOMENT}, 1, CASE substr({MOMENT}, 12, 8) WHEN '00:00:00' THEN 10 ELSE 13 END) AS hour,
                count(*) AS n,
                sum(it.outlet IN (SELECT id FROM outlets WHERE {_OF_STATE})) AS state,
                sum(it.outlet IN (SELECT id FROM outlets WHERE ownership = 'private' AND NOT {_OF_STATE})) AS private
            FROM {looked_at} WHERE {where} GROUP BY 1
        ), days AS (
            SELECT coalesce(CASE length(hour) WHEN 10 THEN hour ELSE date(hour || ':00', :ahead) END, '') AS day,
                sum(n) AS n, sum(state) AS state, sum(private) AS private
            FROM hours GROUP BY 1
        )
        SELECT day, n * each AS n, state * each AS state, private * each AS private, each FROM days CROSS JOIN thinned
    """  # noqa: S608 -- literals
    return sql, parameters | asked | known


def _driven(choice: SearchFilters) -> bool:
    """Whether something rarer than time drives the choice."""
    if choice.drive is None:
        return bool((choice.words and not walks(choice)) or choice.concept)
    return choice.drive != "time"


def _by_words(choice: SearchFilters) -> bool:
    return choice.drive == "words" or (choice.drive is None and bool(choice.words) and not walks(choice))


def _begun(choice: SearchFilters) -> Statement:
    """FROM of a driven choice: `it`, in an index that holds what is asked of it."""
    if choice.drive == "outlets":  # the conditions say which
        return "articles AS it INDEXED BY articles_outlet_moment", {}
    sql, parameters = words_hits(choice) if _by_words(choice) else concept_hits(choice)
    newest = f" ORDER BY id DESC LIMIT {MOST_SEARCHED}" if choice.drive is None else ""
    return f"(SELECT id FROM ({sql}){newest}) AS found {_JOINED}", parameters | WHOLE  # noqa: S608 -- literals


def _rest(choice: SearchFilters, *, id_: str = "it.id") -> Statement:
    """What of words and concept the driver did not say already."""
    by_concept = choice.drive == "concept" or (choice.drive is None and not _by_words(choice))
    mentions, parameters = ("1", {}) if by_concept and choice.concept else named(choice, id_=id_)
    finds, asked = ("1", {}) if _by_words(choice) else worded(choice, id_=id_)
    return f"{mentions} AND {finds}", parameters | asked


def _sorted(choice: SearchFilters) -> Statement:
    """The `page` of a driven choice: in order first, so that the dear question ends with the page."""
    begun, parameters = _begun(choice)
    where, asked = conditions(choice)
    rest, more = _rest(choice, id_="few.id")
    sql = f"""page AS MATERIALIZED (
            SELECT few.id, few.moment, 0 AS place FROM (
                SELECT it.id, {MOMENT} AS moment FROM {begun}
                WHERE {where} ORDER BY {_NEWEST_FIRST} LIMIT {MOST_SEARCHED}
            ) AS few WHERE {rest} LIMIT :limit)"""  # noqa: S608 -- literals
    return sql, parameters | asked | more


def _of_all(choice: SearchFilters) -> Statement:
    """The `page` of all that words find, each looked up: what a walk did not bring to light is rare, or far back."""
    ids, parameters = words_hits(choice)
    where, asked = conditions(choice)
    mentions, more = named(choice)
    sql = f"""page AS MATERIALIZED (
            SELECT it.id, {MOMENT} AS moment, 0 AS place FROM ({ids}) AS found {_JOINED}
            WHERE {where} AND {mentions} ORDER BY {_NEWEST_FIRST} LIMIT :limit)"""  # noqa: S608 -- literals
    return sql, parameters | asked | more | WHOLE


def _ranked(choice: SearchFilters) -> Statement:
    """The `page` of the best among the newest hits: ranking all of a common word takes seconds."""
    ids, parameters = words_hits(choice)
    most = MOST_RANKED if replace(choice, sort="time", drive=None) == _words_alone(choice) else 5 * MOST_RANKED
    newest = f"(SELECT coalesce(min(id), 1) - 1 FROM (SELECT id FROM ({ids}) ORDER BY id DESC LIMIT {most}))"  # noqa: S608 -- literals
    where, asked = conditions(choice)
    mentions, more = named(choice)
    sql = f"""page AS MATERIALIZED (
            SELECT it.id, {MOMENT} AS moment, found.place
            FROM ({ids.replace(":after", newest)}) AS found {_JOINED}
            WHERE {where} AND {mentions} ORDER BY found.place LIMIT :limit)"""  # noqa: S608 -- as above
    return sql, parameters | asked | more | WHOLE


def _words_alone(choice: SearchFilters) -> SearchFilters:
    return SearchFilters(words=choice.words, query=choice.query, marked=choice.marked)


def _filtered(choice: SearchFilters) -> bool:
    """Whether words or a concept are not all that was chosen."""
    alone = _words_alone(choice) if choice.words else SearchFilters(concept=choice.concept)
    return replace(choice, sort="time", drive=None, before=None, found="", found_all=True) != alone


def _walk(choice: SearchFilters) -> str:
    """All articles in an index that orders them by moment and holds what is asked of them."""
    return f"articles AS it INDEXED BY {'articles_outlet_moment' if choice.outlet else 'articles_newest'}"


def _walked(choice: SearchFilters) -> Statement:
    """The conditions of a walk from the newest article until the page is full."""
    where, parameters = conditions(choice)
    rest, asked = _rest(choice)
    return f"{where} AND {rest}", parameters | asked


def _walked_in_part(choice: SearchFilters) -> Statement:
    """The `page` of a walk for common words: what they find among the ids of its articles is read at once.

    Ids follow time but for what a backfill brought: a few articles from elsewhere are asked one by one.
    """
    where, parameters = conditions(choice)
    mentions, more = named(choice, id_="walked.id")
    ids, asked = words_hits(choice)
    within = ids.replace(":after", "(SELECT low FROM span)").replace(":upto", "(SELECT high FROM span)")
    alone, further = worded(choice, id_="walked.id")
    most = _most_walked(choice)
    sql = f"""walked AS MATERIALIZED (
            SELECT it.id, {MOMENT} AS moment FROM {_walk(choice)} WHERE {where} ORDER BY {_NEWEST_FIRST} LIMIT {most}
        ), edge(n) AS MATERIALIZED (SELECT count(*) / 100 FROM walked
        ), span(low, high) AS MATERIALIZED (
            SELECT (SELECT id - 1 FROM walked ORDER BY id LIMIT 1 OFFSET (SELECT n FROM edge)),
                (SELECT id FROM walked ORDER BY id DESC LIMIT 1 OFFSET (SELECT n FROM edge))
        ), page AS MATERIALIZED (
            SELECT walked.id, walked.moment, 0 AS place FROM walked
            WHERE {mentions} AND CASE
                WHEN walked.id > (SELECT low FROM span) AND walked.id <= (SELECT high FROM span)
                THEN walked.id IN (SELECT id FROM ({within})) ELSE {alone} END
            LIMIT :limit)"""  # noqa: S608 -- literals
    return sql, parameters | more | asked | further


def _most_walked(choice: SearchFilters) -> int:
    return MOST_WALKED["near" if choice.reach == "near" else "far"] * (2 if choice.concept else 1)


def reaches(choice: SearchFilters, *, limit: int) -> tuple[Reach, ...]:
    """How far back so many articles are looked for, one after another until they are found."""
    return ("near", "far", "all") if choice.drive == "time" and limit <= MOST_NEAR else ("far", "all")


def walk_ended(choice: SearchFilters) -> Statement | None:
    """One row (ended): whether the walk that may have missed something came to the last article. None: no such walk."""
    if not choice.may_miss or choice.drive != "time":
        return None
    where, parameters = conditions(choice)
    most = _most_walked(choice)
    walked = f"SELECT 1 FROM {_walk(choice)} WHERE {where} LIMIT {most}"  # noqa: S608 -- literals
    return f"SELECT count(*) < {most} AS ended FROM ({walked})", parameters  # noqa: S608 -- literals


def _sample(choice: SearchFilters) -> tuple[str, dict[str, Any], str]:
    """Common table expressions that end with `hits`; their parameters; a condition: whether not all was looked at."""
    columns = "it.id, it.outlet, it.language, it.verdict"
    where, parameters = conditions(choice)
    searched = choice.words and not walks(choice) and choice.drive not in ("concept", "outlets")
    if searched or (choice.concept and not choice.words and choice.drive != "outlets"):
        ids, asked = words_hits(choice) if searched else concept_hits(choice)
        mentions, more = named(choice) if searched else ("1", {})
        most = MOST_SAMPLED if _filtered(choice) else min(MOST_SAMPLED, MOST_COUNTED * 3 // 2)  # some are copies
        sql = f"""found AS MATERIALIZED (SELECT id FROM ({ids}) ORDER BY id DESC LIMIT {most}),
            hits AS MATERIALIZED (
                SELECT {columns} FROM found {_JOINED} WHERE {where} AND {mentions} LIMIT {MOST_COUNTED})"""  # noqa: S608 -- literals
        return sql, parameters | asked | more | WHOLE, f"(SELECT count(*) FROM found) = {most}"  # noqa: S608 -- as above
    rest, asked = _rest(choice)
    if _driven(choice):
        begun, more = _begun(choice)
        sql = f"""hits AS MATERIALIZED (
            SELECT {columns} FROM {begun}
            WHERE {where} AND {rest} ORDER BY {_NEWEST_FIRST} LIMIT {MOST_COUNTED})"""  # noqa: S608 -- literals
        return sql, parameters | asked | more, "0"
    if not choice.words:
        sql = f"""hits AS MATERIALIZED (
            SELECT {columns} FROM {_walk(choice)} WHERE {where} AND {rest}
            ORDER BY {_NEWEST_FIRST} LIMIT {MOST_COUNTED})"""  # noqa: S608 -- literals
        return sql, parameters | asked, "0"
    rest, asked = _rest(choice, id_="walked.id")
    most = MOST_WALKED["far"]
    sql = f"""walked AS MATERIALIZED (
            SELECT {columns} FROM {_walk(choice)} WHERE {where} ORDER BY {_NEWEST_FIRST} LIMIT {most}),
        hits AS MATERIALIZED (SELECT * FROM walked WHERE {rest} LIMIT {MOST_COUNTED})"""  # noqa: S608 -- literals
    return sql, parameters | asked, f"(SELECT count(*) FROM walked) = {MOST_WALKED['far']}"  # noqa: S608 -- as above
