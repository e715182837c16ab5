"""How close the entries of a list stand: `?list=compact` in the address, then the cookie that it set."""

from __future__ import annotations

from datasette.utils.asgi import Request, Response

DENSITIES = ("full", "compact")
DENSITY_COOKIE = "vigia_list"
_COOKIE_SECONDS = 365 * 24 * 3600


def read_density(request: Request) -> str:
    """Return one of DENSITIES: that of the address, else of the cookie, else "full"."""
    asked = request.args.get("list") or ""
    kept = request.cookies.get(DENSITY_COOKIE, "")
    return next((one for one in (asked, kept) if one in DENSITIES), DENSITIES[0])


def list_wrong_density(request: Request) -> list[str]:
    """Return the argument if its value is none of DENSITIES."""
    asked = request.args.get("list") or ""
    return ["list"] if asked and asked not in DENSITIES else []


def keep_density(request: Request, answer: Response) -> None:
    """Keep in a cookie what the address asks for."""
    asked = request.args.get("list") or ""
    if asked in DENSITIES:
        secure = request.scheme == "https"
        answer.set_cookie(DENSITY_COOKIE, asked, max_age=_COOKIE_SECONDS, secure=secure, httponly=True)
