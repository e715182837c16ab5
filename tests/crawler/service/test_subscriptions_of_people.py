"""Behind the password each person has subscriptions of their own."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from crawler.config.desk import load_desk
from crawler.service.service import site_of
from db.connection import open_desk
from db.desk.analysts.reader_subscriptions import list_reader_subscriptions
from tests.fixtures.analyst_desk import PASSWORD, sign_in, write_desk
from tests.fixtures.subscription_desk import plain_text, press
from tests.fixtures.waiting import DEADLINE_SECONDS


@pytest.mark.slow
def test_each_person_behind_the_password_has_their_own(tmp_path: Path) -> None:
    write_desk(tmp_path)
    with site_of(load_desk(tmp_path), may_write=True) as site:
        li, bo, nobody = (
            httpx.Client(base_url=site.url, headers={"accept-language": "en"}, timeout=DEADLINE_SECONDS)
            for _ in range(3)
        )
        sign_in(li, "li")
        sign_in(bo, "bo")
        nobody.post("/-/login", data={"password": PASSWORD, "next": "/"})
        asked = nobody.get("/subscriptions")
        assert (asked.status_code, asked.headers["location"]) == (302, "/-/person?next=%2Fsubscriptions")
        page = nobody.get("/subscribe?q=chancay").text
        assert "Say who you are, to subscribe to this search here" in plain_text(page)
        assert "/subscription/make" not in page
        page = li.get("/subscribe?q=chancay").text
        assert "Messages go to the address of “li” in vigia.toml, in Chinese." in plain_text(page)
        made = press(li, page, "/subscription/make", name="Of Li", recipient="bo")  # a forged recipient
        assert bo.get(made.url.path).status_code == 404
        assert "Of Li" not in bo.get("/subscriptions").text
        assert "Of Li" in li.get("/subscriptions").text
        private = open_desk(tmp_path / "desk.db")
        (stored,) = list_reader_subscriptions(private)
        private.close()
        assert (stored.person, stored.settings.recipient) == ("li", "li")
        for client in (li, bo, nobody):
            client.close()
