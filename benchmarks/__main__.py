"""The command line: run, list, summary, page."""

import argparse
from pathlib import Path

from benchmarks import page, runner, summary
from benchmarks.methods import METHODS
from benchmarks.shared import DEFAULT, Shared
from benchmarks.tables import TABLES

OUT = Path(__file__).parent / "runs"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--shared", type=Path, default=DEFAULT, help="folder with instances/, data/ and tools/")
    every.add_argument("--out", type=Path, default=OUT, help="folder of the rows (default: benchmarks/runs)")
    every.add_argument("--table", nargs="+", choices=TABLES, default=list(TABLES), help="tables (default: all)")
    run = commands.add_parser("run", parents=[every], help="run instances x methods x seeds")
    run.add_argument("--methods", nargs="+", choices=METHODS, default=["territorykit"])
    run.add_argument("--seeds", nargs="+", type=int, default=[1])
    run.add_argument("--instances", nargs="+", metavar="PATTERN", help="such as NV WV or 'g20*' (default: all)")
    run.add_argument("--time", type=float, help="seconds per run; 0: the method's own budget (default: the table's)")
    run.add_argument("--workers", type=int, default=1, help="threads (default: 1)")
    run.add_argument(
        "--timeout", type=float, help="seconds until a run is ended (default: ten times the limit, at least 600)"
    )
    run.add_argument("--memory", type=float, default=6.0, help="gigabytes a run may take (default: 6)")
    run.add_argument("--again", action="store_true", help="run anew what is there already")
    commands.add_parser("list", parents=[every], help="name the instances of the tables")
    commands.add_parser("summary", parents=[every], help="print what the rows say")
    commands.add_parser("page", parents=[every], help="write benchmarks/results, pictures and the documentation's page")
    return parser


def _run(options: argparse.Namespace) -> None:
    for table in options.table:
        runner.run(
            runner.Wish(
                shared=Shared(options.shared),
                out=options.out,
                table=table,
                methods=options.methods,
                seeds=options.seeds,
                instances=options.instances,
                time=options.time,
                workers=options.workers,
                timeout=options.timeout,
                memory=options.memory,
                again=options.again,
            )
        )


def _list(options: argparse.Namespace) -> None:
    for name in options.table:
        print(f"{name}: {TABLES[name].title}")
        print("  " + " ".join(TABLES[name].names(Shared(options.shared))))


def _summary(options: argparse.Namespace) -> None:
    for table in options.table:
        summary.show(options.out, table)


def _page(options: argparse.Namespace) -> None:
    page.write(options.out, options.table)


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line asks for."""
    options = _parser().parse_args(arguments)
    {"run": _run, "list": _list, "summary": _summary, "page": _page}[options.command](options)


if __name__ == "__main__":
    main()
