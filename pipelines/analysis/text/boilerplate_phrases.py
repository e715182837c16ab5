"""Patterns of boilerplate lines: labels, teasers, promotions, copyrights, bylines, captions, ends."""

# ruff: noqa: E501 - each pattern is one list of words, which is easier to read in one line

from __future__ import annotations

import re


def _whole(*patterns: str) -> re.Pattern[str]:
    """Return a pattern for whole lines, with any punctuation around the words."""
    return re.compile(r"^[\W_]*(?:" + "|".join(patterns) + r")[\W_]*$", re.IGNORECASE)


def _start(*patterns: str) -> re.Pattern[str]:
    """Return a pattern for the beginning of a line."""
    return re.compile(r"^[\W_]*(?:" + "|".join(patterns) + ")", re.IGNORECASE)


# Lines that are only a label, a button or a mark.
LABEL = _whole(
    r"(?:lectura (?:de )?|tiempo de lectura:?\s*|tempo de leitura:?\s*|lesezeit:?\s*|temps de lecture:?\s*|reading time:?\s*|阅读时间\W*)?\d{1,3}\s*(?:-|\s)?\s*(?:min(?:ute|uto)?s?\.?|分钟)(?:\s*(?:read|de lectura|de leitura|lectura|阅读|lesezeit))?",
    r"(?:publicidad|advertisement|advert|anuncio|anúncio|ad|ads|publicidade|werbung|anzeige|广告|- advertisement -.{0,30}|story continues below(?: advertisement)?|article continues after advertisement)",
    r"(?:share|shares|compartir|comparte|compartilhar|comparta|teilen|partager|分享|分享到)(?:\s+(?:on|in|en|via|this|with|this article|this story|story|article|esta noticia|este artículo|nota|por|artículo|noticia|no|na))?(?:\W*\b(?:facebook|twitter|x|whatsapp|linkedin|telegram|email|e-mail|correo|pinterest|reddit|weibo|wechat|copy link|copiar enlace|instagram|print|imprimir|messenger|flipboard|mail)\b)*",
    r"(?:(?:facebook|twitter|x|whatsapp|whats app|linkedin|telegram|email|e-mail|correo|pinterest|pint|reddit|weibo|wechat|微信|微博|qq|copy link|copiar enlace|instagram|youtube|print|imprimir|messenger|flipboard|mail|google\+?|google plus|tumblr|tweet|pin it|baixar|like|threads|bluesky|tiktok|save|guardar)[\W_]*){1,12}",
    r"(?:leave a (?:comment|reply)|deja(?:r)? un comentario|deixe um comentário|comments?|comentarios?|comentários|\d+ comments?|\d+ comentarios?|no comments|sin comentarios|join the conversation|post a comment|view comments|be the first to comment|write a comment|评论|发表评论|我要评论|tell us what you think|comments are closed\W*)",
    r"(?:back to top|volver arriba|voltar|subir|ir arriba|top|返回顶部|返回首页|close|cerrar|next|previous|siguiente|anterior|escuchar|listen|play|print this article|imprimir|skip to (?:main )?content|view gallery|ver galería|load more|cargar más|click to (?:play|expand|enlarge)|loading\W*|cargando\W*|menu|home|inicio|save|saved)",
    r"(?:ver más|see more|read more|leer más|más información|more|seguir leyendo|continue reading|see full page|read the rest.{0,20}|read full (?:story|article)|show more|más noticias|saiba mais|leia mais|点击查看(?:更多|全文)?|查看更多|阅读全文|展开全文|阅读更多)",
    r"(?:tags?|etiquetas?|temas?|topics?|keywords?|palabras clave|关键词|标签)(?:\s*[:：].{0,300})?",
    r"(?:image|imagen|photo|foto) \d+ (?:of|de) \d+",
    r"(?:enter your email(?: address)?|your email(?: address)?|ingresa tu (?:correo|email)|email address|correo electrónico|escribe tu correo)",
    r"(?:editor'?s? picks?|top stories|trending|most (?:read|popular|viewed)|lo más (?:leído|visto)|mais lidas|热门|热点推荐|热门推荐|推荐视频|更多新闻|video recomendado|contenido (?:sugerido|gec|patrocinado)|contenido exclusivo)",
    r"(?:latest (?:news|headlines|updates)|últimas noticias|noticias relacionadas|breaking news)",
    r"[\w\s,&'’.:-]{0,60}\bthe podcast",
    r"(?:nota contratada|publirreportaje|publinota|contenido patrocinado|sponsored(?: content| post)?|advertorial|paid content|partner content|espacio contratado)",
    r"(?:search trends|end|fin|完|/enditem|enditem|\(end\)|/end|结束|###|---+|\*\*\*+)",
    r"\d{1,2}:\d\d(?::\d\d)?",
    r"[+\d]{1,2}",
    r"(?:mostrar comentarios|ver comentarios|show comments|más noticias de [\w\s]{1,30}|mais notícias de [\w\s]{1,30})",
    r"(?:site icon|exit mobile version|amp)",
    r"(?:updated?|published|publicado|actualizado|posted)(?:\s+(?:at|on|el|a las))?\W*[\d:apm.\s/,-]{3,40}(?:[a-z]{2,4})?",
    r"(?:www\.)?[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,20}){1,2}",
)

