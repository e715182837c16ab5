"""Recognise lines that change by themselves: counters of readers, exchange rates, dates of the day. Pure.

They stand beside an article and speak of the page or of the moment, not of the story. A change in them is no revision.
What an article itself says stays: a sentence about a price or about the views of a video is none of these lines.
"""

from __future__ import annotations

import re

_MAX_CHARACTERS = 120  # of such a line
_NUMBER = r"\d[\d.,\s]{0,12}(?:k|m|mil|万)?"
_THIS = (
    r"(?:(?:est[ae]|la|el|this|the)\s+(?:nota|noticia|art[ií]culo|publicaci[oó]n|p[aá]gina|entrada|columna|contenido"
    r"|informe|post|story|article|page|item|report|piece)|本(?:文|新闻|篇|页|帖|稿)|此(?:文|新闻|篇|页)|该(?:文|页)|文章)"
)
_SEEN = (
    r"(?:le[ií]d[ao]s?|vist[ao]s?|visitad[ao]s?|compartid[ao]s?|consultad[ao]s?|descargad[ao]s?|abiert[ao]s?"
    r"|read|viewed|seen|shared|visited|opened|clicked|downloaded"
    r"|阅读|閱讀|浏览|瀏覽|点击|點擊|分享|转发|观看|播放)"
)
_READERS = r"(?:lectores|lecturas|visitas|vistas|visualizaciones|reproducciones|readers|reads|views|visitors|visits)"
_AUDIENCE = rf"(?:{_READERS}|personas|veces|usuarios|people|times|shares|hits|次|人|位(?:读者|网友)?)"
_BESIDE = r"(?:la|lo|esta?|this|nota|noticia|art[ií]culo|story|article|have|han|has|ya)"
# A line that speaks of its page, or of reading: no text of an article.
_COUNTER = re.compile(
    rf"\W*+(?:{_THIS}.{{0,30}}?{_SEEN}.{{0,20}}?{_NUMBER}.{{0,20}}"
    rf"|{_THIS}.{{0,20}}?{_NUMBER}\s*{_AUDIENCE}.{{0,20}}"
    rf"|{_SEEN}\s*(?:por|by|hasta ahora|so far|量|数|人次|次数)?\W*+{_NUMBER}\s*{_AUDIENCE}?"
    rf"|(?:已有?|ya\s+)?{_NUMBER}\s*{_AUDIENCE}(?:\s*{_BESIDE}){{0,4}}\s*{_SEEN}(?:\s*{_BESIDE}){{0,4}}"
    rf"|(?:人气|热度|点击率|浏览次数|访问量|阅读数)\W*+{_NUMBER}\s*次?)\W*",
    re.IGNORECASE,
)
_BARE_COUNTER = re.compile(
    rf"\W*+(?:{_NUMBER}\s*{_READERS}(?:\s+(?:[uú]nic[oa]s|online|en l[ií]nea|hoy|today))?"
    rf"|(?:total\s+(?:de\s+)?)?{_READERS}\W*+{_NUMBER})\W*",
    re.IGNORECASE,
)
# What readers do with a page, the words around such a count, and no others: "1.2K views · 14 shares · 4 min read".
_ACTIVITIES = frozenset({
    "views", "view", "viewed", "reads", "read", "readers", "shares", "share", "shared", "likes", "like", "liked",
    "comments", "comment", "replies", "reactions", "reaction", "visits", "visit", "visitors", "hits", "clicks", "plays",
    "downloads", "saves", "retweets", "claps",
    "vistas", "vista", "visto", "vistos", "visualizaciones", "visitas", "visita", "visitantes", "lecturas", "lectura",
    "lectores", "lector", "leído", "leída", "leídos", "leídas", "leyendo", "compartido", "compartida", "compartidos",
    "compartidas", "compartir", "comentarios", "comentario", "reacciones", "reacción",
    "respuestas", "reproducciones", "descargas", "clics", "gusta", "visualizações", "compartilhamentos", "comentários",
})  # fmt: skip
_AROUND_COUNTS = frozenset({
    "k", "m", "mil", "mill", "thousand", "million", "min", "mins", "minute", "minutes", "minutos", "minuto",
    "times", "time", "people", "persons", "users", "now", "today", "online", "so", "far", "total", "this", "the",
    "article", "story", "page", "post", "by", "have", "has", "been", "to", "of", "and", "in", "on",
    "veces", "vez", "personas", "persona", "usuarios", "ahora", "hoy", "en", "línea", "hasta", "este", "esta",
    "artículo", "nota", "noticia", "página", "publicación", "por", "han", "ha", "sido", "lo", "la", "me", "te", "les",
    "de", "y", "a", "ya", "tiempo", "vezes", "pessoas",
})  # fmt: skip
_ACTIVITIES_CN = re.compile(
    "阅读|閱讀|浏览|瀏覽|点击|點擊|点赞|點讚|按讚|[赞讚]|评论|評論|跟[贴帖]|回[复覆]|留言|转发|轉發|分享|收藏|播放"
    "|观看|觀看|围观|喜欢|喜歡|在看|访问|訪問|人[气氣]|热度|熱度|参与|下载|下載"
)
_AROUND_COUNTS_CN = re.compile(
    r"(?:[\d\W_]|[量数數次人位条條个個篇万萬千亿億kKwW共已有被了]|本文|全文|文章|新闻|网友|讀者|读者|分钟|分鐘|[总總])*+"
)
_MONTH = (
    r"(?:ene(?:ro)?|feb(?:rero)?|mar(?:zo)?|abr(?:il)?|may(?:o)?|jun(?:io)?|jul(?:io)?|ago(?:sto)?|sep?t?(?:iembre)?"
    r"|oct(?:ubre)?|nov(?:iembre)?|dic(?:iembre)?|jan(?:uary)?|february|march|apr(?:il)?|june|july|aug(?:ust)?"
    r"|september|october|november|dec(?:ember)?)\.?"
)
_WEEKDAY = (
    r"(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:星期|周|礼拜)[一二三四五六日天])"
)
_DAY = (
    rf"(?:\d{{1,2}}(?:\s+de)?\s+{_MONTH}(?:,?\s+(?:del?\s+)?\d{{4}})?|{_MONTH}\s+\d{{1,2}}(?:,?\s+\d{{4}})?"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|(?:\d{4}年)?\d{1,2}月\d{1,2}日)"
)
_TIME = r"(?:[\s|,·–-]*+(?:a las\s+)?\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[ap]\.?\s?m\.?|hrs?\.?|h)?)?"
_TODAY = r"(?:hoy(?:\s+es)?|today(?:\s+is)?|fecha|date|今天(?:是)?|今日|现在是)"
# A date is one of the day if it names the weekday, says "today", or stands with nothing but a place and its year.
_DATE_OF_THE_DAY = re.compile(
    rf"\W*+(?:[^\W\d][^\d:]{{0,25}}[,|·–-]\s*+)?(?:{_TODAY}\W*+(?:{_WEEKDAY}\W*+)?{_DAY}(?:\W*+{_WEEKDAY})?"
    rf"|{_WEEKDAY}\W*+{_DAY}|{_DAY}\W*+{_WEEKDAY}"
    rf"|(?=.*\b(?:19|20)\d\d\b){_DAY}){_TIME}\W*",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"\b(?:tipo de cambio|compra|venta|d[oó]lar(?:es)?|euros?|yuan(?:es)?|soles|libra|bitcoin|usd|eur|cny|pen|brl"
    r"|exchange rate|buy|sell|bid|ask|dollar|s&p(?: 500)?|dow jones|nasdaq|ibex|bvl|brent|wti|cobre|copper|oro|gold)\b"
    r"|汇率|美元|欧元|人民币|买入|卖出|指数|[▲▼△▽↑↓]",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"\d[.,]\d|\d\s?%")
