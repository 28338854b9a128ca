"""What a look at one thing found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of `doctor`. `name`: of what was looked at; `found`: what was seen; `todo`: what must be done
    before all is ready, None where nothing must.
    """

    name: str
    found: str
    todo: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing must be done."""
        return self.todo is None
