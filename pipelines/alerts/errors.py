"""What can go wrong with an alert. Each error's text is one line without any secret: what, where, the remedy."""

from __future__ import annotations


class AlertError(Exception):
    """Alerts can't be matched or sent as things stand."""


class QueryError(AlertError):
    """A subscription's query can't find anything."""


class SecretError(AlertError):
    """A reference leads to no secret."""


class SendError(AlertError):
    """A target did not take the message; `unreachable` when it gave no answer at all."""

    def __init__(self, message: str, *, unreachable: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable
