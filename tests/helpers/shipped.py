"""The settings files that travel with the project."""

from repository import ROOT

from affectflow.config.sharing import read_extended

CONFIG = ROOT / "config"
RUNS = sorted(
    path.relative_to(CONFIG)
    for path in CONFIG.glob("**/*.yaml")
    if path.parent.name != "systems" and {"corpus", "system"} <= read_extended(path).keys()
)
