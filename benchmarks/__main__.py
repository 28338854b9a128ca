"""`python -m benchmarks [NAME ...]`: run all benchmarks, or those named, and print their tables."""

import argparse
from pathlib import Path

from benchmarks import annotations, keyframes, prepare, scale, sources, stores, windows

BENCHMARKS = {
    "windows": windows.run,
    "annotations": annotations.run,
    "sources": sources.run,
    "prepare": prepare.run,
    "keyframes": keyframes.run,
    "scale": scale.run,
    "stores": stores.run,
}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each way (5)")
    parser.add_argument("--world", type=Path, default=Path(".bench"), help="where movies are kept (.bench)")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
    for name in given.names or BENCHMARKS:
        print(BENCHMARKS[name](given.world, given.runs), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
