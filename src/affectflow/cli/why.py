"""`affectflow why TARGET…`: would it be made again, and for what first causes."""

import argparse
from pathlib import Path

from affectflow.cli.main import chosen_settings, settings_option
from affectflow.cli.places import artifact_name
from affectflow.lineage.chain import Chain
from affectflow.lineage.plan import planned
from affectflow.lineage.why import first_causes

_SHOWN = 3


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("targets", nargs="*", metavar="TARGET", help="files or rules (default: all results)")
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0 where nothing would run, 1 where something would."""
    targets = [artifact_name(Path(target)) if Path(target).is_absolute() else target for target in arguments.targets]
    with planned(targets, chosen_settings(arguments)) as plan:
        jobs_to_run = [job for job in plan.jobs if job.needed]
        target_text = ", ".join(arguments.targets) or "all results"
        if not jobs_to_run:
            print(f"{target_text}: nothing would run")
            return 0
        print(f"{target_text}: {len(jobs_to_run)} of {len(plan.jobs)} job(s) would run, because:")
        for cause, jobs in first_causes(plan, Chain(Path())).items():
            names = [job.outputs[0] for job in jobs]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            print(f"  {cause}\n    {jobs[0].rule}: {', '.join(names[:_SHOWN])}{more}")
    return 1
