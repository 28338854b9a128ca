"""Strangers' text in a page: as letters, never as HTML."""

import html

from avakit.text import printable


def escaped(text: str) -> str:
    """Return the text as HTML that shows it, in an element or in an attribute."""
    return html.escape(printable(text, "�"))
