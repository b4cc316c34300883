"""Finds customers by a typed name, and lists the names a rep is likely to say."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.fuzz import ratio

from nlp.names.directory import Directory
from nlp.names.forms import long_forms
from nlp.names.labels import short_name
from nlp.names.places import CITIES
from nlp.names.reading import NEAR_KM, kilometres
from nlp.names.sound import folded, normal, plain
from nlp.types import Customer

_LEAST = 0.5
_MOST_COMPARED = 400
#: Likeness of a customer whose contact was typed.
_BY_CONTACT = 0.75
#: A kilometre north is less than this.
_NEAR_DEGREES = 0.01


def match_name(
    text: str, directory: Directory, *, limit: int = 3, rep: str | None = None
) -> tuple[tuple[str, float], ...]:
    """Return the ids that a typed name may mean with their likeness 0 to 1, best first; `rep`'s own lead among equals.

    The name of a contact finds the customers that have one.
    """
    said = normal(text.strip())[:40]
    if not said:
        return ()
    if directory.row_of(text.strip()) is not None:
        return ((text.strip(), 1.0),)
    city = next((city for city in CITIES if city in said), "")
    scored = [(row, _score(said, directory.rows[row], city)) for row in _shortlist(said, directory)]
    own = directory.portfolio(rep).rows if rep else frozenset()
    ranked = sorted(scored, key=lambda item: (-item[1], item[0] not in own, directory.rows[item[0]].customer_id))
    return tuple((directory.rows[row].customer_id, round(score, 3)) for row, score in ranked[:limit] if score >= _LEAST)


def own_customers(directory: Directory, rep: str) -> tuple[Customer, ...]:
    """Return the customers that this rep speaks of most: own ones, for a supervisor the team's."""
    rows = directory.portfolio(rep).rows or directory.team_rows(rep)
    return tuple(directory.rows[row] for row in sorted(rows))


def nearby_customers(directory: Directory, position: tuple[float, float], *, limit: int = 20) -> tuple[Customer, ...]:
    """Return the customers within a kilometre of a position, the nearest first."""
    level = (row for row in directory.rows if row.lat is not None and abs(row.lat - position[0]) < _NEAR_DEGREES)
    measured = ((kilometres(position, customer), customer.customer_id, customer) for customer in level)
    near = sorted(item for item in measured if item[0] <= NEAR_KM)
    return tuple(customer for _, _, customer in near[:limit])


def _shortlist(said: str, directory: Directory) -> Iterable[int]:
    """Every stretch of the typed name is looked up by characters and by sound; none found: names one syllable away."""
    sound = folded(said)
    rows: dict[int, None] = {}
    for _, called in sorted(directory.forms_in(said), key=lambda item: item[0].start - item[0].end):
        rows.update(dict.fromkeys(called))
    for _, forms in directory.sounds_in(sound):
        rows.update(dict.fromkeys(row for form in forms for row in directory.rows_called(form)))
    for _, known in directory.people_in(said):
        rows.update(dict.fromkeys(known))
    if not rows:
        rows.update(dict.fromkeys(directory.rows_near(sound)))
    return list(rows)[:_MOST_COMPARED]


def _score(said: str, customer: Customer, city: str) -> float:
    forms = (short_name(customer), customer.city + short_name(customer), *long_forms(customer))
    best = max(_alike(said, normal(form)) for form in forms)
    if any(contact.name in said for contact in customer.contacts):
        best = max(best, _BY_CONTACT)
    if city and city != customer.city:
        best -= 0.15
    return max(0.0, min(1.0, best))


def _alike(said: str, form: str) -> float:
    if said == form:
        return 1.0
    characters = ratio(said, form) / 100
    sound = ratio(plain(said), plain(form)) / 100
    rough = ratio(folded(said), folded(form)) / 100
    return min(0.97, 0.4 * characters + 0.35 * sound + 0.25 * rough)
