"""The command `snakemake` of this project's environment: Snakemake's own, with targets allowed behind `--resources`.

Snakemake's `--resources` takes every word up to the next option, so that the natural order of words, as in
`snakemake --cores 8 --resources gpu=2 results/test_track1.csv`, ends in an error: it takes the target for a resource.
Values of these options all contain "=", targets of this workflow never do, so the words can be told apart. The
targets are handed to Snakemake first. Python's search for garbage is made rarer too: the graph of a large corpus is
hundreds of thousands of objects that stay, and to look through them again and again took a fifth of a start.
"""

import gc
import sys

PAIRS = frozenset(
    {
        "--resources",
        "--res",
        "--config",
        "-C",
        "--set-threads",
        "--set-resources",
        "--set-scatter",
        "--default-resources",
    }
)


def targets_first(argv: list[str]) -> list[str]:
    """`argv` with the words that stand among NAME=VALUE pairs and are none moved to the front."""
    targets: list[str] = []
    others: list[str] = []
    pairs = False
    for position, word in enumerate(argv):
        if word == "--":
            return [*targets, *others, *argv[position:]]
        if word.startswith("-"):
            pairs = word.split("=", 1)[0] in PAIRS
        elif pairs and "=" not in word:
            targets.append(word)
            continue
        others.append(word)
    return [*targets, *others]


_OBJECTS = 200_000
"""How many new objects there are before Python looks for garbage; its own number is 700."""


def main() -> None:
    """Run Snakemake with the words of the command line put in order."""
    gc.set_threshold(_OBJECTS)
    from snakemake.cli import main as snakemake

    snakemake(targets_first(sys.argv[1:]))


if __name__ == "__main__":
    main()
