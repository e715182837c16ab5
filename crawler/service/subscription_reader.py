"""The present subscriptions of vigia.toml, for the pages and endpoints of the reading room."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.subscription_index import index_by_id


class SubscriptionReader:
    """Gives the current subscriptions of vigia.toml by id.

    While the file has an error, the last valid ones.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk  # the last valid configuration
        self._subscriptions = index_by_id(desk.subscriptions)
        self._last_signature = self._signature()

    def __call__(self) -> Mapping[str, Subscription]:
        """Return the subscriptions; read the file again if it changed."""
        if (signature := self._signature()) != self._last_signature:
            self._last_signature = signature
            with contextlib.suppress(DeskError, AlertError):  # `vigia up` and all commands report it
                desk = load_desk(self.desk.folder)
                self._subscriptions = index_by_id(desk.subscriptions)
                self.desk = desk
        return self._subscriptions

    def read_desk(self) -> Desk:
        """Return the present configuration."""
        self()
        return self.desk

    def _signature(self) -> tuple[int, int] | None:
        try:
            stat = (self.desk.folder / CONFIG_FILE).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size
