from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from db.i18n.languages import LANGUAGES, Language
from db.text.sanitise import escape_line, one_line
from db.text.web_address import web_address
from pipelines.alerts.channels.log_file import format_line
from pipelines.alerts.channels.mail import build_mail
from pipelines.alerts.messages.digest import AlertMessage, DigestContents, MessageHead, compose_digest
from pipelines.alerts.messages.rendering import MAX_SUBJECT_CHARS
from pipelines.alerts.messages.story import build_story
from pipelines.silence import Health, Silence
from tests.fixtures.digest_example import LIMA
from tests.fixtures.digest_example import row as example_row

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
SERVICE = SimpleNamespace(
    from_addr=(False, "vigia@desk.example"),
    app_id="Vigia",
    names={},
    cc=set(),
    reply_to=set(),
    targets=[(False, "ana@example.org")],
)
TURNING = "\u202e\u2066\u2069\u200f\u061c"


def row(**columns: Any) -> dict[str, Any]:
    plain = {
        "url": "https://diario.example/1",
        "title": "Chancay abre",
        "text": "El puerto de Chancay abre sus puertas.",
        "outlet_name": "Diario",
        "published": "2026-11-22T13:30:00Z",
        "first_seen": "2026-11-22T14:00:00Z",
        "concepts": "{}",
    }
    return example_row(**LIMA | plain | columns)


def message(
    *rows: dict[str, Any],
    query: str = "chancay",
    name: str = "Puerto",
    language: Language = "en",
    **options: Any,
) -> AlertMessage:
    stories = tuple(build_story(each, query=query, zone="America/Lima", language=language) for each in rows)
    return compose_digest(
        DigestContents(stories=stories, lost=options.pop("lost", ())),
        head=MessageHead(
            desk="Vigía",
            name=name,
            query=query,
            thread="puerto",
            token="0123456789abcdef",
            created=NOW,
            language=language,
        ),
        **options,
    )


def test_a_story_shows_outlet_ownership_time_language_reasons_and_other_outlets() -> None:
    digest = message(
        row(
            title="China construye en Chancay",
            outlet_name="Xinhua",
            country="CN",
            kind="state-media",
            ownership="state",
            paywalled=1,
            credited_to="Agencia Quipu",
            sponsored=1,
            verdict="borderline",
            reasons='[{"sentence": "China construye el puerto de Chancay.", "concepts": ["china"]}]',
            also=json.dumps(
                [
                    {"name": name, "published": at, "precision": "day" if name == "D" else "time"}
                    for name, at in {
                        "A": "2026-11-22T15:40:00Z",
                        "B": "2026-11-22T13:30:10Z",
                        "C": "2026-11-22T12:45:00Z",
                        "D": "2026-11-22T00:00:00Z",
                        "E": "2026-11-24T13:30:00Z",
                        "F": None,
                        "G": "not a time",
                        "H": None,
                    }.items()
                ]
            ),
        )
    )
    for part in (digest.text, html.fromstring(digest.html).text_content()):
        assert "22 Nov 2026, 08:30 (Lima) · Spanish" in part
        assert "Matches: “chancay” in the headline" in part
        assert "On topic: “China construye el puerto de Chancay.”" in part
        assert (
            "Also in 8 outlets: A (2 h later), B (at the same time), C (45 min earlier), D, E (2 days later), F" in part
        )
        assert "F and 2 more" in part
        for flag in ("paywalled", "sponsored", "borderline: perhaps off topic", "credited to Agencia Quipu"):
            assert flag in part
    assert "Xinhua (China, state media) · 22 Nov" in digest.text
    assert '<span class="flag state">state media</span>' in digest.html
    assert "El puerto de *Chancay* abre" in digest.text
    assert '<b class="hit">Chancay</b>' in digest.html
    assert digest.subject == "[Vigía] Puerto: 1 new — China construye en Chancay"


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"published_precision": "day", "published": "2026-11-22T00:00:00Z"}, "22 Nov 2026 ·"),
        ({"published": None, "published_precision": None}, "seen 22 Nov 2026, 09:00 (Lima) ·"),
        ({"published": None, "claimed": "1994-02-01T03:00:00Z"}, "09:00 (Lima) (claims 31 Jan 1994) ·"),
        ({"published": "not a time"}, "seen 22 Nov 2026, 09:00 (Lima) ·"),
        ({"kind": "agency", "ownership": "state"}, "Diario (Peru, state media)"),
        ({"kind": "government", "ownership": "state"}, "Diario (Peru, government)"),
        ({"kind": None, "ownership": None, "country": None}, "Diario ·"),
        ({"kind": "think-tank", "ownership": "nonprofit"}, "Diario (Peru, think tank, non-profit)"),
    ],
)
def test_unknown_facts_are_left_out(columns: dict[str, Any], says: str) -> None:
    assert says in message(row(**columns)).text


