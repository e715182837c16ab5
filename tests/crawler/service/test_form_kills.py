"""A process that is killed at any step of a form leaves each database whole: as before the form, or as after it."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.service.service import site_of
from db import connection
from db.site.analysts.forms import AnalystForm, FormHandler
from tests.fixtures.analyst_desk import EXAMPLES, form_of, read_tables, write_desk

KILLED = 9
STEPS = ("INSERT", "UPDATE", "DELETE", "COMMIT")
NO_KILL = 0
SENDERS = {"/subscription/test"}  # which record that a message is sent, send it, and then record how that went


def carry_out_in_child(handler: FormHandler, form: AnalystForm, *, kill_at: int) -> int:
    """Carry out a form in a child process that ends before the given writing statement, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        steps = itertools.count(1)

        def count(statement: str) -> None:
            if statement.lstrip().upper().startswith(STEPS) and next(steps) == kill_at:
                os._exit(KILLED)

        class Watched(connection.Store):
            def __init__(self, conn: object) -> None:
                super().__init__(conn)
                self.conn.set_trace_callback(count)

        connection.Store = Watched  # type: ignore[misc]
        handler(form)
        code = 0
    finally:
        os._exit(code)


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_each_database_whole(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.mkdir()
    write_desk(ready)
    site = site_of(load_desk(ready), may_write=True)  # not started: a child of a process with threads may hang
    assert site.forms is not None
    halves = []
    for number, (path, fields) in enumerate(example for example in EXAMPLES if example[0] not in SENDERS):
        handler, after = site.forms.handlers[path], tmp_path / f"after-{number}"
        shutil.copytree(ready, after)
        assert carry_out_in_child(handler, form_of(path, fields, after), kill_at=NO_KILL) == 0, path
        whole = [read_tables(ready), read_tables(after)]
        for step in itertools.count(1):
            folder = tmp_path / f"killed-{number}-{step}"
            shutil.copytree(ready, folder)
            code = carry_out_in_child(handler, form_of(path, fields, folder), kill_at=step)
            left = read_tables(folder)
            shutil.rmtree(folder)
            if code == 0:
                assert step > 1, f"{path} writes nothing"
                break
            assert code == KILLED, (path, step)
            halves += [
                (path, step, file)
                for file in ("news.db", "desk.db")
                if not any(all(left[name] == one[name] for name in left if name.startswith(file)) for one in whole)
            ]
        ready = after
    assert halves == []
