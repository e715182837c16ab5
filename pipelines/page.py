"""A fetched page, with the data that its outlet and its source give about it.

Without slots: what has them is pickled by Python code of dataclasses instead of C.
"""

from __future__ import annotations

import copyreg
import datetime as dt
import pickle
from dataclasses import dataclass, field
from typing import Any, SupportsIndex

from db.model.verdict import Mark

PROTOCOL_WITH_BUFFERS = 5  # of pickle


@dataclass(frozen=True, kw_only=True)
class OutletProfile:
    """The data about a page's outlet that the analysis uses."""

    id: str
    name: str
    home: str = ""
    country: str = ""  # ISO 3166 alpha-2, "XX" when unknown
    languages: tuple[str, ...] = ()
    kind: str = "press"


@dataclass(frozen=True, kw_only=True)
class Hint:
    """The data that a source listed about a page before it was fetched.

    Any part may be missing or wrong.
    """

    title: str | None = None
    published: dt.datetime | None = None  # aware
    language: str | None = None  # as the source writes it: "es", "es-PE"
    summary: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Page:
    """The bytes of one page, and all other data that the analysis needs."""

    url: str  # canonical, see crawler.urls
    key: str
    body: bytes = field(repr=False)
    outlet: OutletProfile
    fetched_at: dt.datetime  # aware, UTC; later dates on the page are taken as wrong
    answered_url: str = ""  # after redirects; "" means url
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # of the response, in order
    hint: Hint = Hint()
    mark: Mark | None = None  # an analyst's judgement of this page

    @property
    def content_type(self) -> str:
        """The Content-Type header as it was sent, with its charset; "" if there was none."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        """Pickle the body as a buffer (PEP 574), which a channel between processes can send without a copy."""
        if int(protocol) < PROTOCOL_WITH_BUFFERS:
            return object.__reduce_ex__(self, protocol)  # type: ignore[return-value] # as copy.copy asks for it
        state = {**self.__dict__, "body": pickle.PickleBuffer(self.body)}
        return copyreg.__newobj__, (Page,), state  # type: ignore[attr-defined] # what pickle itself uses
