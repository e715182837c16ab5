"""Turn the bytes of a source into candidates.

One module for each type of source; all functions are pure.
"""

from crawler.discovery.candidates import Candidate, DiscoveryResult
from crawler.discovery.discover import discover

__all__ = ["Candidate", "DiscoveryResult", "discover"]
