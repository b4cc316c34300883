"""`under_playbook`: the same as reading the note anew under the other playbook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.playbooks import load as load_playbook
from nlp import extract, under_playbook
from nlp.types import Channel
from tests.nlp.corpus import as_note, load_notes
from tests.nlp.dialogue import directory

MANUFACTURING, FMCG = (load_playbook(name).for_nlp() for name in ("manufacturing", "fmcg"))


@pytest.mark.parametrize("channel", ["text", "voice"])
def test_a_note_put_under_another_playbook_reads_as_if_read_under_it(channel: Channel) -> None:
    for row in load_notes()[:60]:
        note = replace(as_note(row), channel=channel)
        first = extract(note, directory(), FMCG)
        assert under_playbook(first, note, MANUFACTURING) == extract(note, directory(), MANUFACTURING)
