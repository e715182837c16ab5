"""Read, check and reload vigia.toml and the shipped outlets."""
