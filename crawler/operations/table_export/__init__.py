"""The tables of news.db as files for analysis, for `vigia export`."""
