"""Corrections of the topic's rule where one reads: relevant or irrelevant, told at once and undone by a button."""
