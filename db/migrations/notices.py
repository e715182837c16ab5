"""Notices to whoever keeps the desk, and heartbeats."""
