"""Keys by which the apps of readers sign in (desk.db). Only a hash of each is stored."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from db.i18n.languages import Language, find_language
from db.model.times import read_stamp, stamp

MAX_KEYS: Final = 20  # of one person
MAX_KEY_NAME_CHARACTERS: Final = 60
MAX_KEY_CHARACTERS: Final = 60  # of what an app sends as a key
_KEY_BYTES: Final = 15  # 120 bits, 24 letters and digits


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKey:
    """A key without its secret. `mail_mark`, `password_mark`: of what it was made under; else it no longer holds."""

    number: int
    person: str
    name: str
    language: Language
    mail_mark: str
    password_mark: str
    made_at: dt.datetime
    used_on: dt.date | None


def make_device_key() -> str:
    """Return a new key, in groups of letters and digits that can be typed on a phone."""
    letters = base64.b32encode(secrets.token_bytes(_KEY_BYTES)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def add_device_key(
    db: Database,
    key: str,
    *,
    person: str,
    name: str,
    language: Language,
    mail_mark: str,
    password_mark: str,
    read_upto: int,
    now: dt.datetime,
) -> int | None:
    """Store a key and return its number; None if the person has MAX_KEYS.

    `read_upto`: up to which article all are read, for a person who had no app before.
    """
    with db.atomic():
        (count,) = db.execute("SELECT count(*) FROM device_keys WHERE person = :person", {"person": person}).fetchone()
        if count >= MAX_KEYS:
            return None
        number = db.execute(
            """
            INSERT INTO device_keys (hash, person, name, language, mail_mark, password_mark, made_at)
            VALUES (:hash, :person, :name, :language, :mail_mark, :password_mark, :now)
            """,
            {
                "hash": _hash(key),
                "person": person,
                "name": name,
                "language": language,
                "mail_mark": mail_mark,
                "password_mark": password_mark,
                "now": stamp(now),
            },
        ).lastrowid
        db.execute(
            "INSERT INTO reading_progress (person, read_upto) VALUES (:person, :read_upto) ON CONFLICT DO NOTHING",
            {"person": person, "read_upto": read_upto},
        )
    if number is None:
        raise AssertionError("an INSERT has a row id")
    return int(number)


def find_device_key(db: Database, key: str) -> DeviceKey | None:
    """Return what a key stands for; None if there is none such."""
    if len(key) > MAX_KEY_CHARACTERS:
        return None
    rows = db.query("SELECT * FROM device_keys WHERE hash = :hash", {"hash": _hash(key)})
    return next(map(_read_row, rows), None)


def list_device_keys(db: Database, person: str) -> list[DeviceKey]:
    """Return a person's keys, the newest first."""
    rows = db.query("SELECT * FROM device_keys WHERE person = :person ORDER BY id DESC", {"person": person})
    return list(map(_read_row, rows))


def note_use(db: Database, number: int, *, day: dt.date) -> None:
    """Record the day on which a key was used."""
    with db.atomic():
        db.execute("UPDATE device_keys SET used_on = :day WHERE id = :id", {"id": number, "day": day.isoformat()})


def delete_device_key(db: Database, number: int, *, person: str) -> bool:
    """Delete a key of a person; False if they have none of that number."""
    with db.atomic():
        gone = db.execute(
            "DELETE FROM device_keys WHERE id = :id AND person = :person", {"id": number, "person": person}
        ).rowcount
    return bool(gone)


def _hash(key: str) -> str:
    plain = "".join(key.split()).replace("-", "").casefold()
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=32, person=b"vigia-device").hexdigest()


def _read_row(row: Mapping[str, Any]) -> DeviceKey:
    return DeviceKey(
        number=row["id"],
        person=row["person"],
        name=row["name"],
        language=find_language(row["language"]) or "en",
        mail_mark=row["mail_mark"],
        password_mark=row["password_mark"],
        made_at=read_stamp(row["made_at"]),
        used_on=dt.date.fromisoformat(row["used_on"]) if row["used_on"] else None,
    )
