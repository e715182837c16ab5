"""A miniature web of invented outlets, for `vigia demo` and for tests."""

from crawler.demo.desk import write_desk
from crawler.demo.server import DemoWeb
from crawler.demo.truth import DemoRequest, ExpectedPage

__all__ = ["DemoRequest", "DemoWeb", "ExpectedPage", "write_desk"]
