"""What can go wrong with an alert. Each error's text is one line without any secret: what, where, the remedy.

A query's has two lines more, which show the place.
"""

from __future__ import annotations

from db.search.query import QueryError as WrongQuery


class AlertError(Exception):
    """Alerts can't be matched or sent as things stand."""


class SubscriptionQueryError(AlertError):
    """A subscription's query can't be read, or asks for what nothing can be; `of` makes it of the query's error."""

    @classmethod
    def of(cls, error: WrongQuery, *, subscription: str) -> SubscriptionQueryError:
        """One line, the query, and ^ under the place."""
        query, mark = error.caret()
        return cls(f'subscription "{subscription}": {error}\n  {query}\n  {mark}')


class SecretError(AlertError):
    """A reference leads to no secret."""


class SendError(AlertError):
    """A target did not take the message; `unreachable` when it gave no answer at all, `final` when it never will."""

    def __init__(self, message: str, *, unreachable: bool = False, final: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable
        self.final = final


class AllUnsubscribedError(AlertError):
    """All recipients of a mail have unsubscribed: there is nobody to send it to."""
