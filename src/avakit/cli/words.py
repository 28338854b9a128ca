"""How commands put things: counts, and what strangers wrote."""


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: `1 file`, `2,000 files`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def printable(text: str) -> str:
    """Return a text that a file's name, or a server's words in it, cannot steer a terminal by."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
