"""What a keeper runs by hand: one file a command."""
