"""Subscriptions of vigia.toml: queries, recipients, targets and times."""
