"""Numbers as texts write them: in digits, in words, in Chinese numerals, as shares and as dates; pure."""