# Lines that lead to another page. Some need a link or a colon to be recognised.
TEASER = _start(
    r"(?:también puede(?:s)? leer|también lea|también podría interesarle|vea también|mire|leia também|leia mais|confira)\s*[:|>»–—-]",
    r"(?:te recomendamos|te (?:puede|podría|podria) interesar|te interesará|puedes? ver|mira también|mira aquí|mira el|ve también|vea también|ver también|lee? (?:también|además|aquí|más)|lea (?:también|además|aquí|más)|"
    r"leer también|también (?:lee|puedes|te puede|lea)|además lee|sigue leyendo|no te pierdas|más (?:sobre|en|información sobre|noticias)|nota relacionada|notas relacionadas|noticias? relacionadas?|"
    r"artículos? relacionados?|relacionad[oa]s?|recomendad[oa]s?|le puede interesar|quizás te interese|descubre más|entérate más|conoce más)\s*(?:[:|>»–—-]|$)",
    r"(?:read (?:more|also|next|this|on)|also read|see also|see more|also|related(?: (?:roundup|articles?|stories|story|news|content|posts?|coverage|links?|topics?|reading|video))?|more (?:from|on|about|stories|news|coverage)\b.{0,40}|"
    r"don['’]?t miss(?: this)?|recommended(?: (?:reading|for you|stories))?|further reading|you (?:may|might) (?:also )?(?:like|be interested in)|up next|explore further|watch(?: (?:now|more|also|live|this))?|in pictures|in pics|must read|opinion|"
    r"also on \w+(?:\.\w+)?|more great|what to read next|suggested reading|keep reading|learn more|full coverage)\s*(?:[:|>»–—-]|…|\.\.\.|$)",
    r"\W?(?:read more|lea también|lee también|leia também|leia mais|veja também|saiba mais|leggi anche|lesen sie auch|mehr zum thema|lire aussi|à lire aussi|voir aussi)\b\W",
    r"(?:延伸阅读|相关阅读|相关新闻|相关链接|相关报道|推荐阅读|更多阅读|更多报道|点击阅读|热门推荐|猜你喜欢|精彩推荐|往期回顾|另见|參考|延伸閱讀|相關新聞|推薦閱讀|更多相关)\s*(?:[:：>》\]】]|$)",
    r"(?:contenido sugerido|contenido gec|conteúdo relacionado)",
)

