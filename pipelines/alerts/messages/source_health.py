"""Write the health of the sources in one line: "61 of 63 outlets answered; Gestión silent for …". Pure."""

from __future__ import annotations

import datetime as dt

from db.text.sanitise import one_line
from pipelines.alerts.messages.wording import MessageWording
from pipelines.silence import Health, Silence

MAX_SILENT_NAMED = 3  # silent outlets that the line names


def source_health_line(health: Health, *, now: dt.datetime, wording: MessageWording) -> str | None:
    """Return the line for a message's foot; None if no outlet is watched."""
    if not health.watched:
        return None
    line = wording("health.line", answered=health.answered, n=health.watched)
    silences = [silent_outlet_line(silence, now=now, wording=wording) for silence in health.silent[:MAX_SILENT_NAMED]]
    if rest := len(health.silent) - MAX_SILENT_NAMED:
        silences += [wording("health.more", n=rest)] if rest > 0 else []
    if not silences:
        return line
    return wording("health.joined", line=line, silences=wording("health.between").join(silences))


def silent_outlet_line(silence: Silence, *, now: dt.datetime, wording: MessageWording) -> str:
    """ "Gestión silent for 3 days, usually 6 a day"."""
    span = wording.span(max(now - silence.since, dt.timedelta()))
    return wording(
        "health.silent", outlet=one_line(silence.outlet_name, 60), span=span, rate=wording.rate(silence.per_day)
    )
