"""Compose notices as a message: faults of the desk, their remedies, and what has ended. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal

from db.desk.notices import Notice
from db.model.times import read_stamp
from db.text.sanitise import one_line
from pipelines.alerts.messages import rendering
from pipelines.alerts.messages.digest import AlertMessage
from pipelines.alerts.messages.wording import MessageWording

MAX_VALUE_CHARS = 300  # length of one value in a sentence
MAX_OPEN_LISTED = 20  # conditions reported before that a message lists again


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """One condition in words: the fault, and what the operator can do."""

    sentence: str
    remedy: str = ""


def describe_notice(notice: Notice, *, wording: MessageWording, zone: str) -> NoticeText:
    """Describe a condition. Values from outside are cleaned."""
    values = _format_values(notice.detail, wording=wording, zone=zone)
    return NoticeText(
        sentence=wording(_sentence_key(notice), **values),
        remedy=wording(f"remedies.{notice.kind}", **values),
    )


def _sentence_key(notice: Notice) -> str:
    if notice.kind == "disk" and notice.detail.get("days") is not None:
        return "troubles.disk_days"
    return f"troubles.{notice.kind}"


def _format_values(detail: Mapping[str, Any], *, wording: MessageWording, zone: str) -> dict[str, Any]:
    """Format the values of a condition in the reader's language."""
    values = {
        key: one_line(value, MAX_VALUE_CHARS) if isinstance(value, str) else value for key, value in detail.items()
    }
    for key in ("since", "newest"):
        if values.get(key):
            values[key] = wording.moment(read_stamp(detail[key]), zone)
    for key in ("free", "total"):
        if key in values:
            values[key] = f"{format_decimal(round(detail[key] / 1e9, 1), locale=wording.locale)} GB"
    if "problem" in values:
        values["problem"] = wording(f"problems.{detail['problem']}", **values)
    if "per_day" in values:
        values["rate"] = wording.rate(detail["per_day"])
    for key in ("days", "pages", "outlets", "subscriptions"):
        if isinstance(values.get(key), int):
            values["n"] = values.pop(key)
    return values


def describe_end(notice: Notice, *, wording: MessageWording, zone: str) -> str:
    """Describe a condition that has ended. It may have been fixed, or be checked no longer."""
    sentence = describe_notice(notice, wording=wording, zone=zone).sentence
    return wording("notice.over", what=sentence, ended=wording.moment(notice.ended or notice.first_seen, zone))


def format_notice_lines(
    began: Sequence[Notice], ended: Sequence[Notice], *, wording: MessageWording, zone: str
) -> tuple[str, ...]:
    """Return the notices as log lines: one line for each condition, with its remedy."""
    starts = (describe_notice(notice, wording=wording, zone=zone) for notice in began)
    return (
        *(f"{start.sentence}. {start.remedy}" for start in starts),
        *(describe_end(notice, wording=wording, zone=zone) for notice in ended),
    )


def compose_notice(
    began: Sequence[Notice],
    ended: Sequence[Notice],
    others: Sequence[Notice],
    *,
    desk: str,
    token: str,
    thread: str,
    created: dt.datetime,
    wording: MessageWording,
    zone: str,
) -> AlertMessage:
    """Compose one message for all conditions that began or ended; `others` still hold and were reported before."""
    starts = [describe_notice(notice, wording=wording, zone=zone) for notice in began]
    ends = [describe_end(notice, wording=wording, zone=zone) for notice in ended]
    counted = _count_in_words(len(starts), len(ends), wording)
    first = starts[0].sentence if starts else ends[0] if ends else ""
    desk = one_line(desk, 60)
    line = wording("notice.subject", desk=desk, what=wording("subject.first", counted=counted, first=first))
    subject = rendering.format_subject(line)
    known = {
        "t": wording,
        "subject": subject,
        "desk": desk,
        "counted": counted,
        "began": starts,
        "ended": ends,
        "others": [describe_notice(notice, wording=wording, zone=zone).sentence for notice in others[:MAX_OPEN_LISTED]],
        "further": max(0, len(others) - MAX_OPEN_LISTED),
    }
    text, html = rendering.render_message("notice", known)
    return AlertMessage(
        subject=subject,
        text=text,
        html=html,
        token=token,
        thread=thread,
        desk=desk,
        created=created,
        count=len(starts) + len(ends),
        kind="notice",
        language=wording.language,
    )


def _count_in_words(began: int, ended: int, wording: MessageWording) -> str:
    """ "2 new problems, 1 resolved"."""
    if began and ended:
        return wording(
            "notice.both", began=wording("notice.began", n=began), ended=wording("notice.ended_too", n=ended)
        )
    return wording("notice.began", n=began) if began else wording("notice.ended", n=ended)
