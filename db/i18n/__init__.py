"""The languages of the interface; locales/ has every sentence."""
