"""Who is told what, where and when, as vigia.toml states it."""
