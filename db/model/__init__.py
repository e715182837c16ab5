"""Frozen values that all packages share. This package imports no other."""
