"""Letters and words of any text: folding, tokens, sentences, variants. Pure, the same on every floor."""