# Offers: newsletters, subscriptions, apps, social accounts, donations.
PROMOTION = _start(
    r"(?:subscribe|sign up|suscr[ií]bete|suscr[ií]base|suscr[ií]bete|inscr[ií]bete|reg[ií]strate|assine|inscreva-se|abonniere|abonnez|订阅|扫码|扫描二维码|长按|欢迎关注|关注我们|关注微信|下载客户端|打开客户端|点击下载)\b",
    r"(?:扫描二维码|扫一扫|订阅|欢迎关注|关注我们|长按识别|下载.{0,12}客户端|更多精彩|请关注)",
    r"(?:follow|síguenos|s[ií]ganos|sigue (?:a|nuestr[oa]s?|las noticias)|siga a)\b.{0,80}\b(?:facebook|twitter|instagram|telegram|whatsapp|google news|google noticias|social media|redes sociales|youtube|linkedin|tiktok|@\w+|newsletter)\b",
    r"(?:follow (?:us|me|him|her|them|@)|sigue a @)",
    r"(?:síguenos|s[ií]ganos|follow us)\b",
    r"(?:join|únete|unete)\b.{0,60}\b(?:whatsapp|telegram|canal|channel|newsletter|comunidad|community|group|grupo)\b",
    r"(?:download|descarga|descárgate|get|click here to get|haz clic)\b.{0,60}\b(?:app|aplicación|aplicacion)\b",
    r"(?:get|receive|recibe|reciba|recibir|receba|obtén|obtenga)\b.{0,120}\b(?:newsletters?|inbox|daily (?:email|briefing|news)|daily digest|boletín|boletin|boletines|correo|email|e-mail|bandeja|updates from|alerts?)\b",
    r"(?:read|get|enjoy|unlock)\b.{0,40}\b(?:exclusive (?:insights?|content|analysis)|unlimited access|full access|premium content|access to (?:all|our|every|exclusive))\b",
    r"(?:full|unlimited) (?:digital )?access to\b.{0,60}\b(?:feed|news|content|articles|archives?|analysis|newsletters?|stories)\b",
    r"(?:listen to|escucha)\b.{0,60}\b(?:podcasts?)\b",
    r"(?:support (?:us|our|independent|quality|\w+ journalism)|apoya (?:al?|el|nuestro|este) (?:periodismo|medio|trabajo)|donate (?:now|today|here)|dona (?:ahora|aquí|hoy)|become a (?:member|subscriber|supporter)|hazte (?:socio|miembro|suscriptor)|already a (?:subscriber|member)|¿?ya (?:eres|tienes|est[aá]s) (?:suscri|una? cuenta|miembro)|log in|inicia(?:r)? sesión|register (?:now|for free|to)|buy now|create (?:an|your) account)\b",
    r"(?:to (?:continue|keep) reading|para (?:continuar|seguir) leyendo|this (?:article|content|story) is (?:only )?(?:available )?(?:for|to) (?:subscribers|members)|(?:este )?contenido (?:es )?exclusivo para)",
    r"(?:like this (?:story|article)|did you (?:like|enjoy) this|¿te gustó|if you (?:like|enjoy|enjoyed|value) (?:this|our)|have a tip|got a (?:tip|story)|send (?:us )?(?:tips|your)|do you have a (?:tip|story)|contact us|contáctanos|email (?:the writer|us|me)|reach (?:the reporter|him|her) at)\b",
    r"(?:click here|haga clic aquí|haz clic aquí|clique aqui|点击此处|tap here|visit our)\b",
    r"(?:sign up|suscríbete|subscribe|register) (?:to|for|today|now|here|a|al|y)\b",
    r"(?:this copy is for your personal|to order presentation-ready|quantities may be limited|we (?:may )?(?:earn|receive) (?:a )?commission)",
    r"(?:our standards|nuestros estándares|the thomson reuters trust principles)\b",
    r"(?:cookies? (?:policy|settings|notice)|we use cookies|utilizamos cookies|usamos cookies|este sitio (?:web )?(?:usa|utiliza) cookies|this (?:web)?site uses cookies)",
    r"ATENÇÃO: Comentários",
)

COPYRIGHT = _start(
    r"(?:copyright|©|\(c\)\s*(?:19|20)\d\d|all rights reserved|todos los derechos reservados|derechos reservados|todos os direitos reservados|prohibid[oa] (?:su |la )?reproducci|queda prohibida|版权所有|版权声明|未经授权|未经许可|本网站|免责声明|声明[:：])",
    r".{0,80}(?:版权所有|未经授权不得转载|不得转载|무단\s?전재)",
    r".{0,60}(?:all rights reserved|todos los derechos reservados)\.?$",
    r"(?:©|ⓒ|저작권자)",
    r"this (?:material|document) (?:may not be|is subject to copyright)",
)

