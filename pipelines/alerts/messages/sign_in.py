"""Compose the mail with the link by which a person signs in. Pure."""

from __future__ import annotations

import datetime as dt

from db.i18n.languages import Language
from db.text.sanitise import one_line
from pipelines.alerts.messages.digest import AlertMessage
from pipelines.alerts.messages.rendering import format_subject, render_message
from pipelines.alerts.messages.wording import MessageWording


def compose_sign_in(
    name: str, url: str, *, minutes: int, desk: str, language: Language, token: str, created: dt.datetime
) -> AlertMessage:
    """Compose the mail. `minutes`: how long the link is valid. `token`: the mail's own, for its Message-ID."""
    wording = MessageWording(language)
    desk, name = one_line(desk, 60), one_line(name, 60)
    what = wording("sign_in.subject", name=name)
    subject = format_subject(f"[{desk}] {what}")
    known = {"t": wording, "subject": subject, "desk": desk, "name": name, "url": url, "minutes": minutes}
    text, html = render_message("sign_in", known)
    return AlertMessage(
        subject=subject,
        text=text,
        html=html,
        token=token,
        thread="sign-in",
        desk=desk,
        created=created,
        count=0,
        kind="sign-in",
        language=language,
    )
