"""What the phones show is what was sent: every answer once, every card once and in its last state."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

from bot.sandbox import Item
from bot.torture.books import Books, Row, as_json
from bot.torture.findings import Findings
from bot.torture.platform import Platform

#: A platform recognises a repeated text for so long (DECISIONS 9). If the answer to a send is lost and the next try can
#: only be made after that, the text is seen twice: nothing can prevent it. It is counted apart, as `repeated`.
DUPLICATE_CHECK = timedelta(seconds=600)
_SENT = "select * from delivery where state = 'sent' order by sent_at, id"


def check(platform: Platform, books: Books, found: Findings) -> None:
    """Compare every phone with the deliveries to its owner."""
    sent: defaultdict[str, list[Row]] = defaultdict(list)
    for row in books.rows(_SENT):
        sent[row["recipient_id"].lower()].append(row)
    visits: defaultdict[str, list[Row]] = defaultdict(list)
    for row in books.rows("select id, person_id, state from visit"):
        visits[row["person_id"]].append(row)
    cards = {row["id"] for row in books.rows("select id from card")}
    for person in platform.standin.company.people:
        screen = platform.standin.phone(person.userid).screen()
        own = sent[person.userid.lower()]
        _check_texts(person.userid, screen, own, found)
        _check_pushes(person.userid, own, found)
        _check_cards(person.userid, screen, own, cards, found)
        _check_visits(screen, visits[person.userid], found)


def _check_texts(userid: str, screen: list[Item], sent: list[Row], found: Findings) -> None:
    told = Counter(as_json(row["outbound"])["text"] for row in sent if row["kind"] == "text")
    shown = Counter(item.text for item in screen if item.kind == "text" and not item.mine)
    for text in {*told, *shown}:
        if shown[text] > told[text]:
            times = [item.at for item in screen if item.kind == "text" and not item.mine and item.text == text]
            late = sum(later - earlier >= DUPLICATE_CHECK for earlier, later in pairwise(times))
            found.repeated += late
            if shown[text] - late > told[text]:
                found.doubled.append(f"{userid} sees ×{shown[text]}, told ×{told[text]}: “{text[:40]}”")
        elif shown[text] < told[text]:
            found.lost.append(f"{userid} sees ×{shown[text]}, told ×{told[text]}: “{text[:40]}”")


def _check_pushes(userid: str, sent: list[Row], found: Findings) -> None:
    """What no message caused is said once a day: a reminder, a warning, a summary."""
    said = Counter(str(as_json(row["outbound"])) for row in sent if row["push"])
    found.doubled += [f"push to {userid} ×{count}: {what[:60]}" for what, count in said.items() if count > 1]


def _check_cards(userid: str, screen: list[Item], sent: list[Row], known: set[str], found: Findings) -> None:
    shown: defaultdict[str, list[Item]] = defaultdict(list)
    for item in screen:
        if item.card is not None:
            shown[item.card.task_id].append(item)
    for task_id, items in shown.items():
        if task_id not in known:
            found.doubled.append(f"{userid} sees a card that we do not know: {task_id}")
        elif len(items) > 1:
            found.doubled.append(f"{userid} sees card {task_id} ×{len(items)}")
    for task_id in {row["update_of"] or row["card_id"] for row in sent if row["kind"] == "card"}:
        if task_id not in shown:
            found.lost.append(f"{userid} does not see card {task_id}")


def _check_visits(screen: list[Item], visits: list[Row], found: Findings) -> None:
    """A visit that the phone shows at all is shown as it stands, on one card at least."""
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for item in screen:
        if item.card is not None and item.card.task_id.startswith("v-"):
            titles[item.card.task_id[2:38]].append(item.card.title)
    for visit in visits:
        shown = titles[visit["id"]]
        if shown and not any(_stands(title) == visit["state"] for title in shown):
            found.altered.append(f"visit {visit['id'][-8:]} is {visit['state']}, {visit['person_id']} sees {shown}")


def _stands(title: str) -> str:
    """Return the state of a visit that a card's title tells of."""
    if title.startswith("已确认"):
        return "confirmed"
    return "voided" if title.startswith("已标为") else "draft"
