"""What an app may ask for, and which items it gets."""

from __future__ import annotations

import pytest

from db.desk.analysts.reading_states import ReadingStates
from db.site.reader_api.application import _read_changes
from db.site.reader_api.item_rows import ListedItem
from db.site.reader_api.streams import (
    ITEM_PREFIX,
    ApiError,
    ItemLabel,
    Library,
    Stream,
    read_item_id,
    read_older_than,
    read_stream,
    read_stream_request,
    select_items,
    write_item_id,
)

READ, STARRED = "user/-/state/com.google/read", "user/-/state/com.google/starred"
# 1 to 6, of two outlets in turn; up to 2 all are read, and 5; 1 is unread nevertheless, and starred.
LIBRARY = Library(
    items=[ListedItem(id_, ("diario", "xinwen")[id_ % 2], f"2026-11-2{id_}T12:00:00Z") for id_ in range(6, 0, -1)],
    last_items=6,
    states=ReadingStates(read_upto=2, read=frozenset({5}), unread=frozenset({1})),
    starred=frozenset({1}),
    labels={"Perú": ItemLabel(outlets=frozenset({"diario"})), "Alerta: Puerto": ItemLabel(articles=frozenset({3, 4}))},
)


def select(**arguments: str | tuple[str, ...]) -> tuple[list[int], bool]:
    given = {name: (value,) if isinstance(value, str) else value for name, value in arguments.items()}
    found, is_more = select_items(LIBRARY, read_stream_request(given, most=4))
    return [item.id for item in found], is_more


@pytest.mark.parametrize(
    ("arguments", "ids", "is_more"),
    [
        ({}, [6, 5, 4, 3], True),
        ({"n": "9999"}, [6, 5, 4, 3], True),
        ({"n": "2", "r": "o"}, [1, 2], True),
        ({"c": "3"}, [2, 1], False),
        ({"c": "4", "r": "o"}, [5, 6], False),
        ({"xt": READ}, [6, 4, 3, 1], False),
        ({"s": READ}, [5, 2], False),
        ({"s": STARRED}, [1], False),
        ({"it": STARRED, "xt": READ}, [1], False),
        ({"s": "feed/xinwen"}, [5, 3, 1], False),
        ({"s": "feed/nobody"}, [], False),
        ({"s": "user/li/label/Perú", "xt": ("user/-/label/Alerta: Puerto", STARRED)}, [6, 2], False),
        ({"s": "user/-/label/none"}, [], False),
        ({"ot": "1795435200"}, [6, 5, 4, 3], False),  # 2026-11-23T12:00:00Z
        ({"nt": "1795435200"}, [3, 2, 1], False),
        ({"nt": "1795435200.75", "ot": "1795435200.0"}, [3], False),
        ({"s": "reading-list", "ot": "0.5", "n": "1"}, [6], True),
    ],
)
def test_an_app_gets_the_items_that_it_asks_for(
    arguments: dict[str, str | tuple[str, ...]], ids: list[int], is_more: bool
) -> None:
    assert select(**arguments) == (ids, is_more)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"s": ("feed/a", "feed/b")}, "one stream at a time"),
        ({"s": "feed/"}, "No such stream"),
        ({"s": "user/-/state/com.google/nothing"}, "No such stream"),
        ({"s": "user/-/label/" + "x" * 600}, "No such stream"),
        ({"xt": "x"}, "No such stream"),
        ({"xt": tuple(f"feed/{n}" for n in range(11))}, "At most 10 streams"),
        ({"n": "-1"}, "n is a number"),
        ({"n": "٣"}, "n is a number"),
        ({"c": "9" * 16}, "c is a number"),
        ({"ot": "999999999999"}, "seconds since 1970"),
        ({"r": "x"}, "The order r"),
    ],
)
def test_what_can_not_be_read_is_answered_in_one_line(arguments: dict[str, str], sentence: str) -> None:
    with pytest.raises(ApiError, match=sentence) as caught:
        select(**arguments)
    assert caught.value.status == 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [1, 255, 10**15 - 1])
def test_an_item_is_known_by_both_forms_of_its_id(number: int) -> None:
    assert read_item_id(str(number)) == read_item_id(write_item_id(number)) == number
    assert read_item_id(f"{ITEM_PREFIX}{number:x}") == number  # as NetNewsWire writes it


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.5", "9" * 16, ITEM_PREFIX, f"{ITEM_PREFIX}-1", "00ff", write_item_id(2**63)]
)
def test_what_is_no_id_of_an_item_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="decimal number"):
        read_item_id(text)


@pytest.mark.parametrize("text", ["1795435200", "1795435200123", "1795435200123456", "1795435200123456789"])
def test_a_time_is_read_in_the_unit_that_an_app_uses(text: str) -> None:
    assert read_older_than(text) == "2026-11-23T12:00:00Z"
    assert (read_older_than(""), read_older_than("0")) == ("", "")
    with pytest.raises(ApiError):
        read_older_than("x")


def test_states_that_mean_nothing_here_change_nothing() -> None:
    unknown = "user/-/state/com.google/like"
    assert _read_changes({"a": (READ, unknown), "r": (STARRED, "")}) == {"read": True, "starred": False}
    assert _read_changes({"a": ("user/-/state/com.google/kept-unread",), "r": (READ,)}) == {"read": False}
    assert _read_changes({"a": (unknown,)}) == {}
    for wrong in ({}, {"a": ("",)}, {"a": ("user/-/label/Perú",)}, {"r": ("user/-/state/com.google/reading-list",)}):
        with pytest.raises(ApiError):
            _read_changes(wrong)
    assert read_stream("user/ana/label/a/b") == Stream("label", "a/b")
