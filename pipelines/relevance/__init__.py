"""Whether a text is about the topic: names, prefilter, rule; topics/ as data."""