# Bylines, datelines and sources that are separate lines.
BYLINE = _start(
    r"(?:by|por|von|written by|texto|redacción|escrito por|published by|publicado por|posted by|autor|author|reporter|editor|edited by|editado por|editing by|reporting by|edición|fotos?|photos?|video|source|fuente|fuentes|sources|crédito|créditos|con información de)\s*[:：]\s*.{0,80}$",
    r"(?:by|por)\s+(?-i:[A-ZÁÉÍÓÚÑ][\w.'’-]*(?:\s+(?:de|del|la|van|von|and|y|[A-ZÁÉÍÓÚÑ][\w.'’-]*)){0,5})(?:\s*[,|·-].{0,60})?$",
    r"(?:by|por)\s+(?:(?-i:[A-ZÁÉÍÓÚÑ])[\w.'’-]*\s+){0,6}(?:[|·,-]\s*)?(?:[a-z]{3,10}\.? \d{1,2},? \d{4}|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{4}|\d{1,2} (?:de )?[a-z]{3,10} (?:del? )?\d{4}).{0,20}$",
    r"\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d\W{1,4}(?:publicado por|by|por|posted by)\b",
    r"(?:postado em |publicado (?:em |el )?|atualizado em )?\d{1,2}/\d{1,2}/(?:19|20)\d\d\s+\d{1,2}:\d\d\W{0,4}(?:actualizado|atualizado|updated)\b",
    r".{0,100}\b(?:contributed to this (?:report|story|article)|contribuyó (?:a|con|en) (?:este|esta) (?:reporte|nota|informe|artículo))\.?$",
    r"[（(【\[]?\s*(?:责编|责任编辑|编辑|记者|作者|撰文|来源|文/|校对|审核|监制|编审|实习编辑|策划|值班主任|主编|图片来源|信息来源|原标题|稿源|编译|供稿|通讯员)\s*[:：/丨|].{0,60}$",
    r"(?:last (?:updated|modified)|updated|published|publicado|actualizado|última actualización|fecha de publicación|发布时间|发表时间|更新时间|updated at|first published)\b\W.{0,60}\d.{0,30}$",
)

CAPTION = _start(
    r"(?:image|imagen|photo|foto|fotografía|fotografia|picture|file photo|photograph|pic|captura|video|infografía|gráfico|caption|图|图片|图为|资料图|配图)(?: (?:credit|credits|by|de|source|courtesy|crédito|via))?\s*[:：|/]",
    r"\((?:image|photo|foto|imagen|picture)s?(?: credit)?s?\s*[:：].{0,120}\)$",
    r"(?:photo|image|picture) (?:by|courtesy|credit)\b",
    r"(?:新华社|中新社).{0,20}摄$",
)
CREDIT = re.compile(
    r"(?:\((?:image|photo|foto|imagen|picture)s?\s*(?:credits?)?\s*[:：/][^()]{0,80}\)|(?:/|\||via|—|-)\s*(?:afp|reuters|efe|ap|getty(?: images)?|andina|xinhua|bloomberg|epa|shutterstock|istock|vcg|cfp|archivo|difusión)(?:/\w+)?\)?)\.?$",
    re.IGNORECASE,
)

# A short line that ends the article, unless much text follows.
END = _whole(
    r"(?:related|recommended|further|suggested|more|trending|popular|latest|top)\s+(?:articles?|stories|story|news|content|posts?|coverage|links?|topics?|reading|videos?|reads?|headlines)(?:\W.{0,40})?",
    r"references?(?:\(s\))?|referencias?|references|sources|fuentes|notes|notas|bibliograf[ií]a|footnotes|参考文献|参考资料|注释",
    r"(?:você (?:também )?pode gostar|(?:you (?:may|might)(?: also)?) (?:like|be interested in)|what to read next|don['’]t miss|up next|read next|more great .{0,30} stories|in (?:this|other) news|more (?:from|on|about) .{0,40}|explore further)",
    r"about (?:the )?(?:authors?|writers?|us|this .{0,20})|sobre (?:el|la|los) autor(?:es|a)?|acerca del? autor(?:a|es)?|sobre nosotros|acerca de nosotros|quiénes somos|关于作者|关于我们|作者简介",
    r"(?:leave a (?:comment|reply)|deja(?:r)? un comentario|post a comment|comentarios|comments|join the conversation|评论)",
    r"(?:te puede interesar|te podría interesar|noticias relacionadas|notas relacionadas|artículos relacionados|contenido relacionado|más noticias|también te puede interesar|lo más leído|le puede interesar|te recomendamos|recomendados|lea también|lee también|mira también|puedes ver)",
    r"(?:延伸阅读|相关阅读|相关新闻|相关链接|相关报道|推荐阅读|更多阅读|热门推荐|猜你喜欢|精彩推荐|往期回顾|延伸閱讀|相關新聞|推薦閱讀)",
    r"(?:subscribe|newsletter|suscríbete|boletín|get our newsletter|sign up .{0,40})",
    r"(?:most (?:read|popular|viewed|shared))",
)

