"""The publishable database news.db: a module for each table, or for each use of several tables."""
