"""Which field a bare value belongs to, told by its own look and by what it replaces; and what it means there."""

from __future__ import annotations

import re

from nlp.fields import notelike
from nlp.replies import clearing, values
from nlp.types import Context, Draft, FieldName, NewCustomer

#: Words of a sentence that companies' names do not have.
_TELLS = re.compile(r"[没了很说还已想嫌被]")


def read_value(name: FieldName, words: str, context: Context, draft: Draft | None) -> values.Named | None:
    """Return what `words` mean as a value of the field `name`."""
    if not values.bare(words):
        return None
    if name == "customer":
        found = values.customer(words, context, draft.customer if draft else None)
        return None if found is not None and _is_sentence(found.value, words, context) else found
    if name == "contact":
        return values.contact(words, context, draft.customer if draft else None)
    if name == "stage":
        return values.stage(words, context.playbook, draft.stage if draft else None)
    return values.day(words, context) if name == "next_followup" else values.obstacle(words)


def kind_of(new: str, old: str, context: Context, draft: Draft | None) -> FieldName | None:
    """Return the field that a bare value belongs to, told by its own look and by what it replaces."""
    of = draft.customer if draft else None
    if values.is_mostly_day(new, context):
        return "next_followup"
    said, before = values.bare(new), clearing.about(old)
    replaced = clearing.held(before, context, draft) if before and draft else None
    if replaced is not None and len(said) >= 2 and (replaced == "obstacle" or _fits(replaced, new, context, draft)):
        return replaced
    if draft and said and said == draft.customer_label:
        return "customer"
    if values.names_place_of_stage(new) and draft:
        return "stage"
    if any(rule.name in said and len(said) <= len(rule.name) + 4 for rule in context.playbook.stages):
        return "stage"
    if before and draft and draft.contact and draft.contact[:1] == before[:1] and len(said) <= 6:
        return "contact"
    if values.looks_like_person(new, context, of):
        return "contact"
    if values.looks_like_company(new, context):
        return "customer"
    if before and draft and _is_customer(before, draft, context):
        return "customer"
    if before and values.looks_like_person(old, context, of) and len(said) <= 6:
        return "contact"
    stage = values.stage(new, context.playbook) if len(said) <= 6 else None
    if stage and stage.confidence >= 0.9 and (not before or values.stage(old, context.playbook)):
        return "stage"
    return None


def _is_sentence(value: object, words: str, context: Context) -> bool:
    """Tell whether what would be a new customer's name speaks of business instead (“客户：方案没毛病”)."""
    unknown = isinstance(value, NewCustomer) and not values.looks_like_company(words, context)
    return unknown and bool(_TELLS.search(words)) and notelike.speaks_of_business(words)


def _fits(name: FieldName, new: str, context: Context, draft: Draft | None) -> bool:
    """Tell whether the new words can be a value of the field whose old value they replace."""
    if name == "contact":
        return len(values.bare(new)) <= 6 and not values.looks_like_company(new, context)
    return name != "next_followup" and read_value(name, new, context, draft) is not None


def _is_customer(words: str, draft: Draft, context: Context) -> bool:
    return words in draft.customer_label or values.looks_like_company(words, context)
