"""Characters, words and sentences of any text: scripts, folding, tokens, sentences, excerpts. Pure."""
