"""What analysts made: kept in desk.db, which is private."""
