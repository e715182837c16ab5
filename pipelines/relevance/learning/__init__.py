"""What a topic has learned from labelled texts, beside its rule."""
