"""``complaints serve``: the HTTP service, and a worker beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer
import uvicorn

from api.privacy import open_key
from api.serving import Serving
from api.settings import Settings, load_settings
from api.storage import Keys, open_database, shown
from classifier.taxonomy import BUNDLED
from cli.terminal import err, reporting
from cli.train import train_bundled
from models import Registry, store_path

_AGAIN: Final = 1.0
"""Seconds before a worker that has ended is started again."""
_WORKER: Final = [sys.executable, "-m", "cli", "worker"]


def serve(port: Annotated[int | None, typer.Option(help="端口 TCP port.", min=0, max=65_535)] = None) -> None:
    """启动HTTP服务；没有模型时先用自带语料训练。 Serve over HTTP; without a model, train the bundled one first."""
    with reporting():
        settings = load_settings() if port is None else load_settings(port=port)
        database = open_database(settings.cases)
        has_keys = bool(Keys(database).all())
        settings.check_exposure(has_keys=has_keys)
        open_key(settings, database)
        database.dispose()
        registry = Registry(store_path())
        if registry.champion is None:
            err.print("还没有模型，先用自带语料训练。 No model yet: training the bundled one.")
            train_bundled(settings.taxonomy or BUNDLED, reason="first start")
        version = Serving.of(registry.load(), settings.taxonomy).version
    err.print(f"模型 model {version}", markup=False)
    err.print(f"案件库 cases {shown(settings.cases)}", markup=False)
    if not has_keys:
        err.print("没有API密钥：只回应本机。 No API keys: this machine only. complaints keys add", markup=False)
    # When it has shut down, the server hands the signal on that ended it: what is beside it is then to be ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="complaints-") as shared:
        # What the processes share. prometheus_client looks at it when it is imported, so nothing above may import that.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        with _worker_beside():
            _listen(settings)


def _listen(settings: Settings) -> None:
    uvicorn.run(
        "api.app:app_from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.proxy),
        forwarded_allow_ips=settings.proxy or None,
        server_header=False,
        http="api.wire:LimitedProtocol",
        ws="none",  # nothing here speaks it, and its log would have paths and queries
        log_config=None,
        access_log=False,  # it has paths and queries; api.telemetry tells of requests
    )


@contextmanager
def _worker_beside() -> Iterator[None]:
    """Keep one ``complaints worker`` running; it ends when this process does, however that happens."""
    stop = threading.Event()

    def keep() -> None:
        while not stop.is_set():
            worker = subprocess.Popen(_WORKER, stdin=subprocess.PIPE)
            while worker.poll() is None:
                if stop.wait(0.2) and worker.stdin and not worker.stdin.closed:
                    worker.stdin.close()
            stop.wait(_AGAIN)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
