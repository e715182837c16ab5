"""The password of the reading room: its hash, and a limit of wrong attempts.

Hashes are those of datasette-auth-passwords. Its login page is not used (see db.site.password_gate): it checks a
password (0.3 s of computing) in the event loop, sets a cookie that scripts can read and that never expires, and takes
any number of guesses, by HTTP Basic too.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from datasette_auth_passwords.utils import hash_password

MIN_PASSWORD_CHARACTERS = 12
MAX_WRONG_PASSWORDS = 10  # from one address (of IPv6: from one /64 network) within the window
ATTEMPT_WINDOW_SECONDS = 15 * 60.0
MAX_COUNTED_ADDRESSES = 10_000  # the oldest are dropped
_HASH = re.compile(r"pbkdf2_sha256\$\d{5,8}\$[^$\s]{8,}\$[A-Za-z0-9+/=]{40,}")


class AccessError(ValueError):
    """A password or its hash can't be used. Its text is one line with the remedy and shows neither of them."""


def hash_new_password(password: str) -> str:
    """Hash a password for `[desk] password`. Raises AccessError if it is too short."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise AccessError(
            f"the password has fewer than {MIN_PASSWORD_CHARACTERS} characters; take a longer one, or several words"
        )
    return str(hash_password(password))


def check_hash(password_hash: str) -> str:
    """Return the hash unchanged. Raises AccessError if it is no hash."""
    if not _HASH.fullmatch(password_hash):
        raise AccessError("what stands there is no hash of a password; `vigia hash-password` makes one")
    return password_hash


def mark_password(password_hash: str) -> str:
    """Return what ties cookies and keys of apps to a password: after a change all readers must sign in again."""
    return hashlib.blake2b(password_hash.encode(), digest_size=9, person=b"vigia-door").hexdigest()


class FailedAttempts:
    """Wrong passwords of the last ATTEMPT_WINDOW_SECONDS by client address, in memory."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until this address may try again; 0 if it may now."""
        wrong = [moment for moment in self._wrong.get(address, ()) if moment > self._clock() - ATTEMPT_WINDOW_SECONDS]
        return (
            wrong[-MAX_WRONG_PASSWORDS] + ATTEMPT_WINDOW_SECONDS - self._clock()
            if len(wrong) >= MAX_WRONG_PASSWORDS
            else 0.0
        )

    def count(self, address: str) -> None:
        """Count an attempt. Call it before the password is checked, so that many at once are counted too."""
        wrong = [moment for moment in self._wrong.pop(address, ()) if moment > self._clock() - ATTEMPT_WINDOW_SECONDS]
        self._wrong[address] = [*wrong, self._clock()]
        if len(self._wrong) > MAX_COUNTED_ADDRESSES:
            self._wrong.popitem(last=False)

    def forgive(self, address: str) -> None:
        """Take back one attempt, whose password was right; others behind the same address keep theirs."""
        if wrong := self._wrong.get(address):
            wrong.pop()
