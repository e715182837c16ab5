"""Both databases, the search, the reading room and the public copy. All SQL of the project is in this folder."""

__version__ = "0.1.0"
