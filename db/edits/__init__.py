"""What changed between two versions of an article, in kinds that an analyst tells apart. Pure."""
