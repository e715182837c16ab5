"""Write packaging/vigia.1 anew: the manual page, from the help of all commands.

python packaging/man_page.py      (`make man`)

click-man would write a file for each command, with the day of writing in it; this is one page, the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from crawler.cli.main import vigia
from db import __version__

TARGET = Path(__file__).with_name("vigia.1")
DOCUMENTS = "README.md, docs/configuration.md, docs/queries.md, docs/alerts.md"


def escape(text: str) -> str:
    """Return a line of text for roff: hyphens stay hyphens, and no first character is a request."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def write_paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a help text: its paragraphs, and as they stand the blocks that click does not wrap."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        lines = paragraph.splitlines()
        if number:
            yield ".PP"
        if lines[0].strip() == "\b":
            yield from (".nf", *(escape(line) for line in lines[1:]), ".fi")
        else:
            yield escape(" ".join(" ".join(lines).split()))


def write_options(context: click.Context, command: click.Command) -> Iterator[str]:
    """Yield the lines of the options and arguments of a command that have an explanation."""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and "--help" not in parameter.opts:
            yield from (".TP", f"\\fB{escape(record[0])}\\fR", escape(" ".join(record[1].split())))


def list_commands(context: click.Context, group: click.Group) -> Iterator[tuple[click.Context, click.Command]]:
    """Yield all commands below a group that are shown, groups before what is in them, each with its context."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield inner, command
        if isinstance(command, click.Group):
            yield from list_commands(inner, command)


def write_page() -> str:
    """Return the manual page."""
    context = click.Context(vigia, info_name="vigia")
    lines = [
        f'.TH VIGIA 1 "" "Vigía {__version__}" "User commands"',
        ".SH NAME",
        "vigia \\- watch one relationship in the news",
        ".SH SYNOPSIS",
        "\\fBvigia\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".SH DESCRIPTION",
        *write_paragraphs(vigia.help or ""),
        ".SH OPTIONS",
        *write_options(context, vigia),
        ".SH COMMANDS",
    ]
    for inner, command in list_commands(context, vigia):
        usage = " ".join([inner.command_path, *command.collect_usage_pieces(inner)])
        lines += [f'.SS "{escape(usage)}"', *write_paragraphs(command.help or ""), *write_options(inner, command)]
    lines += [".SH SEE ALSO", escape(f"{DOCUMENTS} of the source distribution")]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(write_page(), "utf-8")
