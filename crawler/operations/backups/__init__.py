"""The whole desk in one file: write it, read it."""
