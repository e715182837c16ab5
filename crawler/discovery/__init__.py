"""From the bytes of a source to candidates: one room for each kind of source, pure."""
