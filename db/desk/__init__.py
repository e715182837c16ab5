"""The tables of desk.db, which is private; one module for each table."""
