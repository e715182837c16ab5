"""A process that sends a desk's alerts without a pause until it is killed: `python sender.py FOLDER`."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path

from pipelines.alerts.alerts import Alerts
from pipelines.alerts.subscriptions.subscription import Subscription


async def main(folder: Path) -> None:
    alerts = Alerts(
        news=folder / "news.db",
        desk=folder / "desk.db",
        folder=folder,
        name="Vigía",
        timezone="America/Lima",
        subscriptions=[
            Subscription(name="Correo", query="chancay", to=("env:TEAM_MAIL",)),
            Subscription(name="Dos", query="puerto", to=("env:TEAM_MAIL", "env:OTHER_MAIL")),
            Subscription(name="Bitacora", query="chancay"),
        ],
        announce=lambda line: None,
    )
    first = True
    while True:
        await alerts.run(dt.datetime.now(dt.UTC))
        if first:
            print("began", flush=True)
            first = False
        await asyncio.sleep(0.005)


asyncio.run(main(Path(sys.argv[1])))
