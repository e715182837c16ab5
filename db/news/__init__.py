"""news.db, publishable: one file a table or a reader of it."""
