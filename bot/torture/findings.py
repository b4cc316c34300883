"""Where the checks write down what they find."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("lost", "doubled", "altered", "stuck")


@dataclass(slots=True)
class Findings:
    """Sentences by kind."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    #: texts seen again after the platform's time for recognising them, which nobody can prevent
    repeated: int = 0

    def count(self, found: int, what: str) -> None:
        """Book something that must be there exactly once."""
        if found == 0:
            self.lost.append(what)
        elif found > 1:
            self.doubled.append(f"{what} ×{found}")

    def figures(self) -> dict[str, int]:
        """Return how many of each kind."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}

    def lines(self) -> list[str]:
        """Return every finding with its kind."""
        return [f"{kind}: {what}" for kind in KINDS for what in getattr(self, kind)]
