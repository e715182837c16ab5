"""Two windows of one reader: what the earlier one saved is not overwritten unseen by the later."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.fixtures.subscription_desk import (
    SubscriptionDesk,
    form_of,
    plain_text,
    press,
    subscribe,
    subscription_desk,
)

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

HOSTILE = '<b>x</b> "q" & {{ 7*7 }}'
REFUSED = "This was changed in another window after you opened the page, so nothing was saved."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SubscriptionDesk]:
    with subscription_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def client(desk: SubscriptionDesk) -> Iterator[httpx.Client]:
    with desk.browser() as client:
        yield client


def test_of_two_windows_one_deleted_it_the_other_is_told_and_keeps_what_was_typed(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    path = subscribe(client, name="Puerto")
    first, second = client.get(path).text, client.get(path).text
    press(client, first, "/subscription/delete")
    told = press(client, second, "/subscription/change", name="Typed for long", query="grúa")
    shown = plain_text(told.text)
    assert "This subscription was deleted in another window." in shown
    assert form_of(told.text, "/subscription/change")["name"] == ["Typed for long"]
    assert "Puerto" in plain_text(client.get("/subscriptions").text).partition("Deleted lately")[2]
    saved = press(client, told.text, "/subscription/change")  # the button says: take back and save
    assert "Your changes are saved." in plain_text(saved.text)
    assert form_of(saved.text, "/subscription/change")["query"] == ["grúa"]


def test_of_two_windows_that_change_it_the_later_overwrites_nothing_and_shows_both(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    path = subscribe(client, name="Puerto")
    first, second = client.get(path).text, client.get(path).text
    press(client, first, "/subscription/change", name="Muelle", rhythm="daily", time="07:30", at_most="3")
    refused = press(client, second, "/subscription/change", name="Grúa <b>", copies="1")
    shown = plain_text(refused.text)
    assert refused.status_code == 409
    assert "This was changed in another window after you opened the page, so nothing was saved." in shown
    assert "Name What you wrote Grúa <b> What stands now Muelle" in shown
    assert "When What you wrote at once What stands now daily at 07:30" in shown
    assert "Also copies in other outlets What you wrote yes What stands now no" in shown
    assert "At most this many stories a day What you wrote no limit What stands now 3" in shown
    assert "Search What" not in shown, "what both have is not listed"
    assert form_of(client.get(path).text, "/subscription/change")["name"] == ["Muelle"]
    wrong = press(client, second, "/subscription/change", at_most="muchas")  # the draft is of the older version too
    assert press(client, wrong.text, "/subscription/change", at_most="3").status_code == 409
    saved = press(client, refused.text, "/subscription/change", name="Muelle y grúa")
    fields = form_of(saved.text, "/subscription/change")
    assert "Your changes are saved." in plain_text(saved.text)
    assert (fields["name"], fields["rhythm"], fields["copies"]) == (["Muelle y grúa"], ["immediately"], ["1"])
    undone = press(client, saved.text[saved.text.index('<form id="undo"') :], "/subscription/change")
    fields = form_of(undone.text, "/subscription/change")
    assert (fields["name"], fields["rhythm"], fields["time"]) == (["Muelle"], ["daily"], ["07:30"])
    assert "copies" not in fields


def entry_forms(page: str, entry: str) -> str:
    """Return the part of a dossier's page that has the forms of one entry."""
    found = re.search(rf'<li id="e{entry}".*?</li>', page, re.DOTALL)
    assert found
    return found[0]


def test_of_two_windows_on_a_dossier_the_later_overwrites_nothing_and_shows_both(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    for title in ("Una grúa", "Un barco", "Un muelle"):
        desk.news.article(f"{title} en Chancay")
    made = press(client, client.get("/?by=article").text, "/dossier/add", tick=["a1", "a2", "a3"], name="Puerto")
    path = html.unescape(re.findall(r'href="(/dossier/\d+)"', made.text)[0])
    before = client.get(path).text
    one, two, three = re.findall(r'<li id="e(\d+)"', before)
    press(client, before, "/dossier/edit", name="Muelle", note="Primera\r\nlínea", tags="puerto")
    press(client, entry_forms(before, one), "/dossier/note", note="Ver la cifra")
    press(client, entry_forms(before, one), "/dossier/move", to="3")

    refused = press(client, before, "/dossier/edit", name="Grúa", note=HOSTILE, tags=" puerto,", shared="1")
    shown = plain_text(refused.text)
    assert refused.status_code == 409
    assert REFUSED in shown
    assert "Name What you wrote Grúa What stands now Muelle" in shown
    assert form_of(refused.text, "/dossier/edit")["name"] == ["Grúa"]
    assert form_of(refused.text, "/dossier/edit")["note"] == [HOSTILE]
    assert "What stands now Primera línea" in shown
    assert "Other readers may see it What you wrote yes What stands now no" in shown
    assert "Tags" not in shown, "the tags are the same"
    noted = press(client, entry_forms(before, one), "/dossier/note", note="Otra cosa")
    assert (noted.status_code, "Ver la cifra" in noted.text) == (409, True)
    moved = press(client, entry_forms(before, one), "/dossier/move", to="2")
    assert "This entry was moved in another window" in plain_text(moved.text)
    page = client.get(path).text
    assert re.findall(r'<li id="e(\d+)"', page) == [two, three, one]
    assert "Otra cosa" not in page
    assert HOSTILE not in html.unescape(page)

    press(client, noted.text, "/dossier/note", note="Ver la cifra y otra cosa")
    assert "Ver la cifra y otra cosa" in client.get(path).text
    # What both windows wrote alike, or about different entries, is no conflict.
    same = press(client, before, "/dossier/edit", name="Muelle", note="Primera\r\nlínea", tags="puerto")
    other = press(client, entry_forms(before, two), "/dossier/note", note="Dos")
    assert {same.status_code, other.status_code} == {200}
