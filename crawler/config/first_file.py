"""Write the first vigia.toml of a desk: the common keys, with others as comments."""

from __future__ import annotations

import json
from pathlib import Path

from crawler.config.desk import CONFIG_FILE, DeskError
from db.draft_files import is_disk_full
from pipelines.relevance.topic_file import FIRST_TOPIC, read_shipped_topic

_FIRST_FILE = """\
# Vigía's desk: its name, the outlets it watches, the people it alerts. Every key is optional; all of them stand in
# docs/configuration.md.

[desk]
name = "Vigía"
topic = "{topic}"    # what it watches: the name of a shipped topic, or the path of your own file
timezone = "{timezone}"
# The shipped outlets: "all", "none", or some files.
directory = {directory}
# operator = "env:VIGIA_OPERATOR"    # gets a notice when an outlet falls silent, a source breaks or the disk fills up

[crawl]
# An address where the webmaster of an outlet can reach you. The User-Agent of every request has it: please set it.
# contact = "mailto:desk@example.org"
# proxy = "env:VIGIA_PROXY"    # where the network needs one: http://proxy.example:3128; http_proxy is not used

# An outlet of your own; the same id as a shipped one overrides its keys. `vigia outlets add URL` writes such a block.
# [[outlet]]
# id = "mi-diario"
# name = "Mi Diario"
# home = "https://midiario.example/"
# country = "{country}"
# languages = ["es"]
# kind = "press"
# feeds = ["https://midiario.example/feed/"]

# A person who gets alerts. Addresses are Apprise URLs kept outside this file: an environment variable or a file of
# one line, e.g. VIGIA_ANA=mailtos://user:password@smtp.example.org?to=ana@example.org
# [[person]]
# id = "ana"
# to = ["env:VIGIA_ANA"]
# language = "es"              # of the messages to Ana: "en", "es" or "zh"
# timezone = "{timezone}"    # of the times in them; else the desk's

# What people get alerts about. Without `people` and without `to` (addresses like those above), alerts are printed and
# appended to alerts.log beside this file.
# [[subscription]]
# name = "Copper"
# query = "cobre OR copper OR 铜"
# people = ["ana"]
# when = "immediately"         # or "hourly", "daily 07:30", "weekly mon 07:30", in the zone that its people share

# A briefing of all stories, made and mailed by a rhythm: docs/briefing.md.
# [[briefing]]
# name = "Monday"
# when = "weekly mon 07:30"
# people = ["ana"]
"""


def compose_first_file(topic: str = FIRST_TOPIC) -> str:
    """Return the first vigia.toml of a desk that watches a shipped topic. Raises TopicError if there is none."""
    file = read_shipped_topic(topic)
    return _FIRST_FILE.format(
        topic=topic,
        timezone=file.topic.timezone,
        directory=json.dumps(file.topic.directory or "all"),
        country=file.sides.b.countries[0],
    )


def write_first_file(folder: Path, topic: str = FIRST_TOPIC) -> Path:
    """Write FOLDER/vigia.toml for a new desk that watches a shipped topic, and return its path.

    Raises DeskError if the file exists or the folder can't be written, TopicError if there is no such topic.
    """
    text = compose_first_file(topic)
    path = folder / CONFIG_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
            except OSError:
                path.unlink()  # an incomplete file would be read as a desk
                raise
    except FileExistsError as error:
        raise DeskError(f"{path} already exists; edit it, or name another folder with --desk") from error
    except OSError as error:
        remedy = "free some space" if is_disk_full(error) else "check the folder's permissions"
        raise DeskError(f"{folder}: can't be written ({error.strerror}); {remedy}") from error
    return path
