"""The container's two files say the same, and copy what is there."""

from __future__ import annotations

import json
import re

import yaml

from tests.fixtures.paths import ROOT

CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ")


def test_compose_checks_the_health_as_the_image_does() -> None:
    found = re.search(r"^HEALTHCHECK (.*?) CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    assert found
    times = dict(re.findall(r"--([a-z-]+)=(\w+)", found[1]))
    service = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["vigia"]
    check = {name.replace("_", "-"): str(value) for name, value in service["healthcheck"].items() if name != "test"}
    assert check == times
    command = json.loads(found[2])
    assert service["healthcheck"]["test"] == ["CMD", *command]
    compile(command[-1], "HEALTHCHECK", "exec")


def test_the_image_copies_only_what_its_context_has() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    copied = [
        path for line in re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.MULTILINE) for path in line.split()
    ]
    assert sorted(copied) == sorted(allowed)
    assert [path for path in copied if not (ROOT / path).exists()] == []
