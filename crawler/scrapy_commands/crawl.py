"""`scrapy crawl outlet -a id=gestion`: what `vigia crawl gestion` does, for people who know Scrapy.

Scrapy's own command can't open a crawl session, which holds the desk's lock, databases and worker processes, before it
creates the spider. This one opens it, and reports what a person can mend as a usage error.
"""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from crawler.cli.crawl import crawl_once
from crawler.cli.main import error_line, expected_errors, first_cause
from crawler.config.desk import load_desk
from crawler.crawling.reactor import run_in_reactor
from crawler.spiders.outlet import OutletSpider


class Command(BaseRunSpiderCommand):
    """Crawl one outlet of the desk folder that VIGIA_DESK names (default: desk)."""

    requires_project = True
    requires_crawler_process = False  # crawler.runner runs the crawl

    def syntax(self) -> str:
        """Return what follows the command's name."""
        return f"[options] {OutletSpider.name} -a id=OUTLET"

    def short_desc(self) -> str:
        """Return the command's line in the list of commands."""
        return "Crawl one outlet of the desk that VIGIA_DESK names"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl the outlet to its end. Raises UsageError for a mistake in the command or the desk."""
        outlet_id = read_outlet_id(args, opts)
        settings = self.settings
        if settings and settings.getbool("LOG_ENABLED"):
            logging.basicConfig(
                level=settings.get("LOG_LEVEL"),
                filename=settings.get("LOG_FILE"),
                format=settings.get("LOG_FORMAT"),
                datefmt=settings.get("LOG_DATEFORMAT"),
            )
        # A robots.txt that can't be read is stored with its host; Scrapy would print a traceback for each.
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)
        try:
            desk = load_desk(Path(os.environ.get("VIGIA_DESK") or "desk"))
            outlet = desk.outlet(outlet_id)
            run_in_reactor(lambda: crawl_once(desk, (outlet,)))
        except Exception as error:  # its first cause decides: what a person can mend is one line, the rest is raised
            cause = first_cause(error)
            if not isinstance(cause, expected_errors()):
                raise
            raise UsageError(error_line(cause), print_help=False) from error


def read_outlet_id(args: list[str], opts: argparse.Namespace) -> str:
    """Return the outlet that the command line names. Raises UsageError if the command can't be carried out."""
    if args != [OutletSpider.name]:
        raise UsageError(f"name the spider: scrapy crawl {OutletSpider.name} -a id=OUTLET", print_help=False)
    if opts.output or opts.overwrite_output:
        raise UsageError("articles go to news.db of the desk, not to a feed; leave -o and -O out", print_help=False)
    if unknown := sorted(set(opts.spargs) - {"id"}):
        raise UsageError(f"unknown argument -a {unknown[0]}=; the only one is -a id=OUTLET", print_help=False)
    if changed := [name for name in opts.set if not name.startswith("LOG_")]:
        raise UsageError(
            f"-s {changed[0]}: a crawl takes its settings from [crawl] in vigia.toml; -s sets LOG_… only",
            print_help=False,
        )
    if not opts.spargs.get("id"):
        raise UsageError(f"name an outlet: scrapy crawl {OutletSpider.name} -a id=OUTLET", print_help=False)
    return str(opts.spargs["id"])
