"""Scrapy's settings: politeness, limits, order of middlewares and item pipelines.

The names in capitals are the project's settings, as Scrapy reads them for `scrapy list`, `scrapy settings` and
`scrapy shell`. `crawl_settings` builds the settings of one crawl from them.
"""

from __future__ import annotations

from typing import Any

from crawler.config.desk import CrawlSettings
from crawler.config.outlet import Outlet
from db import __version__


def user_agent(contact: str | None) -> str:
    """Return the User-Agent: name, version and how to reach who runs this desk (RFC 9110, 10.1.5)."""
    return f"{ROBOTSTXT_USER_AGENT}/{__version__}" + (f" (+{contact})" if contact else "")


def desk_settings(crawl: CrawlSettings) -> dict[str, Any]:
    """Return the settings that `[crawl]` of vigia.toml decides."""
    return {
        "USER_AGENT": user_agent(crawl.contact),
        "DOWNLOAD_DELAY": crawl.delay,
        "AUTOTHROTTLE_START_DELAY": crawl.delay,
        "DOWNLOAD_TIMEOUT": crawl.timeout,
        "DOWNLOAD_MAXSIZE": crawl.max_page_bytes,
    }


BOT_NAME = "vigia"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.scrapy_commands"  # `scrapy crawl` on a desk
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Politeness
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Vigia"  # the name that a robots.txt addresses
CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY_JITTER = 0  # Scrapy's jitter goes both ways, so it would also send sooner than the delay allows
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_MAX_DELAY = 60.0  # seconds

# Limits
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_HANDLERS = {
    "http": "crawler.crawling.response_limits.LimitedHTTP11",
    "https": "crawler.crawling.response_limits.LimitedHTTP11",
    "data": None,
    "ftp": None,
    "s3": None,
}
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
COOKIES_ENABLED = False
RETRY_TIMES = 1  # for broken connections
RETRY_HTTP_CODES: list[int] = []  # the spider decides what an HTTP status means, see crawler.crawling.fetch_errors
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the desk stores each failure with its reason
HTTPERROR_ALLOW_ALL = True
DOWNLOAD_FAIL_ON_DATALOSS = False  # crawler.middlewares.torn_bodies decides
REFERER_ENABLED = False

# Scrapy starts two listeners that run code by default.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

LOG_LEVEL = "INFO"

globals().update(desk_settings(CrawlSettings()))
project_settings = {name: value for name, value in globals().items() if name.isupper()}


def crawl_settings(crawl: CrawlSettings, outlet: Outlet, *, max_seconds: float) -> dict[str, Any]:
    """Return the settings of one crawl of one outlet: the project's, the desk's, and what needs a crawl session.

    `max_seconds` ends the crawl; 0 sets no limit.
    """
    return {
        **project_settings,
        **desk_settings(crawl),
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": ",".join(dict.fromkeys((*outlet.languages, "*"))),
        },
        "CLOSESPIDER_TIMEOUT": max_seconds,
        "DOWNLOAD_HANDLERS": {**DOWNLOAD_HANDLERS, "file": None},
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.network_guard.NetworkGuardMiddleware": 10,
            "crawler.middlewares.backoff.BackoffMiddleware": 20,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "crawler.middlewares.robots_txt.StrictRobotsTxtMiddleware": 100,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "crawler.middlewares.compression.BoundedCompressionMiddleware": 590,  # where Scrapy has its own
            "crawler.middlewares.torn_bodies.TornBodyMiddleware": 585,  # after it: it judges what was unpacked
        },
        "EXTENSIONS": {
            "scrapy.extensions.throttle.AutoThrottle": None,
            "crawler.middlewares.throttle.CrawlDelayThrottle": 0,
            "scrapy.extensions.logstats.LogStats": None,
            "scrapy.extensions.memusage.MemoryUsage": None,
        },
        "ITEM_PIPELINES": {
            "pipelines.item_pipelines.AnalysisPipeline": 100,
            "pipelines.item_pipelines.ArchivePipeline": 200,
            "pipelines.item_pipelines.StorePipeline": 300,
        },
        "LOG_ENABLED": False,
        "STATS_DUMP": False,
    }
