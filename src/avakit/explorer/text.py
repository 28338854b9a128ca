"""Strangers' text in a page: as letters, never as HTML."""

import html


def printable(text: str) -> str:
    """Return the text with whatever is no letter as �."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def escaped(text: str) -> str:
    """Return the text as HTML that shows it, in an element or in an attribute."""
    return html.escape(printable(text))
