"""What a figure counts: persons or things, in lists, and where a text says that there are none."""

from __future__ import annotations

import pytest

from tests.pipelines.figures.test_figure_measures import measured, read


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "事故造成7人送医，无人死亡。"),
        ("zh", "事故有7人送医，未造成人员死亡。"),
        ("en", "Seven people were taken away and no one was killed."),
        ("en", "There were seven people on the quay; nobody died."),
        ("es", "Siete personas fueron llevadas en ambulancia, sin víctimas mortales."),
        ("es", "En el muelle había siete personas y no hubo muertos."),
    ],
)
def test_a_cue_that_is_denied_counts_nobody(language: str, text: str) -> None:
    assert (7, "killed") not in measured(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "No fewer than seven workers were killed."),
        ("en", "No train ran, and seven workers were killed."),
        ("es", "No menos de siete obreros murieron."),
        ("es", "Sin frenos, el camión mató a siete obreros."),
        ("zh", "无证驾驶的卡车失控，7人死亡。"),
    ],
)
def test_what_is_denied_of_other_things_leaves_the_cue(language: str, text: str) -> None:
    assert (7, "killed") in measured(text, language)


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("es", "Llegaron 40 teléfonos y 11 vehículos.", [(40, "", ""), (11, "vehicles", "")]),
        ("es", "Acudieron 5 vehículos y 96 hombres.", [(5, "vehicles", ""), (96, "", "")]),
        ("en", "Two officers and 11 villagers were injured.", [(2, "injured", "part"), (11, "injured", "part")]),
    ],
)
def test_things_of_a_list_are_parts_of_one_only_if_they_are_of_one_kind(
    language: str, text: str, found: list[tuple[float, str, str]]
) -> None:
    assert [(one.value, one.measure, one.scope) for one in read(text, language)] == found


@pytest.mark.parametrize(
    ("language", "text", "measure"),
    [
        ("es", "El apagón dejó a 700 mil personas sin luz.", "people-without-power"),
        ("es", "El apagón dejó sin luz a 180 mil usuarios.", "customers-without-power"),
        ("en", "The blackout left 180,000 customers in the dark.", "customers-without-power"),
        ("en", "The blackout left 700,000 people in the dark.", "people-without-power"),
        ("es", "El fuego destruyó 120 puestos del mercado.", "premises"),
        ("es", "La planta creará 120 puestos de trabajo.", "hired"),
        ("zh", "大火致12人吸入浓烟。", "poisoned"),
        ("es", "El humo dejó 12 personas intoxicadas.", "poisoned"),
    ],
)
def test_persons_and_things_have_measures_of_their_own(language: str, text: str, measure: str) -> None:
    assert [one.measure for one in read(text, language)] == [measure]


def test_a_word_for_persons_who_are_held_is_no_scope_of_things_that_are() -> None:
    (figure,) = read("Son 34 los detenidos en el operativo.", "es")
    assert (figure.measure, figure.scope) == ("detained", "")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "La mina pierde US$ 6 millones cada día."),
        ("en", "The mine is losing $6 million each day."),
        ("zh", "矿山每日损失600万美元。"),
    ],
)
def test_a_word_that_is_a_piece_of_a_longer_one_is_no_scope_of_its_own(language: str, text: str) -> None:
    (figure,) = read(text, language)
    assert (figure.measure, figure.scope) == ("losses", "daily")
