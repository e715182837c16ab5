"""Turns a page into a record and a record into an alert."""
