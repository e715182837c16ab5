"""Dossiers of analysts, and the files that a dossier or a search gives."""
