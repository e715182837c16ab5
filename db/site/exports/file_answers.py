"""Answer a request with a file of an export format."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from datasette.utils.asgi import Request, Response

from db.site.exports.file_format import ContentT, FileFormat
from db.site.page_arguments import describe_unread, read_address_arguments
from db.site.page_context import PageContext
from db.site.response import answer_with_file
from db.text.sanitise import one_line

MAX_MISTAKE_CHARACTERS = 1_000  # of a sentence in a header


def answer_in_format(
    request: Request,
    form: FileFormat[ContentT],
    content: ContentT,
    *,
    name: str,
    following: str = "",
    mistake: str = "",
) -> Response:
    """Write a content in a format and send it. `following`: the address of the next file, "" for the last.

    `mistake`: what is wrong with the address, as describe_mistakes says it; a header tells it for every format.

    A feed that the reader has is answered by 304: most requests come when nothing is new (RFC 9110, 13.1.2).
    """
    text = form.write(content)
    headers = tell_mistake(mistake)
    headers |= {"link": f'<{following}>; rel="next"'} if following else {}
    if form.is_feed:
        headers["etag"] = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        known = request.headers.get("if-none-match", "")
        if headers["etag"] in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
            return Response("", status=304, headers=headers, content_type=form.media_type)
    answer = answer_with_file(text, content_type=form.media_type, name=name if form.is_attachment else None)
    answer.headers |= headers
    return answer


def describe_mistakes(
    context: PageContext,
    request: Request,
    *,
    reads: Collection[str],
    refused: Collection[str] = (),
) -> str:
    """Say which arguments of a file's address were not read, as a page does; "" if all were."""
    return " ".join(
        describe_unread(read_address_arguments(request), reads=reads, refused=refused, wording=context.wording)
    )


def tell_mistake(mistake: str) -> dict[str, str]:
    """Return the header that tells what of an address was not understood; none if `mistake` is "".

    The sentence is one line of ASCII, which alone is safe in a header (RFC 9110, 5.5).
    """
    line = one_line(mistake, MAX_MISTAKE_CHARACTERS).translate({ord("“"): '"', ord("”"): '"'})
    return {"vigia-mistake": line.encode("ascii", "backslashreplace").decode()} if line else {}


def absolute_address(context: PageContext, request: Request, path: str) -> str:
    """Return a path of this site as an absolute address, at the host name that the reader used."""
    return str(context.datasette.absolute_url(request, path))
