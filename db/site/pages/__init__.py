"""The pages of the reading room, one in each file."""
