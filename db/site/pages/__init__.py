"""The pages of the reading room, one a file."""
