"""Notices as a message: what is wrong with the desk, what to do about it, and what is over. Pure: rows in, text out."""

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
from pipelines.alerts.messages.digest import Message
from pipelines.alerts.messages.wording import Wording

LONGEST = 300  # characters of one value
MOST_OPEN = 20  # further conditions that a message lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One condition in words: what is wrong, and what its keeper can do."""

    sentence: str
    remedy: str = ""


def told(notice: Notice, *, wording: Wording, zone: str) -> Told:
    """A condition in words. Values from outside are cleaned; names are those of the desk's file."""
    values = _values(notice.detail, wording=wording, zone=zone)
    return Told(
        sentence=wording(_sentence_of(notice), **values),
        remedy=wording(f"remedies.{notice.kind}", **values),
    )


def _sentence_of(notice: Notice) -> str:
    if notice.kind == "disk" and notice.detail.get("days") is not None:
        return "troubles.disk_days"
    return f"troubles.{notice.kind}"


def _values(detail: Mapping[str, Any], *, wording: Wording, zone: str) -> dict[str, Any]:
    """What sentences may name, in the reader's language."""
    values = {key: one_line(value, LONGEST) if isinstance(value, str) else value for key, value in detail.items()}
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
    for key in ("days", "pages", "outlets"):
        if isinstance(values.get(key), int):
            values["n"] = values.pop(key)
    return values


def over(notice: Notice, *, wording: Wording, zone: str) -> str:
    """A condition that has ended, in words. Whether it was mended or is watched no longer, nobody knows."""
    sentence = told(notice, wording=wording, zone=zone).sentence
    return wording("notice.over", what=sentence, ended=wording.moment(notice.ended or notice.first_seen, zone))


def notice_lines(began: Sequence[Notice], ended: Sequence[Notice], *, wording: Wording, zone: str) -> tuple[str, ...]:
    """The same for a log: one line for each condition, with what to do about it."""
    starts = (told(notice, wording=wording, zone=zone) for notice in began)
    return (
        *(f"{one.sentence}. {one.remedy}" for one in starts),
        *(over(notice, wording=wording, zone=zone) for notice in ended),
    )


def notice_message(
    began: Sequence[Notice],
    ended: Sequence[Notice],
    others: Sequence[Notice],
    *,
    desk: str,
    token: str,
    thread: str,
    created: dt.datetime,
    wording: Wording,
    zone: str,
) -> Message:
    """One message for all that began and ended; `others` hold still and were told before."""
    starts = [told(notice, wording=wording, zone=zone) for notice in began]
    ends = [over(notice, wording=wording, zone=zone) for notice in ended]
    counted = _counted(len(starts), len(ends), wording)
    first = starts[0].sentence if starts else ends[0] if ends else ""
    desk = one_line(desk, 60)
    line = wording("notice.subject", desk=desk, what=wording("subject.first", counted=counted, first=first))
    subject = rendering.subject(line)
    known = {
        "t": wording,
        "subject": subject,
        "desk": desk,
        "counted": counted,
        "began": starts,
        "ended": ends,
        "others": [told(notice, wording=wording, zone=zone).sentence for notice in others[:MOST_OPEN]],
        "further": max(0, len(others) - MOST_OPEN),
    }
    text, html = rendering.rendered("notice", known)
    return Message(
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


def _counted(began: int, ended: int, wording: Wording) -> str:
    """ "2 troubles began, 1 ended"."""
    if began and ended:
        return wording(
            "notice.both", began=wording("notice.began", n=began), ended=wording("notice.ended_too", n=ended)
        )
    return wording("notice.began", n=began) if began else wording("notice.ended", n=ended)
