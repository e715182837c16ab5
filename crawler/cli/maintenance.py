"""`vigia backup`, `vigia restore` and `vigia check`."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path

import click

from crawler.cli.main import desk_of, error_console, say, vigia
from crawler.cli.terminal import pluralize
from crawler.operations.backups.restore_backup import restore_backup
from crawler.operations.backups.write_backup import BackupPlan, check_target, plan_backup, write_backup
from crawler.operations.check_desk import check_desk
from db.model.times import utc_now


@vigia.command()
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, a tar packed with gzip; an earlier backup is replaced in one move, no other file is.",
)
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Write the whole desk into one file, also while Vigía runs: databases, archive, vigia.toml, files of secrets.

    It holds what vigia.toml names with `file:`, sessions.key and alerts.log too, so keep it private; only its owner may
    read it. Variables of the environment (`env:`) are not in it. `vigia restore` reads it.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends with the draft deleted
    plan = plan_backup(desk_of(ctx))
    for note in plan.notes:
        error_console.print(note, soft_wrap=True)
    target = target.absolute()
    check_target(plan, target)
    say(_describe_size(plan, target))
    size = write_backup(plan, target)
    say(f"{target}: {_megabytes(size)}, readable by its owner alone. Restore it with: vigia restore FILE --desk DIR")


@vigia.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--desk",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to restore into; else vigia's.",
)
@click.option(
    "--replace", is_flag=True, help="Move what is in the folder into a folder inside it, instead of refusing."
)
@click.pass_context
def restore(ctx: click.Context, file: Path, folder: Path | None, replace: bool) -> None:
    """Restore the desk of a backup into a new or empty folder. No Vigía may run on it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends with what was unpacked deleted
    target = folder or ctx.find_root().obj
    done = restore_backup(file, target, replace=replace)
    say(
        f"{target}: {pluralize(done.files, 'file')}, {_megabytes(done.bytes)}, as they were at {done.manifest.made_at}."
    )
    if done.moved_to:
        say(f"What was there lies in {done.moved_to}; delete it when all is well.")
    for name, place in done.manifest.outside.items():
        say(f"{target / name}: belongs to {place}, outside of the desk folder; copy it there.")
    say(f"Next: vigia --desk {target} up")


@vigia.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def check_desk_command(ctx: click.Context, as_json: bool) -> None:
    """Say what the desk lacks to start and to send. Exit 1 if anything does.

    It reads vigia.toml, resolves every `env:` and `file:` in it, and looks at queries, topic, folder, databases, lock
    and disk. It sends nothing and changes nothing. Run it with the environment that Vigía has.
    """
    checked = check_desk(ctx.find_root().obj, now=utc_now())
    if as_json:
        click.echo(json.dumps(checked.as_dict(), ensure_ascii=False, indent=1))
    else:
        for line in (*checked.problems, *checked.remarks):
            say(line)
        if checked.used_by:
            say(f"In use by {checked.used_by}.")
        if checked.is_well:
            looked = [
                pluralize(checked.outlets, "outlet"),
                pluralize(checked.subscriptions, "subscription"),
                pluralize(checked.references, "secret"),
                f"topic {checked.topic}",
                f"{_megabytes(checked.free_bytes or 0)} free",
            ]
            say(f"The desk can start and send: {', '.join(looked)}.")
    if not checked.is_well:
        ctx.exit(1)


def _describe_size(plan: BackupPlan, target: Path) -> str:
    free = shutil.disk_usage(target.parent).free
    return (
        f"Databases {_megabytes(plan.database_bytes)}, archive {_megabytes(plan.archive_bytes)}, "
        f"{pluralize(len(plan.files), 'other file')} {_megabytes(plan.file_bytes)}: "
        f"at most {_megabytes(plan.total_bytes)} in {target}, where {_megabytes(free)} are free."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
