"""What the pages of subscriptions need from the process that sends alerts, which hands it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from datasette.app import Datasette

from db.i18n.languages import Language
from db.site.analysts.reader import Reader
from db.site.subscriptions.drafts import Drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A [[person]] of vigia.toml: how many addresses they have, and language and time zone of their messages."""

    id: str
    name: str
    addresses: int
    language: Language
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredSubscription:
    """A subscription of vigia.toml, which readers see and can't change. `id`: in the tables of alerts."""

    id: str
    name: str
    query: str
    when: str
    quiet: str
    at_most: int | None
    once_per_story: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """What a desk that sends alerts tells of itself.

    list_configured: those of vigia.toml by which a reader gets messages; all of them for the unnamed reader. send_test:
    send a test message of a subscription (its id) and return the errors, one line for each address that it did not
    reach. make_feed_url: the address of a subscription's Atom feed. They raise StoreError.
    """

    list_people: Callable[[], Sequence[Addressee]]
    list_configured: Callable[[Reader], Sequence[ConfiguredSubscription]]
    send_test: Callable[[str], Sequence[str]]
    make_feed_url: Callable[[str], str]
    drafts: Drafts = field(default_factory=Drafts)


_alert_desks: WeakKeyDictionary[Datasette, AlertDesk] = WeakKeyDictionary()


def put_alert_desk(datasette: Datasette, desk: AlertDesk) -> None:
    """Let the readers of a Datasette have subscriptions. Called before its `app()`."""
    _alert_desks[datasette] = desk


def find_alert_desk(datasette: Datasette) -> AlertDesk | None:
    """Return the desk that sends the subscriptions of a Datasette's readers; None if there is none."""
    return _alert_desks.get(datasette)
