"""Analyse files in splits, on processes of Dask here or on other machines, with results that are files."""
