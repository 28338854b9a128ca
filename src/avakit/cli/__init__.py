"""The command: one small file for each of its verbs, which parses, calls and prints."""


def main() -> None:
    """Run the command with this process's arguments, and end the process with its exit code."""
    from avakit.cli.app import run

    raise SystemExit(run())
