"""The volume of a relationship by week, as an SVG that needs no script, no style attribute and no other host."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

WEEKS = 26
_WIDTH, _HEIGHT, _GAP = 24, 64, 6  # of one week's bar, in units of the view box
SERIES = (("state", "state-owned or state media"), ("private", "privately owned"), ("other", "other"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week that begins on a Monday, with its articles by who owns the outlet."""

    monday: dt.date
    state: int = 0
    private: int = 0
    other: int = 0

    @property
    def all(self) -> int:
        """Articles of the week."""
        return self.state + self.private + self.other


def weeks(rows: Iterable[tuple[str, int, int, int]], *, today: dt.date) -> list[Week]:
    """The last `WEEKS` weeks, oldest first, from rows (day, articles, of state outlets, of private ones)."""
    last = today - dt.timedelta(days=today.weekday())
    mondays = [last - dt.timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    found = {monday: Week(monday=monday) for monday in mondays}
    for text, n, state, private in rows:
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            continue  # a time that no calendar knows belongs to no week
        week = found.get(day - dt.timedelta(days=day.weekday()))
        if week is not None:
            found[week.monday] = Week(
                monday=week.monday,
                state=week.state + state,
                private=week.private + private,
                other=week.other + n - state - private,
            )
    return list(found.values())


def volume_chart(found: list[Week]) -> Markup:
    """Stacked bars, one a week; every number can be read in the bar's title, and the whole in the label."""
    top = max((week.all for week in found), default=0) or 1
    width = len(found) * (_WIDTH + _GAP) - _GAP
    parts = []
    for number, week in enumerate(found):
        x, y = number * (_WIDTH + _GAP), float(_HEIGHT)
        title = f"Week of {week.monday.day} {week.monday:%B %Y}: {week.all} article{'' if week.all == 1 else 's'}"
        if week.all:
            title += f" ({week.state} state, {week.private} private, {week.other} other)"
        bars = [f'<rect class="ground" x="{x}" y="0" width="{_WIDTH}" height="{_HEIGHT}"/>']
        for series in ("state", "private", "other"):
            height = getattr(week, series) / top * _HEIGHT
            if height:
                y -= height
                bars.append(f'<rect class="{series}" x="{x}" y="{y:.1f}" width="{_WIDTH}" height="{height:.1f}"/>')
        parts.append(f"<g><title>{escape(title)}</title>{''.join(bars)}</g>")
    label = f"Articles a week over {len(found)} weeks; the most in one week: {top}"
    return Markup(  # noqa: S704 -- numbers of ours and escaped titles
        f'<svg class="volume" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )
