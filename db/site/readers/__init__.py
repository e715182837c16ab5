"""Who reads, and how much of the reading room each may use: addresses, sessions, shares of work."""
