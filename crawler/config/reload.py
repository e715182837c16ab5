"""vigia.toml while the desk runs: an edit takes effect without a restart, a broken one leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel

from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.outlet import Outlet
from pipelines.alerts.alerts import by_id
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.subscription import Subscription

FileSignature = tuple[int, int, int] | None  # modification time, size, inode; None: there is no file
MAX_NAMES_SHOWN = 5  # of a kind in one line


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskChanges:
    """What an edit of the file changed: `desk` takes the running one's place, `line` says so."""

    desk: Desk
    line: str


class ConfigWatcher:
    """Looks at the desk's file. `desk` is what runs; its [desk] and [crawl] stay until the next start."""

    def __init__(self, desk: Desk, *, say: Callable[[str], None]) -> None:
        self.desk = desk
        self.say = say
        self._path = desk.folder / CONFIG_FILE
        self._seen: FileSignature = None  # at the last look
        self._taken: FileSignature = None  # when it was last read
        self._read: Desk | None = None  # what was last read; the running desk may have another port
        self._wrong: str | None = None

    def look(self) -> Desk | None:
        """The desk as it is to run from now on if its file changed that, else None. Says in one line what happened.

        A file is read when it stood still between two looks: an editor may be in the midst of writing it.
        """
        before, self._seen = self._seen, self._signature()
        if self._seen == self._taken or self._seen != before:
            return None
        try:
            wanted = load_desk(self.desk.folder)
            by_id(wanted.subscriptions)
        except (DeskError, AlertError) as error:
            self._taken = self._seen
            wrong = str(error) if isinstance(error, DeskError) else f"{self._path}: {error}"
            if wrong != self._wrong:  # once, and not at each further edit with the same mistake
                self._wrong = wrong
                self.say(f"{self._wrong} (the desk goes on as it was)")
            return None
        if self._signature() != self._seen:
            return None  # written while it was read: the next looks will see
        self._taken = self._seen
        changes = compare_desks(self.desk, wanted, settings=self._read or wanted)
        mended, self._wrong = self._wrong is not None, None
        self._read = wanted
        if changes.line or mended:
            self.say(f"{self._path}: {'mended; ' if mended else ''}{changes.line or 'nothing to change'}")
        if _reloadable_parts(changes.desk) == _reloadable_parts(self.desk):
            return None
        self.desk = changes.desk
        return self.desk

    @property
    def wrong(self) -> str | None:
        """What is wrong with the file as it stands, one line; None while the desk runs by it."""
        return self._wrong

    def _signature(self) -> FileSignature:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def compare_desks(running: Desk, wanted: Desk, *, settings: Desk) -> DeskChanges:
    """What an edit changes at once, and what it changes at the next start: settings other than those in `settings`.

    Pure.
    """
    parts = [
        _describe_changes("person", _people_by_id(running), _people_by_id(wanted), many="people"),
        _describe_changes(
            "subscription", _subscriptions_by_name(running.subscriptions), _subscriptions_by_name(wanted.subscriptions)
        ),
        _describe_changes("outlet", _enabled_by_id(running.outlets), _enabled_by_id(wanted.outlets)),
    ]
    later = [
        *_changed_keys("[desk]", settings.desk, wanted.desk, but={"directory"}),
        *_changed_keys("[crawl]", settings.crawl, wanted.crawl),
    ]
    if later:
        parts.append(f"{', '.join(later)}: takes effect at the next start")
    desk = running.model_copy(
        update={"outlets": wanted.outlets, "people": wanted.people, "subscriptions": wanted.subscriptions}
    )
    return DeskChanges(desk=desk, line="; ".join(part for part in parts if part))


def _reloadable_parts(desk: Desk) -> tuple[object, ...]:
    """What takes effect while the desk runs."""
    return desk.outlets, desk.people, desk.subscriptions


def _people_by_id(desk: Desk) -> dict[str, BaseModel]:
    return {person.id: person for person in desk.people}


def _subscriptions_by_name(subscriptions: Iterable[Subscription]) -> dict[str, BaseModel]:
    return {subscription.name: subscription for subscription in subscriptions}


def _enabled_by_id(outlets: Iterable[Outlet]) -> dict[str, BaseModel]:
    return {outlet.id: outlet for outlet in outlets if outlet.enabled}


def _describe_changes(
    what: str, before: dict[str, BaseModel], after: dict[str, BaseModel], *, many: str | None = None
) -> str:
    """ "2 outlets new: a, b; 1 outlet gone: c", empty when nothing changed."""
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
    """A block's own keys: a subscription is not changed by a change of its people, though it is not equal."""
    return model.model_dump()


def _changed_keys(table: str, before: BaseModel, after: BaseModel, *, but: Iterable[str] = ()) -> list[str]:
    """The keys whose values differ, the first with its table."""
    changed = [
        key for key in type(after).model_fields if key not in but and getattr(before, key) != getattr(after, key)
    ]
    return [f"{table} {', '.join(changed)}"] if changed else []
