"""What a cell of a directory file may hold, as plain values. Every refusal is a Chinese sentence for the importer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from storage.table_files import SHANGHAI, Cell

_SEPARATORS = re.compile(r"[|｜;；\n]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}.*)?")
_AMOUNT = re.compile(r"[¥￥]?\s*(-?[\d,，]+(?:\.\d+)?)\s*(亿|万|千)?\s*元?")
_UNITS = {"亿": 100_000_000, "万": 10_000, "千": 1_000, None: 1}
_ROLES = {
    "rep": ("rep", "sales", "销售", "业务员", "销售代表", "外勤"),
    "supervisor": ("supervisor", "主管", "经理", "组长", "区域经理"),
    "director": ("director", "总监", "销售总监"),
    "admin": ("admin", "管理员"),
}
ROLE_OF = {word: role for role, words in _ROLES.items() for word in words}


class CellError(ValueError):
    """A cell that cannot be used. The message says what stands there and what was expected."""


@dataclass(frozen=True, slots=True)
class ContactCell:
    """A person at a customer."""

    name: str
    title: str = ""


def as_text(cell: Cell) -> str:
    """Return a cell as trimmed text; numbers as they are written (an id 1001 stays 1001, never 1001.0)."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    return str(cell).strip()


def as_userid(cell: Cell) -> str:
    """Return a messenger's user id, lower-cased: WeCom's ids do not distinguish case."""
    return as_text(cell).lower()


def as_names(cell: Cell) -> tuple[str, ...]:
    """Return names separated by | or ；, without repetitions."""
    return tuple(dict.fromkeys(part.strip() for part in _SEPARATORS.split(as_text(cell)) if part.strip()))


def as_contacts(cell: Cell) -> tuple[ContactCell, ...]:
    """Return people written 姓名:职务 and separated by |. The title may be missing. Raises `CellError`."""
    people = []
    for part in as_names(cell):
        name, _, title = part.replace("：", ":").partition(":")
        if not name.strip():
            raise CellError(f"“{part}”缺少姓名；应写成 姓名:职务，多人用 | 隔开")
        people.append(ContactCell(name.strip(), title.strip()))
    return tuple(people)


def as_degrees(cell: Cell) -> float | None:
    """Return a coordinate in degrees, None if empty. Raises `CellError`; the range is checked with its partner."""
    text = as_text(cell)
    if not text:
        return None
    try:
        degrees = float(text)
    except ValueError:
        degrees = math.nan
    if isinstance(cell, bool) or not math.isfinite(degrees):
        raise CellError(f"“{text}”不是坐标；应为十进制度数，例如 31.362273")
    return degrees


def as_day(cell: Cell) -> date | None:
    """Return an Asia/Shanghai day, None if empty. Raises `CellError`."""
    if isinstance(cell, datetime):
        return (cell.astimezone(SHANGHAI) if cell.tzinfo else cell).date()
    if isinstance(cell, date):
        return cell
    text = as_text(cell)
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise CellError(f"“{text}”不是日期；应写成 2026-03-10")


def as_amount(cell: Cell) -> Decimal | None:
    """Return an amount in yuan from 1200000, 1,200,000 or 120万; None if empty. Raises `CellError`."""
    text = as_text(cell)
    if not text:
        return None
    match = _AMOUNT.fullmatch(text)
    try:
        if match:
            return Decimal(re.sub("[,，]", "", match[1])) * _UNITS[match[2]]
    except InvalidOperation:
        pass
    raise CellError(f"“{text}”不是金额；应写成以元计的数字，例如 1200000 或 120万")


def as_role(cell: Cell) -> str:
    """Return a role, rep if empty. Raises `CellError`."""
    text = as_text(cell).lower()
    if not text:
        return "rep"
    if text not in ROLE_OF:
        raise CellError(f"“{text}”不是角色；应为 rep（销售）、supervisor（主管）、director（总监）或 admin（管理员）")
    return ROLE_OF[text]
