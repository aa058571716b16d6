"""`affectflow ui`: MLflow's page of all runs, of the store that the settings name."""

import argparse
import os
import sys

from affectflow.cli.main import settings_of, settings_option
from affectflow.config.project import SQLITE
from affectflow.config.system.load import load_run
from affectflow.core.errors import InputError
from affectflow.tracking.store import QUIET, init_store

_PORT = 5000
RUNS = "#/experiments?workflowType=machine_learning"
"""Of the page: the experiments, from which a click leads to their runs."""


def add_options(options: argparse.ArgumentParser) -> None:
    settings_option(options)
    options.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    options.add_argument("--port", type=int, default=_PORT, help=f"port to listen at (default: {_PORT})")


def main(arguments: argparse.Namespace) -> int:
    """Become MLflow's server; nothing is sent to its makers.

    Raises:
        InputError: the store does not answer.
    """
    uri = load_run(settings_of(arguments)).tracking.uri
    if uri.startswith(("http://", "https://")):
        print(f"{uri} is a server with a page of its own: open it in a browser")
        return 0
    if uri.startswith(SQLITE) and (failure := init_store(uri)):
        raise InputError(f"MLflow at {uri}: {failure}")
    # MLflow's page begins in its view of language models, where an experiment is an empty overview.
    print(f"open http://{arguments.host}:{arguments.port}/{RUNS}", flush=True)
    words = ["--backend-store-uri", uri, "--host", arguments.host, "--port", str(arguments.port)]
    os.execve(sys.executable, [sys.executable, "-m", "mlflow", "ui", *words], {**os.environ, **QUIET})
