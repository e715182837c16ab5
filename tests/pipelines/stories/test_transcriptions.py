"""A foreign name in Chinese characters and in Latin letters is the same name."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.text.folding import fold
from pipelines.stories.article_wording import make_story_wording, unpack_wording
from pipelines.stories.pair_model import MEASURES, measure_pairs
from pipelines.stories.transcriptions import find_transcribed, spell_sounds


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Arequipa", "秘鲁阿雷基帕大区发生地震"),
        ("Matarani", "货轮在马塔拉尼港靠泊"),
        ("Lambayeque", "兰巴耶克的农户"),
        ("Apurímac", "秘鲁阿普里马克大区"),
        ("Rodríguez", "市长罗德里格斯说"),
        ("Huancapampa", "万卡潘帕路段塌方"),
        ("Miraflores", "米拉弗洛雷斯区"),
    ],
)
def test_a_name_sounds_alike_in_both_scripts(name: str, sentence: str) -> None:
    assert spell_sounds(fold(name)) in find_transcribed(sentence)


@pytest.mark.parametrize("sentence", ["两国企业签署合作协议", "利马", "钱凯港", "El puerto de Arequipa", ""])
def test_other_words_and_short_names_sound_like_none(sentence: str) -> None:
    assert find_transcribed(sentence) == frozenset()


def test_short_names_are_told_apart_by_no_sound() -> None:
    assert [spell_sounds(name) for name in ("lima", "chancay", "", "-")] == [""] * 4


@given(st.text(max_size=60), st.text(alphabet="阿巴马塔拉尼的x。", max_size=60))
def test_any_text_can_be_heard(name: str, sentence: str) -> None:
    spell_sounds(fold(name))
    assert all(len(heard) >= 6 for heard in find_transcribed(sentence))


def test_names_count_across_scripts_if_one_head_has_them() -> None:
    pad = "Se esperan más lluvias.\nLa vía sigue cerrada.\nNo hubo daños.\n"
    spanish = unpack_wording(make_story_wording("Cae un puente en Ananea", f"{pad}Ayer llovió en Arequipa.", "es"))
    in_head = unpack_wording(make_story_wording("阿雷基帕一座桥垮塌", "道路中断。", "zh"))
    in_body = unpack_wording(make_story_wording("桥垮塌", "一。\n二。\n三。\n四。\n阿雷基帕道路中断。", "zh"))
    names, gap = MEASURES.index("names"), [dt.timedelta()]
    assert (
        measure_pairs(spanish, [in_head], gaps=gap)[0, names] == measure_pairs(in_head, [spanish], gaps=gap)[0, names]
    )
    assert measure_pairs(spanish, [in_head], gaps=gap)[0, names] > 0.5
    assert measure_pairs(spanish, [in_body], gaps=gap)[0, names] == 0.0
