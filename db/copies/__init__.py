"""Recognise copies of texts: fingerprints find candidates, similarity decides. Pure."""
