"""Pages, mail and the volume chart agree on the outlets through which a state speaks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crawler.config.desk import shipped_outlets
from crawler.config.outlet import Outlet
from db.search.counts import select_day_counts
from db.search.filters import SearchFilters
from db.search.plan import Plan
from db.site.components.article_list import describe_outlet
from db.site.wording import SiteWording, describe_standing, name_ownership
from pipelines.alerts.messages.digest import DigestContents, MessageHead, compose_digest
from pipelines.alerts.messages.story import build_story, list_outlet_words
from pipelines.alerts.messages.wording import MessageWording
from tests.fixtures.alert_desk import News
from tests.fixtures.digest_example import row as message_row

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
OUTLETS = {outlet.id: outlet for outlet in shipped_outlets()}
# Ministries, a state's institute and a commission of governments: no media, and a state speaks through each.
NO_MEDIA = {"mfa_cn", "mofcom", "dialogo_americas", "cepal", "rree_pe", "mincetur", "gobpe", "apn", "ceeep"}


def is_marked_on_page(outlet: Outlet) -> bool:
    row = {"name": outlet.name, "country": outlet.country, "languages": "", "kind": outlet.kind}
    return describe_outlet({outlet.id: row | {"ownership": outlet.ownership}}, outlet.id, SiteWording("en")).state


def is_marked_in_mail(outlet: Outlet) -> bool:
    row = message_row(
        outlet_name=outlet.name,
        country=outlet.country,
        kind=outlet.kind,
        ownership=outlet.ownership,
        language="es",
        title="Chancay abre",
        text="El puerto de Chancay abre.",
    )
    head = MessageHead(
        desk="Vigía", name="Puerto", query="chancay", thread="puerto", token="0123456789abcdef", created=NOW
    )
    contents = DigestContents(stories=(build_story(row, query="chancay", zone="UTC"),))
    return 'class="flag state"' in compose_digest(contents, head=head).html


@pytest.mark.parametrize("id_", OUTLETS)
def test_mail_marks_the_outlets_that_pages_mark(id_: str) -> None:
    assert is_marked_in_mail(OUTLETS[id_]) == is_marked_on_page(OUTLETS[id_])


def test_the_chart_counts_the_outlets_that_pages_mark(tmp_path: Path) -> None:
    news = News(tmp_path)
    for outlet in OUTLETS.values():
        news.outlet(outlet.id, kind=outlet.kind, ownership=outlet.ownership)
        news.article("Chancay abre", outlet=outlet.id)
    counted = set()
    for id_ in OUTLETS:
        sql, parameters = select_day_counts(Plan(filters=SearchFilters(outlet=(id_,))), since="2026-11-01T00:00:00Z")
        ((_, n, state, private, _),) = news.db.execute(sql, parameters).fetchall()
        assert state + private <= n == 1
        counted |= {id_} if state else set()
    assert counted == {id_ for id_, outlet in OUTLETS.items() if is_marked_on_page(outlet)}


def test_a_state_speaks_through_more_than_its_media() -> None:
    assert {id_ for id_ in NO_MEDIA if is_marked_on_page(OUTLETS[id_])} == NO_MEDIA
    assert not is_marked_on_page(OUTLETS["efe"].model_copy(update={"ownership": "public"}))


@pytest.mark.parametrize(
    ("kind", "ownership", "is_named"),
    [
        ("state-media", "state", False),
        ("government", "state", False),
        ("government", "public", False),
        ("government", "nonprofit", True),
        ("think-tank", "state", True),
        ("press", "public", True),
    ],
)
def test_pages_and_mail_name_the_ownership_unless_the_kind_says_it(kind: str, ownership: str, is_named: bool) -> None:
    wording, message_wording = SiteWording("en"), MessageWording("en")
    word = wording.word("ownerships", ownership)
    assert (name_ownership(kind, ownership, wording) == word) == is_named
    assert (word in describe_standing(kind, ownership, wording)) == is_named
    row = message_row(country="PE", kind=kind, ownership=ownership)
    assert (word in list_outlet_words(row, message_wording)) == is_named
