"""A reader joins and splits stories with the buttons of the pages, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from db.connection import open_news
from db.site.analysts.forms import AnalystForms
from db.site.analysts.reader import AnalystDesk
from db.site.server import SiteServer
from db.site.story_corrections import list_story_forms
from tests.fixtures.browsing import DESKTOP
from tests.fixtures.story_desk import NOON, make_article, store

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteServer]:
    path: Path = tmp_path_factory.mktemp("desk") / "news.db"
    db = open_news(path)
    for name, event in (("diario", "crane"), ("xinwen", "crane"), ("chasqui", "strike")):
        store(db, make_article(name, event))
    db.conn.close()
    desk = AnalystDesk(news_db=path, desk_db=path.parent / "desk.db")
    forms = AnalystForms(list_story_forms(lambda news, text: None), desk=desk, now=lambda: NOON)
    with SiteServer(path, port=0, forms=forms, now=lambda: NOON) as server:
        yield server


def test_stories_are_joined_split_and_put_back_with_the_buttons_of_the_pages(
    site: SiteServer, browser: Browser
) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/story/1")
    section = page.locator(".corrections")
    section.get_by_label("Same story as").fill(f"{site.url}/story/3")
    section.get_by_role("button", name="Join").click()
    page.wait_for_url("**/story/1?done=join")
    status = page.get_by_role("status")
    assert "The stories have been joined." in (status.text_content() or "")
    assert page.locator(".family li").count() == 3
    status.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/story/1?done=undone")
    assert "The correction has been undone." in (page.get_by_role("status").text_content() or "")
    assert page.locator(".family li").count() == 2
    page.goto(f"{site.url}/article/2")
    page.get_by_text("Correct", exact=True).first.click()
    page.get_by_role("button", name="Take out of this story").first.click()
    page.wait_for_url("**/story/2?done=split")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.wait_for_url("**/story/1?done=undone")
    assert page.locator(".family li").count() == 2
    page.goto(f"{site.url}/?by=article")
    entry = page.locator("#a3")
    entry.get_by_text("Correct", exact=True).click()
    entry.get_by_label("Same story as").fill(f"{site.url}/story/1")
    entry.get_by_role("button", name="Join").click()
    page.wait_for_url("**/story/*?done=join")
    assert page.locator(".family li").count() == 3
    context.close()
