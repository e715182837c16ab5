"""Two windows that change one subscription: what the later one wrote beside what stands now."""

from __future__ import annotations

from collections.abc import Mapping

from db.desk.analysts.reader_subscriptions import SubscriptionSettings
from db.site.analysts.forms import Difference, FormConflictError
from db.site.subscriptions.describe_settings import describe_quiet, describe_rhythm
from db.site.subscriptions.form_fields import FLAGS
from db.site.wording import SiteWording


def find_conflict(
    number: int, *, written: SubscriptionSettings, standing: SubscriptionSettings, people: Mapping[str, str]
) -> FormConflictError:
    """Return the error that shows both settings of a subscription. `people`: names by id."""

    def describe(wording: SiteWording) -> list[Difference]:
        typed, kept = (_describe_settings(settings, people, wording) for settings in (written, standing))
        return [
            Difference(
                label=wording(f"subscription.{name}"),
                written=typed[name],
                standing=kept[name],
                field=name if name in ("name", "query") else "",
            )
            for name in typed
            if typed[name] != kept[name]
        ]

    return FormConflictError(back=f"/subscription/{number}", version=standing.version, describe=describe)


def _describe_settings(
    settings: SubscriptionSettings, people: Mapping[str, str], wording: SiteWording
) -> dict[str, str]:
    """Describe settings in the order of their form, by the name of their sentence in the catalogue."""
    return {
        "name": settings.name,
        "query": settings.query,
        "when": describe_rhythm(settings.when, wording),
        "quiet": describe_quiet(settings.quiet, wording) or wording("subscription.never_quiet"),
        "at_most": str(settings.at_most or wording("subscription.no_limit")),
        **{flag: wording("forms.yes" if getattr(settings, flag) else "forms.no") for flag in FLAGS},
        "recipient": people.get(settings.recipient, settings.recipient) or wording("subscription.nobody"),
    }