# The label of other news, whatever they are about. The newest on one event (最新消息) and the other articles of a contract
# are part of a report.
OTHER_NEWS = _whole(
    r"(?:(?:lea|vea|ver|leer|las|los)\s+)?(?:otr[ao]s|más|demás|outras|mais)\s+(?:noticias|notícias|notas|historias|titulares|informaciones)(?:\s+(?:del día|de hoy|de la semana|de la jornada|destacadas|recientes|de interés|do dia))?",
    r"(?:(?:(?:lea|vea|ver|leer)\s+)?más|(?:lea|vea|ver|leer)\s+otros)\s+artículos(?: (?:recientes|de interés))?|otros artículos (?:recientes|de interés)",
    r"(?:noticias|notas|titulares|notícias) (?:del día|de hoy|destacadas|recientes|do dia)",
    r"(?:in )?(?:other|more|further) (?:news|stories|headlines)(?: (?:today|this week|of the day|from (?:today|this week)))?|also in the news|elsewhere in the news",
    r"(?:其他|其它|更多|今日)(?:相关)?(?:新闻|要闻|报道|消息|资讯|快讯|文章|新聞|要聞|報道|報導)",
    r"(?:近期|最新)(?:相关)?(?:新闻|要闻|资讯|快讯|文章|新聞|要聞)",
)

# What agencies write under a report, with the initials of its editors: nothing of the report follows.
END_MARK = re.compile(
    r"^[\W_]*(?:fin|end|enditem|fim|完|终|結束|结束)[\W_]*(?:(?-i:[A-Z]{2,5})(?:\W(?-i:[A-Z]{2,5})){0,4}[\W_]*)?$",
    re.IGNORECASE,
)
# The same behind the last sentence: in brackets, or the square of magazines.
CLOSING_MARK = re.compile(
    r"[.!?。！？”’\"»)）]\s?(?:[(（\[【]\s?(?:fin|end|fim|完|终|結束|结束)\s?[)）\]】]\s?(?-i:[A-Z]{2,5}(?:/[A-Z]{2,5}){0,4})?"
    r"|[■□∎◼◾])$",
    re.IGNORECASE,
)
# The label of other news of the same outlet.
MORE_FROM = re.compile(
    r"^\W*(?:(?:lea |leer |ver |read |see )?(?:más|mais|more)(?: (?:noticias|notas|historias|news|stories))?"
    r" (?:en|de|desde|from|in|on|at|em)|更多(?:来自)?)\s*(.{2,60}?)(?:新闻|报道|内容)?\W*$",
    re.IGNORECASE,
)

# A person's name and occupation, as below an opinion piece.
BIOGRAPHY = re.compile(
    r"^(?:the author,?\s+)?(?:(?:Dr|Prof|Mr|Ms|Mrs)\.?\s+)?(?:[A-ZÁÉÍÓÚÑ][\w.'’-]+\s+){1,4}(?:\([^)]{1,40}\)\s*)?(?:,?\s*(?:@\w+,?\s*)?)?(?:is|was|works|writes|covers|are|es|fue|trabaja|escribe)\s+(?:an?|the|un|una|el|la|as|at|for|about|currently|also|director|directora|profesor|profesora|periodista|investigador|investigadora|economista|analista|abogad[oa]|senior|professor|editor|head|founder|co-founder)\b"
    r"|^(?:the (?:author|writer)|el autor|la autora|about the author|sobre el autor|作者(?:系|为|是))\b",
)
OFFICE = re.compile(
    r"\b(?:fellow|assistant|director|professor|reporter|journalist|editor|writer|correspondent|analyst|researcher|scholar|associate|author|contributor|columnist|founder|economist|expert|lecturer|student|scientist|consultant|freelance|"
    r"profesora?|investigadora?|periodista|directora?|economista|analista|abogad[oa]|columnista|autora?|docente|consultora?|excanciller|exministr[oa]|sociólog[oa]|politólog[oa]|internacionalista|catedrátic[oa]|program|institute|university|universidad|covers|writes about|研究员|教授|记者|作者|评论员)\b"
    r"|研究员|教授|记者|作者|评论员",
    re.IGNORECASE,
)
