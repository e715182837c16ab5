"""The relevance rule, excerpts, public copies and comparisons share one rule for the end of a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.text.excerpt import take_first_sentence
from db.text.sentences import split_sentences

EXAMPLES = {
    "The U.S. and Gen. Li met. They spoke.": ["The U.S. and Gen. Li met.", "They spoke."],
    "Habló el Gral. Paz. Nadie respondió.": ["Habló el Gral. Paz.", "Nadie respondió."],
    "EE. UU. subió 3.5 %. ¿Qué pasó? Nada.": ["EE. UU. subió 3.5 %.", "¿Qué pasó?", "Nada."],
    "Costó aprox. 3 millones. Era mucho.": ["Costó aprox. 3 millones.", "Era mucho."],
    "Ver el Art. Quinto del Sr. Díaz. Fin.": ["Ver el Art. Quinto del Sr. Díaz.", "Fin."],
    "“Vendrán más.” Luego calló.": ["“Vendrán más.”", "Luego calló."],
    "他说：“港口已经开放。”随后离开。": ["他说：“港口已经开放。”", "随后离开。"],
    "El puerto de Chancay (钱凯) abrió. China celebró.": ["El puerto de Chancay (钱凯) abrió.", "China celebró."],
    "一批设备运抵；另一批在途中。完。": ["一批设备运抵；另一批在途中。", "完。"],
}


@pytest.mark.parametrize(("text", "sentences"), EXAMPLES.items())
def test_all_users_of_a_text_find_the_same_ends_of_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences
    assert [piece.strip() for piece in split_sentences(text, keep_spaces=True)] == sentences


@pytest.mark.parametrize(
    "first",
    [
        "A delegation of the southern command with Gen. Li Wei met in Lima.",
        "Las obras del terminal fueron inspeccionadas por el Gral. Paz en noviembre.",
        "一批由上海制造的自动化装卸设备日前运抵秘鲁钱凯港；预计三周内完成安装。",
    ],
)
def test_a_first_sentence_is_not_cut_after_an_abbreviation(first: str) -> None:
    assert take_first_sentence(f"{first} Y otra frase más.") == first


@given(st.text(alphabet=st.sampled_from('ab É.!?…"”)\n。！；钱𠀀 '), max_size=60) | st.text(max_size=300))
def test_with_its_spaces_every_piece_is_kept(text: str) -> None:
    assert "".join(split_sentences(text, keep_spaces=True)) == text
    assert [stripped for piece in split_sentences(text, keep_spaces=True) if (stripped := piece.strip())] == (
        split_sentences(text)
    )
