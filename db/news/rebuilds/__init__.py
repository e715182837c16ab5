"""Which pages a rebuild analyses again."""
