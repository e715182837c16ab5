"""What was learned decides where the rule's gate is passed: the score splits exactly, and the guard holds."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from db.model.verdict import Verdict
from pipelines import vectors
from pipelines.page import OutletProfile
from pipelines.relevance.learning import learned
from pipelines.relevance.learning.examples import write_examples
from pipelines.relevance.learning.learned import choose_verdict, find_learning_problem, judge_text
from pipelines.relevance.learning.relevance_model import write_model
from pipelines.relevance.rule import Judgement, judge
from pipelines.relevance.topic import Topic, TopicPlace, load_topic
from tests.fixtures.learned_topics import make_example, make_model
from tests.fixtures.small_topic import SMALL_TOPIC

NOWHERE = OutletProfile(id="o", name="Outlet", country="XX")
PERU = OutletProfile(id="p", name="Diario", country="PE")
TITLE = "Cosco estrena grúas en el puerto de Chancay"
TEXT = "La naviera invirtió 80 millones.\nLos equipos llegaron de Shanghái al Perú en tres barcos.\nNada más."
# Names China alone; Peru is where the outlet is, and in its currency.
AT_HOME = (
    "Shanghái abre un museo de cerámica",
    (
        "El museo mostrará piezas de toda China.\nAbre en mayo.\nTambién llegarán obras de Japón y de Francia.\n"
        "La entrada cuesta unos 40 soles.\nHay cafetería.\nY un jardín."
    ),
)


def judged(title: str, text: str, topic: Topic | None = None, outlet: OutletProfile = NOWHERE) -> Judgement:
    return judge_text(title, text, language="es", topic=topic or load_topic("china_peru"), outlet=outlet)


SURE = learned.UNSURE_SCORES


@pytest.fixture(autouse=True)
def _the_rule_is_never_sure(monkeypatch):
    monkeypatch.setattr(learned, "UNSURE_SCORES", (0.0, 1.0))


@pytest.fixture
def no_encoder(monkeypatch):
    def fail(sentences: object) -> None:
        raise vectors.EncoderError("gone")

    monkeypatch.setattr("pipelines.relevance.learning.text_vectors.encode_sentences", fail)


@pytest.fixture
def never_encodes(monkeypatch):
    def fail(sentences: object) -> None:
        raise AssertionError("a vector was asked for")

    monkeypatch.setattr("pipelines.relevance.learning.text_vectors.encode_sentences", fail)


def test_the_score_is_exactly_the_sum_of_its_parts():
    found = judged(TITLE, TEXT)
    assert found.parts is not None
    logits = found.parts.names + found.parts.head + math.fsum(reason.share or 0 for reason in found.reasons)
    assert 1 / (1 + math.exp(-logits)) == pytest.approx(found.score, abs=0.01)
    assert found.verdict is Verdict.RELEVANT
    assert all(reason.share is not None for reason in found.reasons)


def test_labelled_texts_that_read_like_it_stand_beside_the_score():
    found = judged(TITLE, TEXT)
    assert found.parts is not None
    assert found.parts.similar
    assert {similar.label for similar in found.parts.similar} <= {"relevant", "irrelevant"}
    assert all(0 < similar.similarity <= 1 for similar in found.parts.similar)


def test_a_text_that_names_one_side_costs_no_vector(never_encodes):
    found = judged("Lima celebra su aniversario", "La capital del Perú cumple años.")
    assert (found.score, found.verdict, found.parts) == (0.0, None, None)


def test_a_text_of_which_the_rule_is_sure_costs_no_vector(never_encodes, monkeypatch):
    monkeypatch.setattr(learned, "UNSURE_SCORES", SURE)
    found = judged(TITLE, TEXT)
    assert found.score > SURE[1]
    assert (found.verdict, found.parts) == (Verdict.RELEVANT, None)


def test_without_the_encoder_the_rule_alone_decides(no_encoder):
    by_rule = judge(TITLE, TEXT, language="es", topic=load_topic("china_peru"), outlet=NOWHERE)
    assert judged(TITLE, TEXT) == by_rule
    assert by_rule.parts is None


@pytest.mark.slow
def test_a_damaged_model_leaves_the_rule_alone_and_is_told(tmp_path: Path):
    (tmp_path / "model.json").write_text("{", "utf-8")
    topic = load_topic(TopicPlace("china_peru", str(tmp_path)))
    assert judged(TITLE, TEXT, topic).parts is None
    assert str(tmp_path) in str(find_learning_problem(topic))


def test_damaged_labels_are_told_and_stop_nothing(tmp_path: Path):
    (tmp_path / "labels.jsonl").write_text("{", "utf-8")
    topic = load_topic(TopicPlace("china_peru", str(tmp_path)))
    assert judged(TITLE, TEXT, topic).parts is not None
    assert "labels.jsonl" in str(find_learning_problem(topic))


def test_a_shipped_topic_has_no_learning_problem():
    assert find_learning_problem(load_topic("china_peru")) is None


def test_the_desks_own_model_comes_before_the_shipped_one_as_soon_as_it_is_there(tmp_path: Path):
    topic = load_topic(TopicPlace("china_peru", str(tmp_path)))
    before = judged(TITLE, TEXT, topic)
    write_model(tmp_path / "model.json", make_model(bias=-4))
    write_examples(tmp_path / "labels.jsonl", [make_example("m", is_relevant=True, about=1, title="Marcado")])
    after = judged(TITLE, TEXT, topic)
    assert before.verdict is Verdict.RELEVANT
    assert after.verdict is None
    assert after.score == pytest.approx(1 / (1 + math.exp(4)), abs=0.001)


def test_wording_does_not_lift_a_side_that_is_only_the_outlets_home(tmp_path: Path):
    topic = load_topic(TopicPlace("china_peru", str(tmp_path)))
    by_rule = judge(*AT_HOME, language="es", topic=topic, outlet=PERU)
    assert by_rule.verdict is not Verdict.RELEVANT
    assert by_rule.score > 0
    write_model(tmp_path / "model.json", make_model(bias=6))
    found = judged(*AT_HOME, topic, PERU)
    assert (found.verdict, found.score) == (by_rule.verdict, by_rule.score)
    # where both sides are named in the text, the model may lift
    assert judged(TITLE, TEXT, topic).verdict is Verdict.RELEVANT


@pytest.mark.slow
def test_the_guard_does_not_keep_the_model_from_lowering(tmp_path: Path):
    topic = load_topic(TopicPlace("china_peru", str(tmp_path)))
    write_model(tmp_path / "model.json", make_model(bias=-9))
    assert judged(*AT_HOME, topic, PERU).score == 0.0


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(0.0, None), (0.299, None), (0.3, Verdict.BORDERLINE), (0.499, Verdict.BORDERLINE), (0.5, Verdict.RELEVANT)],
)
def test_scores_have_verdicts(score: float, verdict: Verdict | None):
    assert choose_verdict(score) is verdict


def test_another_topic_starts_with_the_shipped_model(tmp_path: Path):
    path = tmp_path / "chile.toml"
    path.write_text(SMALL_TOPIC, "utf-8")
    topic = load_topic(path)
    found = judged(
        "China y Chile firman un acuerdo para exportar cerezas",
        "El ministro chileno viajó a Pekín para la firma.\nLos exportadores chilenos venderán más fruta a China.",
        topic,
    )
    assert found.verdict is Verdict.RELEVANT
    assert found.parts is not None
    assert found.parts.similar == ()  # labels of another topic are not shown


def test_the_same_text_with_other_countries_reads_the_same():
    from pipelines.relevance.evidence import read_sentences  # noqa: PLC0415
    from pipelines.relevance.learning.text_vectors import call_sides_by  # noqa: PLC0415
    from pipelines.relevance.learning.training import name_sides  # noqa: PLC0415

    (sentence,) = read_sentences("Pekín y los peruanos", "", language="es", topic=load_topic("china_peru"))
    assert call_sides_by(sentence, "es", name_sides()) == "China y los Perú"
    assert call_sides_by(sentence, None, name_sides()) == "China y los Peru"
    assert call_sides_by(dataclasses.replace(sentence, hits=()), "es", name_sides()) == sentence.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["", "\u200b" * 5_000, "China Perú " * 20_000, "\ud83d China\nPerú \x00", "中国秘鲁" * 9_999]
)
def test_any_text_is_judged(text: str):
    for title in ("", "Perú y China"):
        found = judged(title, text)
        assert 0 <= found.score <= 1
        assert len(found.reasons) <= 5


def test_only_the_sentences_that_are_shown_as_reasons_are_weighed():
    found = judged(TITLE, TEXT + "\nOtra frase sobre China y el Perú." * 50)
    assert len(found.reasons) == 5
    assert learned.LEARNED_BORDERLINE_SCORE < learned.LEARNED_RELEVANT_SCORE
