"""`affectflow trace PATH`: what is behind a file, one cell of a table, or one score of one frame, clip or utterance."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from affectflow.cli.places import artifact_name, check_replaceable
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.tree import as_data, as_lines, other_versions, other_weights


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("path", type=Path, metavar="PATH", help="an artifact, such as results/test_track1.csv")
    options.add_argument("--json", action="store_true", help="print JSON")
    options.add_argument("--all", action="store_true", help="one line per artifact, not per group of similar ones")
    options.add_argument("--graph", type=Path, metavar="SVG", help="draw the lineage to this file")
    options.add_argument(
        "--row",
        metavar="NAME",
        help="row of a table: a method; a method and its score, run or condition and so on, joined by ' / ' "
        "('Visual (F) / total'); or a row of the leaderboard",
    )
    options.add_argument("--column", metavar="NAME", help="column of that row")
    options.add_argument("--subject", metavar="S", help="trace one score: of this subject …")
    options.add_argument(
        "--frame",
        type=int,
        metavar="N",
        help="… in this frame, from 0 (image 00001.jpg is frame 0); not for clips that are scored as a whole",
    )
    options.add_argument("--html", type=Path, metavar="HTML", help="write a page about that score, with pictures")


def main(arguments: argparse.Namespace) -> int:
    """Returns 0, or 1 where a number of the table is not what it was made from, or weights behind it are others now."""
    if not arguments.path.exists():
        raise InputError(f"{arguments.path}: no such file; expected an artifact of the workflow")
    chain, name = Chain(Path()), artifact_name(arguments.path)
    if chain.record(name) is None:
        raise InputError(f"{name}: has no record beside it: no job of the workflow made it, nothing is known of it")
    if arguments.frame is not None and arguments.subject is None:
        raise InputError("--frame needs --subject: a score is one subject's in one frame")
    if arguments.html and arguments.subject is None:
        raise InputError("--html shows one score: name it with --subject and --frame, a clip's with --subject")
    if arguments.html:
        check_replaceable("--html", arguments.html, "<!DOCTYPE html>")
    if arguments.graph:
        check_replaceable("--graph", arguments.graph, "<svg ")
        from affectflow.report.trace.lineage_graph import draw_graph

        draw_graph(chain, [name], arguments.graph)
    status = _report(chain, name, arguments)
    changed_weights = list(other_weights(chain))
    if not arguments.json:
        for line in (*(f"package {line}" for line in other_versions(chain)), *changed_weights):
            print(line)
    return 1 if changed_weights else status


def _report(chain: Chain, name: str, arguments: argparse.Namespace) -> int:
    if arguments.subject is not None:
        return _score(chain, name, arguments)
    if arguments.column is not None or arguments.row is not None:
        return _cell(chain, name, arguments)
    if arguments.json:
        _print_json(as_data(chain, [name]))
    else:
        for line in as_lines(chain, name, arguments.all):
            print(line)
    return 0


def _cell(chain: Chain, name: str, arguments: argparse.Namespace) -> int:
    from affectflow.report.trace.remade import Remade
    from affectflow.report.trace.table_trace import Tables
    from affectflow.report.trace.traced import describe_cell, traced_cell

    if arguments.row is None or arguments.column is None:
        raise InputError("--row and --column belong together: a cell lies in both")
    with Remade(chain) as remade:
        tables = Tables(remade)
        cell = traced_cell(tables, name, arguments.row, arguments.column)
        lines = describe_cell(tables, cell)
    if arguments.json:
        _print_json({**asdict(cell), "agrees": cell.agrees})
    else:
        print("\n".join(lines))
    return 0 if cell.agrees else 1


def _score(chain: Chain, name: str, arguments: argparse.Namespace) -> int:
    from affectflow.report.trace.score_lines import score_lines
    from affectflow.report.trace.score_trace import trace_score
    from affectflow.report.trace.utterance_trace import of_utterances

    if of_utterances(chain, name, arguments.row):
        return _utterance(chain, name, arguments)
    trace = trace_score(chain, name, arguments.subject, arguments.frame, arguments.row)
    if arguments.html:
        from affectflow.report.trace.frame_page import write_page

        write_page(chain, trace, arguments.html)
    if arguments.json:
        _print_json({**asdict(trace), "agrees": trace.agrees})
    else:
        print("\n".join(score_lines(chain, trace)))
    return 0 if trace.agrees else 1


def _utterance(chain: Chain, name: str, arguments: argparse.Namespace) -> int:
    from affectflow.report.trace.utterance_trace import trace_utterance, utterance_lines

    if arguments.frame is None:
        raise InputError(f"{name}: has a score an utterance; name its place in the video with --frame, from 0")
    if arguments.html:
        raise InputError(f"{name}: its scores are of utterances, which have no page; leave out --html")
    trace = trace_utterance(chain, name, arguments.subject, arguments.frame, arguments.row)
    if arguments.json:
        _print_json({**asdict(trace), "agrees": trace.agrees})
    else:
        print("\n".join(utterance_lines(trace)))
    return 0 if trace.agrees else 1


def _print_json(data: object) -> None:
    print(json.dumps(data, indent=1, ensure_ascii=False))
