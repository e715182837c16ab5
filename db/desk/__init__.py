"""desk.db, private: one file a table."""
