"""Queries are read as analysts mean them, and an error names its place and a remedy."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from db.search.query import QueryError, parse_query, write_query
from db.search.query.syntax import MAX_NESTED_PARENTHESES, MAX_QUERY_CHARACTERS, MAX_QUERY_TERMS


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        # precedence: NOT, then AND, then OR
        ("a b OR c d", "a b OR c d"),
        ("a AND b OR c", "a b OR c"),
        ("a OR b AND c", "a OR b c"),
        ("(a OR b) c", "(a OR b) c"),
        ("a NOT b OR c", "a -b OR c"),
        ("a AND NOT b c", "a -b c"),
        ("a -(b OR c)", "a -(b OR c)"),
        ("a NOT NOT b", "a b"),
        ("((a)) AND (b AND (c))", "a b c"),
        # words
        ("chancay-port", "chancay-port"),
        ('"puerto  de\tChancay"', '"puerto de Chancay"'),
        ("chin*", "chin*"),
        ('"puerto chan*"', '"puerto chan"*'),
        ('"puerto chan"*', '"puerto chan"*'),
        ("and or Andina ORO", "and or Andina ORO"),
        ('"AND"', '"AND"'),
        ('"NEAR/10"', '"NEAR/10"'),
        ("\ufefftitle:chancay\u200b\u202eAND puerto", "title:chancay puerto"),
        ("AT&T US$3.5", '"AT&T" "US$3.5"'),
        ("钱凯港 秘鲁*", "钱凯港 秘鲁*"),
        ("「钱凯港」（秘鲁 OR 中国）", "钱凯港 (秘鲁 OR 中国)"),
        ("“puerto de Chancay” −chile", '"puerto de Chancay" -chile'),
        ("ｔｉｔｌｅ：钱凯港", "title:钱凯港"),
        # NEAR
        ("cobre NEAR/10 China", "cobre NEAR/10 China"),
        ("cobre NEAR China", "cobre NEAR/10 China"),
        ('(cobre OR litio) NEAR/5 "las bambas" NEAR/5 chin*', '(cobre OR litio) NEAR/5 "las bambas" NEAR/5 chin*'),
        ("peru a NEAR/3 b -c", "peru a NEAR/3 b -c"),
        ("x -a NEAR/3 b", "x -(a NEAR/3 b)"),
        ("title:(a NEAR/3 b)", "title:(a NEAR/3 b)"),
        # fields
        ("TITLE:Chancay title: puerto", "title:Chancay title:puerto"),
        ("title:(a OR b -c)", "title:a OR title:b -title:c"),
        ('outlet:(andina OR "El Comercio")', 'outlet:andina OR outlet:"El Comercio"'),
        ("peru -outlet:andina NOT is:copy", "peru -outlet:andina -is:copy"),
        ("paywalled:no", "paywalled:no"),
    ],
)
def test_a_query_is_read_as_analysts_mean_it(text: str, canonical: str) -> None:
    assert write_query(parse_query(text)) == canonical
    assert parse_query(canonical) == parse_query(text)


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        # ‸ stands before the place that the caret points at
        ("‸", "the query is empty"),
        ("‸\0\x1b\u202e", "the query is empty"),
        ("‸...", "no letter or figure"),
        ("peru ‸& china", '"&" is no operator; write AND'),
        ("peru ‸|| china", "write OR"),
        ("china ‸AND", "nothing stands after this AND"),
        ("‸OR china", "nothing stands before this OR"),
        ("a OR ‸OR b", "OR and OR follow one another"),
        ("a AND ‸OR b", "AND and OR follow one another"),
        ("a (‸OR b)", "nothing stands before this OR"),
        ("(a ‸OR) b", "nothing stands after this OR"),
        ("peru ‸NOT", "nothing stands after this NOT"),
        ("‸NEAR(a b)", "write it between two words"),
        ("peru ‸(china", "never closed"),
        ("(peru ‸(china", "never closed"),
        ("peru‸)", "closes nothing"),
        ("peru ‸()", "nothing stands in these parentheses"),
        ('peru ‸"china', "quotation mark is never closed"),
        ("Chile ‸- Perú", "this dash stands alone"),
        ("‸-peru", "only what must not be there; write what must be there before it"),
        ("‸-peru -chile", "only what must not be there"),
        ("‸NOT (peru OR china)", "only what must not be there"),
        ("peru OR ‸-china", "this side of OR"),
        ("‸-outlet:andina", "only what must not be there"),
        ("peru ‸tittle:china", "did you mean title:?"),
        ("‸source:andina", "did you mean outlet:?"),
        ("‸idioma:es", "did you mean lang:?"),
        ("‸标题:钱凯港", "did you mean title:?"),
        ("‸12:30", 'put it in quotes: "12'),
        ("‸:x", "follows no field"),
        ("peru ‸title:", "stands alone; write what to look for: title:"),
        ("title:‸outlet:x", "title: wants a word"),
        ("title:‸-x", "NOT and - stand before the field"),
        ("title:(a outlet:‸x)", "a field can't stand in title:"),
        ("outlet:(‸a NEAR b)", "NEAR can't stand in outlet:"),
        ("outlet:‸and*", "* can't stand in outlet:"),
        ("ch‸*cay", "at its end alone"),
        ('x "ch‸*cay port"', "at its end alone"),
        ("‸*", "no letter or figure"),
        ("‸p*", "one letter with *"),
        ("china ‸W/10 cobre", "write NEAR/10 between two words"),
        ("china ‸near/5 cobre", "write NEAR/5 between two words"),
        ("china ‸NEAR10 cobre", "write NEAR/10 between two words"),
        ("a NEAR ‸-b", "joins words and phrases alone"),
        ("a NEAR (‸b c)", "NEAR joins words, phrases and (a OR b) alone"),
        ("a NEAR/3 b ‸NEAR/4 c", "can't have two distances"),
        ("a ‸NEAR/0 b", "NEAR reaches 1 to 100 words"),
        ("a ‸NEAR/101 b", "NEAR reaches 1 to 100 words"),
        ("a ‸NEAR/99999999999999999999 b", "NEAR reaches 1 to 100 words"),
        ("title:‸a NEAR b", "write title:(a NEAR/10 b)"),
        ("organi?ation", "?, ~ and ^ mean nothing"),
        ("chancay~2", "?, ~ and ^ mean nothing"),
        ("‸" + "钱" * 65, "a phrase of more than 64"),
        ("(" * MAX_NESTED_PARENTHESES + "‸((a", "parentheses in one another"),
        ("a " * MAX_QUERY_TERMS + "‸a", "more than 2,000 words and phrases"),
        ("a" * MAX_QUERY_CHARACTERS + "‸a", "100,000 are the most"),
    ],
)
def test_an_error_names_its_place_and_a_remedy(marked: str, message: str) -> None:
    text = marked.replace("‸", "")
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    error = caught.value
    assert message in str(error)
    assert "\n" not in str(error)
    assert error.hint
    assert error.at == max(marked.find("‸"), 0)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("peru tittle:china", ("peru tittle:china", "     ^")),
        ("钱凯港 tittle:x", ("钱凯港 tittle:x", "       ^")),  # a Chinese character is two columns wide
        ("Peru\u0301 tittle:x", ("Peru\u0301 tittle:x", "     ^")),  # and a combining accent none
        ("peru\n\u202etittle:x", ("peru  tittle:x", "      ^")),
        ("peru\x1b[31m\ttittle:x", ("peru [31m tittle:x", "          ^")),
    ],
)
def test_the_caret_stands_under_the_place_on_any_terminal(text: str, lines: tuple[str, str]) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    shown, mark = caught.value.caret()
    assert (shown, mark) == lines


def test_an_error_in_a_long_query_shows_the_part_around_it() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("peru china " * 50 + "tittle:x " + "chile " * 50)
    shown, mark = caught.value.caret()
    assert len(shown) < 80
    assert shown[len(mark) - 1 :].startswith("tittle:x")


PIECES = (
    '"', "(", ")", "AND", "OR", "NOT", "NEAR", "NEAR/3", "-", "*", "^", ":", "title:", "outlet:", "is:copy", "+", "（",
    "“", "”", "：", "peru", "秘鲁", "chin*", "\0", "\u202e", "é", "{", ",", "/", "\ud7ff", "𠀀", "🙂", "\n",
)  # fmt: skip
SYNTAX = st.lists(st.sampled_from(PIECES), max_size=40).flatmap(
    lambda pieces: st.sampled_from([" ".join(pieces), "".join(pieces)])
)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=200), SYNTAX))
@example("(" * 100_000)
@example("(" * 1_000 + "a" + ")" * 1_000)
@example("-(" * 1_000 + "a" + ")" * 1_000)
@example("title:(" * 1_000 + "a" + ")" * 1_000)
@example('"' * 99_999)
@example("NOT " * 20_000 + "peru")
@example("-" * 100_000)
@example("-peru " * 10_000)
@example("a:" * 50_000)
@example("(a OR b) NEAR " * 500 + "c")
@example(" ".join(f"w{n}" for n in range(10_000)))
@example(" OR ".join(f"w{n}" for n in range(1_999)))
@example("秘鲁" * 50_000)
@example("\ufdfa" * 10_000)
@example("\x00\x01\x1b\x7f\x85\u2028\ufeff")
@example("ѕрain秘鲁ペルーپيروпёру")
def test_any_text_is_parsed_or_gives_a_query_error_in_bounded_time(text: str) -> None:
    began = time.process_time()
    tree = error = None
    try:
        tree = parse_query(text)
    except QueryError as refused:
        error = refused
    assert time.process_time() - began < 10
    if tree is not None:
        assert parse_query(write_query(tree)) == tree
    if error is not None:
        assert "\n" not in str(error)
        assert 0 <= error.at <= len(text)
        shown, mark = error.caret()
        assert "\n" not in shown
        assert mark.strip() == "^"
