"""``complaints worker``: the one process that works on uploaded files and trainings."""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from api.service import Service
from api.settings import Settings, load_settings
from api.storage import UNAVAILABLE, Jobs, Lease, LeaseLostError, open_database
from classifier.routing import Router
from cli.terminal import reporting
from models import Registry, store_path
from models.manifest import TAXONOMY


def worker(
    job: Annotated[str | None, typer.Option(hidden=True)] = None,
    holder: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """处理上传的文件和控制台发起的训练；serve会自动启动一个。 Work on uploaded files; serve starts one by itself."""
    # Imported here, after `serve` has said where metrics go: they are looked up when they are imported.
    from api.telemetry.logs import configure_logs

    configure_logs()
    with reporting():
        settings = load_settings()
        if job is None:
            _work(settings)
        else:
            _run(job, holder, settings)


def _work(settings: Settings) -> None:
    from api.handover.courier import Courier
    from api.handover.targets import allowed_networks
    from api.jobs.uploads import open_uploads
    from api.jobs.worker import Worker, end_with_input
    from api.live import Live
    from api.privacy import open_key
    from api.rules import Rules
    from api.trainings.histories import open_histories
    from api.trainings.trainer import Trainer
    from api.watch import Watch

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if not sys.stdin.isatty():
        end_with_input(sys.stdin.fileno(), stop.set)
    program = [sys.executable, "-m", "cli"]
    database = open_database(settings.cases)

    @cache
    def served() -> tuple[Live, Rules]:
        """The model and the rules read for it: loaded when a deadline is to be computed again, which is rare."""
        registry = Registry(store_path())
        service = Service(registry.load(), settings.taxonomy)
        return Live(registry, service), Rules(database, service, settings.calendar)

    def router(version: str) -> Router:
        live, rules = served()
        live.look()
        return rules.router(version)

    def taxonomy() -> Path | None:
        """The bank's own, or the one of the model that serves: labels mean what they mean there."""
        registry = Registry(store_path())
        return settings.taxonomy or (registry.champion and registry.files(registry.champion).path(TAXONOMY)) or None

    trainer = Trainer(database, open_histories(settings, database), program, taxonomy)
    courier = Courier(database, open_key(settings, database), allowed_networks(settings.webhook_networks))
    Worker(
        database,
        open_uploads(settings, database),
        lambda job, holder: [*program, "worker", "--job", job, "--holder", holder],
        settings.job_max_memory,
        [Watch(database, router).tick, courier.tick],
        trainer,
    ).run(stop)
    courier.close()


def _run(job: str, holder: str, settings: Settings) -> None:
    """Work on one job, as the worker's child: what breaks the reader of a file breaks no more than this process."""
    from api.intake import Intake
    from api.jobs.look import look_at
    from api.jobs.run import run_job
    from api.jobs.uploads import open_uploads
    from api.jobs.worker import LEASE, end_with_input
    from api.rules import Rules

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides
    end_with_input(sys.stdin.fileno(), lambda: os._exit(1))
    database = open_database(settings.cases, upgrade=False)
    file = open_uploads(settings, database).path(job)
    found = Jobs(database).find(job)
    try:
        if found is not None and found["status"] == "arrived":
            look_at(job, file, database, Lease(LEASE, holder), settings.job_max_memory)
            return
        service = Service(Registry(store_path()).load(), settings.taxonomy)
        rules = Rules(database, service, settings.calendar)
        intake = Intake.of(service, settings, database)
        with rules.refreshing():
            run_job(job, file, intake, database, Lease(LEASE, holder), settings.job_max_memory)
    except (LeaseLostError, *UNAVAILABLE):  # none of the file's doing: see api.jobs.worker
        raise typer.Exit(3) from None
