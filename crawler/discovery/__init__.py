"""From the bytes of a source to candidates: one room for each kind of source, pure."""

from crawler.discovery.candidates import Candidate, DiscoveryResult
from crawler.discovery.discover import discover

__all__ = ["Candidate", "DiscoveryResult", "discover"]
