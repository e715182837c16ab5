"""The alerts of a desk: its subscriptions now, and what the reading room needs of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from crawler.config.desk import Desk
from crawler.crawling.session import locate_topic
from crawler.monitoring.problems import operator_of_desk
from crawler.service.subscription_reader import SubscriptionReader
from db.connection import explain_errors, open_desk
from db.desk import secret_keys
from pipelines.alerts.alerts import Alerts
from pipelines.alerts.channels.atom_feed import make_feed_url
from pipelines.alerts.errors import AlertError
from pipelines.relevance.topic import TopicPlace, load_topic
from pipelines.relevance.topic_file import TopicError

if TYPE_CHECKING:
    from db.site.analysts.reader import Reader
    from db.site.subscriptions.alert_desk import Addressee, AlertDesk, ConfiguredSubscription


def alerts_of(desk: Desk, *, announce: Callable[[str], None]) -> Alerts:
    """Build the alerts of a desk from its configuration."""
    return Alerts(
        news=desk.news_db,
        desk=desk.desk_db,
        folder=desk.folder,
        name=desk.desk.name,
        timezone=desk.desk.timezone,
        subscriptions=desk.subscriptions,
        briefings=[briefing.mailing for briefing in desk.briefings],
        readers=desk.readers,
        announce=announce,
        watched_outlets=frozenset(outlet.id for outlet in desk.enabled_outlets),
        operator=operator_of_desk(desk),
        public_url=desk.desk.public_url,
        contact=(desk.crawl.contact or "").removeprefix("mailto:") or None,
        concept_names=partial(_concept_names, locate_topic(desk)),
    )


@lru_cache(maxsize=1)
def _concept_names(topic: TopicPlace) -> Mapping[str, tuple[str, ...]]:
    """Return all names of the topic's concepts, by id.

    Returns no names if the topic can't be read, which each crawl reports.
    """
    try:
        concepts = load_topic(topic).concepts
    except TopicError:
        return {}
    return {concept.id: tuple(name for names in concept.names.values() for name in names) for concept in concepts}


def base_url_of(desk: Desk) -> str:
    """Return the public address of the reading room, or the local one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(desk.desk.host, desk.desk.host)  # noqa: S104 -- compared
    return desk.desk.public_url or f"http://{f'[{host}]' if ':' in host else host}:{desk.desk.port}"


def alert_desk_of(
    configuration: SubscriptionReader, *, announce: Callable[[str], None], base_url: Callable[[], str]
) -> AlertDesk:
    """Build what the reading room needs to let readers have subscriptions of their own."""
    from db.site.subscriptions import alert_desk  # noqa: PLC0415 - Datasette takes a while to import

    def list_people() -> list[Addressee]:
        desk = configuration.read_desk()
        return [
            alert_desk.Addressee(
                id=person.id,
                name=person.name or person.id,
                addresses=len(person.to),
                language=person.language,
                zone=person.timezone or desk.desk.timezone,
            )
            for person in desk.people
        ]

    def list_configured(reader: Reader) -> list[ConfiguredSubscription]:
        return [
            alert_desk.ConfiguredSubscription(
                id=one.id,
                name=one.name,
                query=one.query,
                when=one.when,
                quiet=one.quiet,
                at_most=one.at_most,
                once_per_story=one.once_per == "story",
            )
            for one in configuration.read_desk().subscriptions
            if not reader.is_named or reader.id in one.people
        ]

    def send_test(subscription: str) -> Sequence[str]:
        alerts = alerts_of(configuration.read_desk(), announce=announce)
        try:
            results = asyncio.run(alerts.send_test(subscription))
        except AlertError as error:
            return [str(error)]
        return [f"{one.target}: {one.error.removeprefix(f'{one.target}: ')}" for one in results if one.error]

    def make_url(subscription: str) -> str:
        path = configuration.desk.desk_db
        with contextlib.closing(open_desk(path)) as private, explain_errors(path):
            key = secret_keys.get_key(private, "feeds")
        return make_feed_url(key, subscription, base_url=base_url())

    return alert_desk.AlertDesk(
        list_people=list_people, list_configured=list_configured, send_test=send_test, make_feed_url=make_url
    )
