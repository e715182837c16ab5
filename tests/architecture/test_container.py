"""The container: what Containerfile copies is there, nobody is root in it, and its health is asked for where it is."""

from __future__ import annotations

import json
import re
import shlex

import yaml

from crawler.cli.main import vigia
from crawler.service.health_endpoint import HEALTH_PATH
from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import FLOORS, pyproject

CONTAINERFILE = re.sub(r"\\\n", "", (ROOT / "Containerfile").read_text("utf-8"))
STEPS = [(line.split()[0], line.partition(" ")[2].strip()) for line in CONTAINERFILE.splitlines() if line[:1].isupper()]
SERVICE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["vigia"]


def values(word: str) -> list[str]:
    return [rest for name, rest in STEPS if name == word]


def test_the_image_is_built_of_what_the_build_sees() -> None:
    copied = {path for rest in values("COPY") if "--from" not in rest for path in shlex.split(rest)[:-1]}
    seen = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    project = pyproject()["project"]
    installed = [path for paths in pyproject()["tool"]["setuptools"]["data-files"].values() for path in paths]
    needed = {*FLOORS, "requirements.lock", "pyproject.toml", project["readme"], *project["license-files"], *installed}
    assert copied == seen
    assert needed <= copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert any("--require-hashes -r requirements.lock" in step for step in values("RUN"))


def test_the_service_is_not_root_and_keeps_the_desk_in_the_volume() -> None:
    words = [word for word, _ in STEPS]
    last_stage = len(words) - words[::-1].index("FROM")
    assert "USER" in words[last_stage:]
    assert values("USER") == ["10001"]
    assert words.index("USER") > max(number for number, word in enumerate(words) if word == "RUN")
    (volume,), (environment,) = values("VOLUME"), values("ENV")
    assert f"VIGIA_DESK={volume}" in environment.split()
    assert SERVICE["volumes"] == [f"desk:{volume}"]
    assert (SERVICE["read_only"], SERVICE["cap_drop"], SERVICE["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]


def test_health_is_asked_for_at_the_port_of_the_command() -> None:
    (entry,), (command,), (check,) = values("ENTRYPOINT"), values("CMD"), values("HEALTHCHECK")
    assert json.loads(entry) == ["vigia"]
    name, *words = json.loads(command)
    port = words[words.index("--port") + 1]
    started = vigia.get_command(vigia.make_context("vigia", ["--desk", "d", "up"]), name)
    assert started is not None
    assert started.make_context(name, words).params["port"] == int(port)
    assert f"('127.0.0.1', {port}, timeout=8)" in check
    assert f"'GET', '{HEALTH_PATH}'" in check
    compile(json.loads(check.partition("CMD ")[2])[2], "HEALTHCHECK", "exec")
    assert values("EXPOSE") == [port]


def test_no_secret_is_in_the_image_or_in_compose() -> None:
    assert SERVICE.get("environment") is None
    assert SERVICE["env_file"] == [{"path": "vigia.env", "required": False}]
    assert not re.search(r"(?i)password|secret|token|\bARG\b", CONTAINERFILE)
    if (ignored := ROOT / ".gitignore").exists():  # in a checkout, not in the source distribution
        assert ignored.read_text("utf-8").count("/vigia.env\n") == 1
