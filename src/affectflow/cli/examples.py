"""An example of every command, which ends its `--help`."""

import argparse
from typing import Any

EXAMPLES = {
    "init": "affectflow init study",
    "doctor": "affectflow doctor --settings config/affwild2.yaml",
    "demo": "affectflow demo data/small --subjects 3 2 3 --seconds 4",
    "predict": "affectflow predict holiday.mp4 talks/ --out scores",
    "check-submission": "affectflow check-submission results/test_track1.csv --sample official/va_sample.txt",
    "resume": "affectflow resume",
    "trace": "affectflow trace results/test_track1.csv --subject video19 --frame 120 --html score.html",
    "why": "affectflow why results/test_track1.csv",
    "verify": "affectflow verify results/test_track1.csv",
    "seal": "affectflow seal results/test_track1.csv",
    "adopt": "affectflow adopt --settings config/affwild2.yaml",
    "crate": "affectflow crate run.zip --target results/test_track1.csv",
    "dvc": "affectflow dvc config/affwild2.yaml",
    "sync-mlflow": "affectflow sync-mlflow",
    "ui": "affectflow ui --port 8080",
    "weights": "affectflow weights list",
    "weights list": "affectflow weights list --settings config/affwild2.yaml",
    "weights fetch": "affectflow weights fetch imagenet_resnet50",
    "weights verify": "affectflow weights verify",
}
"""By the command, and the action of one that has several."""


def with_example(command: str) -> dict[str, Any]:
    """What `add_parser` is given so that the help of a command ends with its example."""
    return {
        "epilog": f"example:\n  {EXAMPLES[command]}",
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
