"""The `vigia` command: the only room that knows click and rich."""


def main() -> None:
    """Run the command line."""
