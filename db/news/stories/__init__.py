"""Stories: the articles that tell one event (news.db)."""
