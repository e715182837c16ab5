"""Compose the message of a planned briefing: its headlines, where it is read, and its files. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from db.site.briefings.document import Briefing
from db.site.briefings.formats import BRIEFING_FORMATS, BRIEFING_MEDIA_TYPES
from db.text.sanitise import one_line
from pipelines.alerts.messages import rendering
from pipelines.alerts.messages.digest import AlertMessage, AttachedFile, MessageHead
from pipelines.alerts.messages.wording import MessageWording


def compose_briefing(
    briefing: Briefing, number: int, *, formats: Sequence[str], head: MessageHead, public_url: str | None
) -> AlertMessage:
    """Compose the message of a stored briefing. `formats`: of its files, without a dot.

    public_url: the reading room's URL, for a link to the briefing.
    """
    wording = MessageWording(head.language)
    desk, name = one_line(head.desk, 60), one_line(head.name, 60)
    what = briefing.period
    if briefing.stories:
        what = wording("subject.first", counted=briefing.period, first=briefing.stories[0].heading.text)
    subject = rendering.format_subject(wording("subject.line", desk=desk, name=name, what=what))
    files = [_write_file(briefing, number, ending) for ending in formats]
    known = {
        "t": wording,
        "subject": subject,
        "desk": desk,
        "name": name,
        "what": briefing.period,
        "briefing": briefing,
        "number": number,
        "url": None if public_url is None else f"{public_url.rstrip('/')}/briefing/{number}",
        "files": wording.join([file.name for file in files]),
    }
    text, html = rendering.render_message("briefing", known)
    without_files, _ = rendering.render_message("briefing", known | {"files": ""})
    return AlertMessage(
        subject=subject,
        text=text,
        html=html,
        token=head.token,
        thread=head.thread,
        desk=desk,
        created=head.created,
        count=len(briefing.stories),
        kind="briefing",
        language=head.language,
        files=tuple(files),
        text_without_files=without_files,
    )


def _write_file(briefing: Briefing, number: int, ending: str) -> AttachedFile:
    return AttachedFile(
        name=f"vigia-briefing-{number}.{ending}",
        media_type=BRIEFING_MEDIA_TYPES[f".{ending}"],
        body=BRIEFING_FORMATS[f".{ending}"](briefing),
    )
