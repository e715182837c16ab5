"""Topic files: the shipped ones load, and a mistake gives one line with file, place and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipelines.page import OutletProfile
from pipelines.relevance.prefilter import may_be_relevant
from pipelines.relevance.rule import judge
from pipelines.relevance.topic import Concept, load_topic
from pipelines.relevance.topic_file import TopicError, list_shipped_topics
from pipelines.relevance.topic_warnings import warn_of_ordinary_names
from tests.fixtures.small_topic import SMALL_TOPIC


def write(folder, text):
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_topic_loads_with_concepts_of_both_sides():
    topic = load_topic("china_peru")
    assert (topic.a.name, topic.b.name) == ("China", "Peru")
    assert {concept.side for concept in topic.concepts} == {"a", "b", "both", "none"}
    assert topic.concept("las-bambas").side == "both"
    assert load_topic("china_peru") is topic


def test_topics_of_one_country_share_what_it_is_called():
    peru, chile = load_topic("china_peru"), load_topic("china_chile")
    assert peru.concept("chinese-miners") == chile.concept("chinese-miners")
    assert chile.concept("codelco").side == "b"
    assert {concept.side for concept in chile.concepts} == {"a", "b", "both", "none"}
    assert not any("peru" in concept.id for concept in chile.concepts)


@pytest.mark.parametrize("name", list_shipped_topics())
def test_no_name_of_a_shipped_topic_belongs_to_two_sides(name):
    topic = load_topic(name)
    sides: dict[tuple[str, str], set[str]] = {}
    for name in topic.matcher.names:
        if name.role == "concept":
            sides.setdefault((name.text, name.language), set()).add(name.side)
    assert {name: found for name, found in sides.items() if len(found) > 1} == {}


def test_another_topic_needs_only_another_file(tmp_path):
    topic = load_topic(write(tmp_path, SMALL_TOPIC))
    outlet = OutletProfile(id="x", name="X", country="CL")
    text = (
        "Los exportadores chilenos embarcan hacia China nueve de cada diez cajas.\n"
        "Los compradores chinos pagan mejor el calibre grande.\n"
        "El gremio de Chile negocia con la aduana china un despacho más rápido."
    )
    judged = judge("Cerezas de Chile llegan a China", text, language="es", topic=topic, outlet=outlet)
    assert judged.verdict == "relevant"
    assert {mention.concept for mention in judged.mentions} == {"china", "chile", "cherries"}
    peru = judge("Perú y China firman", "Perú y China firman un acuerdo.", language="es", topic=topic, outlet=outlet)
    assert peru.verdict is None
    assert may_be_relevant("<p>China compra cerezas</p>", topic=topic, outlet=outlet)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('side = "b"\nen = ["Chile"', 'side = "c"\nen = ["Chile"', 'concept "chile" · side: Input should be'),
        ('kind = "crop"\n', 'kind = "crop"\ncolour = "red"\n', 'concept "cherries" · colour: no such key'),
        ('id = "cherries"', 'id = "chile"', 'two concepts have the id "chile"'),
        ('id = "cherries"', 'id = "Cherries!"', 'concept "Cherries!" · id: String should match'),
        ('es = ["cerezas"]', "", 'concept "cherries" has no names; add en, es or zh'),
        (
            'es = ["cerezas"]',
            'es = [" "]',
            'concept "cherries" · es · 0: Value error, an empty name; write one or remove it',
        ),
        ('[sides.b]\nname = "Chile"\n', "[sides.b]\n", "sides · b · name: is missing; add it"),
        ('countries = ["CL"]', 'countries = ["Chile"]', "sides · b · countries · 0: String should match"),
        ("[topic]", "[topic", "not TOML"),
        ('include = ["common"]', 'include = ["nowhere"]', "nowhere.toml: no such file"),
    ],
)
def test_a_mistake_is_one_line_with_file_place_and_remedy(tmp_path, old, new, expected):
    assert old in SMALL_TOPIC
    path = write(tmp_path, SMALL_TOPIC.replace(old, new, 1))
    with pytest.raises(TopicError) as error:
        load_topic(path)
    assert expected in str(error.value)
    assert ".toml: " in str(error.value)
    assert "\n" not in str(error.value)


def test_a_short_name_that_is_an_ordinary_word_is_warned_of(tmp_path):
    assert [warn_of_ordinary_names(load_topic(name)) for name in list_shipped_topics()] == [None, None]
    path = write(tmp_path, SMALL_TOPIC.replace('zh = ["智利"]', 'zh = ["智利", "智方", "秘方", "小米"]'))
    warning = warn_of_ordinary_names(load_topic(path))
    assert warning is not None
    assert 'topic "china_chile": these names are ordinary words too: 秘方, 小米; list them as `doubtful`' in warning
    meant = SMALL_TOPIC.replace('name = "China–Chile"', 'name = "China–Chile"\nmeant = ["秘方"]')
    path = tmp_path / "meant.toml"
    path.write_text(meant.replace('zh = ["智利"]', 'zh = ["智利", "秘方"]'), "utf-8")
    assert warn_of_ordinary_names(load_topic(path)) is None


def test_an_unknown_topic_names_those_that_are_shipped():
    with pytest.raises(TopicError, match=r'no topic "china_mars"; shipped: china_chile, china_peru;'):
        load_topic("china_mars")


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(TopicError, match="no such file; name a shipped topic or the path"):
        load_topic(tmp_path / "none.toml")


def test_a_file_that_is_not_utf_8_says_where(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes(SMALL_TOPIC.encode("utf-8") + "# Perú".encode("latin-1"))
    with pytest.raises(TopicError, match="not UTF-8 at byte"):
        load_topic(path)


def test_a_concept_of_many_things_is_not_shown_under_the_name_of_one() -> None:
    topic = load_topic("china_peru")
    many = [concept for concept in topic.concepts if concept.shown and sum(map(len, concept.names.values())) > 25]
    assert many
    assert [concept.id for concept in many if not concept.labels] == []
    assert topic.concept("peruvian-regions").label("en") == "Peruvian regions"
    assert topic.concept("las-bambas").label("zh") == "拉斯邦巴斯铜矿"


def test_a_text_is_read_without_going_through_all_concepts() -> None:
    topic = load_topic("china_peru")
    read = []

    class Concepts(tuple[Concept, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Concept]:
            read.append(1)
            return super().__iter__()

    named = replace(topic, concepts=Concepts(topic.concepts)).name_concepts("El puerto de Chancay.", "es")
    assert [concept.id for concept in named] == ["chancay-port"]
    assert not read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[measure]]\nid = "dead"\nlabel = {}\n', 'measure "dead" · kinds: is missing; add it'),
        ('[[measure]]\nid = "box"\nlabel = {}\nkinds = ["count"]\ncounts = ["box"]\n', 'counts "box", which is not in'),
    ],
)
def test_measures_beside_a_topic_file_are_read_and_checked(tmp_path, text, message):
    (tmp_path / "measures.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TopicError, match=message):
        load_topic(write(tmp_path, SMALL_TOPIC))
