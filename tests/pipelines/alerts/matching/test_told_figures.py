"""A subscription with figures = true is told once a story in which figures its outlets differ."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from db.figures.find import find_figures
from db.news.article_row import replace_figures
from db.news.outlets import save_measures
from db.news.stories.rows import add_to_story, begin_story
from db.news.stories.story_divergences import refresh_divergences
from pipelines.alerts.messages.figures_line import build_figures_line
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.relevance.topic import load_topic
from tests.fixtures.alert_desk import Mailbox, News
from tests.fixtures.story_desk import NOON, make_article

MINUTE = dt.timedelta(minutes=1)
PUERTO = Subscription(name="Puerto", query="chancay", figures=True, to=("env:TEAM_MAIL",))


def tell(news: News, text: str, *, outlet: str, story: int | None = None) -> int:
    """Store an article with its figures that begins a story or tells one; return its story."""
    topic = load_topic("china_peru")
    save_measures(news.db, topic.measures.make_rows(), topic.measures.make_scope_rows())
    with news.db.atomic():
        id_ = news.article(f"Chancay: {text}", outlet=outlet, text=text)
        figures = topic.measures.measure_figures(find_figures(text, "es", "PE"), text, "es")
        replace_figures(news.db, id_, replace(make_article(outlet, "crane", text=text), figures=figures), known=None)
        if story is None:
            story = begin_story(news.db, id_)
        else:
            add_to_story(news.db, id_, story, because="near")
        refresh_divergences(news.db, now=NOON)
    return story


def texts(mailbox: Mailbox) -> list[str]:
    parts = [mail.get_body(("plain",)) for _, mail in mailbox.received]
    return [part.get_content() if part else "" for part in parts]


@pytest.mark.parametrize("once_per", ["article", "story"])
async def test_a_story_has_one_line_on_its_figures_once(
    news: News, mailbox: Mailbox, now: dt.datetime, once_per: str
) -> None:
    alerts = news.alerts(PUERTO.model_copy(update={"once_per": once_per}))
    await alerts.run(now)
    crane = tell(news, "Hubo dos muertos en el muelle.", outlet="diario")
    tell(news, "Hubo tres muertos, dice la radio.", outlet="radio", story=crane)
    await alerts.run(now + MINUTE)
    assert texts(mailbox)[0].count("Outlets give different figures: killed 2 (Diario) · 3 (Radio)") == 1
    tell(news, "Hubo cuatro muertos, dice la agencia.", outlet="wire", story=crane)
    tell(news, "Comienza una huelga.", outlet="gaceta")
    await alerts.run(now + 2 * MINUTE)
    assert "different figures" not in texts(mailbox)[1]


async def test_what_differs_later_is_told_beside_the_article_that_says_so(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(PUERTO)
    await alerts.run(now)
    crane = tell(news, "Hubo dos muertos en el muelle.", outlet="diario")
    await alerts.run(now + MINUTE)
    assert "different figures" not in texts(mailbox)[0]
    tell(news, "Hubo tres muertos, dice la radio.", outlet="radio", story=crane)
    await alerts.run(now + 2 * MINUTE)
    told = texts(mailbox)[1]
    assert told.index("Chancay: Hubo tres muertos") < told.index("Outlets give different figures: killed 2")


async def test_figures_beside_an_article_over_the_daily_limit_are_told_beside_the_next(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(PUERTO.model_copy(update={"at_most": 1}))
    await alerts.run(now)
    tell(news, "Comienza una huelga.", outlet="gaceta")
    crane = tell(news, "Hubo dos muertos en el muelle.", outlet="diario")
    tell(news, "Hubo tres muertos, dice la radio.", outlet="radio", story=crane)
    await alerts.run(now + MINUTE)
    tell(news, "Hubo tres muertos, dice la agencia.", outlet="wire", story=crane)
    await alerts.run(now + dt.timedelta(days=1))
    assert ["different figures" in text for text in texts(mailbox)] == [False, True]


async def test_the_log_and_the_terminal_say_which_figures_differ(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PUERTO.model_copy(update={"to": (), "once_per": "story", "when": "daily 07:30"}))
    await alerts.run(now)
    crane = tell(news, "Hubo dos muertos en el muelle.", outlet="diario")
    await alerts.run(now + dt.timedelta(days=1))
    tell(news, "Hubo tres muertos, dice la radio.", outlet="radio", story=crane)
    fire = tell(news, "Hubo dos heridos en el incendio.", outlet="diario")
    tell(news, "Hubo seis heridos en el incendio.", outlet="gaceta", story=fire)
    await alerts.run(now + dt.timedelta(days=2))
    injured = "Outlets give different figures: injured 2 (Diario) · 6 (Gaceta)"
    killed = "Outlets give different figures: killed 2 (Diario) · 3 (Radio)"
    assert [line[5:] for line in news.log()] == [[], [injured], ["also", killed], ["also"]]
    assert [text for text in news.printed if "figures" in text] == [f"Puerto: {injured}", f"Puerto: {killed}"]


async def test_without_the_option_nothing_is_told(news: News, mailbox: Mailbox, now: dt.datetime) -> None:
    alerts = news.alerts(PUERTO.model_copy(update={"figures": False}))
    await alerts.run(now)
    crane = tell(news, "Hubo dos muertos en el muelle.", outlet="diario")
    tell(news, "Hubo tres muertos, dice la radio.", outlet="radio", story=crane)
    await alerts.run(now + MINUTE)
    assert "different figures" not in texts(mailbox)[0]


def test_a_story_without_differing_figures_has_no_line() -> None:
    assert build_figures_line([], MessageWording("en")) == ""
