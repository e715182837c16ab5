"""Tell whether a Chinese name stands as a word where it was found, or inside other words.

Chinese is written without spaces: 检查文件 (to check files) holds 查文 (Chavín), 其中秘书长 holds 中秘 (China–Peru).
So the characters around a hit are cut into their likeliest words, and a name is wrong where a word crosses its edge. A
foreign name that is spelt by sound is also wrong inside a longer one: 伊卡 (Ica) in 伊卡尔迪 (Icardi).
`words/README.md` says where the word list comes from.
"""

from __future__ import annotations

import array
import lzma
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import ahocorasick_rs

WORD_LIST = Path(__file__).parent / "words" / "zh.txt.xz"
_WINDOW = 8  # characters that are read on each side of a name
# Bits that a word costs: -log2 of its share. The list holds them in half bits, as one character after each word.
_FREE = ord("!")
_UNKNOWN_BITS = 30.0  # a character that is no word
_NAME_BITS = {1: 16.0, 2: 16.0}  # a name of the topic, by its length
_LONG_NAME_BITS = 14.0
# Characters that spell foreign names by sound, without those that are common words (大, 中, 西, 海, 新 …).
_BY_SOUND = frozenset(
    "尔斯特克卡阿巴布罗利亚格塔瓦纳夫科尼普维奥姆伊雷萨莱诺洛勒贝埃哈托帕兰基圣鲁顿恩沃赫塞茨波迪希蒂梅韦堡伦弗库戈博"
    "乌莫奇吉伯霍索森卢兹蒙耶杜皮佩福什苏曼列菲朗穆扎杰费威凯艾泰坎坦瓜劳努班桑雅温赖哥肯贾滕士丹默涅敦瑟迈松乔泽宁讷"
    "厄灵豪辛济伍察舍齐胡查赛玛宾奈尤摩芬恰佐拉德里马达加安古金图林米比因那约多丁"
)
# Of these, what stands in ordinary sentences beside a name too: they make no name longer alone.
_ALSO_WORDS = frozenset("里达加安古金图林米比因那约多列士班查福波松温赛乌苏济丁卡布科皮费瓜宁鲁库泰什舍齐豪肯拉马塔")
_SOUNDS_ALONE = _BY_SOUND - _ALSO_WORDS
_SUFFIXES = frozenset("人市省县区州府城队族岛军方话式货籍民港站路街")  # after a name they leave it what it is
_AFTER_NAME = ("国", "省", "港", "州", "市", "大区", "地区")  # what shows that the name ends here


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of Chinese with what each costs in half bits, and which of them are names of people and places."""

    words: tuple[str, ...] = field(repr=False)
    half_bits: bytes = field(repr=False)
    ordinary: int  # so many of the words come first; names follow


def read_word_list() -> WordList:
    """Read the shipped list: lines of a word and one character for its cost, ordinary words and then names."""
    parts = lzma.decompress(WORD_LIST.read_bytes()).decode("utf-8").split("\n\n")
    ordinary, names = (part.split("\n") for part in parts)
    lines = ordinary + names
    return WordList(
        words=tuple(line[:-1] for line in lines),
        half_bits=bytes(ord(line[-1]) - _FREE for line in lines),
        ordinary=len(ordinary),
    )


class ChineseWords:
    """Cuts the characters around a name into words; the names of a topic are among the words.

    It takes a fifth of a second and 15 MB, so it is made when the first Chinese name is found.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Take the folded Chinese names of a topic."""
        listed = read_word_list()
        bits = {word: cost / 2 for word, cost in zip(listed.words, listed.half_bits, strict=True)}
        own = frozenset(names)
        self._spelt_by_sound = frozenset(name for name in own if name not in bits and _BY_SOUND.issuperset(name))
        for name in own:
            bits[name] = min(bits.get(name, _UNKNOWN_BITS), _NAME_BITS.get(len(name), _LONG_NAME_BITS))
        self._bits = array.array("f", bits.values())
        firsts, lasts = {name[0] for name in own}, {name[-1] for name in own}
        pairs = {word[place : place + 2] for word in bits for place in range(len(word) - 1)}
        # Two characters inside words, of which a name may begin with the second or end with the first.
        self._pairs = frozenset(pair for pair in pairs if pair[1] in firsts or pair[0] in lasts)
        self._automaton = ahocorasick_rs.AhoCorasick(
            bits, store_patterns=False, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )

    def stands_apart(self, folded: str, start: int, end: int) -> bool:
        """Return True if the name at this place of a folded text is a word, or several, and no part of others."""
        may_go_on = folded[start:end] in self._spelt_by_sound and not folded.startswith(_AFTER_NAME, end)
        if not (
            may_go_on
            or (start and folded[start - 1 : start + 1] in self._pairs)
            or folded[end - 1 : end + 1] in self._pairs
        ):
            return True
        first = max(0, start - _WINDOW)
        window = folded[first : end + _WINDOW]
        start, end = start - first, end - first
        found = self._automaton.find_matches_as_indexes(window, overlapping=True)
        if not may_go_on and not any(begin < start < stop or begin < end < stop for _, begin, stop in found):
            return True
        words = self._likeliest(window, found)
        for _, begin, stop in words:
            still_names = begin == start and stop == end + 1 and window[end] in _SUFFIXES  # 大连港, 北京人
            if not still_names and (begin < start < stop or begin < end < stop):
                return False
        return not may_go_on or not any(
            stop - begin == 1 and window[begin] in _SOUNDS_ALONE and (stop == start or begin == end)
            for _, begin, stop in words
        )

    def _likeliest(self, window: str, found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        """Return the words (index, start, end) of the cheapest way to cut the window; the index of none is -1."""
        cost, last = [0.0], [(-1, 0, 0)]
        for index, begin, stop in found:  # in the order of their ends
            while len(cost) <= stop:
                last.append((-1, len(cost) - 1, len(cost)))
                cost.append(cost[-1] + _UNKNOWN_BITS)
            if (total := cost[begin] + self._bits[index]) < cost[stop]:
                cost[stop], last[stop] = total, (index, begin, stop)
        while len(cost) <= len(window):
            last.append((-1, len(cost) - 1, len(cost)))
            cost.append(cost[-1] + _UNKNOWN_BITS)
        words, place = [], len(window)
        while place:
            words.append(last[place])
            place = last[place][1]
        return words


def read_ordinary_words() -> frozenset[str]:
    """Return the words of two or more characters that are no names."""
    listed = read_word_list()
    return frozenset(word for word in listed.words[: listed.ordinary] if len(word) > 1)
