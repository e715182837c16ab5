"""Errors of alerts. The text of each is one line without secrets: what failed, where, and the remedy.

The text of SubscriptionQueryError has two more lines, which show the place in the query.
"""

from __future__ import annotations

from db.search.query import QueryError


class AlertError(Exception):
    """Alerts can't be matched or sent."""


class SubscriptionQueryError(AlertError):
    """A subscription's query can't be read, or can match nothing."""

    @classmethod
    def of(cls, error: QueryError, *, subscription: str) -> SubscriptionQueryError:
        """Make the error from the parser's: one line, the query, and ^ under the place."""
        query, mark = error.caret()
        return cls(f'subscription "{subscription}": {error}\n  {query}\n  {mark}')


class SecretError(AlertError):
    """No secret can be read at a reference."""


class SendError(AlertError):
    """A target did not accept a message: `unreachable` if it did not respond, `final` if a retry is pointless."""

    def __init__(self, message: str, *, unreachable: bool = False, final: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable
        self.final = final


class AllUnsubscribedError(AlertError):
    """All recipients of a mail have unsubscribed."""


class SendInterruptedError(AlertError):
    """An attempt was ended with the desk: whether the target has the message is not known, so it is sent again."""

    def __init__(self) -> None:
        super().__init__("Vigía ended before the target answered")
