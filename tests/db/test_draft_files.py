"""Files that are written whole: old or new after a failure, and on the disk before they are moved."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from db.draft_files import is_disk_full, settle_file, write_file


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, target = tmp_path / "draft", tmp_path / "list.json"
    draft.write_text("new")
    target.write_text("old")
    seen: list[tuple[int, str]] = []  # the inode that was written to the disk, and what the target held then
    sync = os.fsync

    def note(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_ino, target.read_text()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    settle_file(draft, target)
    assert seen == [(target.stat().st_ino, "old"), (tmp_path.stat().st_ino, "new")]
    assert not draft.exists()


def test_a_full_disk_leaves_the_file_of_before_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / ("o" * 250)  # a draft's name must not be longer than the file's
    write_file(target, b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space") as found:
        write_file(target, b"new")
    assert (found.value.filename, is_disk_full(found.value)) == (str(target), True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
