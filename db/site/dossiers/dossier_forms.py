"""What the buttons of dossiers do: add what was ticked, edit, order, take out, delete, undo."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar, cast
from urllib.parse import urlencode

from sqlite_utils import Database

from db.connection import explain_errors, open_desk, open_news
from db.desk.analysts import dossiers
from db.desk.analysts.dossier_entries import ChosenEntry, list_dossier_entries, read_chosen_entry, read_entry_note
from db.desk.analysts.dossier_rules import (
    MAX_DOSSIER_ENTRIES,
    MAX_DOSSIER_NAME_CHARACTERS,
    MAX_DOSSIER_NOTE_CHARACTERS,
    MAX_DOSSIERS,
    MAX_TAGS,
    DossierError,
    move_entry,
)
from db.desk.analysts.shown_versions import ChangedMeanwhileError
from db.site.analysts.forms import VERSION_FIELD, AnalystForm, FormError, FormHandler, read_number
from db.site.dossiers.dossier_conflicts import find_dossier_conflict, find_note_conflict
from db.site.dossiers.standing_entries import serialise_places
from db.site.form_requests import find_local_path
from db.site.queries.dossier_rows import (
    STANDING_ARTICLES,
    TICKED_ARTICLES,
    TICKED_STORIES,
    StandingArticle,
    TickedArticle,
)

ResultT = TypeVar("ResultT")
MAX_TICKS: Final = 500
NEW_DOSSIER: Final = "new"  # the choice of a dossier that the form names
_LIMITS: Final = {
    "dossiers": MAX_DOSSIERS,
    "entries": MAX_DOSSIER_ENTRIES,
    "name": MAX_DOSSIER_NAME_CHARACTERS,
    "note": MAX_DOSSIER_NOTE_CHARACTERS,
    "tags": MAX_TAGS,
}
_TICK = re.compile(r"([as])([0-9]{1,15})")


def list_dossier_forms() -> Mapping[str, FormHandler]:
    """Return what carries out each form, by its path."""
    return {
        "/dossier/make": _make,
        "/dossier/add": _add,
        "/dossier/edit": _edit,
        "/dossier/note": _write_note,
        "/dossier/move": _move,
        "/dossier/sort": _sort,
        "/dossier/remove": _remove,
        "/dossier/delete": _delete,
        "/dossier/undo": _undo,
    }


def _make(form: AnalystForm) -> str:
    number = _in_desk(form, lambda desk: _make_named(form, desk), back="/dossiers")
    return f"/dossier/{number}?done=made"


def _add(form: AnalystForm) -> str:
    """Add what was ticked, and lead back to the list where it was."""
    back = find_local_path(form.one("back"))
    ticks = [match for tick in form.all("tick")[:MAX_TICKS] if (match := _TICK.fullmatch(tick))]
    if not ticks:
        raise FormError("dossiers.refused_ticks", back=back)
    with contextlib.closing(open_news(form.news_db, readonly=True)) as news, explain_errors(form.news_db):
        chosen = _read_ticked(news, [(match[1], int(match[2])) for match in ticks])

    def add(desk: Database) -> tuple[int, int]:
        # One transaction: a new dossier stays only if what was ticked fits in.
        with desk.atomic():
            # A name that was typed wins over the choice beside it, which always stands at some dossier.
            is_new = bool(form.one("name").strip()) or form.one("dossier") in ("", NEW_DOSSIER)
            number = _make_named(form, desk) if is_new else read_number(form.one("dossier"))
            return number, dossiers.add_entries(desk, number, form.reader.id, chosen, now=form.now)

    number, count = _in_desk(form, add, back=back)
    path, _, query = back.partition("?")
    told = urlencode({"done": "added", "dossier": number, "n": count})
    return f"{path}?{_drop_told(query)}{told}#{ticks[0][0]}"


def _edit(form: AnalystForm) -> str:
    def edit(desk: Database, number: int) -> None:
        try:
            dossiers.edit_dossier(
                desk,
                number,
                form.reader.id,
                name=form.one("name"),
                note=form.one("note"),
                tags=form.one("tags"),
                is_shared=form.one("shared") == "1",
                now=form.now,
                seen=form.one(VERSION_FIELD),
            )
        except ChangedMeanwhileError as error:
            raise find_dossier_conflict(form, dossiers.find_dossier(desk, number, form.reader.id)) from error

    return _change(form, edit, done="edited")


def _write_note(form: AnalystForm) -> str:
    entry = read_number(form.one("entry"))

    def write(desk: Database, number: int) -> None:
        try:
            dossiers.write_note(
                desk, number, form.reader.id, entry, form.one("note"), now=form.now, seen=form.one(VERSION_FIELD)
            )
        except ChangedMeanwhileError as error:
            raise find_note_conflict(form, number, entry, read_entry_note(desk, number, entry)) from error

    return _change(form, write, done="noted", entry=entry)


def _move(form: AnalystForm) -> str:
    """Move an entry from the place that the page showed to that of the button, else to the one that was typed."""
    entry, place = read_number(form.one("entry")), read_number(form.one("to") or form.one("place"))
    shown = read_number(form.one("at"))
    return _reorder(form, lambda order: move_entry(order, entry, place, shown=shown), done="moved", entry=entry)


def _sort(form: AnalystForm) -> str:
    """Order all entries by date; what the desk has no longer comes last."""
    is_descending = form.one("by") == "newest"

    def sort(desk: Database, number: int) -> None:
        entries = list_dossier_entries(desk, number)
        with contextlib.closing(open_news(form.news_db, readonly=True)) as news, explain_errors(form.news_db):
            rows = cast(
                "list[StandingArticle]", list(news.query(STANDING_ARTICLES, {"entries": serialise_places(entries)}))
            )
        moments = {row["entry"]: row["moment"] for row in rows}
        dossiers.reorder(
            desk, number, form.reader.id, lambda order: _by_date(order, moments, is_descending=is_descending),
            now=form.now,
        )  # fmt: skip

    return _change(form, sort, done="sorted")


def _remove(form: AnalystForm) -> str:
    removed = {read_number(entry) for entry in form.all("entry")}
    return _reorder(form, lambda order: [id_ for id_ in order if id_ not in removed], done="removed")


def _delete(form: AnalystForm) -> str:
    number = read_number(form.one("dossier"))
    _change(form, lambda desk, _: dossiers.delete_dossier(desk, number, form.reader.id, now=form.now), done="")
    return f"/dossiers?done=deleted&dossier={number}"


def _undo(form: AnalystForm) -> str:
    change = read_number(form.one("change"))
    return _change(
        form,
        lambda desk, number: dossiers.undo_change(desk, number, form.reader.id, change=change, now=form.now),
        done="undone",
    )


def _reorder(form: AnalystForm, arrange: Callable[[list[int]], list[int]], *, done: str, entry: int = 0) -> str:
    return _change(
        form,
        lambda desk, number: dossiers.reorder(desk, number, form.reader.id, arrange, now=form.now),
        done=done,
        entry=entry,
    )


def _change(form: AnalystForm, carry_out: Callable[[Database, int], None], *, done: str, entry: int = 0) -> str:
    """Change the dossier that a form names, and return its page, at the entry that was changed."""
    number = read_number(form.one("dossier"))
    _in_desk(form, lambda desk: carry_out(desk, number), back=f"/dossier/{number}")
    shown = read_number(form.one("page"))
    page = f"page={shown}&" if shown > 1 else ""
    return f"/dossier/{number}?{page}done={done}" + (f"#e{entry}" if entry else "")


def _in_desk(form: AnalystForm, carry_out: Callable[[Database], ResultT], *, back: str) -> ResultT:
    try:
        with contextlib.closing(open_desk(form.desk_db)) as desk, explain_errors(form.desk_db):
            return carry_out(desk)
    except DossierError as error:
        limit = {"n": _LIMITS[error.reason]} if error.reason in _LIMITS else {}
        raise FormError(f"dossiers.refused_{error.reason}", back=back, **limit) from error


def _make_named(form: AnalystForm, desk: Database) -> int:
    return dossiers.make_dossier(
        desk, person=form.reader.id, owner=form.reader.name, name=form.one("name"), now=form.now
    )


def _read_ticked(news: Database, ticks: Sequence[tuple[str, int]]) -> list[ChosenEntry]:
    """Return what was ticked, in the order of the page, as far as it is still there."""
    found: dict[tuple[str, int], TickedArticle] = {}
    for kind, statement in (("a", TICKED_ARTICLES), ("s", TICKED_STORIES)):
        ids = [id_ for ticked, id_ in ticks if ticked == kind]
        rows = cast("list[TickedArticle]", list(news.query(statement, {"ids": json.dumps(ids)})))
        found |= {(kind, row["ticked"]): row for row in rows}
    return [read_chosen_entry(row) for tick in dict.fromkeys(ticks) if (row := found.get(tick))]


def _by_date(order: Sequence[int], moments: Mapping[int, str], *, is_descending: bool) -> list[int]:
    standing = sorted((id_ for id_ in order if id_ in moments), key=lambda id_: moments[id_], reverse=is_descending)
    return [*standing, *(id_ for id_ in order if id_ not in moments)]


def _drop_told(query: str) -> str:
    """Return the arguments of an address without what an earlier form told, with "&" behind them."""
    kept = [part for part in query.split("&") if part and part.partition("=")[0] not in ("done", "dossier", "n")]
    return "".join(f"{part}&" for part in kept)
