"""Every reference to a secret in vigia.toml, with the place where it stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from crawler.config.desk import Desk

MAILBOX_SECRET = "the mailbox's address"  # noqa: S105 - what it is called


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedReference:
    """A reference `env:NAME` or `file:PATH`, and its place: `person "ana" to`."""

    place: str
    reference: str
    what: str = "the target's address"  # what the secret is, for errors

    def locate_file(self, folder: Path) -> Path | None:
        """Return the absolute path that a `file:` reference names, else None. Its links are not followed."""
        scheme, _, place = self.reference.partition(":")
        return Path(os.path.normpath(folder.absolute() / place)) if scheme == "file" else None


def list_references(desk: Desk) -> list[PlacedReference]:
    """Return the references of people, subscriptions, briefings, operator, proxy, password and mailboxes, in order."""
    found = [
        PlacedReference(place=f'person "{person.id}" to', reference=reference)
        for person in desk.people
        for reference in person.to
    ]
    found += [
        PlacedReference(place=f'subscription "{subscription.name}" to', reference=reference)
        for subscription in desk.subscriptions
        for reference in subscription.to
    ]
    found += [
        PlacedReference(place=f'briefing "{briefing.name}" to', reference=reference)
        for briefing in desk.briefings
        for reference in briefing.to
    ]
    if desk.desk.operator:
        found.append(PlacedReference(place="[desk] operator", reference=desk.desk.operator))
    if desk.crawl.proxy and desk.crawl.proxy.startswith(("env:", "file:")):
        place = "[crawl] proxy"
        found.append(PlacedReference(place=place, reference=desk.crawl.proxy, what="the proxy's address"))
    if desk.desk.password:
        place = "[desk] password"
        found.append(PlacedReference(place=place, reference=desk.desk.password, what="the password's hash"))
    found += [
        PlacedReference(place=f'outlet "{outlet.id}" mailbox', reference=outlet.mailbox, what=MAILBOX_SECRET)
        for outlet in desk.enabled_outlets
        if outlet.mailbox
    ]
    return found
