"""Analyse the archive again with the current rules."""
