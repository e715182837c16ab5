"""The present subscriptions of a desk, for the pages and endpoints of the reading room."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from db.connection import explain_errors, open_desk
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.all_subscriptions import read_subscriptions
from pipelines.alerts.subscriptions.reader_subscription import ReaderSubscription
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.subscription_index import index_by_id


class SubscriptionReader:
    """Gives the current subscriptions by id, those of vigia.toml and those of readers.

    While the file has an error, the last valid ones of it.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk  # the last valid configuration
        self._configured = index_by_id(desk.subscriptions)
        self._last_signature = self._signature()

    def __call__(self) -> Mapping[str, Subscription]:
        """Return the subscriptions, without those that rest. Raises StoreError."""
        desk = self.read_desk()
        if not desk.desk_db.exists():
            return self._configured
        with contextlib.closing(open_desk(desk.desk_db)) as private, explain_errors(desk.desk_db):
            found = read_subscriptions(private, self._configured, desk.readers)
        return {
            id_: one
            for id_, one in found.items()
            if not (isinstance(one, ReaderSubscription) and one.state == "resting")
        }

    def read_desk(self) -> Desk:
        """Return the present configuration; read the file again if it changed."""
        if (signature := self._signature()) != self._last_signature:
            self._last_signature = signature
            with contextlib.suppress(DeskError, AlertError):  # `vigia up` and all commands report it
                desk = load_desk(self.desk.folder)
                self._configured = index_by_id(desk.subscriptions)
                self.desk = desk
        return self.desk

    def _signature(self) -> tuple[int, int] | None:
        try:
            stat = (self.desk.folder / CONFIG_FILE).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size
