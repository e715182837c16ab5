"""The reading room's password, and the commands hash-password and publish."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from datasette_auth_passwords.utils import verify_password

from crawler.cli.main import vigia
from crawler.config.desk import SESSION_KEY_FILE, DeskError, load_desk
from crawler.service.service import site_of
from crawler.service.web_password import reader_access_of
from db.connection import open_news
from db.public_copy import is_published
from db.site.password import hash_new_password
from db.site.server import SiteError

HASH = hash_new_password("correct horse battery")


def desk_with(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "vigia.toml").write_text("\n".join(['[desk]\ndirectory = "none"', *lines]), encoding="utf-8")
    return folder


def ran(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(vigia, words, input=given)


def test_a_desk_without_a_password_has_no_lock_and_no_session_key(tmp_path: Path) -> None:
    assert reader_access_of(load_desk(desk_with(tmp_path))) is None
    assert not (tmp_path / SESSION_KEY_FILE).exists()


@pytest.mark.parametrize("reference", ["env:READING_ROOM", "file:password-hash"])
def test_the_lock_has_the_hash_and_a_key_that_outlasts_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    monkeypatch.setenv("READING_ROOM", HASH)
    (tmp_path / "password-hash").write_text(f"{HASH}\n", encoding="ascii")
    desk = load_desk(desk_with(tmp_path, f'password = "{reference}"'))
    lock = reader_access_of(desk)
    assert lock is not None
    assert lock.password_hash == HASH
    assert len(lock.secret) == 64
    assert stat.S_IMODE((tmp_path / SESSION_KEY_FILE).stat().st_mode) == 0o600
    assert reader_access_of(desk) == lock


def test_an_invalid_hash_is_reported_without_printing_it(tmp_path: Path) -> None:
    desk = load_desk(desk_with(tmp_path, 'password = "file:password-hash"'))
    with pytest.raises(
        DeskError, match=r"\[desk\] password: file:password-hash: there is no such file.*the password's"
    ):
        reader_access_of(desk)
    (tmp_path / "password-hash").write_text("correct horse battery", encoding="utf-8")
    with pytest.raises(DeskError, match="`vigia hash-password` makes one") as error:
        reader_access_of(desk)
    assert "horse" not in str(error.value)
    (tmp_path / "password-hash").write_text(HASH, encoding="utf-8")
    (tmp_path / SESSION_KEY_FILE).write_text("short", encoding="utf-8")
    with pytest.raises(DeskError, match="does not hold a key; delete it"):
        reader_access_of(desk)
    with pytest.raises(DeskError, match='secrets stand outside this file: write "env:NAME"'):
        load_desk(desk_with(tmp_path, 'password = "correct horse battery"'))


def test_a_desk_open_to_the_network_does_not_start_without_a_password(tmp_path: Path) -> None:
    folder = desk_with(tmp_path, 'host = "0.0.0.0"', "port = 0")
    for command in ("up", "serve"):
        ended = ran("--desk", str(folder), command)
        assert ended.exit_code == 1
        assert 'vigia: [desk] host = "0.0.0.0" shows the reading room to the network' in ended.output
        assert "`vigia hash-password`" in ended.output
    with pytest.raises(SiteError):
        site_of(load_desk(folder))
    (folder / "password-hash").write_text(HASH, encoding="utf-8")
    assert site_of(load_desk(desk_with(tmp_path, 'host = "0.0.0.0"', 'password = "file:password-hash"')))


@pytest.mark.parametrize(
    "url", ["vigia.example.org", "https://vigia.example.org/room", "ftp://a.example", "https://a b"]
)
def test_a_public_url_has_only_scheme_and_host(tmp_path: Path, url: str) -> None:
    with pytest.raises(DeskError, match=r'"https://vigia\.example\.org"'):
        load_desk(desk_with(tmp_path, f'public_url = "{url}"'))
    assert load_desk(desk_with(tmp_path, 'public_url = "https://a.example/"')).desk.public_url == "https://a.example"


def test_hash_password_reads_the_password_from_a_pipe(tmp_path: Path) -> None:
    made = ran("hash-password", given="correct horse battery\n")
    assert made.exit_code == 0
    assert verify_password("correct horse battery", made.output.strip())
    refused = ran("hash-password", given="short\n")
    assert refused.exit_code == 1
    assert "short" not in refused.output.replace("shorter", "")


def test_publish_says_what_it_wrote_and_refuses_with_one_line(tmp_path: Path) -> None:
    folder = desk_with(tmp_path / "desk")
    target = tmp_path / "public.db"
    none_yet = ran("--desk", str(folder), "publish", "--to", str(target))
    assert (none_yet.exit_code, "there is no such database yet" in none_yet.output) == (1, True)
    open_news(folder / "news.db").close()
    done = ran("--desk", str(folder), "publish", "--to", str(target), "--relevant", "--since", "2026-01-31")
    assert done.exit_code == 0, done.output
    assert "0 articles of 0 outlets" in done.output
    assert is_published(target)
    refused = ran("--desk", str(folder), "publish", "--to", str(folder / "vigia.toml"))
    assert refused.exit_code == 1
    assert "was not published by Vigía; move it away or name another file" in " ".join(refused.output.split())
    assert ran("--desk", str(folder), "publish").exit_code == 2
