"""Quantities in texts: amounts, lengths, shares, counts and dates, in Spanish, English and Chinese; pure."""
