"""Results and citations as files."""
