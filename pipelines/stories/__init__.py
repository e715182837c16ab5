"""Which articles tell the same event: their wording as vectors, and a model of pairs. Pure."""
