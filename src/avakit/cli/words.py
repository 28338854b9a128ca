"""How commands put things."""


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: `1 file`, `2,000 files`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
