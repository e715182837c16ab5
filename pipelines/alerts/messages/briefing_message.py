"""Compose the message of a planned briefing: its headlines, where it is read, and its files. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from db.site.briefings.document import Briefing
from db.site.briefings.formats import BRIEFING_FORMATS, BRIEFING_MEDIA_TYPES
from pipelines.alerts.messages.digest import AlertMessage, AttachedFile, MessageHead, compose_message
from pipelines.alerts.messages.wording import MessageWording


def compose_briefing(
    briefing: Briefing, number: int, *, formats: Sequence[str], head: MessageHead, public_url: str | None
) -> AlertMessage:
    """Compose the message of a stored briefing. `formats`: of its files, without a dot.

    public_url: the reading room's URL, for a link to the briefing.
    """
    wording = MessageWording(head.language)
    what = briefing.period
    if briefing.stories:
        what = wording("subject.first", counted=briefing.period, first=briefing.stories[0].heading.text)
    known = {
        "what": briefing.period,
        "briefing": briefing,
        "number": number,
        "url": None if public_url is None else f"{public_url.rstrip('/')}/briefing/{number}",
    }
    files = [_write_file(briefing, number, ending) for ending in formats]
    with_files, without_files = (
        compose_message(
            "briefing",
            known | {"files": names},
            head=head,
            what=what,
            kind="briefing",
            count=len(briefing.stories),
        )
        for names in (wording.join([file.name for file in files]), "")
    )
    return replace(with_files, files=tuple(files), text_without_files=without_files.text)


def _write_file(briefing: Briefing, number: int, ending: str) -> AttachedFile:
    return AttachedFile(
        name=f"vigia-briefing-{number}.{ending}",
        media_type=BRIEFING_MEDIA_TYPES[f".{ending}"],
        body=BRIEFING_FORMATS[f".{ending}"](briefing),
    )
