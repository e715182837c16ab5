"""Matching of articles and revisions against subscriptions."""
