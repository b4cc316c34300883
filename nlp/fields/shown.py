"""How the card shows a guess: as a value, as a question with choices, or as missing (DECISIONS 19).

Confidence of stage and obstacle is calibrated on writers whom the models had not seen (`nlp.fields.calibration`). Of
the values from their lines on 2.7 % of the stages and 6.9 % of the obstacles were wrong there; a higher line for
obstacles would show few and be hardly surer.
"""

from __future__ import annotations

from dataclasses import replace

from nlp.types import Guess

#: From this confidence on a guess is a value; below it a question.
VALUE_FROM = {"customer": 0.75, "contact": 0.75, "stage": 0.92, "next_followup": 0.7, "obstacle": 0.88}
#: An empty guess whose second choice is nearly as likely becomes a question below this confidence.
EMPTY_BELOW = 0.6


def _line(guess: Guess, name: str) -> Guess:
    """Set `shown` by the field's line; an explicit question stays one."""
    if guess.value is None:
        ask = bool(guess.alternatives) and guess.confidence < EMPTY_BELOW
        return replace(guess, shown="question" if ask else "missing")
    if guess.shown == "question" or guess.confidence < VALUE_FROM[name]:
        return replace(guess, shown="question")
    return replace(guess, shown="value")


def customer(guess: Guess) -> Guess:
    """Decide for the customer: without a value but with candidates it is always a question."""
    if guess.value is None:
        return replace(guess, shown="question" if guess.alternatives else "missing")
    return _line(guess, "customer")


def contact(guess: Guess) -> Guess:
    """Decide for the contact."""
    return _line(guess, "contact")


def stage(guess: Guess) -> Guess:
    """Decide for the stage."""
    return _line(guess, "stage")


def followup(guess: Guess) -> Guess:
    """Decide for the next follow-up day."""
    return _line(guess, "next_followup")


def obstacle(guess: Guess) -> Guess:
    """Decide for the obstacle; a vague one is already a question."""
    return _line(guess, "obstacle")
