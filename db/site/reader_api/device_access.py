"""Whose app a request is: the key that it bears, under the rules of the reader's sessions."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Final

from db.connection import explain_errors, open_desk
from db.desk.analysts.device_keys import DeviceKey, find_device_key, note_use
from db.site.analysts.reader import LOCAL_READER, AnalystDesk, Reader, ReaderSession
from db.site.reader_api.library import AppReader

_HEADER = re.compile(r"(?i:GoogleLogin) +auth=([!-~]{1,100})")
BAD_AUTHENTICATION: Final = "Error=BadAuthentication"


def read_header_key(header: str) -> str:
    """Return the key in `Authorization: GoogleLogin auth=…`; "" for anything else."""
    found = _HEADER.fullmatch(header.strip())
    return found[1] if found else ""


def find_app_reader(desk: AnalystDesk, key: str, *, is_open: bool, today: dt.date) -> AppReader | None:
    """Return whose key it is, and note its use; None if there is none such, or it no longer holds. Raises StoreError.

    A key holds as long as a session of its person would: until the password, the person or their mail address changes.
    `is_open`: whether the desk has no password, so that its one reader is who sits at the machine.
    """
    if not key or not desk.desk_db.exists():
        return None
    with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as private, explain_errors(desk.desk_db):
        found = find_device_key(private, key)
    reader = _find_reader(desk, found, is_open=is_open) if found else None
    if found is None or reader is None:
        return None
    if found.used_on != today:
        with contextlib.closing(open_desk(desk.desk_db)) as private, explain_errors(desk.desk_db):
            note_use(private, found.number, day=today)
    return AppReader(reader=reader, language=found.language)


def holds_now(desk: AnalystDesk, reader: Reader, key: DeviceKey) -> bool:
    """Tell whether a key of a reader still signs in their apps: password and mail address are those of before."""
    if key.password_mark != desk.password_mark:
        return False
    return not reader.is_named or desk.read_mail_mark(reader.id) == key.mail_mark


def _find_reader(desk: AnalystDesk, key: DeviceKey, *, is_open: bool) -> Reader | None:
    if is_open:
        reader: Reader | None = None if desk.is_proxied else LOCAL_READER
    else:
        reader = desk.find_reader_of(ReaderSession(id="", expires=0, person=key.person, proof=key.mail_mark))
    return reader if reader and reader.id == key.person and holds_now(desk, reader, key) else None
