"""Alerts on revisions of articles."""
