"""`vigia alerts`: who hears of what."""

from __future__ import annotations
