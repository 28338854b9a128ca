"""What strangers wrote (servers, files' names, movies' tags), made fit to be shown."""


def printable(text: str, instead: str = "?") -> str:
    """Return a text that can steer no terminal: `instead` stands for each sign that is not to be seen."""
    return "".join(sign if sign.isprintable() else instead for sign in text)


def one_line(text: str) -> str:
    """Return a text as one line, every stretch of what is not to be seen as one space."""
    return " ".join(printable(text, " ").split())
