"""The sentences of messages, in three languages."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from lxml import html

import pipelines.alerts
from db.desk.alerts import MAX_DIGEST_ALERTS
from db.i18n.catalogue import SHARED_FOLDER, load_entries
from db.i18n.languages import LANGUAGES, Language
from db.model.outlet_kind import OWNERSHIPS
from db.search.query.vocabulary import KINDS, VERDICTS
from db.text.sanitise import wrap_lines
from pipelines.alerts.messages.source_health import source_health_line
from pipelines.alerts.messages.wording import MessageWording
from pipelines.silence import Health, Silence
from tests.fixtures.catalogues import assert_agrees_with_english, unfit
from tests.fixtures.digest_example import CREATED, HEALTH, ROWS, ZONES, as_mailed, digest, heartbeat
from tests.fixtures.paths import ROOT

FOLDER = Path(pipelines.alerts.__file__).parent

# Tables whose keys are codes: of the database, of parts of a query, of problems.
BY_CODE = {"ownerships", "verdicts", "flags", "matches", "troubles", "problems", "remedies"}

HEALTHY: dict[Language, str] = {
    "en": """
Sources: 61 of 63 outlets answered;
Diario del Sur silent for 3 days, usually 6 a day;
Foro Asia silent for 16 days, usually 3 a week
""",
    "es": """
Fuentes: respondieron 61 de 63 medios.
Diario del Sur lleva 3 días sin publicar; normalmente publica 6 artículos al día.
Foro Asia lleva 16 días sin publicar; normalmente publica 3 artículos a la semana.
""",
    "zh": """有响应的媒体：61/63 家；\
Diario del Sur 已 3 天未更新，平时每天约 6 篇；\
Foro Asia 已 16 天未更新，平时每周约 3 篇。""",
}

languages = pytest.mark.parametrize("language", LANGUAGES)


@languages
def test_every_language_says_the_same_things_with_the_same_values(language: Language) -> None:
    assert_agrees_with_english(MessageWording.folder, language)


def test_a_template_gives_each_sentence_the_values_that_it_needs() -> None:
    assert unfit(FOLDER / "messages" / "templates", MessageWording()) == []


def test_sentences_shared_with_pages_are_defined_once() -> None:
    assert load_entries(SHARED_FOLDER, "en").keys() & load_entries(MessageWording.folder, "en").keys() == set()


def test_every_used_sentence_is_defined_and_every_defined_one_is_used() -> None:
    sources = [*FOLDER.rglob("*.py"), *(FOLDER / "messages" / "templates").glob("*.*")]
    asked = {
        key
        for path in sources
        for key in re.findall(r"""(?:\bt|wording|\bself)\(\s*f?["']([a-z_]+\.[a-z_]+)["'](?!\{)""", path.read_text())
    }
    asked |= {
        key for path in sources for key in re.findall(r'"((?:health|also|matches|subject)\.[a-z_]+)"', path.read_text())
    }
    there = set(load_entries(MessageWording.folder, "en"))
    by_code = {key for key in there if key.split(".")[0] in BY_CODE}
    assert asked <= there
    assert there - by_code - asked == set()


@languages
def test_every_code_of_the_database_has_a_word(language: Language) -> None:
    wanted = {f"kinds.{it}" for it in KINDS} | {f"ownerships.{it}" for it in OWNERSHIPS}
    assert wanted | {f"verdicts.{it}" for it in VERDICTS} <= MessageWording(language).entries.keys()


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "22 Nov 2026, 12:30 (London)"),
        ("es", "22 nov. 2026, 07:30 (Lima)"),
        ("zh", "2026年11月22日 20:30（上海）"),
    ],
)
def test_a_time_is_written_in_the_readers_language_and_zone(language: Language, says: str) -> None:
    assert MessageWording(language).moment(CREATED, ZONES[language]) == says


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (0, "at the same time"),
        (1, "1 min later"),
        (-45, "45 min earlier"),
        (120, "2 h later"),
        (60 * 35, "35 h later"),
        (60 * 48, "2 days later"),
    ],
)
def test_a_delay_is_given_in_one_unit(minutes: int, says: str) -> None:
    assert MessageWording("en").lag(dt.timedelta(minutes=minutes)) == says


