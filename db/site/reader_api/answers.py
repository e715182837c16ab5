"""Answers of the Google Reader API as JSON values: lists of outlets and labels, counts, items. Pure.

An item holds no more of a text than its first sentence, for it leaves the desk.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from markupsafe import Markup

from db.news.outlets import OutletRow
from db.site.local_time import read_moment
from db.site.page_context import parse_json_list
from db.site.reader_api.item_rows import ItemRow, ListedItem
from db.site.reader_api.streams import FEED_PREFIX, LABEL_PREFIX, STATE_PREFIX, Library, write_item_id
from db.site.wording import SiteWording
from db.text.excerpt import take_lead
from db.text.sanitise import one_line
from db.text.web_address import web_address

MAX_TITLE_CHARACTERS: Final = 300
MAX_AUTHORS_CHARACTERS: Final = 200
_BRACKETS: Final = str.maketrans("<>", "＜＞")

Json = dict[str, Any]


def list_feeds(outlets: Iterable[OutletRow], library: Library, *, site: str) -> Json:
    """Return the outlets as an app's subscriptions, each in the folder of its country. `site`: the desk's address."""
    folders = {id_: text for text, label in library.labels.items() if label.is_folder for id_ in label.outlets}
    return {
        "subscriptions": [
            {
                "id": f"{FEED_PREFIX}{outlet['id']}",
                "title": _write_plain(outlet["name"], MAX_TITLE_CHARACTERS),
                "categories": _write_folder(folders.get(outlet["id"])),
                "url": f"{site}/outlet/{outlet['id']}",
                "htmlUrl": web_address(outlet["home"]) or f"{site}/outlet/{outlet['id']}",
                "iconUrl": f"{site}/site/vigia.svg",
            }
            for outlet in outlets
        ]
    }


def list_tags(library: Library) -> Json:
    """Return the states and labels."""
    tags: list[Json] = [{"id": f"{STATE_PREFIX}starred"}]
    tags += [
        {"id": f"{LABEL_PREFIX}{text}", "type": "folder" if label.is_folder else "tag"}
        for text, label in library.labels.items()
    ]
    return {"tags": tags}


def count_unread(library: Library) -> Json:
    """Return how many items of each outlet and label are unread, and when the newest came."""
    counts: Counter[str] = Counter()
    newest: dict[str, str] = {}
    labels_of_outlets: dict[str, list[str]] = {}
    tags = {text: label for text, label in library.labels.items() if not label.is_folder}
    for text, label in library.labels.items():
        for id_ in label.outlets:
            labels_of_outlets.setdefault(id_, []).append(f"{LABEL_PREFIX}{text}")
    for item in library.items:
        if library.states.is_read(item.id):
            continue
        streams = [
            f"{FEED_PREFIX}{item.outlet}",
            f"{STATE_PREFIX}reading-list",
            *labels_of_outlets.get(item.outlet, ()),
        ]
        streams += [f"{LABEL_PREFIX}{text}" for text, label in tags.items() if item.id in label.articles]
        for stream in streams:
            counts[stream] += 1
            newest[stream] = max(newest.get(stream, ""), item.first_seen)
    return {
        "max": counts[f"{STATE_PREFIX}reading-list"],
        "unreadcounts": [
            {"id": stream, "count": count, "newestItemTimestampUsec": str(_seconds(newest[stream]) * 1_000_000)}
            for stream, count in counts.items()
        ],
    }


def list_ids(items: Sequence[ListedItem], *, is_more: bool) -> Json:
    """Return the ids of items."""
    answer: Json = {"itemRefs": [{"id": str(item.id)} for item in items]}
    return answer | ({"continuation": str(items[-1].id)} if is_more and items else {})


def list_contents(
    items: Sequence[ItemRow],
    library: Library,
    outlets: Iterable[OutletRow],
    *,
    stream: str,
    site: str,
    desk: str,
    updated: int,
    is_more: bool,
    wording: SiteWording,
) -> Json:
    """Return items with title, link and first sentence. `updated`: now, in seconds since 1970."""
    by_id = {outlet["id"]: outlet for outlet in outlets}
    answer: Json = {
        "id": stream,
        "updated": updated,
        "items": [
            _write_item(row, library, by_id.get(row["outlet"]), site=site, desk=desk, t=wording) for row in items
        ],
    }
    return answer | ({"continuation": str(items[-1]["id"])} if is_more and items else {})


def _write_item(
    row: ItemRow, library: Library, outlet: OutletRow | None, *, site: str, desk: str, t: SiteWording
) -> Json:
    name = _write_plain(outlet["name"] if outlet else row["outlet"], MAX_TITLE_CHARACTERS)
    came, page = _seconds(row["first_seen"]), f"{site}/article/{row['id']}"
    listed = ListedItem(row["id"], row["outlet"], row["first_seen"])
    url = web_address(row["url"]) or page
    authors = [_write_plain(author, MAX_AUTHORS_CHARACTERS) for author in parse_json_list(row["authors"]) if author]
    states = [f"{STATE_PREFIX}reading-list"]
    states += [f"{STATE_PREFIX}read"] if library.states.is_read(row["id"]) else []
    states += [f"{STATE_PREFIX}starred"] if row["id"] in library.starred else []
    labels = [f"{LABEL_PREFIX}{text}" for text, label in library.labels.items() if label.holds(listed)]
    item: Json = {
        "id": write_item_id(row["id"]),
        "crawlTimeMsec": str(came * 1_000),
        "timestampUsec": str(came * 1_000_000),
        "published": _seconds(row["published"]) or came,
        "title": _write_plain(row["title"], MAX_TITLE_CHARACTERS),
        "summary": {"content": _write_summary(row, page=page, desk=desk, t=t)},
        "alternate": [{"href": url, "type": "text/html"}],
        "canonical": [{"href": url}],
        "categories": [*states, *labels],
        "origin": {
            "streamId": f"{FEED_PREFIX}{row['outlet']}",
            "title": name,
            "htmlUrl": (web_address(outlet["home"]) if outlet else None) or f"{site}/outlet/{row['outlet']}",
        },
    }
    return item | ({"author": ", ".join(authors)} if authors else {})


def _write_summary(row: ItemRow, *, page: str, desk: str, t: SiteWording) -> str:
    lead = take_lead(row["beginning"], row["language"], characters=row["characters"])
    first = Markup("<p>{}</p>").format(lead) if lead else Markup()
    return str(first + Markup('<p><a href="{}">{}</a></p>').format(page, t("apps.open_here", desk=desk)))


def encode_json(answer: Json) -> bytes:
    """Return an answer as JSON in UTF-8. Letters that no text may have are replaced."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _write_plain(text: str, limit: int) -> str:
    """Return one line without angle brackets: many apps show titles, names and authors as HTML."""
    return one_line(text, limit).translate(_BRACKETS)


def _write_folder(label: str | None) -> list[Json]:
    return [{"id": f"{LABEL_PREFIX}{label}", "label": label}] if label else []


def _seconds(text: str | None) -> int:
    moment = read_moment(text)
    return int(moment.timestamp()) if moment else 0
