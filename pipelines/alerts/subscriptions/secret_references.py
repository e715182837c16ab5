"""Read secrets by reference, `env:NAME` or `file:PATH`, when a message is sent. They are not stored."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.alerts.errors import SecretError

MAX_SECRET_BYTES = 10_000  # an address of a target is much shorter


def read_secret(reference: str, *, folder: Path, what: str = "the target's address") -> str:
    """Return the secret that a reference names. PATH is relative to `folder`.

    Raises SecretError, without any part of a secret, if there is none. `what` names the expected value in errors.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        secret = os.environ.get(place)
        if secret is None:
            raise SecretError(f"{reference}: there is no environment variable {place}; set it where Vigía is started")
    elif scheme == "file":
        secret = _read_secret_file(reference, folder / place, what)
    else:
        # The text may be the secret itself, so the error does not quote it.
        raise SecretError('a target is no reference; write "env:NAME" or "file:PATH"')
    secret = secret.strip()
    if not secret:
        raise SecretError(f"{reference}: is empty; put {what} there")
    if len(secret.splitlines()) > 1:
        raise SecretError(f"{reference}: holds more than one line; give each target a reference of its own")
    return secret


def _read_secret_file(reference: str, path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_SECRET_BYTES + 1)
    except FileNotFoundError:
        raise SecretError(f"{reference}: there is no such file in the desk folder; write {what} into it") from None
    except OSError as error:
        raise SecretError(f"{reference}: can't be read ({error.strerror}); check its permissions") from None
    if len(body) > MAX_SECRET_BYTES:
        raise SecretError(f"{reference}: is longer than {MAX_SECRET_BYTES:,} bytes; it should hold {what} alone")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The decoder's own error would show bytes of the secret.
        raise SecretError(f"{reference}: is not UTF-8 text; save it as UTF-8") from None
