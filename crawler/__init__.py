"""Finds and fetches pages, and runs the desk."""
