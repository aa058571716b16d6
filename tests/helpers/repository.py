"""Where the repository of these tests lies, and copies of it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELPERS = ROOT / "tests/helpers"


def copy_repository(folder: Path, without: str | None = None) -> None:
    """Copy what git tracks, or would track, to a folder; without one of its top folders where that is named."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in map(Path, filter(None, listing.split("\0"))):
        if name.parts[0] != without and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
