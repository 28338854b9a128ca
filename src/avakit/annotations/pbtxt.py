"""The text form of protocol buffers, as far as label maps use it: blocks of fields, whatever their lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avakit.annotations.findings import Finding

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>[+-]?[0-9]+(?:\.[0-9]*)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<mark>[{}<>:;,])
    |(?P<torn>["'][^\n]*)
    |(?P<other>.)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
_OPEN, _CLOSE = frozenset("{<"), frozenset("}>")
_BETWEEN = frozenset(";,")
_MOST = 1000


@dataclass(frozen=True)
class Field:
    """One field of a block: `text` is its value, a string's without quotes. `line` counts from 1."""

    name: str
    text: str
    quoted: bool
    line: int


@dataclass(frozen=True)
class Block:
    """One `name { … }` of the file, with its fields in their order."""

    name: str
    line: int
    fields: tuple[Field, ...]

    def first(self, *names: str) -> Field | None:
        """Return the first field that has one of these names."""
        return next((field for field in self.fields if field.name in names), None)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    place: int


def parse(text: str) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
    """Return the blocks of a text, and what in it is no such block or field.

    What is wrong is passed over; where too much is, the rest of the text is left alone, which is said too.
    """
    reader = _Reader(text)
    return tuple(reader.blocks()), tuple(reader.wrong)


class _Reader:
    """Reads token by token, always forward, so any text comes to its end."""

    def __init__(self, text: str) -> None:
        self.wrong: list[Finding] = []
        self._tokens = _tokens(text)
        self._last = _Token("end", "", 1, 1)
        self._next = self._take()

    def blocks(self) -> Iterator[Block]:
        while self._next.kind != "end":
            name = self._advance()
            if name.kind != "word":
                self._complain(name, "a block such as label { … } belongs here")
                continue
            if self._next.text == ":":
                self._advance()
            if self._next.text not in _OPEN:
                self._complain(self._next, f"{{ belongs behind {name.text[:40]}")
                continue
            self._advance()
            yield Block(name.text, name.line, tuple(self._fields()))

    def _fields(self) -> Iterator[Field]:
        while self._next.kind != "end":
            token = self._advance()
            if token.text in _CLOSE:
                return
            if token.text in _BETWEEN:
                continue
            if token.kind != "word":
                self._complain(token, "a field such as name: … belongs here")
            elif self._next.text in _OPEN:
                self._complain(self._next, "a block within a block: is a } missing before it?")
                self._advance()
            elif (field := self._field(token)) is not None:
                yield field
        self._complain(self._last, "the file ends within a block: it is not whole")

    def _field(self, name: _Token) -> Field | None:
        if self._next.text != ":":
            self._complain(self._next, f": belongs behind {name.text[:40]}")
            return None
        self._advance()
        if self._next.kind not in ("string", "number", "word"):
            torn = ": its quote does not end" if self._next.kind == "torn" else ""
            self._complain(self._next, f"the value of {name.text[:40]} belongs here{torn}")
            if self._next.kind != "mark":
                self._advance()
            return None
        value = self._advance()
        if value.kind != "string":
            return Field(name.text, value.text, quoted=False, line=value.line)
        parts = [value.text]
        while self._next.kind == "string":
            parts.append(self._advance().text)
        return Field(name.text, "".join(map(_unquoted, parts)), quoted=True, line=value.line)

    def _advance(self) -> _Token:
        self._last, self._next = self._next, self._take()
        return self._last

    def _take(self) -> _Token:
        return next(self._tokens, _Token("end", "", self._last.line, self._last.place))

    def _complain(self, token: _Token, problem: str) -> None:
        if len(self.wrong) > _MOST:
            return
        self.wrong.append(Finding(token.line, "line", token.text, f"{problem} (character {token.place})"))
        if len(self.wrong) == _MOST:
            self.wrong.append(Finding(token.line, "line", "", "too much is wrong: the rest was not read"))
            self._tokens = iter(())
            self._next = self._take()


def _tokens(text: str) -> Iterator[_Token]:
    line, begin = 1, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind != "space":
            yield _Token(kind, match.group(), line, match.start() - begin + 1)
        elif "\n" in match.group():
            line += match.group().count("\n")
            begin = match.start() + match.group().rindex("\n") + 1


def _unquoted(text: str) -> str:
    """Return what a quoted string means. Its escapes are bytes of UTF-8."""
    plain = _ESCAPE.sub(_escaped, text[1:-1].encode("utf-8", "replace"))
    return plain.decode("utf-8", "replace")


def _escaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:1] in b"01234567":
        return bytes([int(code, 8) & 0xFF])
    if len(code) > 1:
        return bytes([int(code[1:], 16)])
    return _LETTERS.get(code, code)
