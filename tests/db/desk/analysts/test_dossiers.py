"""Dossiers in desk.db: their owner alone changes them, and every change can be taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.connection import open_desk
from db.desk.analysts import dossiers
from db.desk.analysts.dossier_entries import ChosenEntry, list_dossier_entries, read_entry_order
from db.desk.analysts.dossier_rules import (
    MAX_DOSSIER_ENTRIES,
    MAX_DOSSIER_NOTE_CHARACTERS,
    MAX_DOSSIERS,
    DossierError,
    check_name,
    check_note,
    move_entry,
    read_tags,
)

NOW = dt.datetime(2026, 11, 23, 12, 30, tzinfo=dt.UTC)


def entry(article: int, story: int | None = None) -> ChosenEntry:
    url = f"https://diario.test/{article}"
    return ChosenEntry(story=story, article=article, key=url, url=url, title=f"Título {article}", outlet="Diario")


@pytest.fixture
def desk(tmp_path: Path) -> Database:
    return open_desk(tmp_path / "desk.db")


@pytest.fixture
def number(desk: Database) -> int:
    """A dossier of Ana with three entries."""
    number = dossiers.make_dossier(desk, person="ana", owner="Ana", name="Chancay", now=NOW)
    dossiers.add_entries(desk, number, "ana", [entry(1), entry(2), entry(3, story=3)], now=NOW)
    return number


def titles(desk: Database, number: int) -> list[str]:
    return [one.chosen.title for one in list_dossier_entries(desk, number)]


@given(st.integers(1, 8), st.integers(0, 12), st.data())
@settings(max_examples=40)
def test_moving_keeps_all_entries_and_the_order_of_the_others(count: int, place: int, data: st.DataObject) -> None:
    order = list(range(10, 10 + count))
    moved = data.draw(st.sampled_from(order))
    result = move_entry(order, moved, place)
    assert [id_ for id_ in result if id_ != moved] == [id_ for id_ in order if id_ != moved]
    assert result.index(moved) + 1 == min(max(place, 1), count)


def test_moving_what_is_not_there_changes_nothing() -> None:
    assert move_entry([1, 2], 9, 1) == [1, 2]


def test_tags_are_separated_by_commas_of_any_script_and_stand_once() -> None:
    assert read_tags(" puerto, 港口，puerto、  gran   obra ,,") == ["puerto", "港口", "gran obra"]


@pytest.mark.parametrize("tags", [",".join(map(str, range(21))), "x" * 61])
def test_too_many_and_too_long_tags_are_refused(tags: str) -> None:
    with pytest.raises(DossierError, match="tags"):
        read_tags(tags)


def test_names_and_notes_lose_what_nobody_sees() -> None:
    assert check_name(" a\u202e\x00b \x1b[1m\n c ") == "ab [1m c"
    assert check_note("uno\r\ndos\x0b\u2066\ttres\n") == "uno\ndos\ttres"


@pytest.mark.parametrize("name", ["", " \u202e ", "x" * 201])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(DossierError, match="name"):
        check_name(name)


def test_what_is_in_a_dossier_already_is_not_added_again(desk: Database, number: int) -> None:
    assert dossiers.add_entries(desk, number, "ana", [entry(2), entry(3), entry(3, story=3), entry(3)], now=NOW) == 1
    assert titles(desk, number) == ["Título 1", "Título 2", "Título 3", "Título 3"]


CHANGES: dict[str, Callable[[Database, int, list[int]], object]] = {
    "add": lambda db, n, _: dossiers.add_entries(db, n, "ana", [entry(7)], now=NOW),
    "edit": lambda db, n, _: dossiers.edit_dossier(
        db, n, "ana", name="Otro", note="nota", tags="a, b", is_shared=True, now=NOW
    ),
    "note": lambda db, n, ids: dossiers.write_note(db, n, "ana", ids[1], "segunda", now=NOW),
    "order": lambda db, n, _: dossiers.reorder(db, n, "ana", lambda order: order[::-1], now=NOW),
    "remove": lambda db, n, _: dossiers.reorder(db, n, "ana", lambda order: order[1:], now=NOW),
    "delete": lambda db, n, _: dossiers.delete_dossier(db, n, "ana", now=NOW),
}


def state(desk: Database, number: int) -> tuple[object, ...]:
    found = dossiers.find_dossier(desk, number, "ana")
    assert found
    entries = [(one.id, one.place, one.note) for one in list_dossier_entries(desk, number)]
    return found.name, found.note, found.tags, found.is_shared, found.is_deleted, entries


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_can_be_taken_back_and_made_again(
    desk: Database, number: int, change: Callable[[Database, int, list[int]], object]
) -> None:
    dossiers.write_note(desk, number, "ana", read_entry_order(desk, number)[1], "primera", now=NOW)
    before = state(desk, number)
    change(desk, number, read_entry_order(desk, number))
    after = state(desk, number)
    assert after != before
    for expected in (before, after, before):
        found = dossiers.find_dossier(desk, number, "ana")
        assert found
        dossiers.undo_change(desk, number, "ana", change=found.change, now=NOW)
        assert state(desk, number) == expected


def test_nothing_is_undone_after_another_change(desk: Database, number: int) -> None:
    shown = dossiers.find_dossier(desk, number, "ana")
    assert shown
    dossiers.reorder(desk, number, "ana", lambda order: order[::-1], now=NOW)
    with pytest.raises(DossierError, match="changed"):
        dossiers.undo_change(desk, number, "ana", change=shown.change, now=NOW)
    assert titles(desk, number) == ["Título 3", "Título 2", "Título 1"]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_person_changes_nothing(
    desk: Database, number: int, change: Callable[[Database, int, list[int]], object]
) -> None:
    dossiers.edit_dossier(desk, number, "ana", name="Chancay", note="", tags="", is_shared=True, now=NOW)
    desk.execute("UPDATE dossiers SET person = 'berta' WHERE id = :id", {"id": number})
    with pytest.raises(DossierError, match="missing"):
        change(desk, number, read_entry_order(desk, number))
    with pytest.raises(DossierError, match="missing"):
        dossiers.undo_change(desk, number, "ana", change=2, now=NOW)


def test_another_person_reads_what_is_shared_and_not_deleted(desk: Database, number: int) -> None:
    assert dossiers.find_dossier(desk, number, "berta") is None
    assert dossiers.list_dossiers(desk, "berta") == []
    dossiers.edit_dossier(desk, number, "ana", name="Chancay", note="", tags="", is_shared=True, now=NOW)
    assert [one.owner for one in dossiers.list_dossiers(desk, "berta")] == ["Ana"]
    dossiers.delete_dossier(desk, number, "ana", now=NOW)
    assert dossiers.find_dossier(desk, number, "berta") is None
    assert dossiers.list_dossiers(desk, "berta") == []


def test_a_dossier_and_a_person_have_limits(desk: Database, number: int) -> None:
    with pytest.raises(DossierError, match="entries"):
        dossiers.add_entries(desk, number, "ana", [entry(n) for n in range(MAX_DOSSIER_ENTRIES + 1)], now=NOW)
    assert len(titles(desk, number)) == 3
    with pytest.raises(DossierError, match="note"):
        dossiers.write_note(desk, number, "ana", 1, "x" * (MAX_DOSSIER_NOTE_CHARACTERS + 1), now=NOW)
    with desk.atomic():
        for _ in range(MAX_DOSSIERS - 1):
            dossiers.make_dossier(desk, person="ana", owner="Ana", name="x", now=NOW)
    with pytest.raises(DossierError, match="dossiers"):
        dossiers.make_dossier(desk, person="ana", owner="Ana", name="x", now=NOW)
    dossiers.make_dossier(desk, person="berta", owner="Berta", name="x", now=NOW)


def test_the_latest_deleted_dossiers_are_kept_to_be_restored(desk: Database) -> None:
    for n in range(dossiers.MAX_DELETED_DOSSIERS + 2):
        number = dossiers.make_dossier(desk, person="ana", owner="Ana", name=f"{n}", now=NOW)
        dossiers.delete_dossier(desk, number, "ana", now=NOW + dt.timedelta(minutes=n))
    kept = dossiers.list_dossiers(desk, "ana")
    assert len(kept) == dossiers.MAX_DELETED_DOSSIERS
    assert {"0", "1"}.isdisjoint(one.name for one in kept)
