"""Reload vigia.toml while the desk runs.

A file with an error is reported and not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel

from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.outlet import Outlet
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.subscription_index import index_by_id

FileSignature = tuple[int, int, int] | None  # modification time, size, inode; None: there is no file
MAX_NAMES_SHOWN = 5  # of new, changed or gone people, subscriptions or outlets in one line


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChanges:
    """The result of an edit: the desk to run, and a line with the changes."""

    desk: Desk
    line: str


class ConfigWatcher:
    """Watches the desk's file.

    `desk` is the running desk; its [desk] and [crawl] stay until the next start.
    """

    def __init__(self, desk: Desk, *, say: Callable[[str], None]) -> None:
        self.desk = desk
        self.say = say
        self._path = desk.folder / CONFIG_FILE
        self._last_signature: FileSignature = None  # at the last check
        self._read_signature: FileSignature = None  # of the file as last read
        self._read_desk: Desk | None = None  # as last read; the running desk may have another port
        self._error: str | None = None

    def check(self) -> Desk | None:
        """Return the desk to run from now on, or None if nothing changes.

        Says in one line what changed or is wrong. A changed file is read only when it is the same at two checks in a
        row: an editor may still be writing it.
        """
        before, self._last_signature = self._last_signature, self._signature()
        if self._last_signature == self._read_signature or self._last_signature != before:
            return None
        try:
            new = load_desk(self.desk.folder)
            index_by_id(new.mailings)
        except (DeskError, AlertError) as error:
            self._read_signature = self._last_signature
            message = str(error) if isinstance(error, DeskError) else f"{self._path}: {error}"
            if message != self._error:  # say it once, not at each further edit with the same mistake
                self._error = message
                self.say(f"{self._error} (the desk goes on as it was)")
            return None
        if self._signature() != self._last_signature:
            return None  # it was written while it was read; a later check reads it
        self._read_signature = self._last_signature
        changes = compare_desks(self.desk, new, settings=self._read_desk or new)
        was_wrong, self._error = self._error is not None, None
        self._read_desk = new
        if changes.line or was_wrong:
            self.say(f"{self._path}: {'mended; ' if was_wrong else ''}{changes.line or 'nothing to change'}")
        if _reloadable_parts(changes.desk) == _reloadable_parts(self.desk):
            return None
        self.desk = changes.desk
        return self.desk

    @property
    def error(self) -> str | None:
        """What is wrong with the file, one line; None if the desk runs with it."""
        return self._error

    def _signature(self) -> FileSignature:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def compare_desks(running: Desk, new: Desk, *, settings: Desk) -> DeskChanges:
    """Say what an edit changes now and what at the next start. Pure.

    Keys of [desk] and [crawl] that differ from those of `settings` are named as changes for the next start.
    """
    parts = [
        _describe_changes("person", _people_by_id(running), _people_by_id(new), many="people"),
        _describe_changes(
            "subscription", _subscriptions_by_name(running.subscriptions), _subscriptions_by_name(new.subscriptions)
        ),
        _describe_changes("briefing", _briefings_by_name(running), _briefings_by_name(new)),
        _describe_changes("outlet", _enabled_by_id(running.outlets), _enabled_by_id(new.outlets)),
    ]
    later = [
        *_changed_keys("[desk]", settings.desk, new.desk, ignored={"directory"}),
        *_changed_keys("[crawl]", settings.crawl, new.crawl),
    ]
    if later:
        parts.append(f"{', '.join(later)}: takes effect at the next start")
    reloaded = {name: getattr(new, name) for name in ("outlets", "people", "subscriptions", "briefings")}
    desk = running.model_copy(update=reloaded)
    return DeskChanges(desk=desk, line="; ".join(part for part in parts if part))


def _reloadable_parts(desk: Desk) -> tuple[object, ...]:
    """Return the parts of a desk that take effect without a restart."""
    return desk.outlets, desk.people, desk.subscriptions, desk.briefings


def _people_by_id(desk: Desk) -> dict[str, BaseModel]:
    return {person.id: person for person in desk.people}


def _subscriptions_by_name(subscriptions: Iterable[Subscription]) -> dict[str, BaseModel]:
    return {subscription.name: subscription for subscription in subscriptions}


def _briefings_by_name(desk: Desk) -> dict[str, BaseModel]:
    return {briefing.name: briefing for briefing in desk.briefings}


def _enabled_by_id(outlets: Iterable[Outlet]) -> dict[str, BaseModel]:
    return {outlet.id: outlet for outlet in outlets if outlet.enabled}


def _describe_changes(
    what: str, before: dict[str, BaseModel], after: dict[str, BaseModel], *, many: str | None = None
) -> str:
    """Write the differences, such as "2 outlets new: a, b; 1 outlet gone: c".

    Returns "" if there are none.
    """
    kinds = {
        "new": [name for name in after if name not in before],
        "changed": [name for name in after if name in before and _own_keys(after[name]) != _own_keys(before[name])],
        "gone": [name for name in before if name not in after],
    }
    return "; ".join(
        f"{len(names)} {what if len(names) == 1 else many or f'{what}s'} {kind}: {', '.join(names[:MAX_NAMES_SHOWN])}"
        + (f" and {len(names) - MAX_NAMES_SHOWN} more" if len(names) > MAX_NAMES_SHOWN else "")
        for kind, names in kinds.items()
        if names
    )


def _own_keys(model: BaseModel) -> dict[str, object]:
    """Return a block's own keys.

    Comparing them ignores the people that are joined to a subscription.
    """
    return model.model_dump()


def _changed_keys(table: str, before: BaseModel, after: BaseModel, *, ignored: Iterable[str] = ()) -> list[str]:
    """Return the keys whose values differ, as "[desk] name, port".

    The result is a list of one text, or empty.
    """
    changed = [
        key for key in type(after).model_fields if key not in ignored and getattr(before, key) != getattr(after, key)
    ]
    return [f"{table} {', '.join(changed)}"] if changed else []
