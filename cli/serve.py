"""``complaints serve``: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from api import create_app
from api.service import Service
from api.settings import HOST, load_settings
from api.storage import shown
from classifier.taxonomy import BUNDLED
from cli.terminal import err, reporting
from cli.train import train_bundled
from models import Registry, store_path


def serve(port: Annotated[int | None, typer.Option(help="端口 TCP port.", min=0, max=65_535)] = None) -> None:
    """启动HTTP服务；没有模型时先用自带语料训练。 Serve over HTTP; without a model, train the bundled one first."""
    with reporting():
        settings = load_settings() if port is None else load_settings(port=port)
        registry = Registry(store_path())
        if registry.champion is None:
            err.print("还没有模型，先用自带语料训练。 No model yet: training the bundled one.")
            train_bundled(settings.taxonomy or BUNDLED, reason="first start")
        service = Service(registry.load(), settings.taxonomy)
        app = create_app(service, settings)
    err.print(f"模型 model {service.version}", markup=False)
    err.print(f"案件库 cases {shown(settings.cases)}", markup=False)
    uvicorn.run(app, host=HOST, port=settings.port)
