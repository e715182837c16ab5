"""The password of the reading room: who has it gets a signed cookie, everyone else the page that asks for it.

Hashes are datasette-auth-passwords'. Its own page is not used: it checks a password (0.3 s of computing) in the event
loop, sets a cookie that scripts can read and that never ends, and takes any number of guesses, by HTTP Basic too.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable

from datasette_auth_passwords.utils import hash_password

MIN_PASSWORD_CHARACTERS = 12  # characters of a password
MAX_WRONG_PASSWORDS = 10  # wrong passwords from one address (of IPv6: one /64 network) …
ATTEMPT_WINDOW_SECONDS = 15 * 60.0  # … in so many seconds
MAX_COUNTED_ADDRESSES = 10_000  # addresses that are counted; the oldest are forgotten
_HASH = re.compile(r"pbkdf2_sha256\$\d{5,8}\$[^$\s]{8,}\$[A-Za-z0-9+/=]{40,}")


class AccessError(ValueError):
    """A password or its hash can't be used. Its text is one line: what, and the remedy; it never shows either."""


def hash_new_password(password: str) -> str:
    """The hash of a password, as `[desk] password` refers to. Raises AccessError for one that is soon guessed."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise AccessError(
            f"the password has fewer than {MIN_PASSWORD_CHARACTERS} characters; take a longer one, or several words"
        )
    return str(hash_password(password))


def check_hash(password_hash: str) -> str:
    """The hash if it is one. Raises AccessError."""
    if not _HASH.fullmatch(password_hash):
        raise AccessError("what stands there is no hash of a password; `vigia hash-password` makes one")
    return password_hash


class FailedAttempts:
    """The wrong passwords of the last quarter of an hour, by address."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0: it may."""
        wrong = [moment for moment in self._wrong.get(address, ()) if moment > self._clock() - ATTEMPT_WINDOW_SECONDS]
        return (
            wrong[-MAX_WRONG_PASSWORDS] + ATTEMPT_WINDOW_SECONDS - self._clock()
            if len(wrong) >= MAX_WRONG_PASSWORDS
            else 0.0
        )

    def count(self, address: str) -> None:
        """Count an attempt; before it is checked, so that many at once are counted too."""
        wrong = [moment for moment in self._wrong.pop(address, ()) if moment > self._clock() - ATTEMPT_WINDOW_SECONDS]
        self._wrong[address] = [*wrong, self._clock()]
        if len(self._wrong) > MAX_COUNTED_ADDRESSES:
            self._wrong.popitem(last=False)

    def forgive(self, address: str) -> None:
        """The password was right: its own attempt is taken back, not those of others behind the same address."""
        if wrong := self._wrong.get(address):
            wrong.pop()
