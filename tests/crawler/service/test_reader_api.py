"""Apps read a started desk by the Google Reader API: with libgreader, a client of it, and request by request."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from libgreader import ClientAuthMethod, GoogleReader
from libgreader.url import ReaderUrl

from crawler.config.desk import load_desk
from crawler.service.service import site_of
from db.connection import open_desk, open_news
from db.desk.alerts import NewAlert, save_alerts
from db.desk.analysts.device_keys import MAX_KEYS
from db.desk.analysts.reader_subscriptions import SubscriptionSettings, add_subscription
from db.model.times import utc_now
from db.site.password import MAX_WRONG_PASSWORDS
from db.site.server import SiteServer
from tests.fixtures.analyst_desk import find_form_tokens, sign_in, write_desk
from tests.fixtures.story_desk import make_article, store

pytestmark = pytest.mark.slow  # each test asks a started desk

READ, STARRED, ALL = (f"user/-/state/com.google/{name}" for name in ("read", "starred", "reading-list"))
SECOND = "Nadie más lo contó en la ciudad."
TEXT = f"La grúa del muelle de Quilca volvió a trabajar el lunes por la noche. {SECOND} Hubo testigos en el muelle."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_desk(tmp_path_factory.mktemp("desk"))
    with closing(open_news(folder / "news.db")) as news:
        for number in range(4, 9):
            article = make_article("diario", "crane", text=f"{number}. {TEXT}")
            url = f"https://diario.test/{number}"
            store(news, replace(article, url=url, key=url, title=f"<b>Grúa</b> & {number}", authors=("Ana Quispe",)))
        with news.atomic():
            news.execute("UPDATE outlets SET country = 'PE' WHERE id = 'diario'")
    with closing(open_desk(folder / "desk.db")) as private:
        settings = SubscriptionSettings(name="Puerto/Grúas", query="grúa")
        add_subscription(private, "li", settings, last_article=0, now=utc_now())
        with private.atomic():
            save_alerts(private, "reader:1", [NewAlert(2, "xinwen.test/1"), NewAlert(5, "k")], now=utc_now())
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[SiteServer]:
    with site_of(load_desk(folder), may_write=True) as server:
        yield server


@contextmanager
def new_browser(site: SiteServer, person: str) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=site.url, headers=headers) as browser:
        sign_in(browser, person)
        yield browser


def make_key(browser: httpx.Client, name: str = "Teléfono", language: str = "en") -> str:
    """Make a key as a reader does, and return it from the page that shows it."""
    fields = {"token": find_form_tokens(browser.get("/apps").text)[0], "name": name, "language": language}
    page = browser.post("/apps/make", data=fields, follow_redirects=True)
    found = re.search(r'class="device-key"[^>]*>([^<]+)<', page.text)
    assert found, page.text
    assert browser.get(page.url).text.count(found[1]) == 0  # it is shown once
    return html.unescape(found[1])


def new_app(site: SiteServer, key: str) -> httpx.Client:
    headers = {"authorization": f"GoogleLogin auth={key}"}
    return httpx.Client(base_url=f"{site.url}/reader/api/0/", headers=headers)


@pytest.fixture
def key(site: SiteServer, folder: Path) -> Iterator[str]:
    """A key of a reader who has read nothing yet."""
    with new_browser(site, "li") as browser:
        yield make_key(browser)
    with closing(open_desk(folder / "desk.db")) as private, private.atomic():
        for table in ("device_keys", "read_articles", "reading_progress", "starred_articles"):
            private.execute(f"DELETE FROM {table}")


@pytest.fixture
def app(site: SiteServer, folder: Path, key: str) -> Iterator[httpx.Client]:
    with closing(open_desk(folder / "desk.db")) as private, private.atomic():
        private.execute("UPDATE reading_progress SET read_upto = 0")
    with new_app(site, key) as client:
        yield client


def read_ids(app: httpx.Client, **parameters: str | list[str]) -> list[int]:
    answer = app.get("stream/items/ids", params={"output": "json"} | parameters)
    assert answer.status_code == 200, answer.text
    return [int(item["id"]) for item in answer.json()["itemRefs"]]


def test_a_client_library_signs_in_reads_and_marks(
    site: SiteServer, app: httpx.Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    google = "https://www.google.com"
    for name, url in vars(ReaderUrl).items():
        if isinstance(url, str) and url.startswith(google):
            monkeypatch.setattr(ReaderUrl, name, url.replace(google, site.url))
    monkeypatch.setattr(ClientAuthMethod, "CLIENT_URL", f"{site.url}/accounts/ClientLogin")
    reader = GoogleReader(ClientAuthMethod("li", key))
    assert reader.getUserInfo()["userName"] == "li"
    reader.buildSubscriptionList()
    feeds = {feed.title: feed for feed in reader.getSubscriptionList()}
    assert set(feeds) == {"diario", "xinwen", "chasqui"}
    assert (feeds["diario"].unread, feeds["xinwen"].unread) == (6, 1)
    assert [(folder.label, [feed.title for feed in folder.getFeeds()]) for folder in reader.getCategories()] == [
        ("Peru", ["diario"])
    ]
    reader.makeSpecialFeeds()
    everything = reader.getSpecialFeed(ReaderUrl.READING_LIST)
    everything.loadItems(loadLimit=3)
    while everything.continuation:
        everything.loadMoreItems(loadLimit=3)
    assert len(everything.getItems()) == 8
    item = everything.getItems()[0]
    assert (item.title, item.author, item.url) == ("＜b＞Grúa＜/b＞ & 8", "Ana Quispe", "https://diario.test/8")
    item.markRead()
    item.star()
    assert (8 in read_ids(app, xt=READ), read_ids(app, s=STARRED)) == (False, [8])
    item.markUnread()
    item.unStar()
    assert (8 in read_ids(app, xt=READ), read_ids(app, s=STARRED)) == (True, [])
    feeds["diario"].loadItems()
    assert len(feeds["diario"].getItems()) == 6
    reader.markFeedAsRead(feeds["diario"])
    assert read_ids(app, xt=READ) == [3, 2]


def test_an_item_has_the_first_sentence_and_no_more(app: httpx.Client, site: SiteServer) -> None:
    contents = app.get(f"stream/contents/{ALL}", params={"n": "1"}).json()
    (item,) = contents["items"]
    assert item["id"] == "tag:google.com,2005:reader/item/0000000000000008"
    assert "volvió a trabajar" in item["summary"]["content"]
    assert SECOND not in json.dumps(contents, ensure_ascii=False)
    assert f'href="{site.url}/article/8"' in item["summary"]["content"]
    assert item["categories"] == [ALL, "user/-/label/Peru"]
    assert item["origin"]["streamId"] == "feed/diario"
    by_id = app.post("stream/items/contents", data={"i": [item["id"], "5", "999"]}).json()["items"]
    assert [one["id"][-1] for one in by_id] == ["8", "5"]
    assert by_id[1]["categories"][1:] == ["user/-/label/Peru", "user/-/label/Alert: Puerto-Grúas"]


def test_a_subscription_of_the_reader_is_a_label_of_theirs_alone(app: httpx.Client, site: SiteServer) -> None:
    label = "user/-/label/Alert: Puerto-Grúas"
    tags = {tag["id"]: tag.get("type") for tag in app.get("tag/list", params={"output": "json"}).json()["tags"]}
    assert tags == {STARRED: None, "user/-/label/Peru": "folder", label: "tag"}
    assert read_ids(app, s=label) == [5, 2]
    counts = {one["id"]: one["count"] for one in app.get("unread-count").json()["unreadcounts"]}
    assert counts == {ALL: 8, "feed/diario": 6, "feed/xinwen": 1, "feed/chasqui": 1, "user/-/label/Peru": 6, label: 2}
    with new_browser(site, "bo") as browser, new_app(site, make_key(browser, language="zh")) as other:
        assert [tag["id"] for tag in other.get("tag/list").json()["tags"]] == [STARRED, "user/-/label/秘鲁"]
        app.post("edit-tag", data={"i": "8", "a": [READ, STARRED]})
        assert read_ids(other, s=STARRED) == []


def test_what_is_read_is_read_in_all_apps_up_to_a_time(app: httpx.Client, folder: Path) -> None:
    assert app.post("mark-all-as-read", data={"s": ALL, "ts": "1000000"}).text == "OK"
    assert len(read_ids(app, xt=READ)) == 8  # none came before 1970
    app.post("edit-tag", data={"i": ["8", "3"], "a": READ})
    app.post("mark-all-as-read", data={"s": "user/-/label/Peru"})
    assert read_ids(app, xt=READ) == [2]
    app.post("mark-all-as-read", data={"s": ALL})
    app.post("edit-tag", data={"i": "4", "r": READ})
    assert read_ids(app, xt=READ) == [4]
    with closing(open_desk(folder / "desk.db", readonly=True)) as private:
        assert list(private.query("SELECT article, is_read FROM read_articles")) == [{"article": 4, "is_read": 0}]


@pytest.mark.parametrize(
    ("method", "path", "fields", "status"),
    [
        ("GET", "stream/items/ids?s=nothing", {}, 400),
        ("GET", "stream/items/ids?n=x", {}, 400),
        ("GET", "stream/items/ids?output=atom", {}, 400),
        ("GET", "stream/items/ids?" + "&".join(["i=1"] * 1_100), {}, 413),
        ("GET", "nothing", {}, 404),
        ("GET", "stream/contents/user/-/state/com.google/%ff", {}, 400),
        ("POST", "stream/items/contents", {"i": [str(number) for number in range(1_001)]}, 413),
        ("POST", "stream/items/contents", {"i": "x" * 200_000}, 413),
        ("POST", "stream/items/contents", {}, 400),
        ("POST", "edit-tag", {"i": "1"}, 400),
        ("POST", "edit-tag", {"i": "1", "a": "user/-/label/x"}, 400),
        ("POST", "mark-all-as-read", {"s": ALL, "ts": "x"}, 400),
        ("POST", "subscription/edit", {"ac": "subscribe", "s": "feed/http://evil.test"}, 403),
        ("GET", "edit-tag?i=1&a=" + READ, {}, 405),
        ("PUT", "edit-tag", {}, 405),
    ],
)
def test_a_wrong_request_is_answered_in_one_line(
    app: httpx.Client, method: str, path: str, fields: dict[str, Any], status: int
) -> None:
    answer = app.request(method, path, data=fields or None)
    assert (answer.status_code, answer.text.strip().count("\n")) == (status, 0)
    assert len(read_ids(app, xt=READ)) == 8


def test_fields_that_are_no_form_are_refused(app: httpx.Client, site: SiteServer, key: str) -> None:
    refused = [
        app.post("edit-tag", files={"i": (None, "8"), "a": (None, READ)}),
        app.post("edit-tag", json={"i": "8", "a": READ}),
        app.post(f"{site.url}/accounts/ClientLogin", json={"Email": "li", "Passwd": key}),
    ]
    sentence = "Send fields as application/x-www-form-urlencoded.\n"
    assert [(answer.status_code, answer.text) for answer in refused] == [(415, sentence)] * 3
    body = f"i=8&a={READ}".encode()
    assert app.post("edit-tag", content=body).text == "OK"  # some apps name no type
    assert 8 not in read_ids(app, xt=READ)


def test_a_key_opens_nothing_else_and_ends_when_it_is_revoked(site: SiteServer, key: str) -> None:
    with new_app(site, key) as app, new_browser(site, "li") as browser:
        assert app.get(f"{site.url}/").status_code == 401
        assert app.get(f"{site.url}/api/greader.php/reader/api/0/user-info").json()["userId"] == "li"
        assert app.get("user-info").headers["cache-control"] == "private, no-store"
        page = browser.get("/apps").text
        assert ("Teléfono" in page, "last used" in page, key in page) == (True, True, False)
        numbers = re.findall(r'name="key" value="(\d+)"', page)
        with new_browser(site, "bo") as other:  # whose form does not reach it
            token = find_form_tokens(other.get("/apps").text)[0]
            other.post("/apps/revoke", data={"token": token, "key": numbers[0]})
        assert app.get("user-info").status_code == 200
        browser.post("/apps/revoke", data={"token": find_form_tokens(page)[0], "key": numbers[0]})
        assert app.get("user-info").status_code == 401
        for _ in range(MAX_KEYS):
            make_key(browser)
        token = find_form_tokens(browser.get("/apps").text)[0]
        assert browser.post("/apps/make", data={"token": token, "name": "x"}).status_code == 422


@pytest.mark.parametrize("mark", ["password_mark", "mail_mark"])
def test_a_key_holds_as_long_as_password_mail_address_and_person(
    site: SiteServer, folder: Path, key: str, mark: str
) -> None:
    with new_app(site, key) as app:
        with closing(open_desk(folder / "desk.db")) as private, private.atomic():
            private.execute(f"UPDATE device_keys SET {mark} = 'another'")
        assert app.get("user-info").status_code == 401
        with new_browser(site, "li") as browser:
            assert "no longer valid" in browser.get("/apps").text
            again = make_key(browser)
    settings = (folder / "vigia.toml").read_text("utf-8")
    with new_app(site, again) as app:
        (folder / "vigia.toml").write_text(settings.replace('id = "li"', 'id = "wu"'), "utf-8")
        assert app.get("user-info").status_code == 401
        (folder / "vigia.toml").write_text(settings, "utf-8")
        assert app.get("user-info").status_code == 200


def test_wrong_keys_are_limited_and_a_right_one_is_not_turned_away(folder: Path) -> None:
    with site_of(load_desk(folder), may_write=True) as site, new_browser(site, "li") as browser:
        key = make_key(browser)
        login = f"{site.url}/accounts/ClientLogin"
        assert httpx.get(login, params={"Email": "li", "Passwd": key}).status_code == 405
        assert httpx.post(login, params={"Email": "li", "Passwd": key}).status_code == 401
        wrong = [{"Email": "li", "Passwd": "x"}, {"Email": "bo", "Passwd": key}, {"Email": "li", "Passwd": "语" * 99}]
        answers = [httpx.post(login, data=wrong[n % 3]) for n in range(MAX_WRONG_PASSWORDS + 1)]
        assert [answer.status_code for answer in answers] == [401] * MAX_WRONG_PASSWORDS + [429]
        assert (answers[0].text.strip(), answers[-1].headers["retry-after"]) == ("Error=BadAuthentication", "900")
        with new_app(site, "y" * 24) as app:
            assert app.get("user-info").status_code == 429
        right = httpx.post(login, data={"Email": "LI", "Passwd": f" {key.upper().replace('-', '')} "})
        assert right.status_code == 200, right.text
        assert right.text.splitlines()[2].startswith("Auth=")


def test_a_desk_without_a_password_is_read_by_apps_at_its_machine_alone(tmp_path: Path) -> None:
    write_desk(tmp_path)
    settings = (tmp_path / "vigia.toml").read_text("utf-8").replace('password = "file:hash"\n', "")
    (tmp_path / "vigia.toml").write_text(settings, "utf-8")
    with site_of(load_desk(tmp_path), may_write=True) as site:
        with httpx.Client(base_url=site.url, headers={"sec-fetch-site": "same-origin"}) as browser:
            key = make_key(browser)
        with new_app(site, key) as app:
            assert app.get("user-info").json()["userId"] == "local"
            assert app.get("user-info", headers={"x-forwarded-for": "192.0.2.7"}).status_code == 404
            assert app.get("user-info", headers={"host": "evil.test"}).status_code == 421
            assert app.get("user-info", headers={"authorization": ""}).status_code == 401
    with site_of(load_desk(tmp_path)) as site, new_app(site, key) as app:  # `vigia serve`, which writes nothing
        assert app.get("user-info").status_code == 404
        assert app.post("edit-tag", data={"i": "1", "a": READ}).status_code == 405
