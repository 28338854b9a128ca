"""The options that several commands share, each defined once."""

from pathlib import Path
from typing import Annotated

import typer

Root = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="The data set's folder. Else AVAKIT_ROOT, else the one around this folder.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Release = Annotated[
    str | None,
    typer.Argument(metavar="[RELEASE]", help="Such as v2.2; inside a data set it may be left out."),
]
Splits = Annotated[
    list[str] | None,
    typer.Option("--split", metavar="S", help="A split; may be repeated. Else those with labels."),
]
Videos = Annotated[
    str | None,
    typer.Option("--videos", metavar="ID,ID|@FILE", help="These videos alone: ids, or a file of ids."),
]
Browser = Annotated[
    str | None,
    typer.Option(
        "--cookies-from-browser", metavar="NAME", help="Whose cookies are used: firefox, chrome ..."
    ),
]
Height = Annotated[
    int | None,
    typer.Option("--height", metavar="N", help="Pictures at most so high, where a source has several."),
]
Actions = Annotated[
    list[str] | None,
    typer.Option(
        "--actions",
        metavar="NAME",
        help="Videos in which somebody does this: 'talk to', or its number; may be repeated.",
    ),
]
PersonsMin = Annotated[
    int | None,
    typer.Option("--persons-min", metavar="N", help="Videos with so many persons in one second."),
]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="S",
        help="cvdf, youtube, mirror=URL, listing=URL, inria=URL, folder=PATH, bucket=URL or baidu; repeated, "
        "in the order to be tried. Else cvdf, then youtube if yt-dlp is here.",
    ),
]
Annotations = Annotated[
    str | None,
    typer.Option(
        "--annotations", metavar="PATH|URL", help="Where the official files are. Else their publishers'."
    ),
]
Jobs = Annotated[int | None, typer.Option("--jobs", metavar="N", help="Videos at once (4).")]
Connections = Annotated[int | None, typer.Option("--connections", metavar="N", help="Per host (8).")]
LimitRate = Annotated[
    str | None, typer.Option("--limit-rate", metavar="RATE", help="Bytes a second, in all: 500K, 4.2M.")
]
Proxy = Annotated[
    str | None, typer.Option("--proxy", metavar="URL", help="Go through this proxy; socks5:// too.")
]
