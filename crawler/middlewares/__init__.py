"""Downloader middlewares and the throttle extension."""
