"""A miniature web of invented outlets, for `make demo` and for tests."""
