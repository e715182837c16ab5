"""Split authors' names into family and given name for citations, if the split is certain.

A wrong split would sort a person under a wrong name. These names are not split: Chinese names in characters or pinyin,
names of three words of which none is a known second given name, and names of organisations.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from db.text.scripts import has_han

# Second given names, with accents folded: "José Luis Pérez" has two given names, "José Quispe Loli" two surnames.
_GIVEN_NAMES = frozenset(
    """
    adrian alberto alejandra alejandro alfonso alfredo alonso amelia ana andrea andres angel angela angelica antonia
    antonio armando arturo augusto aurelio beatriz carlos carmen carolina catalina cecilia cesar claudia cristina daniel
    daniela david diego eduardo elena elisa elizabeth emilio enrique ernesto esteban esther eugenia eva fabiola felipe
    fernanda fernando francisca francisco gabriel gabriela gerardo gloria gonzalo guadalupe guillermo gustavo hector
    hugo humberto ignacio ines irene isabel ivan jaime javier jesus jimena joaquin jorge jose josefina juan juana julia
    julio karina laura lidia liliana lorena lourdes lucia luis luisa luz manuel manuela marcela marco marcos margarita
    maria mariana mario martha martin mauricio mercedes miguel milagros monica natalia nicolas norma olga oscar pablo
    paola patricia patricio paul paula pedro pilar rafael ramon raul rebeca ricardo rita roberto rocio rodolfo rodrigo
    rosa rosario ruben ruth sandra santiago sebastian sergio silvia sofia sonia susana teresa tomas valeria veronica
    vicente victor victoria virginia walter yolanda
    """.split()  # noqa: SIM905 -- a list of words is read more easily than their quotes
)
_SURNAMES = frozenset(
    """
    acosta acuna aguilar aguirre alarcon alva alvarado alvarez aranda arce arias ayala barrios becerra bellido
    benavides benites bravo caceres campos cardenas castillo castro chavez condori contreras cruz delgado diaz duran
    escobar espinoza farfan fernandez figueroa flores garcia gomez gonzales gonzalez guerrero guevara gutierrez
    guzman hernandez herrera huaman huamani huerta ibanez jimenez leon linares loayza lopez luna machuca mamani
    martinez medina mejia mendez mendoza molina morales moreno nunez ortega ortiz pacheco padilla palacios palomino
    paredes paz pena perez pineda ponce prado quiroz quispe ramirez ramos reyes rios rivera rodriguez rojas romero
    ruiz salazar sanchez sifuentes silva solis soto suarez torres ugarte valderrama valdivia vargas vasquez vega
    velasquez vera vilca villanueva zapata zevallos
    """.split()  # noqa: SIM905 -- a list of words is read more easily than their quotes
)
_PARTICLES = frozenset("de del la las los da das do dos van von der den ter di du le y".split())  # noqa: SIM905 -- as above
# Words that show that a name is not the name of a person.
_NOT_IN_NAMES = frozenset(
    """
    redaccion redactor editorial editor editores agencia agencias agency news noticias staff team equipo diario revista
    press prensa digital online web newsroom desk correspondent corresponsal reporter reporters reuters efe afp ap
    xinhua andina bloomberg cgtn ansa dpa rpp tv radio university universidad instituto institute center centre centro
    ministerio ministry gobierno government camara chamber foundation fundacion group grupo media comunicaciones
    economia politica mundo peru china opinion colaborador colaboradores guest contributor admin administrador
    """.split()  # noqa: SIM905 -- a list of words is read more easily than their quotes
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_INITIAL = re.compile(r"[^\W\d_]\.")
_FINAL = r"(?:a[io]|ang?|ao|a|ei|eng?|er|e|ia(?:ng|n|o)?|ie|ing?|iong|iu|i|ong|ou|o|ua(?:ng|i|n)?|ue|ui|un|uo|u|ve|v|ü)"
_PINYIN = re.compile(rf"(?:(?:[zcs]h?|[bpmfdtnlgkhjqxryw])?{_FINAL})(?:['’-]?(?:[zcs]h?|[bpmfdtnlgkhjqxryw]){_FINAL})?")


@dataclass(frozen=True, slots=True)
class AuthorName:
    """A person's family and given name, or a `literal` that is not split."""

    family: str = ""
    given: str = ""
    literal: str = ""

    @property
    def inverted(self) -> str:
        """The name with the family name first: Quispe Loli, Hernán."""
        return self.literal or f"{self.family}, {self.given}"

    @property
    def direct(self) -> str:
        """The name with the given name first: Hernán Quispe Loli."""
        return self.literal or f"{self.given} {self.family}"


def split_author_name(author: str, *, language: str | None = None) -> AuthorName:
    """Split one author of a byline. `language` (of the article, ISO 639-1) gives the usual number of surnames."""
    plain = " ".join(author.split())
    words = plain.split(" ")
    if not _is_person(words):
        return AuthorName(literal=plain)
    given, rest = [words[0]], words[1:]
    # Chinese names may have the family name first; pinyin does not show which order it is.
    if all(_PINYIN.fullmatch(_fold_accents(word)) for word in words) and _fold_accents(words[0]) not in _GIVEN_NAMES:
        return AuthorName(literal=plain)
    while len(rest) > 1 and (_INITIAL.fullmatch(rest[0]) or _fold_accents(rest[0]) in _GIVEN_NAMES):
        given.append(rest.pop(0))
    surnames = _group_surnames(rest)
    spanish = language in (None, "es", "pt") or _fold_accents(words[0]) in _GIVEN_NAMES
    if len(surnames) == 1 or (len(surnames) == 2 and spanish and _fold_accents(surnames[0]) in _SURNAMES):
        return AuthorName(family=" ".join(surnames), given=" ".join(given))
    return AuthorName(literal=plain)


def _is_person(words: list[str]) -> bool:
    if not 2 <= len(words) <= 7 or has_han(" ".join(words)):
        return False
    for place, word in enumerate(words):
        folded = _fold_accents(word)
        if folded in _NOT_IN_NAMES:
            return False
        if folded in _PARTICLES and word.islower() and 0 < place < len(words) - 1:
            continue
        if _INITIAL.fullmatch(word) and 0 < place < len(words) - 1:
            continue
        if not _WORD.fullmatch(word) or not word[0].isupper() or (len(word) > 1 and word.isupper()):
            return False
    return True


def _group_surnames(words: list[str]) -> list[str]:
    """Group words into surnames, each with the particles before it: de la Cruz."""
    found, particles = [], list[str]()
    for word in words:
        if word.islower():
            particles.append(word)
        else:
            found.append(" ".join([*particles, word]))
            particles = []
    return found


def _fold_accents(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
