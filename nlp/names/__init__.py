"""Names in notes: which customer and which person a rep means, by characters and by sound."""

from nlp.names.directory import Directory
from nlp.names.labels import choice_label, short_name
from nlp.names.resolve import resolve, resolve_contact, resolve_customer
from nlp.names.search import match_name, nearby_customers, own_customers

__all__ = [
    "Directory",
    "choice_label",
    "match_name",
    "nearby_customers",
    "own_customers",
    "resolve",
    "resolve_contact",
    "resolve_customer",
    "short_name",
]
