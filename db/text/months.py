"""Names of months in the languages of the pages, with their numbers; folded names too. Pure."""

from __future__ import annotations

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "enero january janeiro januar jänner janvier gennaio ene jan",
        "febrero february fevereiro februar février fevrier febbraio feb fev",
        "marzo march março marco märz maerz mars mar",
        "abril april avril aprile abr apr avr",
        "mayo may maio mai maggio",
        "junio june junho juni juin giugno jun giu",
        "julio july julho juli juillet luglio jul lug",
        "agosto august août aout ago aug",
        "septiembre setiembre september setembro septembre settembre sep sept set",
        "octubre october outubro oktober octobre ottobre oct okt out ott",
        "noviembre november novembro novembre nov",
        "diciembre december dezembro dezember décembre decembre dicembre dic dec dez",
    ),
    1,
):
    MONTHS.update(dict.fromkeys(_names.split(), _number))
