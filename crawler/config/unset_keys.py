"""Keys of vigia.toml that a desk starts without, but that a crawl needs."""

from __future__ import annotations

from crawler.config.desk import CONFIG_FILE, Desk


def list_unset_keys(desk: Desk) -> list[str]:
    """Return one line for each, with place and remedy: no contact for outlets, no outlet to crawl."""
    path = desk.folder / CONFIG_FILE
    lines = []
    if not desk.crawl.contact:
        lines.append(f"{path}: [crawl] contact is not set, so outlets can't reach you; set it")
    if not desk.enabled_outlets:
        lines.append(
            f'{path}: no outlet is enabled, so nothing is crawled; set [desk] directory = "all", or add an [[outlet]] '
            "(`vigia outlets add URL` prints one). A change takes effect without a restart."
        )
    return lines
