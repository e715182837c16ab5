"""The operations behind single commands: one module for each command that a person runs by hand."""