_MAGNITUDE = re.compile(
    r"\b(?:mil|mill[oó]n|millones|billones|thousand|million|billion|trillion|mn|bn)\b|[亿万]", re.IGNORECASE
)
_MAX_RATE_WORDS = 12
_WORD = re.compile(r"[^\W\d_]+")


def is_counter(line: str) -> bool:
    """Return True if a line counts the readers of its page: "Esta nota ha sido leída 1 237 veces."."""
    return len(line) <= _MAX_CHARACTERS and _COUNTER.fullmatch(line) is not None


def is_ticking(line: str) -> bool:
    """Return True if a line is a counter, an exchange rate or price of the day, or the date of the day."""
    if len(line) > _MAX_CHARACTERS or not any(character.isdigit() for character in line):
        return False
    if any(form.fullmatch(line) for form in (_COUNTER, _BARE_COUNTER, _DATE_OF_THE_DAY)):
        return True
    return _counts_activities(line) or _is_rate(line)


def _counts_activities(line: str) -> bool:
    """Return True if a line says nothing but how often readers did things: "12 comments | Read 310 times"."""
    if _ACTIVITIES_CN.search(line):
        return _AROUND_COUNTS_CN.fullmatch(_ACTIVITIES_CN.sub("", line)) is not None
    words = set(_WORD.findall(line.casefold()))
    return not words.isdisjoint(_ACTIVITIES) and words <= _ACTIVITIES | _AROUND_COUNTS


def _is_rate(line: str) -> bool:
    """Return True if a line is a rate without a sentence around it: "Dólar: compra 3,51 venta 3,52"."""
    if line.rstrip().endswith((".", "。", "!", "?")) or len(line.split()) > _MAX_RATE_WORDS:
        return False
    return bool(_RATE.search(line) and _DECIMALS.search(line) and not _MAGNITUDE.search(line))
