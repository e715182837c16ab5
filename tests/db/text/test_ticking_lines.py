"""Lines that change by themselves, and sentences of an article that look like them."""

from __future__ import annotations

import re
import time

import pytest

from db.copies.similarity import normalise
from db.text.ticking_lines import is_counter, is_ticking

COUNTERS = [
    "Esta nota ha sido leída 1237 veces.", "Este artículo fue visto 4.512 veces", "Leído por 812 personas",
    "This story has been viewed 1,237 times.", "Read by 12k people",
    "4,120 people have read this story", "本文已被阅读1237次", "阅读 1.2万", "浏览量：3120", "人气：512",
    "已有37人分享",
]  # fmt: skip
BARE_COUNTERS = ["1.204 lectores", "Visitas: 3 204", "9 812 views", "Total de visitas 312"]
TALLIES = [
    "1.2K views · 14 shares", "12 comments | 4 min read | Read 310 times", "阅读 1024　点赞 12　评论 3",
    "340 likes, 27 replies", "Compartida 418 veces · 12 personas leyendo ahora", "A 93 personas les gusta esta nota",
    "点赞（35） 收藏（8）", "1.3万阅读 · 208评论", "Comentarios (14)", "已有 412 人参与，57 条跟贴",
]  # fmt: skip
RATES = [
    "Dólar: compra S/ 3.512 venta S/ 3.520", "Tipo de cambio S/ 3,74", "USD/PEN 3.745 ▲ 0.2%", "Cobre US$ 4.21/lb",
    "S&P 500 5,123.4 +0.3%", "美元兑人民币 7.1034", "上证指数 3012.31 +0.5%",
]  # fmt: skip
DATES = [
    "Lima, 29 de noviembre de 2026", "Viernes 29 de noviembre", "Hoy es viernes, 29 de noviembre de 2026 14:05",
    "Friday, November 29, 2026", "29/11/2026 | 14:05", "今天是2026年11月29日 星期日", "Hoy: 29.11.2026",
]  # fmt: skip
SENTENCES = [
    "El proyecto costará 1.300 millones de dólares.", "El video del puerto fue visto 3 millones de veces en China.",
    "El dólar cerró la jornada a S/ 3,51, su menor nivel del año.", "2026 1 811 500 TEU", "Palta: US$ 2,35 el kilo",
    "The report has been read by 300 officials in Beijing and Lima.",
    "La ministra viajará el 29 de noviembre de 2026 a Pekín.",
    "14 de mayo de 2024: firma del acuerdo", "贸易额达到370.5亿美元", "4 personas murieron",
    "Murieron 12 personas",
    "Piura: 300 visitas de técnicos chinos", "评论员3人到访", "1200 readers in Lima", "播放设备3000台",
    "Unas 300 personas marcharon en Lima", "US$ 1,3 mil millones", "300 personas", "1.2万人", "3 veces",
]  # fmt: skip


def count_up(line: str) -> str:
    """Return the line with its first number one higher."""
    return re.sub(r"\d+", lambda number: str(int(number[0]) + 1), line, count=1)


@pytest.mark.parametrize("line", [*COUNTERS, *BARE_COUNTERS, *TALLIES, *RATES, *DATES])
def test_a_line_that_changes_by_itself_is_no_revision(line: str) -> None:
    assert is_ticking(line)
    other = count_up(line)
    assert normalise(f"A sentence of the article.\n{line}") == normalise(f"A sentence of the article.\n{other}")


@pytest.mark.parametrize("line", SENTENCES)
def test_what_the_article_says_is_compared(line: str) -> None:
    assert not is_ticking(line)
    assert normalise(line) != normalise(count_up(line))


def test_only_counters_are_no_text_at_all() -> None:
    assert all(is_counter(line) for line in COUNTERS)
    assert not any(is_counter(line) for line in [*BARE_COUNTERS, *RATES, *DATES, *SENTENCES])


@pytest.mark.parametrize("unit", ["1 ", "1.", "esta nota ", "lunes, ", "leído 1", "- ", "1 de mayo "])
def test_a_line_built_to_slow_the_patterns_down_is_judged_quickly(unit: str) -> None:
    line = (unit * 120)[:120]
    began = time.process_time()
    for _ in range(1_000):
        is_ticking(line)
    assert time.process_time() - began < 12
