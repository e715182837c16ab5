"""A desk is backed up while it is in use and restored elsewhere, and no archive leaves the folder."""

from __future__ import annotations

import gzip
import io
import json
import logging
import shutil
import signal
import sqlite3
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.crawling.lock import lock_desk
from crawler.operations.backups.backup_file import END_NAME, MANIFEST_NAME, BackupError, is_allowed_name
from crawler.operations.backups.restore_backup import restore_backup
from crawler.operations.backups.write_backup import plan_backup, write_backup
from crawler.service.web_password import reader_access_of
from db.site.password import hash_new_password
from pipelines.archive.warc_files import Archive
from tests.fixtures.alert_desk import Mailbox, News, free_port
from tests.fixtures.demo_desk import DemoDesk, rows
from tests.fixtures.forked_commands import run_vigia
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until

CONFIGURATION = """\
[desk]
directory = "none"
password = "file:secrets/password-hash"
operator = "env:NOT_IN_THE_BACKUP"

[[person]]
id = "ana"
to = ["file:secrets/ana"]

[[person]]
id = "luis"
to = ["file:{outside}"]

[[subscription]]
name = "Chancay"
query = "Chancay"
people = ["ana", "luis"]
"""


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture
def folder(tmp_path: Path, mailbox: Mailbox) -> Path:
    """A desk with a password, a target in its folder and one outside of it."""
    folder, outside = tmp_path / "desk", tmp_path / "etc" / "luis"
    (folder / "secrets").mkdir(parents=True)
    outside.parent.mkdir()
    outside.write_text(mailbox.url("luis@example.org"), encoding="utf-8")
    (folder / "secrets" / "ana").write_text(mailbox.url("ana@example.org"), encoding="utf-8")
    (folder / "secrets" / "password-hash").write_text(hash_new_password("correct horse battery"), encoding="utf-8")
    (folder / "vigia.toml").write_text(CONFIGURATION.format(outside=outside), encoding="utf-8")
    (folder / "note.txt").write_text("no file of the desk", encoding="utf-8")
    News(folder).db.close()
    reader_access_of(load_desk(folder))  # makes sessions.key
    return folder


def vigia(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("VIGIA_DESK", raising=False)
        return run_vigia("--desk", str(folder), *words)


def add_article(folder: Path, title: str) -> None:
    news = News(folder)
    news.article(title, first_seen="2999-01-01T00:00:00Z", published="2999-01-01T00:00:00Z")
    news.db.close()


def pack(file: Path, *entries: tuple[str, bytes] | tarfile.TarInfo, end: bool = True) -> Path:
    """Write a backup with these entries after its manifest."""
    told = {"format": 1, "made_at": "2026-11-22T00:00:00Z", "vigia": "0.1.0", "total_bytes": 1, "outside": {}}
    with gzip.open(file, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for entry in ((MANIFEST_NAME, json.dumps(told).encode()), *entries, *([(END_NAME, b"")] if end else [])):
            info, body = (entry, b"") if isinstance(entry, tarfile.TarInfo) else (tarfile.TarInfo(entry[0]), entry[1])
            if not isinstance(entry, tarfile.TarInfo):
                info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return file


def test_a_restored_desk_knows_its_password_and_sends_to_its_targets(
    folder: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    assert vigia(folder, "alerts", "send").returncode == 0  # the subscription begins here
    add_article(folder, "Chancay recibe un buque")
    ended = vigia(folder, "alerts", "send")
    assert ended.returncode == 0, ended.stderr
    assert {address for address, _ in mailbox.received} == {"ana@example.org", "luis@example.org"}
    mailbox.received.clear()

    target = tmp_path / "backup.tar.gz"
    ended = vigia(folder, "backup", "--to", str(target))
    assert ended.returncode == 0, ended.stderr
    assert "at most" in ended.stdout.splitlines()[0]  # the size comes first
    assert "env:NOT_IN_THE_BACKUP" in ended.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    before = reader_access_of(load_desk(folder))
    shutil.rmtree(folder)

    new = tmp_path / "new"
    ended = vigia(tmp_path / "other", "restore", str(target), "--desk", str(new))
    assert ended.returncode == 0, ended.stderr
    assert str(tmp_path / "etc" / "luis") in ended.stdout
    assert reader_access_of(load_desk(new)) is not None
    assert before is not None
    restored = reader_access_of(load_desk(new))
    assert restored is not None
    assert (restored.password_hash, restored.secret) == (before.password_hash, before.secret)
    assert not (new / "note.txt").exists()
    for path in new.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600) or path.name == "vigia.lock"

    assert vigia(new, "alerts", "send").returncode == 0
    assert mailbox.received == []  # what was sent is not sent again
    add_article(new, "Chancay amplía su muelle")
    ended = vigia(new, "alerts", "send")
    assert ended.returncode == 0, ended.stderr
    assert {address for address, _ in mailbox.received} == {"ana@example.org", "luis@example.org"}


def test_a_backup_of_a_running_desk_is_consistent(desk: DemoDesk, tmp_path: Path) -> None:
    running = desk.start("up", "--port", "0")
    try:
        wait_until(lambda: Archive(desk.folder / "archive").files() and desk.settled())
        for number in range(2):
            target = tmp_path / f"{number}.tar.gz"
            ended = desk.run("backup", "--to", str(target))
            assert ended.returncode == 0, ended.stderr
            restored = tmp_path / str(number)
            restore_backup(target, restored)
            articles = rows(restored / "news.db", "SELECT key, archive_file, archive_offset FROM articles")
            places = {(place.file, place.offset) for place, _ in Archive(restored / "archive").pages()}
            assert {(file, offset) for _, file, offset in articles} <= places
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=DEADLINE_SECONDS)


def test_a_backup_names_what_a_file_reference_lacks(folder: Path) -> None:
    (folder / "secrets" / "ana").unlink()
    (note, _) = plan_backup(load_desk(folder)).notes
    assert note.startswith('person "ana" to: file:secrets/ana: there is no such file')


def test_a_backup_replaces_a_backup_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    plan = plan_backup(load_desk(folder))
    write_backup(plan, tmp_path / "backup")
    write_backup(plan, tmp_path / "backup")
    (tmp_path / "thesis").write_text("years of work", encoding="utf-8")
    with pytest.raises(BackupError, match="is no backup of Vigía"):
        write_backup(plan, tmp_path / "thesis")
    assert (tmp_path / "thesis").read_text(encoding="utf-8") == "years of work"
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "etc", "backup", "thesis"}  # no drafts