def test_matched_words_are_marked_without_regard_to_accents_and_in_chinese() -> None:
    digest = message(row(title="Perú y 钱凯港", text="秘鲁的钱凯港开港。"), query="peru 钱凯港")
    assert '<b class="hit">Perú</b>' in digest.html
    assert '<b class="hit">钱凯港</b>开港' in digest.html


HOSTILE = [
    "Chancay\r\nBcc: everyone@example.org\r\n\r\n<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>Chancay</title></style><script>",
    f"Chancay {TURNING}gpj.exe",
    "Chancay \x00\x07\x1b[31m\x85\u2028\u2029",
    "x" * 10_000,
    "汉" * 10_000,
    "🇨🇳🤝🇵🇪 Chancay 👩🏽‍🔬",
    "{{ 7 * 7 }} {% raw %} =?utf-8?q?Chancay?=",
    "",
    " \n\t ",
]
NASTY = [*HOSTILE, "<b>" * 3_000, "\u05d0\u0627" * 2_000, "a\u0301" * 5_000, "{t} {n} %s {0}", TURNING]
NASTY = [pytest.param(one, id=str(n), marks=[pytest.mark.slow] * (len(one) > 500)) for n, one in enumerate(NASTY)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("nasty", NASTY)
def test_hostile_text_in_any_field_injects_nothing_in_any_language(nasty: str, language: Language) -> None:
    """In the headline, the text, the outlet's name, reasons, other outlets, concepts, figures, query and names."""
    digest = message(
        row(
            title=nasty,
            text=f"El puerto de Chancay. {nasty * 2}",
            outlet_name=nasty,
            also=json.dumps([{"name": nasty, "published": None, "precision": None}]),
            reasons=json.dumps([{"sentence": nasty}]),
            concepts=json.dumps({"chancay-port": dict.fromkeys(LANGUAGES, nasty)}),
            country="PE" if nasty else nasty,
            kind=nasty[:40],
            ownership=nasty[:40],
            updated=nasty or None,
            credited_to=nasty,
        ),
        row(title="Segundo"),
        name=f"Puerto {nasty}",
        query=f"chancay {nasty}",
        language=language,
        lost=(nasty,),
        more=3,
        health=Health(answered=1, watched=2, silent=(Silence(outlet_name=nasty, since=NOW, per_day=1),)),
    )
    assert len(digest.subject) <= MAX_SUBJECT_CHARS
    assert not set(digest.subject) & set("\r\n\x00\x1b\x85\u2028\u2029")
    assert not set(TURNING) & set(digest.text + digest.html + digest.subject)
    assert not set(digest.text) & set("\x00\x07\x1b\x85\u2028\u2029")
    tree = html.fromstring(digest.html)
    assert not tree.xpath("//script | //img | //iframe | //@onerror")
    assert len(tree.xpath("//style")) == 1
    assert len(tree.xpath("//h2/a")) == 2
    assert digest.text.count("\n   https://diario.example/1\n") == 2
    assert len(digest.text) < 20_000
    mail = email.message_from_bytes(build_mail(SERVICE, digest, to="ana@example.org"), policy=email.policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == digest.subject
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not mail.defects


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://diario.example/a?b=1&c=2", "https://diario.example/a?b=1&c=2"),
        ("http://diario.example/ñandú/秘鲁", "http://diario.example/ñandú/秘鲁"),
        ('https://diario.example/"><script>', "https://diario.example/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https:///nowhere", None),
        ("https://diario.example/\r\nBcc: x", None),
        ("https://diario.example/\u202egpj", None),
        ("https://[", None),
        ("//diario.example/", None),
    ],
)
def test_only_web_addresses_become_links(url: str, safe: str | None) -> None:
    assert web_address(url) == safe
    digest = message(row(url=url))
    links = html.fromstring(digest.html).xpath("//h2/a/@href")
    assert links == ([safe] if safe else [])
    assert (safe or "(no address that can be opened)") in digest.text


