"""vigia.toml and the shipped outlets: read, checked, reloaded."""
