"""Scrapy's settings for one crawl of one outlet: politeness, limits, the order of stages."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from crawler.config.desk import CrawlSettings
from crawler.config.outlet import Outlet

ROBOTS_NAME = "Vigia"  # the name that a robots.txt addresses
SOURCE_MAX_BYTES = 50_000_000  # a sitemap's size limit in the sitemaps.org protocol, uncompressed


def user_agent(contact: str | None) -> str:
    """How we introduce ourselves: name, version and where an outlet's keeper reaches this desk (RFC 9110, 10.1.5)."""
    return f"{ROBOTS_NAME}/{version('vigia')}" + (f" (+{contact})" if contact else "")


def scrapy_settings(crawl: CrawlSettings, outlet: Outlet, *, max_seconds: float) -> dict[str, Any]:
    """Settings for `scrapy.crawler.Crawler`; everything that is not here is Scrapy's default."""
    return {
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        # Who we are.
        "USER_AGENT": user_agent(crawl.contact),
        "ROBOTSTXT_USER_AGENT": ROBOTS_NAME,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": ",".join(dict.fromkeys((*outlet.languages, "*"))),
        },
        # How politely.
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS": 8,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": crawl.delay,
        "DOWNLOAD_DELAY_JITTER": 0,  # jitter goes both ways: half of it would be faster than the delay says
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": crawl.delay,
        "AUTOTHROTTLE_MAX_DELAY": 60.0,
        "CLOSESPIDER_TIMEOUT": max_seconds,
        # Within which limits.
        "DOWNLOAD_TIMEOUT": crawl.timeout,
        "DOWNLOAD_MAXSIZE": crawl.max_page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS": {"file": None, "data": None, "ftp": None, "s3": None},
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "RETRY_TIMES": 1,  # a connection that breaks is tried once more; what was answered is the spider's to judge
        "RETRY_HTTP_CODES": [],
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",  # what failed is kept with its reason
        "HTTPERROR_ALLOW_ALL": True,
        "REFERER_ENABLED": False,
        # No listener that runs code.
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.network_guard.NetworkGuardMiddleware": 10,
            "crawler.middlewares.backoff.BackoffMiddleware": 20,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "crawler.middlewares.robots_txt.StrictRobotsTxtMiddleware": 100,
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
