"""Write the whole run as one HTML page that opens offline."""

from pathlib import Path

from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain
from affectflow.report.run_page.track import TrackFiles
from affectflow.report.run_page.write import ReportFiles, asset_files, write_report
from affectflow.workflow.options import json_or_file, named_path
from affectflow.workflow.script import existing, job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--corpus", required=True, metavar="NAME", help="what was scored")
    options.add_argument("--system", required=True, metavar="NAME", help="what scored it")
    options.add_argument("--edition", required=True, help="release of the annotations")
    options.add_argument("--work", type=existing, required=True, metavar="DIR", help="artifacts of the corpus")
    for name, meaning in (
        ("manifest", "manifest"),
        ("labels", "label table"),
        ("clip-labels", "label table of the manifest's subjects, where what is scored are utterances,"),
        ("weights", "what fuse.py wrote"),
        ("curves", "scores by epoch"),
    ):
        options.add_argument(
            f"--{name}",
            type=named_path,
            action="append",
            default=[],
            metavar="TRACK=PATH",
            help=f"{meaning} of a track; once for each",
        )
    options.add_argument(
        "--prediction",
        type=named_path,
        action="append",
        default=[],
        metavar="TRACK/BRANCH=PATH",
        help="validation predictions; once for each branch of each track",
    )
    options.add_argument(
        "--methods",
        type=json_or_file,
        default={},
        metavar="JSON",
        help="submitted method by track, of those with labels",
    )
    options.add_argument("--tables", type=existing, nargs="*", default=[], metavar="CSV", help="result tables")
    options.add_argument(
        "--notes",
        type=json_or_file,
        default={},
        metavar="JSON",
        help="what must be said of branches: {track: {branch: …}}",
    )
    options.add_argument(
        "--left-out", type=json_or_file, default=[], metavar="JSON", help="what is left out of the run, in words"
    )
    options.add_argument("--out", type=Path, required=True, help="HTML file to write")
    args = options.parse_args()
    labels, weights, curves = dict(args.labels), dict(args.weights), dict(args.curves)
    branches: dict[str, dict[str, Path]] = {}
    for name, path in args.prediction:
        track, _, branch = name.partition("/")
        branches.setdefault(track, {})[branch] = path
    manifests = dict(args.manifest)
    report = ReportFiles(
        work=args.work,
        manifests={track_of(track, args.edition): path for track, path in manifests.items()},
        tracks={
            track: TrackFiles(weights[track], labels[track], branches[track], curves[track], method)
            for track, method in args.methods.items()
        },
        tables=[path for path in args.tables if path.suffix == ".csv"],
        clip_labels=dict(args.clip_labels),
        left_out=args.left_out,
        notes=args.notes,
    )
    with job(args, [*report.inputs(), *args.tables, *asset_files()]):
        write_report(report, args.corpus, args.system, Chain(), args.out)


if __name__ == "__main__":
    run(main)
