"""Briefings: the stories of a period on one page, collected once, stored, and written as a file of several formats."""
