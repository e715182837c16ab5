"""Canonical URLs to request and keys to compare pages by. Pure and offline."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import tldextract
from w3lib.url import safe_url_string

MAX_URL_LENGTH = 2_000  # characters; sitemaps.org allows 2,048, and browsers and servers have similar limits

# Query parameters that say where the reader came from and do not select a page. From AdGuard's TrackParamFilter,
# ClearURLs, Firefox's query stripping, and addresses of outlets. `lang`, `p`, `page` and ids are never here.
_TRACKER = re.compile(
    r"""(?x)
    (?: utm | mtm | pk | piwik | matomo | hsa | itm | at | ns | vero | oly | stm | trk | guce | cx )_.*
    | (?: __hs | _hs | wt[_.]mc ).*
    | (?: fb | g | d | y | ys | tw | tt | ir | rb_ )cl(?:ick)?id | msclkid | epik | li_fat_id | wickedid | ef_id
    | fb_(?: action_ids | action_types | ref | source ) | gclsrc | gbraid | wbraid | gad_source | srsltid | _ga | _gl
    | igshid | igsh | mibextid | rdid | sfnsn | mc_[ce]id | mkt_tok | hsctatracking | ml_subscriber(?:_hash)? | utm
    | ref | ref_?src | ref_?url | srcref | sref | xtor | cmp | cmpid | campaign_?id | ncid | ocid | cvid | icid | ito
    | smid | smtyp | s_cid | s_kwcid | soc_src | soc_trk | guccounter | traffic_source | share_token | shareadid
    | __twitter_impression | _branch_match_id | wprov | _openstat | replytocom | noamp | nonamp
    | spm | isappinstalled | nsukey | wxshare_count
    """
)
# Parameters that are trackers, or mark a twin of a page, only with these values.
_TRACKER_WITH = {
    "amp": {"", "1", "true", "yes", "amp"},
    "output": {"amp"},
    "outputtype": {"amp"},
    "view": {"amp"},
    "type": {"amp"},
    "platform": {"hootsuite", "amp"},
    "share": {"facebook", "twitter", "x", "whatsapp", "jetpack-whatsapp", "telegram", "linkedin", "email", "reddit"},
    "from": {"timeline", "singlemessage", "groupmessage", "rss", "feed"},
    "source": {"rss", "feed", "twitter", "facebook", "whatsapp", "newsletter"},
    "src": {"rss", "feed", "twitter", "facebook", "whatsapp"},
}

# A server that can't set a cookie writes its session into the address: as a parameter of the path or the query, ASP.NET
# as a segment. Names of platforms are enough; other names need a value that looks like a session's.
_PLATFORM_SESSION = re.compile(
    r"(?i)jsessionid|phpsessid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|(?:os|xt)csid|zenid"
)
_NAMED_SESSION = re.compile(r"(?i)(?:\w{1,20}[_.-])?sess(?:ion)?[_-]?(?:id|key|token|hash)")
_SHORT_SESSION = re.compile(r"(?i)sid|s|sess|session")  # sid= may number stories, s= is a search of WordPress
_SESSION_VALUE = re.compile(r"[\w,.!~+%-]{12,}")
_PHP_SESSION_VALUE = re.compile(r"(?i)(?=[^&]*\d)(?=[^&]*[a-z])(?:[0-9a-z]{26}|[0-9a-z]{32}|[0-9a-f]{40})")
_PATH_PARAMETER = re.compile(r"(?i)(?:;|%3B)([\w.-]{1,40})=([^;/?&]*)")
_ASP_SESSION = re.compile(r"(?i)/\((?:[A-Z]\([^()/]*\)){1,4}\)(?=/|$)")

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")
_ABSOLUTE = re.compile(r"(?i)https?://")
_NAMELESS = re.compile(r"(?i)www\.[^\s/]+\.[^\s/]+")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_PORT = {"http": 80, "https": 443}

# Before /amp or /embed an article's twin has a slug of two words or a number; a page about "amp" has not.
_SLUG = r"[^/]*(?:[-_][^/]*|\d{3}[^/]*|\.s?html?)"
_TWIN_SUFFIX = re.compile(rf"(?i)(?<=/)({_SLUG})(?:/(?:amp|embed))+(/?)$")
_TWIN_EXTENSION = re.compile(r"(?i)\.amp(\.[a-z]{3,5})?$")
_AMP_PREFIX_HOSTS = re.compile(r"(?:.+\.)?(?:larepublica|libero)\.pe")  # where /amp/X is known to stand for /X
# CGTN shows one story as index.html, p.html, share.html and share_amp.html. The last is a stub.
_CGTN_HOSTS = re.compile(r"(?:.+\.)?cgtn\.com")
_CGTN_STUB = re.compile(r"(?<=/)share_amp\.html$")
_CGTN_TWINS = re.compile(r"(?<=/)(?:p|index|share|share_amp|share_p)\.html$")
_TWIN_PREFIX = re.compile(r"(?i)^/(?:amp|m|movil|mobile|index\.php)(?=/[^/]+/[^/]|/[^/]*[-_\d])")
_DIRECTORY_INDEX = re.compile(r"(?i)(?<=/)(?:index\.(?:html?|php|shtml|aspx?|jsp)|default\.aspx?)$")
_TWIN_LABELS = ("www.", "m.", "amp.", "mobile.", "movil.", "beta.")


@lru_cache(maxsize=4_096)  # key() canonicalises an address that was canonicalised just before
def canonicalize(url: str, *, base: str | None = None) -> str | None:
    """Return the URL to request, or None if it can't be requested.

    Trackers, fragment and AMP suffix are removed. Only http and https URLs without user name and password can be
    requested, up to MAX_URL_LENGTH. `base` resolves a relative URL.
    """
    try:
        return _canonical(url, base)
    except ValueError:  # urllib raises it for wrong brackets and ports
        return None


def key(url: str) -> str:
    """Return the key of a page, which is the same for all its addresses (http, https, www, mobile, AMP).

    It has no scheme: "larepublica.pe/economia/2024/04/10/slug-158310". The key of a text that is no URL is that text.
    """
    if (clean := canonicalize(url)) is None:
        return CONTROL.sub("", url).strip()[:MAX_URL_LENGTH]
    parts = urlsplit(clean)
    name = parts.netloc
    while shorter := _without_twin_label(name):
        name = shorter
    path = _without_twin_suffix(_TWIN_PREFIX.sub("", re.sub(r"/{2,}", "/", parts.path)))
    path = (_CGTN_TWINS if _CGTN_HOSTS.fullmatch(name) else _DIRECTORY_INDEX).sub("", path)
    path = _same_escapes(path).rstrip("/")
    query = "&".join(sorted(_same_escapes(pair.replace("+", "%20")) for pair in parts.query.split("&") if pair))
    return f"{name}{path}?{query}" if query else f"{name}{path}"


def get_host(url: str) -> str:
    """Return the lower-case host of a URL; "" if there is none.

    A port that is not the scheme's default is part of it.
    """
    return urlsplit(clean).netloc if (clean := canonicalize(url)) else ""


def is_same_site(url: str, hosts: Collection[str]) -> bool:
    """True if the URL's registrable domain is that of one of `hosts`.

    The Public Suffix List decides, offline.
    """
    name = get_host(url)
    return bool(name) and get_site(name) in {get_site(other.lower()) for other in hosts}


@lru_cache(maxsize=4_096)
def get_site(name: str) -> str:
    """Return the registrable domain of a host, or the host if it has none.

    From a host without one, "www." is removed and a port is not. Private suffixes count: two blogs at blogspot.com are
    two sites.
    """
    bare = re.sub(r":\d+$", "", name)
    found = _suffixes()(bare)
    registrable = found.top_domain_under_public_suffix
    if not registrable and found.suffix != bare and "." in bare and not found.ipv4:
        registrable = ".".join(bare.split(".")[-2:])  # its top-level domain is not in the list, such as .test
    return (registrable or name).removeprefix("www.")


@cache
def _suffixes() -> tldextract.TLDExtract:
    """Return the list that tldextract ships: no download, no files in the home folder."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _canonical(url: str, base: str | None) -> str | None:
    url = re.sub(r"&(?:amp;)+", "&", CONTROL.sub("", url.strip()).strip())
    if len(url) > 4 * MAX_URL_LENGTH:
        return None
    before, mark, after = url.partition("?")
    url = before.replace("\\", "/") + mark + after  # as browsers do, URL Standard
    if _NAMELESS.match(url):
        url = f"{urlsplit(base).scheme if base else 'http'}://{url}"
    parts = urlsplit(urljoin(base, url) if base and not _ABSOLUTE.match(url) else url)
    name = _host(parts.hostname)
    if parts.scheme not in _PORT or name is None or parts.username is not None or parts.password is not None:
        return None
    if parts.port is not None and parts.port != _PORT[parts.scheme]:
        name = f"{name}:{parts.port}"
    path = _preferred(name, _without_session(_without_dots(parts.path)) or "/")
    pairs = _PATH_PARAMETER.sub(_keep_parameter, parts.query).split("&")
    query = "&".join(pair for pair in pairs if pair and not _is_tracker(pair) and not _is_session(*_split_pair(pair)))
    clean = safe_url_string(urlunsplit((parts.scheme, name, path, query, "")))
    return clean if len(clean) <= MAX_URL_LENGTH else None


