"""What a rep's words say: `extract` reads a visit note, `read_reply` any message of the dialogue. Pure, no I/O.

Imports none of our other packages; the values that go in and out are in `nlp.types`.
"""

from nlp.extract import extract, under_playbook
from nlp.names import Directory, choice_label, match_name, resolve_contact, short_name
from nlp.reply import read_reply
from nlp.speech.hints import hints

__all__ = [
    "Directory",
    "choice_label",
    "extract",
    "hints",
    "match_name",
    "read_reply",
    "resolve_contact",
    "short_name",
    "under_playbook",
]
