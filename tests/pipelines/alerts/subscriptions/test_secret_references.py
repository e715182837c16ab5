from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.alerts.errors import SecretError
from pipelines.alerts.subscriptions.secret_references import read_secret


def test_a_reference_to_the_environment_gives_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM", " mailto://x \n")
    assert read_secret("env:TEAM", folder=tmp_path) == "mailto://x"


def test_a_reference_to_a_file_is_relative_to_the_desk(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mail").write_text("\ufeffmailto://x\n", encoding="utf-8")
    assert read_secret("file:secrets/mail", folder=tmp_path) == "mailto://x"
    assert read_secret(f"file:{tmp_path}/secrets/mail", folder=Path("elsewhere")) == "mailto://x"


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:NOT_THERE", "env:NOT_THERE: there is no environment variable NOT_THERE; set it where Vigía is started"),
        ("env:EMPTY", "env:EMPTY: is empty; put the target's address there"),
        ("env:TWO", "env:TWO: holds more than one line; give each target a reference of its own"),
        ("file:none", "file:none: there is no such file in the desk folder; write the target's address into it"),
        ("file:.", "file:.: can't be read (Is a directory); check its permissions"),
        ("file:latin", "file:latin: is not UTF-8 text; save it as UTF-8"),
        ("file:long", "file:long: is longer than 10,000 bytes; it should hold the target's address alone"),
        ("mailto://hunter2", 'a target is no reference; write "env:NAME" or "file:PATH"'),
    ],
)
def test_an_error_names_reference_and_remedy_and_never_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, says: str
) -> None:
    monkeypatch.setenv("EMPTY", "  ")
    monkeypatch.setenv("TWO", "hunter2\nhunter2")
    (tmp_path / "latin").write_bytes(b"hunter2 \xe9")
    (tmp_path / "long").write_bytes(b"hunter2" * 2000)
    with pytest.raises(SecretError) as caught:
        read_secret(reference, folder=tmp_path)
    assert str(caught.value) == says
    assert caught.value.__cause__ is None
