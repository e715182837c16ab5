"""From which version a copy was taken."""

from __future__ import annotations

from db.copies.sources import CopySource, TextVersion, choose_source, hash_sentences


def version(article: int, minute: str, sentences: str, *, is_exact: bool = True) -> TextVersion:
    """Return a version whose sentences are letters."""
    return TextVersion(
        article=article, minute=f"2026-11-20T{minute}", is_exact=is_exact, sentences=frozenset(map(ord, sentences))
    )


AGENCY = version(1, "12:00", "abcdefgh")
PAPER = version(2, "13:00", "abcdxy")
PORTAL = version(3, "14:00", "abcdx")


def test_a_copy_is_taken_from_the_nearest_earlier_version_and_not_from_the_first() -> None:
    found = choose_source(PORTAL, [AGENCY, PAPER, PORTAL], root=1)
    assert found == CopySource(source=2, kept=5, cut=1, added=0, is_sure=True)
    assert choose_source(PAPER, [AGENCY, PAPER, PORTAL], root=1) == CopySource(
        source=1, kept=4, cut=4, added=2, is_sure=True
    )


def test_of_two_that_are_as_near_the_earliest_is_the_source() -> None:
    assert choose_source(version(4, "15:00", "abcdefgh"), [version(5, "14:00", "abcdefgh"), AGENCY], root=5) == (
        CopySource(source=1, kept=8, cut=0, added=0, is_sure=True)
    )


def test_what_is_surely_later_is_no_source() -> None:
    assert choose_source(AGENCY, [AGENCY, PAPER, PORTAL], root=1) is None


def test_there_is_no_arrow_between_equal_or_imprecise_minutes() -> None:
    twin = version(4, "14:00", "abcdx")
    day_alone = version(5, "09:00", "abcdx", is_exact=False)
    for other in (twin, day_alone):
        found = choose_source(PORTAL, [other], root=other.article)
        assert found is not None
        assert (found.source, found.kept, found.is_sure) == (other.article, 5, False)


def test_a_nearer_version_of_unknown_order_is_not_passed_over_for_an_arrow_to_another() -> None:
    day_alone = version(5, "09:00", "abcdx", is_exact=False)
    found = choose_source(PORTAL, [AGENCY, day_alone], root=1)
    assert found is not None
    assert (found.source, found.is_sure) == (5, False)


def test_where_no_sentence_was_kept_whole_the_original_is_the_source() -> None:
    found = choose_source(version(9, "15:00", "qrs"), [version(2, "11:00", "abc"), AGENCY], root=1)
    assert found == CopySource(source=1, kept=0, cut=8, added=3, is_sure=True)


def test_sentences_are_the_same_whatever_their_typography() -> None:
    one = "La grúa cayó el jueves. «Fue el viento», dijo la capitanía.\n起重机周四倒塌。"
    other = 'LA GRUA CAYO EL JUEVES.\n"Fue el viento", dijo la capitania. 起重機周四倒塌！'
    assert hash_sentences(one)[:2] == hash_sentences(other)[:2]
    assert len(hash_sentences("Sí. " * 9 + one + one)) == 3
