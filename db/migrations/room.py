"""What the reading room reads at a million articles."""
