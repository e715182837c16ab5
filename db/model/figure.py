"""A quantity that a text states."""

from __future__ import annotations

from dataclasses import dataclass

PART_SCOPE = "part"  # the scope of a figure that is a part of another one: "two of them"
CONVERTED_SCOPE = "converted"  # and of one that repeats the one before in another currency or unit, in brackets


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A quantity at `text[start:end]`: one value, or `low` and `high` of a range.

    Values are in SI units (m, m2, m3, kg, s, W, …), money in a currency of ISO 4217 ("UIT": the Peruvian tax unit,
    "?": not said), percent as 0 to 100, counts as a number of `unit`. A date's value is YYYY-MM-DD.
    """

    start: int
    end: int
    surface: str
    kind: str  # money, percent, distance, area, mass, volume, count, duration, power, date, …
    unit: str
    qualifier: str = ""  # approx, more_than, at_least, less_than, up_to, almost, range
    value: float | str | None = None
    low: float | None = None
    high: float | None = None
    is_multiple: bool = False  # a percent of what was before ("doubled": 200), no share of it and no growth
    measure: str = ""  # what it measures (pipelines.figures), "" if that is not known
    concept: str = ""  # id of the concept that it is a property of
    scope: str = ""  # what part, which time or which state it is of, as words in order: "first-stage y2025"
    is_attributed: bool = False  # whether its sentence names who says it
    in_lead: int = 0  # 1: it stands in the first sentences; 2: and no other value of its kind and unit does

    def as_dict(self) -> dict[str, object]:
        """Return what `vigia figures` prints: `value`, or `low` and `high`."""
        numbers = {"value": self.value} if self.value is not None else {"low": self.low, "high": self.high}
        place = {"start": self.start, "end": self.end, "surface": self.surface}
        return place | {"kind": self.kind} | numbers | {"unit": self.unit, "qualifier": self.qualifier}