def _host(name: str | None) -> str | None:
    """Return the host in ASCII (IDNA), or None if it is not a valid host."""
    if not name:
        return None
    if ":" in name:
        return f"[{name}]"
    name = name.rstrip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    name = name.lower()
    return name if len(name) <= 253 and _HOST.fullmatch(name) else None


def _preferred(name: str, path: str) -> str:
    """Return the path of the full page for that of a reduced copy, if it is known."""
    if _CGTN_HOSTS.fullmatch(name):
        path = _CGTN_STUB.sub("index.html", path)
    if _AMP_PREFIX_HOSTS.fullmatch(name):
        path = re.sub(r"^/amp(?=/[^/]+/)", "", path)
    return _without_twin_suffix(path)


def _without_twin_suffix(path: str) -> str:
    """Return the path without any /amp, /embed and .amp at its end."""
    while (shorter := _TWIN_SUFFIX.sub(r"\1\2", _TWIN_EXTENSION.sub(r"\1", path))) != path:
        path = shorter
    return path


def _split_pair(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote(name), value


def _is_session(name: str, value: str) -> bool:
    """True if a parameter is the id of a reader's session, which is no part of a page's identity."""
    return bool(
        _PLATFORM_SESSION.fullmatch(name)
        or (_NAMED_SESSION.fullmatch(name) and _SESSION_VALUE.fullmatch(value))
        or (_SHORT_SESSION.fullmatch(name) and _PHP_SESSION_VALUE.fullmatch(value))
    )


def _keep_parameter(parameter: re.Match[str]) -> str:
    return "" if _is_session(parameter[1], parameter[2]) else parameter[0]


def _without_session(path: str) -> str:
    """Return the path without session ids in its parameters (RFC 3986, 3.3) and segments."""
    return _PATH_PARAMETER.sub(_keep_parameter, _ASP_SESSION.sub("", path) if "/(" in path else path)


def _is_tracker(pair: str) -> bool:
    name, value = _split_pair(pair)
    name = name.lower()
    return bool(_TRACKER.fullmatch(name)) or value.lower() in _TRACKER_WITH.get(name, ())


def _without_dots(path: str) -> str:
    """Return a path without dot segments (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    return "/" + "/".join(kept + [""] * (parts[-1] in {".", ".."}))


def _without_twin_label(name: str) -> str | None:
    """Return the host without a first label such as m. or amp., if that is the same site."""
    for label in _TWIN_LABELS:
        rest = name.removeprefix(label)
        if rest != name and "." in rest and (label == "www." or get_site(rest) == get_site(name)):
            return rest
    return None


def _same_escapes(text: str) -> str:
    """Return a text with its percent escapes in one form (RFC 3986, 6.2.2)."""
    if "%" not in text:
        return text
    return re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda m: quote(_octets(m[0]), safe="~"), text)


def _octets(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("%", ""))
