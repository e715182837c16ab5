"""Learning from labels and marks: deterministic, balanced, and never for the worse."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from pipelines.page import OutletProfile
from pipelines.relevance.learning import training
from pipelines.relevance.learning.examples import Example
from pipelines.relevance.learning.training import LabelledText, TrainingError, score_example, train_with_marks
from pipelines.relevance.topic import load_topic
from tests.fixtures.learned_topics import make_example

# Labels say that direction 1 is relevant and direction 2 is not.
LABELS = [make_example(f"label-{n}", is_relevant=n % 2 == 0, about=1 + n % 2) for n in range(60)]


def make_marks(relevant: int, irrelevant: int, *, about: tuple[int, int] = (3, 4)) -> list[Example]:
    """Return marks on subjects that the labels don't know."""
    return [
        make_example(f"mark-{n}", is_relevant=n < relevant, about=about[n >= relevant], is_mark=True)
        for n in range(relevant + irrelevant)
    ]


@pytest.mark.slow
def test_the_same_labels_give_the_same_model():
    first, second = training.train_model(LABELS, make_marks(13, 12)), training.train_model(LABELS, make_marks(13, 12))
    assert np.array_equal(first.head, second.head)
    assert (first.bias, first.measures) == (second.bias, second.measures)


@pytest.mark.slow
def test_a_desk_teaches_what_the_labels_do_not_know():
    trained = train_with_marks(LABELS, make_marks(15, 15))
    assert trained.marks_after.f1 > trained.marks_before.f1
    assert trained.marks_after.f1 == 1.0
    assert trained.labels_after.f1 >= trained.labels_before.f1 - 0.05
    assert trained.is_better
    assert trained.model.marks == 30
    for mark in make_marks(1, 1):
        assert (score_example(trained.model, mark) > 0.5) is mark.is_relevant


@pytest.mark.slow
def test_marks_that_nothing_can_be_learned_from_do_not_replace_the_model():
    # Half of the marks say the opposite of the other half, and of the labels.
    marks = [make_example(f"mark-{n}", is_relevant=n % 2 == 0, about=1 + n % 2, is_mark=True) for n in range(20)]
    wrong = [make_example(f"wrong-{n}", is_relevant=n % 2 == 1, about=1 + n % 2, is_mark=True) for n in range(20)]
    trained = train_with_marks(LABELS, [*marks, *wrong])
    assert trained.marks_after.f1 < trained.marks_before.f1
    assert not trained.is_better


@pytest.mark.parametrize(("relevant", "irrelevant"), [(0, 0), (12, 12), (30, 7), (7, 30), (0, 40)])
def test_too_few_marks_or_too_few_of_a_kind_are_refused(relevant: int, irrelevant: int):
    with pytest.raises(TrainingError, match=f"{relevant + irrelevant} marks can be learned from .* at least 25"):
        train_with_marks(LABELS, make_marks(relevant, irrelevant))


def test_labels_of_one_kind_alone_teach_nothing():
    with pytest.raises(TrainingError, match="both kinds"):
        training.train_model(LABELS[::2])


def test_without_scikit_learn_training_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(TrainingError, match=r"needs scikit-learn; install vigia-news\[train\]"):
        training.train_model(LABELS)


@pytest.mark.slow
def test_no_text_is_judged_by_a_model_that_learned_from_it():
    seen: list[set[str]] = []

    def train(examples):
        seen.append({example.id for example in examples})
        return training.train_model(examples)

    training.cross_validate(LABELS, train=train)
    for known in seen:
        left_out = {label.id for label in LABELS} - known
        assert len({training.choose_fold(id_) for id_ in left_out}) == 1
    assert set().union(*({label.id for label in LABELS} - known for known in seen)) == {it.id for it in LABELS}


@pytest.mark.slow
def test_with_no_wording_to_learn_from_the_rule_is_what_is_learned():
    blank = [
        make_example(f"n-{n}", is_relevant=n % 2 == 0, about=1) for n in range(40)
    ]  # both kinds alike: nothing moves but the bias
    model = training.train_model(blank)
    assert abs(score_example(model, blank[0]) - 0.5) < 0.05


@pytest.mark.slow
def test_the_guard_holds_in_training_as_in_judging():
    model = training.train_model(LABELS)
    held = make_example("h", is_relevant=True, about=1, at_home=True)
    assert score_example(model, held) <= max(training.score_by_rule(held), score_example(model, held))
    assert training.score_by_rule(held) < 0.5
    assert score_example(model, held) == pytest.approx(training.score_by_rule(held))


def test_a_text_that_names_one_side_teaches_nothing():
    nowhere = OutletProfile(id="o", name="O", country="XX")
    text = LabelledText(
        id="1", title="Lima", text="En el Perú llueve.", language="es", is_relevant=False, outlet=nowhere
    )
    assert training.make_example(text, topic=load_topic("china_peru"), is_shown=True) is None


@pytest.mark.slow
def test_an_example_keeps_its_title_only_if_it_may_be_shown():
    nowhere = OutletProfile(id="o", name="O", country="XX")
    text = LabelledText(id="1", title="China y Perú", text="Firman.", language="es", is_relevant=True, outlet=nowhere)
    topic = load_topic("china_peru")
    shown, hidden = (training.make_example(text, topic=topic, is_shown=flag) for flag in (True, False))
    assert shown is not None
    assert hidden is not None
    assert (shown.title, hidden.title) == ("China y Perú", "")
    assert np.array_equal(shown.means, hidden.means)
