"""Which of the names that a rep may say were perhaps said: the ones that sound like a part of the first reading.

Given all names of a rep, Whisper writes worse and invents; given the few that have evidence in the sound, it writes
them right. So a name is never suggested to the recogniser unless something like it was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nlp.names import Directory, nearby_customers, own_customers
from nlp.names.sound import alike
from nlp.types import Contact, Context, Customer

#: Suggested names at most; more cost accuracy in the rest of the sentence.
MAX_NAMES = 8
#: Two characters are alike at 0.6 when one is right and the other related (帝开 for 力凯); longer names by chance too.
_MIN_LIKENESS, _MIN_LIKENESS_LONG = 0.6, 0.7
_MAX_HINTS = 2_000
_SHORTEST, _LONGEST = 2, 12

#: Words of the trade in a plausible sentence: they lead 和同 to 合同 and 约结 to 月结 where the sound allows both.
_TRADE = "拜访客户，谈了报价、合同、账期、返点、打样、样机、首单、铺货、陈列、促销、起订量，下周跟进。"


def hints(directory: Directory, rep: str, context: Context | None = None) -> tuple[str, ...]:
    """Return the names that this rep is likely to say, the likeliest first, for `WhisperTranscriber.transcribe`.

    With `context`: the customers planned for today, those of open drafts and those within a kilometre, then one's own.
    """
    return hints_of((*_at_hand(directory, context), *own_customers(directory, rep)))


def _at_hand(directory: Directory, context: Context | None) -> Iterator[Customer]:
    """Yield the customers that today's plan, the open drafts and the position suggest."""
    if context is None:
        return
    drafted = (draft.customer for draft in context.drafts if isinstance(draft.customer, str) and not draft.confirmed)
    for customer_id in (*context.plan, *drafted):
        if customer_id in directory.customers:
            yield directory.customers[customer_id]
    if context.position is not None:
        yield from nearby_customers(directory, context.position)


def hints_of(customers: Iterable[Customer]) -> tuple[str, ...]:
    """Return what a rep may call these customers and their people: aliases, names, and surname with title (李总监)."""
    found: dict[str, None] = {}
    for customer in customers:
        found.update(dict.fromkeys(customer.aliases))
        for person in customer.contacts:
            found.update(dict.fromkeys(_called(person)))
    return tuple(found)


def sounding_like(hints: Iterable[str], heard: str, *, limit: int = MAX_NAMES) -> tuple[str, ...]:
    """Return at most `limit` hints that sound like some stretch of `heard`, the likeliest first."""
    names = [name for name in dict.fromkeys(hint.strip() for hint in hints) if _SHORTEST <= len(name) <= _LONGEST]
    scored = [(likeness_within(name, heard), name) for name in names[:_MAX_HINTS]]
    likely = [(likeness, name) for likeness, name in scored if likeness >= _required(name)]
    return tuple(name for _, name in sorted(likely, key=lambda pair: -pair[0])[:limit])


def likeness_within(name: str, heard: str) -> float:
    """Return how much the stretch of `heard` that is most like `name` sounds like it, 0 to 1."""
    size = len(name)
    return max((alike(heard[start : start + size], name) for start in range(len(heard) - size + 1)), default=0.0)


def _called(person: Contact) -> tuple[str, ...]:
    """王建国, 采购经理 → 王建国, 王经理; a 总经理 is 王总."""
    if not person.name or not person.title:
        return (person.name,)
    short = "总" if person.title.endswith("总经理") else person.title[-2:]
    return (person.name, person.name[0] + short)


def _required(name: str) -> float:
    return _MIN_LIKENESS if len(name) == _SHORTEST else _MIN_LIKENESS_LONG


def prompt(names: Sequence[str]) -> str:
    """Return the text that Whisper believes was said before: the names as sentences, then words of the trade."""
    return "".join(f"{name}。" for name in names) + _TRADE
