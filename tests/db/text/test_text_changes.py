"""Two versions of a text are compared under a limit of counted work, and the result says all of both."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.news.revisions import compare_versions, prepare_revision
from db.news.version_comparison import compare_for_page, read_comparison, store_comparison
from db.text.alignment import MAX_PAIRS, WorkBudget, align, budget_for
from db.text.sentences import split_sentences
from db.text.text_changes import find_changes, read_runs

TEXTS = st.text(st.sampled_from("aá. 。!?“”\n秘鲁Dr 12,") | st.characters(), max_size=200)
PIECES = st.lists(st.sampled_from("abcde"), max_size=40)


def shuffled(n: int) -> list[str]:
    words = [f"palabra{number % 997}" for number in range(n)]
    random.Random(7).shuffle(words)
    return words


def chinese(n: int) -> str:
    """Characters as often as in prose: the second half as often as the first, and so on."""
    letters = [chr(0x4E00 + place) for place in range(3_000)]
    return "".join(random.Random(9).choices(letters, weights=[1 / (place + 1) for place in range(3_000)], k=n))


# Each gives two versions of about `n` characters.
FAMILIES: dict[str, Callable[[int], tuple[str, str]]] = {
    "short sentences that repeat": lambda n: ("Sí. " * (n // 4), "Sí. No. " * (n // 8)),
    "three sentences in another order": lambda n: ("Va. No va. " * (n // 11), "No va. Va. Tal vez. " * (n // 20)),
    "thirteen sentences in another order": lambda n: (
        " ".join(f"Sale {place * 7 % 13}." for place in range(n // 8)),
        " ".join(f"Sale {place * 5 % 13}." for place in range(n // 8)),
    ),
    "a comma between all characters": lambda n: (chinese(n), "，".join(chinese(n))),
    "a comma between few characters": lambda n: ("的一是" * (n // 3), "，".join("的一是" * (n // 3))),
    "reversed lines": lambda n: (
        "\n".join(f"Línea {place}." for place in range(n // 10)),
        "\n".join(f"Línea {place}." for place in reversed(range(n // 10))),
    ),
    "shuffled words": lambda n: (
        " ".join(f"palabra{place % 997}" for place in range(n // 10)),
        " ".join(shuffled(n // 10)),
    ),
    "one long line": lambda n: ("x" * n, "x" * (n // 2) + "y" + "x" * (n // 2)),
    "different lines": lambda n: (
        "\n".join(f"a{place}" for place in range(n // 6)),
        "\n".join(f"b{place}" for place in range(n // 6)),
    ),
    "every second line": lambda n: (
        "\n".join(f"a{place}" for place in range(n // 6)),
        "\n".join(f"{'ab'[place % 2]}{place}" for place in range(n // 6)),
    ),
    "thirty words": lambda n: (
        " ".join(random.Random(1).choices([f"w{place}" for place in range(30)], k=n // 4)),
        " ".join(random.Random(2).choices([f"w{place}" for place in range(30)], k=n // 4)),
    ),
    "points alone": lambda n: ("." * n, "!" * n),
}


def count_steps(before: str, after: str) -> int:
    budget = budget_for(len(before) + len(after))
    find_changes(before, after, budget)
    return budget.used


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_twice_the_text_takes_at_most_twice_and_a_half_the_work(family: str) -> None:
    """Only MAX_PAIRS, less than a tenth of a second, stand beside what grows with the text."""
    for size in (20_000, 70_000):
        once, twice = (count_steps(*FAMILIES[family](n)) for n in (size, 2 * size))
        assert twice <= 2.5 * max(once, MAX_PAIRS), (family, size, once, twice)


@pytest.mark.slow
def test_a_hundred_thousand_different_lines_are_compared() -> None:
    before = [f"a{number}" for number in range(100_000)]
    after = before[:]
    after[500] = after[99_000] = "b"
    found = find_changes("\n".join(before), "\n".join(after))
    assert not found.throughout
    assert [change.kind for change in found.changes] == ["same", "out", "in", "same", "out", "in", "same"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.slow
def test_both_versions_are_shown_whole_whatever_they_are(family: str) -> None:
    before, after = FAMILIES[family](9_000)
    found = find_changes(before, after)
    assert "".join(change.text for change in found.changes if change.kind != "in") == before
    assert "".join(change.text for change in found.changes if change.kind != "out") == after
    changes = compare_versions("Chancay", before, "Chancay", after)
    assert changes.parts or family == "points alone"


def test_what_the_budget_does_not_reach_is_changed_throughout() -> None:
    before, after = FAMILIES["three sentences in another order"](30_000)
    assert find_changes(before, after).throughout
    assert not find_changes(before, before).throughout


@settings(deadline=None)
@given(PIECES, PIECES)
def test_stretches_cover_both_sides_and_equal_ones_are_equal(old: list[str], new: list[str]) -> None:
    for budget in (budget_for(len(old) + len(new)), WorkBudget(looks=50, pairs=50)):
        a = c = 0
        for stretch in align(old, new, budget):
            assert (stretch.a, stretch.c) == (a, c)
            assert (stretch.kind == "equal") == (old[a : stretch.b] == new[c : stretch.d])
            a, c = stretch.b, stretch.d
        assert (a, c) == (len(old), len(new))


@pytest.mark.slow
@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_long_sequences_are_cut_at_what_each_has_once(chance: random.Random) -> None:
    old = [str(chance.randrange(400)) for _ in range(chance.randrange(300, 600))]
    new = [item for item in old if chance.random() < 0.9]
    stretches = align(old, new, budget_for(len(old) + len(new)))
    assert all(old[a:b] == new[c:d] for kind, a, b, c, d in stretches if kind == "equal")
    stayed = sum(b - a for kind, a, b, _, _ in stretches if kind == "equal")
    assert stayed >= 0.9 * len(new)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_changes_joined_are_both_versions(before: str, after: str) -> None:
    found = find_changes(before, after)
    assert "".join(change.text for change in found.changes if change.kind != "in") == before
    assert "".join(change.text for change in found.changes if change.kind != "out") == after
    assert read_runs(found.to_runs(), before, after) == found.changes


def test_a_changed_figure_is_marked_alone() -> None:
    found = find_changes("Son 60 días de tregua. Nada más.", "Son 45 días de tregua. Nada más.")
    changed = [(change.kind, change.text) for change in found.changes if change.kind != "same"]
    assert changed == [("out", "60 "), ("in", "45 ")]


def test_a_comma_in_a_long_chinese_sentence_is_marked_alone() -> None:
    text = chinese(6_000)
    found = find_changes(text, f"{text[:2_000]}，{text[2_000:]}")
    assert [change.text for change in found.changes if change.kind != "same"] == ["，"]


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_a_stored_comparison_is_the_same_when_it_is_read(before: str, after: str) -> None:
    old, new = ("Título", before), ("Otro título", after)
    stored = store_comparison(old, new)
    assert read_comparison(stored, old, new) == compare_for_page(old, new)
    assert read_comparison(stored, old, (new[0], f"{after} y más")) is None
    assert read_comparison(None, old, new) is None


def test_a_revision_is_prepared_without_a_database() -> None:
    prepared = prepare_revision(("Muelle", "Son 60 días."), ("Muelle", "Son 45 días."))
    assert json.loads(prepared.changes)["figures_in"] == ["45"]
    assert read_comparison(prepared.comparison, prepared.before, prepared.after) is not None


@pytest.mark.parametrize("marks", ["." * 200_000, "。" * 200_000 + "”。", '."' * 100_000, ". " * 100_000 + "\n" * 9])
def test_a_text_of_marks_alone_is_split_as_it_stands(marks: str) -> None:
    """With a pattern that looks at each run again from each of its marks this does not end in an hour."""
    assert "".join(split_sentences(marks, keep_spaces=True)) == marks
