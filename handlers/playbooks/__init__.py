"""Playbooks: what an industry's sale looks like, as YAML that a company may edit.

`load` reads a bundled playbook or a file; `Playbooks` serves them with overrides from a deployment folder, reloaded
when a file changes.
"""

from handlers.playbooks.load import PlaybookError, bundled_names, load, load_text
from handlers.playbooks.registry import Playbooks
from handlers.playbooks.schema import Playbook, QuietHours, Requires, Stage, Tag

__all__ = [
    "Playbook",
    "PlaybookError",
    "Playbooks",
    "QuietHours",
    "Requires",
    "Stage",
    "Tag",
    "bundled_names",
    "load",
    "load_text",
]
