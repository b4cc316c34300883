"""One visit note in, five guesses and tags out: `extract(note, directory, playbook)`.

Pure and deterministic: the same note, directory, playbook and context give the same extraction. Any text is taken,
also none, and nothing is raised. Every guess carries its evidence as a span of the note as received.
"""

from __future__ import annotations

from dataclasses import replace

from nlp import dates, names
from nlp.dates import heard as heard_dates
from nlp.dates.dialogue import not_the_customers
from nlp.fields import mending, models, notelike, obstacle, preparation, shown, stage, tags
from nlp.names import Directory
from nlp.types import Context, Extraction, Guess, Note, Playbook, Span

#: Characters of a message that are read; a messenger delivers 2,048 bytes, a pasted chat may be longer.
MAX_TEXT = 4000

#: Confidence from which on the words that name the customer or the contact cannot be the obstacle.
SURE = 0.75


def extract(note: Note, directory: Directory, playbook: Playbook, *, context: Context | None = None) -> Extraction:
    """Return what `note` says of the five fields, with tags and tasks, each with confidence and evidence.

    `directory` are the customers as known now, `playbook` gives the stages and tags to tell apart, `context` what else
    is known of the rep (position, plan, open drafts). A message that is no visit note has five empty guesses.
    """
    note = replace(note, text=note.text[:MAX_TEXT])
    if notelike.kind_of(note.text) is not None:
        return Extraction(is_note=False)
    reading = mending.mended(note.text) if note.channel == "voice" else note.text
    customer, contact = names.resolve(note, directory, context)
    taken = [guess.span for guess in (customer, contact) if _is_sure(guess) and guess.span is not None]
    sender = directory.reps.get(note.rep)
    ours = sender.name if sender else ""
    taken += [Span(*turn) for turn in not_the_customers(note.text, ours)]
    spoken = heard_dates.mended(note.text, note.sent_at) if note.channel == "voice" else note.text
    followup = dates.follow_up(spoken, note.sent_at, ours)
    return Extraction(
        customer=shown.customer(customer),
        contact=shown.contact(contact),
        stage=shown.stage(stage.guess(reading, playbook, models.stage_model())),
        next_followup=shown.followup(followup),
        obstacle=shown.obstacle(obstacle.guess(note.text, models.obstacle_model(), reading, taken)),
        tags=tags.suggest(note.text, playbook, models.tag_model(), reading),
        preparations=preparation.tasks(note, followup),
    )


def under_playbook(extraction: Extraction, note: Note, playbook: Playbook) -> Extraction:
    """Return what `extract` makes of the same `note` under another playbook, which decides on stage and tags alone."""
    if not extraction.is_note:
        return extraction
    text = note.text[:MAX_TEXT]
    reading = mending.mended(text) if note.channel == "voice" else text
    return replace(
        extraction,
        stage=shown.stage(stage.guess(reading, playbook, models.stage_model())),
        tags=tags.suggest(text, playbook, models.tag_model(), reading),
    )


def _is_sure(guess: Guess) -> bool:
    """Tell whether the guess is somebody known beyond doubt, so that its words cannot be the obstacle."""
    return guess.value is not None and guess.confidence >= SURE
