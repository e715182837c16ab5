"""Draw a row of small bars as SVG, without script and style attributes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDTH, _GAP, _HEIGHT = 6, 2, 24  # units of the view box


def draw_sparkline(values: Sequence[int], *, label: str, titles: Sequence[str] = ()) -> Markup:
    """Draw one bar for each value, oldest first. `label` describes the chart, `titles` each bar."""
    top = max(values, default=0) or 1
    width = max(1, len(values) * (_WIDTH + _GAP) - _GAP)
    bars = []
    for place, value in enumerate(values):
        height = max(value / top * _HEIGHT, 1.0)  # an empty week is drawn as a line
        title = f"<title>{escape(titles[place])}</title>" if titles else ""
        bars.append(
            f'<rect class="{"some" if value else "none"}" x="{place * (_WIDTH + _GAP)}" y="{_HEIGHT - height:.1f}" '
            f'width="{_WIDTH}" height="{height:.1f}">{title}</rect>'
        )
    return Markup(  # noqa: S704 -- numbers of ours and escaped words
        f'<svg class="spark" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}">{"".join(bars)}</svg>'
    )