def test_a_backup_is_refused_where_the_disk_lacks_room(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BackupError, match=r"0\.0 MB free.*may need .*; free some space"):
        write_backup(plan_backup(load_desk(folder)), tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_what_is_in_the_folder_is_kept_unless_one_says_replace(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    write_backup(plan_backup(load_desk(folder)), target)
    (folder / "vigia.toml").write_text("# edited later", encoding="utf-8")
    (folder / "desk.db-wal").write_bytes(b"a log of the old database")
    ended = vigia(folder, "restore", str(target))
    assert ended.returncode == 1
    assert "is not empty" in ended.stderr
    assert "--replace" in ended.stderr
    done = restore_backup(target, folder, replace=True)
    assert done.moved_to is not None
    assert (done.moved_to / "vigia.toml").read_text(encoding="utf-8") == "# edited later"
    assert not (folder / "desk.db-wal").exists()
    assert load_desk(folder).people


def test_a_desk_in_use_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    write_backup(plan_backup(load_desk(folder)), target)
    with lock_desk(folder):
        ended = vigia(folder, "restore", str(target), "--replace")
    assert ended.returncode == 1
    assert "already in use by process" in ended.stderr
    assert (folder / "note.txt").exists()


def link(kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo("vigia.toml")
    entry.type, entry.linkname = kind, "/etc/passwd"
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        ("../evil", b"x"),
        ("/tmp/evil", b"x"),
        ("secrets/../../evil", b"x"),
        ("news.db-wal", b"x"),
        ("vigia.lock", b"x"),
        ("a\\b", b"x"),
        link(tarfile.SYMTYPE),
        link(tarfile.LNKTYPE),
        link(tarfile.FIFOTYPE),
        link(tarfile.CHRTYPE),
    ],
    ids=lambda entry: entry[0] if isinstance(entry, tuple) else f"type {entry.type.decode()}",
)
def test_no_entry_of_an_archive_leaves_the_folder(tmp_path: Path, entry: tuple[str, bytes] | tarfile.TarInfo) -> None:
    file = pack(tmp_path / "backup", entry)
    with pytest.raises(BackupError, match="which no backup of a desk does"):
        restore_backup(file, tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"backup"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_backup_that_was_cut_off_restores_nothing(folder: Path, tmp_path: Path, share: float) -> None:
    target = tmp_path / "backup"
    write_backup(plan_backup(load_desk(folder)), target)
    body = target.read_bytes()
    target.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(BackupError):
        restore_backup(target, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_database_is_not_restored(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "news.db")
    db.execute("CREATE TABLE t (a)")
    db.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
    db.commit()
    db.close()
    body = bytearray((tmp_path / "news.db").read_bytes())
    body[4096 : 4096 * 3] = b"\xff" * 8192
    file = pack(tmp_path / "backup", ("vigia.toml", b""), ("news.db", bytes(body)))
    with pytest.raises(BackupError, match=r"news\.db in it is damaged"):
        restore_backup(file, tmp_path / "new")


def test_another_file_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello", encoding="utf-8")
    with pytest.raises(BackupError, match="is no backup of Vigía"):
        restore_backup(tmp_path / "text", tmp_path / "new")
    with pytest.raises(BackupError, match="cut off"):
        restore_backup(pack(tmp_path / "half", ("vigia.toml", b""), end=False), tmp_path / "new")


def test_names_of_a_backup_stay_inside() -> None:
    assert is_allowed_name("archive/2026-11-22.warc.gz")
    assert not any(map(is_allowed_name, ("", ".", "..", "a//b", "/a", "a/..", "./a", "a\n", "desk.db-shm")))
