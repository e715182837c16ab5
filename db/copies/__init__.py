"""When two texts are the same: fingerprint and similarity. Pure."""