@pytest.mark.parametrize(("language", "says"), HEALTHY.items(), ids=list(HEALTHY))
def test_the_health_of_the_sources_is_one_line(language: Language, says: str) -> None:
    assert source_health_line(HEALTH, now=CREATED, wording=MessageWording(language)) == " ".join(says.split())


def test_the_health_of_the_sources_names_at_most_three_outlets() -> None:
    english = MessageWording("en")
    silences = [
        Silence(outlet_name=f"Outlet {n}", since=CREATED - dt.timedelta(hours=9), per_day=0.02) for n in range(5)
    ]
    assert source_health_line(Health(answered=0, watched=0), now=CREATED, wording=english) is None
    assert (
        source_health_line(Health(answered=63, watched=63), now=CREATED, wording=english)
        == "Sources: 63 of 63 outlets answered"
    )
    many = source_health_line(Health(answered=1, watched=5, silent=tuple(silences)), now=CREATED, wording=english)
    assert many is not None
    assert many.endswith("Outlet 2 silent for 9 h, usually 1 a month; 2 more silent")
    ahead = Silence(outlet_name="Ahead", since=CREATED + dt.timedelta(days=1), per_day=9)
    assert "silent for 0 min" in str(
        source_health_line(Health(answered=1, watched=1, silent=(ahead,)), now=CREATED, wording=english)
    )


@languages
def test_the_text_and_html_of_a_digest_say_the_same(language: Language) -> None:
    text, page = as_mailed(digest(language))
    tree = html.fromstring(page)
    words = " ".join(tree.text_content().split())
    squeezed = " ".join(text.split())
    wording = MessageWording(language)
    for key in (
        "flags.paywalled",
        "flags.sponsored",
        "flags.borderline",
        "flags.copy",
        "kinds.state-media",
        "kinds.think-tank",
    ):
        said = wording(key)
        assert said in words
        assert said in squeezed
    for said in (
        wording("more.line", n=14),
        wording("story.updated", what="3.5 → 4.2 billion; + Julia Quispe"),
        wording("story.no_address"),
    ):
        assert said in words
        assert said in squeezed
    assert set(tree.xpath("//a/@href")) == set(re.findall(r"https?://\S+", text))
    assert set(tree.xpath("//a/@rel")) == {"noopener noreferrer"}
    assert tree.get("lang") == MessageWording.tags[language]


@languages
def test_the_longest_digest_is_short_enough_for_gmail(language: Language) -> None:
    rows = tuple(ROWS[number % 3] for number in range(MAX_DIGEST_ALERTS))  # of the longer ones
    page = as_mailed(digest(language, rows=rows))[1]
    assert len(page.encode()) < 102_000, "Gmail cuts off what is longer, the link to unsubscribe with it"


@languages
def test_a_message_loads_nothing_and_runs_nothing(language: Language) -> None:
    for message in (digest(language), heartbeat(language)):
        page = as_mailed(message)[1]
        tree = html.fromstring(page)
        assert not tree.xpath(
            "//script | //img | //link | //iframe | //object | //form | //@src | //@background | //@onclick"
        )
        assert "url(" not in page
        assert "@import" not in page


@pytest.mark.parametrize(
    ("language", "quiet"),
    [
        ("en", "Nothing matched this week."),
        ("es", "Esta semana no hubo noticias."),
        ("zh", "本周没有匹配的报道。"),
    ],
)
def test_a_heartbeat_says_that_nothing_matched_and_how_the_sources_are(language: Language, quiet: str) -> None:
    message = heartbeat(language)
    assert quiet in message.text
    assert quiet in message.html
    assert message.kind == "heartbeat"
    assert str(source_health_line(HEALTH, now=CREATED, wording=MessageWording(language))) in message.text


def test_the_documented_example_is_the_text_of_the_digest() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown == wrap_lines(as_mailed(digest("en", rows=(*ROWS[:3], ROWS[5])))[0])
