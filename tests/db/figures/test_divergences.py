"""Figures diverge only if every gate is passed; what may be the same, or of different things, is no divergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.figures.divergences import FoundDivergence, find_divergences
from db.figures.told_figures import MeasureRules, ScopeRules, ToldFigure
from db.news.stories.divergence_lookup import ToldRow, group_told

MEASURES = {
    "killed": MeasureRules(grows=True, is_lasting=False, needs_lead=True),
    "fine": MeasureRules(grows=False, is_lasting=False, needs_lead=True),
    "containers": MeasureRules(grows=False, is_lasting=False, needs_lead=True),
    "stake": MeasureRules(grows=False, is_lasting=False, needs_lead=True),
    "cost": MeasureRules(grows=False, is_lasting=True, needs_lead=False),
}
OWN = {"scope": "own-count", "is_attributed": True}
SCOPES = {
    "first-stage": ScopeRules(is_state=False, is_shown=True),
    "yearly": ScopeRules(is_state=False, is_shown=False),
    "seized": ScopeRules(is_state=True, is_shown=False),
    "closed": ScopeRules(is_state=True, is_shown=False),
    "changed": ScopeRules(is_state=False, is_shown=False, tells="update"),
    "own-count": ScopeRules(is_state=False, is_shown=False, tells="sources"),
}


def told(number: int, value: float, **other: object) -> ToldFigure:
    """A figure of the article and outlet of the same number, told so many hours after midnight."""
    figure = ToldFigure(
        id=number,
        article=number,
        original=number,
        outlet=f"o{number}",
        moment=f"2026-11-20T{number:02d}:00:00Z",
        kind="money",
        unit="PEN",
        value=value,
        qualifier="",
        measure="fine",
        concept="",
        scope="",
        is_attributed=False,
        in_lead=2,
    )
    return replace(figure, **other)


def find(*figures: ToldFigure, beside: Sequence[ToldFigure] = ()) -> list[FoundDivergence]:
    return find_divergences(figures, measures=MEASURES, scopes=SCOPES, beside=beside)


def test_two_outlets_with_two_values_differ() -> None:
    (found,) = find(told(1, 6.4e6), told(2, 8.1e6), told(3, 6.4e6))
    assert (found.measure, found.unit, found.kind) == ("fine", "PEN", "differs")
    assert found.figures == (1, 2, 3)
    assert found.since == "2026-11-20T02:00:00Z"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(told(1, 100), told(2, 102.9), id="within 3 %"),
        pytest.param(told(1, 96), told(2, 100, qualifier="approx"), id="rounded"),
        pytest.param(told(1, 500, qualifier="more_than"), told(2, 560), id="more than"),
        pytest.param(told(1, 500, qualifier="up_to"), told(2, 300), id="a limit"),
        pytest.param(told(1, 100), told(2, 401), id="more than four times as much"),
        pytest.param(told(1, 100), told(2, 130, unit="USD"), id="another currency"),
        pytest.param(told(1, 100), told(2, 130, measure="cost"), id="another measure"),
        pytest.param(told(1, 100), told(2, 130, scope="yearly"), id="another scope"),
        pytest.param(told(1, 100), told(2, 130, scope="y2024"), id="another year"),
        pytest.param(told(1, 100), told(2, 130, scope="part"), id="a part"),
        pytest.param(told(1, 100), told(2, 130, outlet="o1"), id="one outlet"),
        pytest.param(told(1, 100), told(2, 130, original=1), id="a copy"),
        pytest.param(told(1, 100), told(2, 130, in_lead=0), id="background"),
        pytest.param(told(1, 100), told(2, 130, in_lead=1), id="one beside others of its kind"),
        pytest.param(told(1, 100), told(2, 130, measure=""), id="no measure"),
        pytest.param(told(1, 100, unit="?"), told(2, 130, unit="?"), id="no currency"),
        pytest.param(
            told(1, 100, kind="count", measure="containers", scope="seized"),
            told(2, 130, kind="count", measure="containers", scope="closed"),
            id="another state",
        ),
    ],
)
def test_what_may_be_the_same_or_of_something_else_is_no_divergence(one: ToldFigure, other: ToldFigure) -> None:
    assert find(one, other) == []


def test_a_value_that_two_originals_tell_may_stand_beside_others_of_its_kind() -> None:
    assert len(find(*(told(number, value, in_lead=1) for number, value in ((1, 100), (2, 130), (3, 100))))) == 1


def test_a_value_outside_of_leads_counts_if_it_is_somebodys_own() -> None:
    assert len(find(told(1, 100), told(2, 130, in_lead=0, **OWN), told(3, 100))) == 1


def tell_beside(article: int, *values: float, **other: object) -> list[ToldFigure]:
    """Figures of an article, one behind the other, of which nobody knows what they measure."""
    attributed: dict[str, object] = {"measure": "", "in_lead": 0, "is_attributed": True, **other}
    return [told(article, value, **attributed | {"id": 100 * article + place}) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("kind", "beside"),
    [
        ("sources", tell_beside(3, 6.4e6, 8.1e6)),
        ("sources", tell_beside(1, 8.1e6, 6.4e6)),
        ("differs", tell_beside(3, 6.4e6, 8.1e6, is_attributed=False)),
        ("differs", tell_beside(3, 6.4e6, 8.1e6, unit="USD")),
        ("differs", tell_beside(3, 6.4e6, 9.9e6, 2.1e6)),
        ("differs", [*tell_beside(3, 6.4e6), *tell_beside(4, 8.1e6)]),
    ],
)
def test_an_article_that_sets_both_beside_each_other_names_their_sources(kind: str, beside: list[ToldFigure]) -> None:
    """Whether or not it is known what its figures measure; they alone make no divergence."""
    figures = (told(1, 6.4e6), told(2, 8.1e6))
    assert [found.kind for found in find(*figures, beside=beside)] == [kind]
    assert find(figures[0], beside=beside) == []


@given(st.floats(21, 79).map(lambda value: round(value, 1)))
def test_a_share_and_the_rest_are_of_two_owners(share: float) -> None:
    shares: dict[str, object] = {"kind": "percent", "unit": "%", "measure": "stake"}
    assert find(told(1, share, **shares), told(2, 100 - share, **shares), told(3, share, **shares)) == []


def test_about_seventy_and_about_eighty_differ() -> None:
    assert len(find(told(1, 70, qualifier="approx"), told(2, 80, qualifier="approx"))) == 1


def test_an_article_that_says_two_values_without_sources_decides_nothing() -> None:
    both = (told(2, 100), replace(told(2, 130), id=4))
    assert find(told(1, 100), *both) == []


def test_values_with_their_sources_in_one_article_are_of_sources() -> None:
    both = (told(2, 100, is_attributed=True), replace(told(2, 130, is_attributed=True), id=4))
    (found,) = find(told(1, 100), *both)
    assert found.kind == "sources"


def test_a_growing_measure_that_later_reports_tell_otherwise_is_an_update() -> None:
    (found,) = find(*(told(n, v, measure="killed", kind="count", unit="people") for n, v in ((1, 2), (2, 2), (3, 3))))
    assert (found.kind, found.unit) == ("update", "")


def test_an_article_that_tells_a_toll_and_the_one_before_tells_the_later() -> None:
    dead = {"kind": "count", "unit": "people", "measure": "killed"}
    both = (told(2, 2, **dead), told(3, 3, article=2, original=2, outlet="o2", **dead))
    (found,) = find(told(1, 2, **dead), *both, told(4, 3, **dead))
    assert (found.kind, found.figures) == ("update", (1, 3, 4))
    percents = [replace(one, kind="percent", unit="%") for one in both]
    assert find(told(1, 2, **dead), *percents) == []


def test_values_far_apart_differ_only_if_an_article_sets_them_beside_each_other() -> None:
    spilt = {"measure": "killed", "is_attributed": True}
    one, other = told(1, 10, **spilt), told(2, 50, **spilt)
    assert find(one, other) == []
    (found,) = find(one, other, replace(told(2, 10, **spilt), id=9))
    assert found.kind == "sources"
    assert find(one, replace(other, value=110), replace(told(2, 10, **spilt), id=9)) == []


def test_a_value_far_off_does_not_make_an_article_undecided() -> None:
    shops = [told(n, v, in_lead=1) for n, v in ((1, 100), (2, 130), (3, 130))]
    (found,) = find(*shops, replace(told(1, 9_000, in_lead=1), id=9))
    assert found.figures == (1, 2, 3)


def test_what_articles_differ_in_beside_a_value_in_which_they_agree() -> None:
    lost = [replace(told(n, v), id=n) for n, v in ((1, 180), (2, 180), (3, 210), (4, 210))]
    whole = [replace(told(n, 420), id=n + 10) for n in (1, 2, 3, 4)]
    (found,) = find(*lost, *whole)
    assert found.figures == (1, 2, 3, 4)
    assert find(*lost[:3], *whole[:3]) == []


def test_what_is_only_converted_is_compared_with_nothing() -> None:
    converted = told(2, 130, scope="converted")
    assert find(told(1, 100), converted) == []
    (found,) = find(told(1, 100), converted, told(3, 130))
    assert found.figures == (1, 2, 3)


def test_the_losses_of_a_day_do_not_grow() -> None:
    values = [told(n, v, measure="killed", scope="yearly") for n, v in ((1, 100), (2, 130))]
    (found,) = find(*values)
    assert found.kind == "differs"


def test_what_an_article_counts_as_two_things_is_no_divergence() -> None:
    vehicles = {"kind": "count", "measure": "containers"}
    one, other = told(1, 410, **vehicles), told(2, 320, **vehicles)
    buses = replace(told(1, 320, kind="count", measure="buses"), id=9)
    assert len(find(one, other)) == 1
    assert find(one, other, buses) == []
    assert len(find(one, other, replace(buses, article=2))) == 1
    assert len(find(one, other, replace(buses, value=410.0))) == 1


@pytest.mark.parametrize(
    ("kind", "figures"),
    [
        pytest.param("differs", (told(1, 100), told(2, 130)), id="nothing tells why"),
        pytest.param("sources", (told(1, 100), told(2, 130, **OWN)), id="a union's own count"),
        pytest.param("differs", (told(1, 100), told(2, 130, **OWN), told(3, 130)), id="others tell it as a fact"),
        pytest.param("update", (told(1, 100), told(2, 130, scope="changed")), id="up from 100"),
        pytest.param("update", (told(1, 100, scope="changed"), told(2, 130, **OWN)), id="a new count"),
        pytest.param(
            "differs", (told(2, 100), replace(told(3, 130, scope="changed"), moment=told(2, 0).moment)), id="at once"
        ),
        pytest.param("update", (told(1, 38), told(2, 61), told(3, 74)), id="in turn"),
        pytest.param("differs", (told(1, 38), told(2, 61), told(3, 74), told(4, 38)), id="the first again"),
    ],
)
def test_the_kind_is_what_the_articles_tell_of_why_values_differ(kind: str, figures: tuple[ToldFigure, ...]) -> None:
    (found,) = find(*figures)
    assert found.kind == kind


def test_what_most_later_reports_keep_to_is_no_update() -> None:
    values = [told(n, v, measure="killed", kind="count", unit="people") for n, v in ((1, 3), (2, 4), (3, 3), (4, 3))]
    (found,) = find(*values)
    assert found.kind == "differs"
    (found,) = find(*values[:3])
    assert found.kind == "update"


def test_counts_in_words_of_two_languages_are_compared() -> None:
    one, other = told(1, 2, measure="killed", kind="count", unit="obreros"), told(2, 3, measure="killed", kind="count")
    assert len(find(one, replace(other, unit="workers"))) == 1


def test_a_lasting_property_of_two_scopes_may_not_mean_the_same() -> None:
    one, other = told(1, 1.3e9, measure="cost", concept="port"), told(2, 3.6e9, measure="cost", concept="port")
    (found,) = find(replace(one, scope="first-stage"), other)
    assert (found.kind, found.concept) == ("scope", "port")
    assert find(replace(one, scope="first-stage"), replace(other, concept="mine")) == []


def test_an_article_that_tells_both_in_their_scopes_explains_them() -> None:
    stage = told(1, 1.3e9, measure="cost", concept="port", scope="first-stage")
    whole = replace(told(1, 3.6e9, measure="cost", concept="port"), id=9)
    assert find(stage, whole, told(2, 3.6e9, measure="cost", concept="port")) == []
    assert find(stage, whole, told(2, 1.3e9, measure="cost", concept="port")) == []


figures = st.builds(
    lambda number, value, qualifier, is_attributed, in_lead, kind: told(
        number, value, qualifier=qualifier, is_attributed=is_attributed, in_lead=in_lead, kind=kind
    ),
    st.integers(1, 9),
    st.sampled_from([0.0, 1.0, 2.0, 3.0, 3.05, 8.0, 9.0, 40.0]),
    st.sampled_from(["", "approx", "more_than", "up_to", "almost"]),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from(["money", "count"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(figures, max_size=9, unique_by=lambda figure: figure.id))
def test_whatever_is_shown_has_two_outlets_and_two_values_that_are_apart(all_told: list[ToldFigure]) -> None:
    by_id = {figure.id: figure for figure in all_told}
    for found in find(*all_told):
        shown = [by_id[id_] for id_ in found.figures]
        assert len({figure.outlet for figure in shown}) >= 2
        assert max(figure.value for figure in shown) > 1.03 * min(figure.value for figure in shown)
        assert len({(figure.kind, figure.measure, figure.unit) for figure in shown}) == 1


def group(*figures: tuple[float, str]) -> list[list[tuple[float, str]]]:
    rows = [{"value": value, "qualifier": qualifier} for value, qualifier in figures]
    return [[(row["value"], row["qualifier"]) for row in rows] for rows in group_told(cast("list[ToldRow]", rows))]


def test_figures_are_shown_by_value_as_they_were_found_to_differ() -> None:
    assert group((97.0, ""), (100.0, "")) == [[(97.0, "")], [(100.0, "")]]
    assert group((100.0, "approx"), (80.0, ""), (96.0, "")) == [[(96.0, ""), (100.0, "approx")], [(80.0, "")]]
    assert group((90.0, "more_than"), (200.0, ""), (95.0, "")) == [[(95.0, ""), (90.0, "more_than")], [(200.0, "")]]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([70.0, 96.0, 97.0, 98.5, 100.0, 130.0]), st.sampled_from(["", "approx", "more_than"])
        ),
        max_size=6,
    )
)
def test_what_differs_is_shown_as_more_than_one_value(values: list[tuple[float, str]]) -> None:
    figures = [told(n + 1, value, qualifier=qualifier) for n, (value, qualifier) in enumerate(values)]
    for found in find(*figures):
        assert len(group(*(values[number - 1] for number in found.figures))) > 1
