"""The rules of a robots.txt for one user agent (RFC 9309), read by Protego."""

from __future__ import annotations

from protego import Protego

from pipelines.analysis.decoding import decode_body

_MARKS = "\ufeff\u200b\u2060 \t\r\n"  # byte order marks, also double, and blanks before the first line


def cut_at_line(body: bytes, max_bytes: int) -> bytes:
    """Return the whole lines within the first bytes of a robots.txt: half a rule is another rule (RFC 9309, 2.5)."""
    if len(body) <= max_bytes:
        return body
    start = body[:max_bytes]
    return start[: max(start.rfind(b"\n"), start.rfind(b"\r")) + 1]


def select_rules(body: bytes, user_agent: str) -> Protego:
    """Read a robots.txt, and keep only the rules that hold for this user agent.

    Reading it takes quadratic time and memory where thousands of agents share thousands of rules; asking what is left
    whether an address is allowed takes linear time.
    """
    parser = Protego.parse(decode_body(body, "text/plain; charset=utf-8").text.lstrip(_MARKS))
    rules = parser._get_matching_rule_set(user_agent)
    selected = Protego()
    if rules is not None:
        rules._parser_instance = selected
        selected._matched_rule_set[user_agent] = rules
        selected._user_agents[user_agent] = rules
    return selected
