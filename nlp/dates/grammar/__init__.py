"""The grammar: families of named rules. Importing this package registers all of them."""

from nlp.dates.grammar import absolute, eras, feasts, months, relative, spans, weekdays
from nlp.dates.grammar.rules import RULES, Rule, rules_by_first_character

__all__ = [
    "RULES",
    "Rule",
    "absolute",
    "eras",
    "feasts",
    "months",
    "relative",
    "rules_by_first_character",
    "spans",
    "weekdays",
]
