"""The rules of a robots.txt for one user agent (RFC 9309), read by Protego."""

from __future__ import annotations

from protego import Protego


def select_rules(body: bytes, user_agent: str) -> Protego:
    """Read a robots.txt, and keep only the rules that hold for this user agent.

    Reading it takes quadratic time and memory where thousands of agents share thousands of rules; asking what is left
    whether an address is allowed takes linear time.
    """
    parser = Protego.parse(body.decode("utf-8", "ignore"))
    rules = parser._get_matching_rule_set(user_agent)
    selected = Protego()
    if rules is not None:
        rules._parser_instance = selected
        selected._matched_rule_set[user_agent] = rules
        selected._user_agents[user_agent] = rules
    return selected
