"""Tell whether a Chinese name stands as a word where it was found, or inside other words.

Chinese is written without spaces: 检查文件 (to check files) holds 查文 (Chavín), 其中秘书长 holds 中秘 (China–Peru).
So the characters around a hit are cut into their likeliest words, and a name is wrong where a word crosses its edge. A
foreign name that is spelt by sound is also wrong inside a longer one: 伊卡 (Ica) in 伊卡尔迪 (Icardi).
"""

from __future__ import annotations

from collections.abc import Iterable

from db.text.word_segmentation import UNKNOWN_BITS, WordSegmenter, read_word_costs

_WINDOW = 8  # characters that are read on each side of a name
# Bits that a word costs, see db.text.word_segmentation.
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


class ChineseWords:
    """Cuts the characters around a name into words; the names of a topic are among the words.

    It takes a fifth of a second and 15 MB, so it is made when the first Chinese name is found.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Take the folded Chinese names of a topic."""
        bits = read_word_costs()
        own = frozenset(names)
        self._spelt_by_sound = frozenset(name for name in own if name not in bits and _BY_SOUND.issuperset(name))
        for name in own:
            bits[name] = min(bits.get(name, UNKNOWN_BITS), _NAME_BITS.get(len(name), _LONG_NAME_BITS))
        firsts, lasts = {name[0] for name in own}, {name[-1] for name in own}
        pairs = {word[place : place + 2] for word in bits for place in range(len(word) - 1)}
        # Two characters inside words, of which a name may begin with the second or end with the first.
        self._pairs = frozenset(pair for pair in pairs if pair[1] in firsts or pair[0] in lasts)
        self._segmenter = WordSegmenter(bits)

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
        found = self._segmenter.find_words(window)
        if not may_go_on and not any(begin < start < stop or begin < end < stop for _, begin, stop in found):
            return True
        words = self._segmenter.choose_words(window, found)
        for _, begin, stop in words:
            still_names = begin == start and stop == end + 1 and window[end] in _SUFFIXES  # 大连港, 北京人
            if not still_names and (begin < start < stop or begin < end < stop):
                return False
        return not may_go_on or not any(
            stop - begin == 1 and window[begin] in _SOUNDS_ALONE and (stop == start or begin == end)
            for _, begin, stop in words
        )
