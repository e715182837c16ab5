"""Every rule takes a character of any Chinese block of Unicode as Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.copies.similarity import tokenise
from db.search.recent_index import folds_alike
from db.text.excerpt import take_first_sentence
from db.text.sentences import split_sentences
from db.text.text_changes import find_changes
from db.text.tokens import space_out_cjk
from pipelines.analysis.metadata.language import detect_language, is_cjk

ROOT = Path(__file__).parents[3]
ONE_OF_EACH_BLOCK = "一鿿㐀䶿𠀀𪛖𫜴𫝀𬺡𮯠𰀀\U0003134a\uf900"
# Where the blocks of Chinese characters begin and end (https://www.unicode.org/charts/).
BOUNDS = {0x3400, 0x4DB5, 0x4DBF, 0x4DC0, 0x4E00, 0x9FA5, 0x9FCC, 0x9FFF, 0xA000, 0xF900, 0xFAFF, 0xFB00}
BOUNDS |= {0x20000, 0x2A6DF, 0x2FA1F, 0x2FA20, 0x2FFFF, 0x30000, 0x323AF, 0x3134F, 0x3FFFF}


@pytest.mark.parametrize("letter", ONE_OF_EACH_BLOCK)
def test_a_character_of_any_block_is_chinese_for_every_rule(letter: str) -> None:
    text = letter * 30
    assert split_sentences(f"{text}。{text}。") == [f"{text}。", f"{text}。"]
    assert take_first_sentence(f"{letter * 8}。{text}。") == f"{letter * 8}。"
    assert space_out_cjk(text).split() == [space_out_cjk(letter).strip()] * 30
    assert len(tokenise(text).words) == 30
    assert tokenise(text).width == 9
    assert len(find_changes(text, text + letter).changes) == 2
    assert detect_language(text) == "zh"
    assert is_cjk(text)


@pytest.mark.parametrize("letter", ONE_OF_EACH_BLOCK[:-1])
def test_what_no_normal_form_replaces_folds_alike_here_and_in_sqlite(letter: str) -> None:
    assert folds_alike(letter)


def test_kana_is_a_word_to_the_index_and_not_chinese() -> None:
    assert space_out_cjk("ペルー").split() == ["ペ", "ル", "ー"]
    assert detect_language("ひらがなとカタカナのぶんしょう") == "ja"
    assert len(tokenise("ひらかな").words) == 1


@pytest.mark.slow
def test_no_other_module_writes_a_range_of_chinese_characters() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for package in ("crawler", "pipelines", "db")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.relative_to(ROOT) != Path("db/text/scripts.py")
        for line in _ranges(path)
    ]
    assert found == []


def _ranges(path: Path) -> Iterator[int]:
    """Lines with a character range, a single character or a number at the bounds of a block of Chinese characters."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Constant):
            continue
        if isinstance(node.value, int) and node.value in BOUNDS and node.value >= 0x3400 and _is_hex(path, node):
            yield node.lineno
        if isinstance(node.value, str):
            text = re.sub(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})", _letter, node.value)
            ends = [ord(end) for pair in re.findall(r"(?s)(.)-(.)", text) for end in pair]
            if BOUNDS & {*ends, *([ord(text)] if len(text) == 1 else [])}:
                yield node.lineno


def _letter(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2], 16))


def _is_hex(path: Path, node: ast.Constant) -> bool:
    source = ast.get_source_segment(path.read_text(encoding="utf-8"), node) or ""
    return source.lower().startswith("0x")
