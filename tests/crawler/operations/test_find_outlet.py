"""An address belongs to the outlet of its host; in doubt to none."""

from __future__ import annotations

import pytest

from crawler.config.desk import OUTLET_DIRECTORY, shipped_outlets
from crawler.config.outlet import Outlet
from crawler.operations.find_outlet import OutletFinder


def outlet(name: str, home: str, **fields: object) -> Outlet:
    given = {"name": name, "country": "PE", "languages": ("es",), "kind": "press", "feeds": (f"{home}feed",)}
    return Outlet(id=name, home=home, **{**given, **fields})  # type: ignore[arg-type]


FINDER = OutletFinder([
    outlet("faro", "https://www.faro.example/", hosts=("faro-antiguo.example",)),
    outlet("costa_es", "https://es.costa.example/"),
    outlet("costa_en", "https://en.costa.example/"),
    outlet("portal", "https://portal.example/"),
    outlet("salud", "https://portal.example/salud", article_pattern=r"/institucion/salud/"),
    outlet("obras", "https://portal.example/obras"),
    outlet("uno", "https://a.doble.example/", hosts=("doble.example",)),
    outlet("dos", "https://b.doble.example/", hosts=("doble.example",)),
])  # fmt: skip


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://faro.example/nota", "faro"),
        ("http://m.faro.example/nota", "faro"),
        ("https://deportes.faro.example/nota", "faro"),
        ("https://faro-antiguo.example/nota", "faro"),
        ("https://es.costa.example/nota", "costa_es"),
        ("https://fr.costa.example/nota", None),
        ("https://portal.example/institucion/salud/noticias/1", "salud"),
        ("https://portal.example/obras/noticias/1", "obras"),
        ("https://portal.example/obras", "obras"),
        ("https://portal.example/obras-publicas/1", "portal"),
        ("https://portal.example/noticias/1", "portal"),
        ("https://doble.example/nota", None),
        ("https://a.doble.example/nota", "uno"),
        ("https://elsewhere.example/faro.example", None),
        ("https://notfaro.example/nota", None),
    ],
)
def test_an_address_is_of_the_nearest_host_then_of_what_tells_its_outlets_apart(url: str, expected: str | None) -> None:
    found = FINDER.find(url)
    assert (found and found.id) == expected


def test_no_outlet_at_all_and_several_are_told_apart() -> None:
    assert FINDER.list_candidates("https://elsewhere.example/") == ()
    assert len(FINDER.list_candidates("https://doble.example/nota")) == 2


def test_the_home_of_each_shipped_outlet_is_its_own() -> None:
    outlets = shipped_outlets(OUTLET_DIRECTORY)
    finder = OutletFinder(outlets)
    wrong = [(one.id, found.id) for one in outlets if (found := finder.find(one.home)) and found.id != one.id]
    assert wrong == []
