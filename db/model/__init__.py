"""Frozen values that all rooms share. The lowest room."""
