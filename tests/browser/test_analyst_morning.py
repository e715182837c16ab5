"""An analyst's morning in a browser without a script, from the link by mail to signing out; what another reader sees.

The mail server, the desk and the browser are real.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import pytest
from datasette_auth_passwords.utils import hash_password

from crawler.config.desk import load_desk
from crawler.operations.evidence.check_pack import check_pack
from crawler.service.service import site_of
from tests.fixtures.alert_desk import Mailbox, free_port
from tests.fixtures.analyst_desk import PASSWORD
from tests.fixtures.browsing import DESKTOP, LOCALES, PHONE
from tests.fixtures.evidence_desk import write_evidence_desk
from tests.fixtures.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

PEOPLE = """port = 0
password = "file:hash"
[[person]]
id = "ana"
name = "Ana Quispe"
to = ["file:mail"]
language = "es"
[[person]]
id = "bo"
to = ["file:hook"]
"""


@dataclass
class Office:
    """A running desk and its mail server."""

    url: str
    mailbox: Mailbox


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("desk")
    write_evidence_desk(folder)
    with (folder / "vigia.toml").open("a", encoding="utf-8") as file:
        file.write(PEOPLE)
    mailbox = Mailbox(port=free_port())
    mailbox.start()
    logging.getLogger("mail.log").disabled = True  # the server's own, with every word of every mail
    (folder / "hash").write_text(hash_password(PASSWORD, iterations=10_000))
    (folder / "mail").write_text(mailbox.url("ana@example.org"))
    (folder / "hook").write_text("json://127.0.0.1/hook")
    with site_of(load_desk(folder), may_write=True) as site:
        yield Office(site.url, mailbox)
    mailbox.stop()


def enter(page: Page, office: Office) -> None:
    page.goto(f"{office.url}/outlets")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/person?next=*")


def sign_in_by_mail(page: Page, office: Office) -> None:
    """Ask for a link, take it from the mail, and press its button."""
    count = len(office.mailbox.received)
    enter(page, office)
    page.get_by_role("button", name="Ana Quispe").click()
    page.wait_for_url("**asked=ana*")
    wait_until(lambda: len(office.mailbox.received) > count, what="the mail")
    text = office.mailbox.received[-1][1].get_body(("plain",))
    assert text is not None
    link = re.search(r"http://\S+", text.get_content())
    assert link
    page.goto(link[0])
    page.locator("form[action='/-/person/link'] button").click()
    page.wait_for_url("**/outlets")
    assert page.locator(".who strong").text_content() == "Ana Quispe"


def press(page: Page, action: str, **fields: str) -> None:
    """Fill the first form of an action, and press its button."""
    form = page.locator(f"form[action='{action}']").first
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    with page.expect_navigation():
        form.locator("button:enabled").first.click()


@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("es", DESKTOP), ("en", PHONE), ("zh", PHONE)])
def test_an_analyst_signs_in_corrects_collects_hands_on_and_signs_out(
    office: Office, browser: Browser, language: str, size: ViewportSize
) -> None:
    context = browser.new_context(viewport=size, locale=LOCALES[language], java_script_enabled=False)
    page = context.new_page()
    sign_in_by_mail(page, office)
    top = page.locator("header.masthead").bounding_box()
    assert top
    assert top["height"] < (120 if size is DESKTOP else 205)  # two rows, or four lines
    leave = page.locator("form[action='/-/logout'] button").bounding_box()
    assert leave
    assert leave["x"] + leave["width"] <= size["width"]  # without scrolling the row

    page.goto(f"{office.url}/subscribe?q=buque")
    form = page.locator("form[action='/subscription/make']")
    form.locator("[name=name]").fill(f"Buques {language}")
    form.get_by_role("button").last.click()
    page.wait_for_url("**/subscription/*?done=made")
    press(page, "/subscription/test")
    assert office.mailbox.received[-1][0] == "ana@example.org"
    assert f"Buques {language}" in office.mailbox.subjects[-1]

    page.goto(f"{office.url}/story/1")
    press(page, "/story/join", **{"with": f"{office.url}/story/2"})
    assert page.locator(".family li").count() == 2
    press(page, "/story/undo")
    assert page.locator(".family li").count() == 1

    page.goto(f"{office.url}/?by=article")
    page.locator("details.marking summary").first.click()
    page.locator("form[action='/mark'] [name=note]").first.fill(f"otro puerto {language}")
    page.locator("form[action='/mark'] button[value^='irrelevant:']").first.click()
    page.wait_for_url("**marked=*")
    press(page, "/mark/undo")

    page.goto(f"{office.url}/?by=article")
    for number in range(2):
        page.locator("input[name=tick]").nth(number).check()
    page.locator("#tick-name").fill(f"Muelle {language}")
    page.locator("form#ticks button").click()
    page.wait_for_url("**done=added*")
    page.get_by_role("status").get_by_role("link", name=f"Muelle {language}").click()
    page.wait_for_url("**/dossier/*")
    dossier = page.url
    assert page.locator(".dossier-entries h2").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as word:
        page.locator("a[href$='.docx']").click()
    assert any(f"Muelle {language}" in one.text for one in docx.Document(str(word.value.path())).paragraphs)
    with page.expect_download() as pack:
        page.locator(".exports a").last.click()
    assert check_pack(Path(pack.value.path())).faults == ()

    page.goto(f"{office.url}/dossiers")
    press(page, "/dossier/make", name=f"Común {language}")
    page.locator("details.dossier-edit summary").click()
    page.locator("[name=shared]").check()
    page.locator("form[action='/dossier/edit'] button").click()
    page.wait_for_url("**done=edited*")

    page.locator(".who button").click()
    page.wait_for_url("**/-/login")
    assert page.goto(dossier)
    assert "/-/login" in page.url
    context.close()

    other = browser.new_context(viewport=size, locale=LOCALES[language], java_script_enabled=False)
    page = other.new_page()
    enter(page, office)
    page.get_by_role("button", name="bo", exact=True).click()
    page.wait_for_url("**/outlets")
    answer = page.goto(dossier)
    assert answer is not None
    assert answer.status == 404
    for path in ("/dossiers", "/marks", "/subscriptions", "/"):
        page.goto(f"{office.url}{path}")
        assert f"Buques {language}" not in page.content()
        assert f"Muelle {language}" not in page.content()
        assert f"otro puerto {language}" not in page.content()
    page.goto(f"{office.url}/dossiers")
    page.get_by_role("link", name=f"Común {language}").click()
    page.wait_for_url("**/dossier/*")
    assert page.locator("form[action='/dossier/edit']").count() == 0
    other.close()
