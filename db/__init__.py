"""Keeps the records and publishes them: every SQL statement of the project is in this folder."""
