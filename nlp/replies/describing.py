"""Customers told by what they are rather than by name alone: a character described, a city, a trade, a person.

“睿智的睿 上海那个”, “三个金的鑫达”, “做数控的 朱培军他们公司”, “无锡那个商贸”.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp import names
from nlp.types import Context, Customer

#: Characters made of three of another, as people describe them.
_THREE_OF = dict(zip("金石木水火人口日牛羊土车力", "鑫磊森淼焱众品晶犇羴垚轰劦", strict=True))
_THREE = re.compile(
    rf"(?:三个|仨)(?P<part>[{''.join(_THREE_OF)}])(?:字?(?:叠|垒|摞|堆)(?:起来|在一起|一起|一块儿?)?|字)?(?:的|那个)*"
)
#: A word that the character stands in, and the character: 睿智的睿, 站立的立.
_BY_WORD = re.compile(
    r"(?P<word>[\u4e00-\u9fff]{2,4}?)的(?P<char>[\u4e00-\u9fff])(?![\u4e00-\u9fff]?的[\u4e00-\u9fff])"
)
_RADICAL = re.compile(r"(?:带|有)?[\u4e00-\u9fff]字[旁边底头](?:的|那个)*")
_BETWEEN = re.compile(
    r"[\s，,、的]+|那边|那里|那家|这家|那个|这个|那位|(?:他|她|人)们?(?:家|那边|公司)?|我?(?:说|跑|去|见|要|选)的|应该|就?是|不是"
    r"|新?客户|[吧啊呀呢嘛]$|公司$|家$|主要|跟|谈$|聊$"
)
_TRADE = re.compile(r"^(?:做|搞|卖|生产|弄|造)")
_CALLS = ("总", "工", "姐", "哥", "经理", "老师", "主任")
#: Likeness of a name from which on it names a customer.
_SAME_NAME = 0.8


def described(words: str, context: Context) -> str | None:
    """Return the one customer whose name stands in the words and that all else in them describes, or None."""
    parts, chars = take_apart(words)
    if len(parts) + len(chars) < 2:
        return None
    found: dict[str, float] = {}
    for part in parts:
        for ref, score in names.match_name(part, context.directory, limit=8):
            if score >= _SAME_NAME and context.directory.customers[ref].city != part:
                found[ref] = max(found.get(ref, 0.0), score)
    rows = [context.directory.customers[ref] for ref in found]
    points = {row.customer_id: told(parts, chars, row) + found[row.customer_id] for row in rows}
    ranked = sorted(points, key=lambda ref: (-points[ref], context.directory.customers[ref].owner != context.rep, ref))
    return ranked[0] if ranked and points[ranked[0]] >= len(parts) + len(chars) - 0.5 else None


def take_apart(words: str) -> tuple[list[str], list[str]]:
    """Return the parts of a description, and the characters that it describes."""
    chars: list[str] = []

    def three(match: re.Match[str]) -> str:
        chars.append(_THREE_OF[match["part"]])
        return " "

    def by_word(match: re.Match[str]) -> str:
        if match["char"] not in match["word"]:
            return match[0]
        chars.append(match["char"])
        return " "

    rest = _RADICAL.sub(" ", _THREE.sub(three, words))
    rest = _BY_WORD.sub(by_word, rest)
    return [part for part in _BETWEEN.split(rest) if part and len(part) > 1], chars


def told(parts: Sequence[str], chars: Sequence[str], row: Customer) -> int:
    """Return how many of the parts and characters fit the customer."""
    known = row.name + "".join(row.aliases)
    return sum(fits(part, row) for part in parts) + sum(char in known for char in chars)


def fits(words: str, row: Customer) -> bool:
    """Tell whether the words are the city, a name, the trade, the street or a person of the customer."""
    if row.city and words != row.city and words.startswith(row.city):
        within = words.removeprefix(row.city)
        if len(within) >= 2 and fits(within, row):
            return True
    trade = _TRADE.sub("", words)
    if trade != words and any(char in row.industry + row.name for char in trade):
        return True
    return _is_person(words, row) or _is_name(words, row)


def _is_person(words: str, row: Customer) -> bool:
    called = {contact.name for contact in row.contacts}
    called |= {contact.name[0] + call for contact in row.contacts for call in (*_CALLS, contact.title)}
    by_office = (c for c in row.contacts if words[:1] == c.name[0] and len(words) > 1)
    return words in called or any(person.title.endswith(words[1:]) for person in by_office)


def _is_name(words: str, row: Customer) -> bool:
    if words in {row.city, row.name, *row.aliases, row.industry} or words.rstrip("市的") == row.city:
        return True
    return len(words) >= 2 and any(words in name for name in (row.name, *row.aliases, row.address, row.industry))
