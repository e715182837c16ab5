"""Signing out ends the session at the server: its cookie opens nothing any more, wherever it was copied to."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from db.connection import open_desk
from db.site.readers import ended_sessions
from db.site.readers.ended_sessions import ALL_SESSIONS, end_session, list_ended_sessions
from db.site.server import ReaderAccess, SiteServer

PASSWORD = "un puerto, dos grúas"


def sign_in(url: str) -> dict[str, str]:
    answer = httpx.post(f"{url}/-/login", data={"password": PASSWORD})
    assert answer.status_code == 303
    return {"ds_actor": answer.cookies["ds_actor"]}


def is_in(url: str, cookies: dict[str, str]) -> bool:
    return httpx.get(url, cookies=cookies).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("has_desk", [True, False])
def test_a_copied_cookie_opens_nothing_after_signing_out(news_db: Path, tmp_path: Path, has_desk: bool) -> None:
    desk_db = tmp_path / "desk.db" if has_desk else None
    access = ReaderAccess(password_hash=hash_password(PASSWORD, iterations=10_000), secret="s" * 64, desk_db=desk_db)
    with SiteServer(news_db, port=0, access=access) as site:
        mine, other = sign_in(site.url), sign_in(site.url)
        assert is_in(site.url, mine)
        assert is_in(site.url, other)
        assert httpx.post(f"{site.url}/-/logout", cookies={"ds_actor": "forged"}).status_code == 303
        assert httpx.get(f"{site.url}/-/logout", cookies=other).status_code == 405
        assert httpx.post(f"{site.url}/-/logout", cookies=mine).status_code == 303
        assert not is_in(site.url, mine)
        # The same cookie, written in another way: quotes belong to the header, not to the value.
        quoted = httpx.get(site.url, headers={"cookie": f'ds_actor="{mine["ds_actor"]}"'})
        assert quoted.status_code == 401
        assert is_in(site.url, other)
        again = sign_in(site.url)
        assert is_in(site.url, again)
    if desk_db is None:
        return
    with SiteServer(news_db, port=0, access=access) as site:  # a restart
        assert not is_in(site.url, mine)
        assert is_in(site.url, other)
    assert (desk_db.stat().st_mode & 0o077) == 0


def test_ended_sessions_are_bounded_and_none_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_sessions, "MAX_ENDED_SESSIONS", 10)
    with contextlib.closing(open_desk(tmp_path / "desk.db")) as db:
        for number in range(25):
            ended = end_session(db, f"session {number}", expires=1_000 + number, now=500)
            upto = ended.get(ALL_SESSIONS, 0)
            assert len(ended) <= 11
            assert all(f"session {one}" in ended or 1_000 + one <= upto for one in range(number + 1))
        assert ended[ALL_SESSIONS] == 1_014
        assert list_ended_sessions(db, now=1_020) == {f"session {one}": 1_000 + one for one in range(20, 25)}
        end_session(db, "late", expires=9_000, now=2_000)
        assert db.execute("SELECT count(*) FROM ended_sessions").fetchone()[0] == 1
