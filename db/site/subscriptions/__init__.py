"""Subscriptions of readers: made from any search, tried, paused, changed and deleted in the browser."""