def test_articles_that_a_restored_database_lost_are_named() -> None:
    digest = message(lost=("diario.example/dos",))
    assert digest.subject == "[Vigía] Puerto: 1 new — diario.example/dos"
    assert "diario.example/dos" in digest.text
    assert "diario.example/dos" in digest.html


def test_a_digest_has_the_same_mail_headers_each_time() -> None:
    first, second = (
        email.message_from_bytes(build_mail(SERVICE, message(row()), to="ana@example.org"), policy=email.policy.default)
        for _ in range(2)
    )
    for name in ("Message-ID", "Date", "Subject", "References", "From", "To"):
        assert first[name] == second[name]


def test_a_subscription_with_a_chinese_name_has_an_ascii_thread_id() -> None:
    head = MessageHead(desk="D", name="钱凯", query="q", thread="钱凯", token="t", created=NOW)
    digest = compose_digest(DigestContents(lost=("x",)), head=head)
    mail = email.message_from_bytes(build_mail(SERVICE, digest, to="ana@example.org"), policy=email.policy.default)
    assert mail["References"].isascii()
    assert mail["References"].startswith("<")


@given(st.text())
def test_clean_text_is_one_printable_line_within_its_limit(text: str) -> None:
    once = one_line(text, 50)
    assert len(once) <= 50
    assert not set(once) & set("\r\n\t\x00\x1b\x85\u2028\u2029" + TURNING)
    assert one_line(once, 50) == once


@given(st.lists(st.text(), min_size=5, max_size=5))
def test_a_line_of_the_log_is_one_line_with_separate_fields(fields: list[str]) -> None:
    text = format_line(*fields)
    assert len(text.splitlines()) <= 1
    assert text.count("\t") == 4
    assert not set(text) & set("\r\n\x00\x1b\x85\u2028\u2029" + TURNING)


@given(st.text(), st.text())
def test_different_texts_are_different_when_escaped(one: str, other: str) -> None:
    assert (escape_line(one) == escape_line(other)) == (one == other)


@given(
    title=st.text(max_size=200),
    text=st.text(max_size=500),
    query=st.text(max_size=50),
    language=st.sampled_from(list(LANGUAGES)),
)
def test_any_text_and_any_query_make_a_message(title: str, text: str, query: str, language: Language) -> None:
    digest = message(row(title=title, text=text, outlet_name=title or "x"), query=query, name=query, language=language)
    assert build_mail(SERVICE, digest, to="ana@example.org").isascii()
    assert len(digest.subject) <= MAX_SUBJECT_CHARS


SUBJECTS = st.lists(st.text(alphabet="abé<>=()汉—,🇨?_", min_size=1, max_size=12), min_size=1, max_size=20).map(" ".join)


@given(SUBJECTS)
def test_a_subject_arrives_as_it_was_sent(title: str) -> None:
    digest = message(row(title=title))
    raw = build_mail(SERVICE, digest, to="ana@example.org")
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"] == digest.subject
    assert max(map(len, raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))) < 250
