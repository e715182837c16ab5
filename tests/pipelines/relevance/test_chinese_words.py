"""Chinese names inside other words: where names count, and where other words only happen to hold them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.text.folding import fold
from pipelines.relevance.chinese_words import ChineseWords

NAMES = "中国 秘鲁 中秘 对秘 访秘 利马 伊卡 伊洛 查文 印加 北大 中方 在华 上海 清华 大连 特鲁希略 南美 美国 智利 巴西"
WORDS = ChineseWords(NAMES.split())


def stands_apart(text: str, name: str) -> bool:
    start = text.index(name)
    return WORDS.stands_apart(fold(text), start, start + len(name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("请出示检查文书", "查文"),
        ("委员会向其中秘书处递交报告", "中秘"),
        ("代表们对秘书长表示感谢", "对秘"),
        ("他们正在探访秘密花园", "访秘"),
        ("大量采购印加工的食品", "印加"),
        ("东北大豆丰收", "北大"),
        ("双方接受折中方案", "中方"),
        ("仗打在华北平原", "在华"),
        ("广大发展中国家", "中国"),
        ("多个南美国家", "美国"),
        ("游轮驶入利马索尔", "利马"),
        ("前锋伊卡尔迪进球", "伊卡"),
        ("沿伊洛瓦底江而下", "伊洛"),
        ("首都巴西利亚", "巴西"),
    ],
)
def test_a_name_inside_other_words_is_none(text, name):
    assert not stands_apart(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("推动中秘合作走深走实", "中秘"),
        ("我国对秘出口增长", "对秘"),
        ("商务代表团访秘期间", "访秘"),
        ("查文文化遗址", "查文"),
        ("印加古道", "印加"),
        ("北大教授", "北大"),
        ("中方愿意提供帮助", "中方"),
        ("在华企业", "在华"),
        ("中国人都知道", "中国"),
        ("来自上海市的买家", "上海"),
        ("清华大学的学生", "清华"),
        ("大连港", "大连"),
        ("船抵达利马港", "利马"),
        ("在利马达成协议", "利马"),
        ("利马大学", "利马"),
        ("伊卡大区的葡萄", "伊卡"),
        ("从特鲁希略拉来的货", "特鲁希略"),
        ("智利利马之间的航班", "利马"),
    ],
)
def test_a_name_in_its_own_sense_counts(text, name):
    assert stands_apart(text, name)


@settings(max_examples=200, deadline=None)
@given(st.text("中秘书长对方利马索尔 ，a1\U00020000", max_size=12), st.text("国家港文件大学", max_size=12))
def test_any_surroundings_are_read(before, after):
    text = fold(f"{before}利马{after}")
    assert WORDS.stands_apart(text, len(before), len(before) + 2) in {True, False}


def test_a_hit_costs_the_same_in_a_text_of_any_length():
    def spent(text: str) -> float:
        start = text.index("中秘")
        best = 1.0
        for _ in range(20):
            began = time.process_time()
            for _ in range(20):
                WORDS.stands_apart(text, start, start + 2)
            best = min(best, time.process_time() - began)
        return best / 20

    assert spent("空" * 200_000 + "中秘密" + "书" * 200_000) < max(10 * spent("空中秘密书"), 0.001)
