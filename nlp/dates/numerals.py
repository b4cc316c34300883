"""Reading numerals as people write and say them: 12, 十二, 廿二, 两百五, 3万5, 一点五万, 百分之五, 一个半."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_DIGITS = {
    **{str(n): n for n in range(10)},
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
    **{"〇": 0, "○": 0, "两": 2, "俩": 2, "仨": 3, "幺": 1, "壹": 1, "贰": 2, "叁": 3},
}
_TENS = {"廿": 20, "卅": 30}
_UNITS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "w": 10_000, "W": 10_000, "亿": 100_000_000}
_SUFFIXES = (("%", Decimal("0.01")), ("％", Decimal("0.01")))

#: Characters that can stand in a whole number of the calendar (days, months, counts).
INTEGER = r"(?:\d{1,4}|[零〇一二两三四五六七八九十廿卅百]{1,5})"


def read_int(text: str) -> int | None:
    """Return the whole number that `text` writes (12, 十二, 二十一, 廿三, 二零二六, 两百五), or None.

    A run of digits without units is read digit by digit (二零二六 is 2026); a digit that follows 百, 千 or 万
    without a unit of its own counts one unit lower (两百五 is 250).
    """
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    return _read_with_units(text)


def _read_with_units(text: str) -> int | None:
    total = section = digit = 0
    last_unit, zero_seen = 1, False
    for char in text:
        if char in _DIGITS:
            digit = digit * 10 + _DIGITS[char] if char.isdigit() and digit else _DIGITS[char]
            zero_seen = zero_seen or digit == 0
        elif char in _TENS:
            section, digit, last_unit = section + _TENS[char], 0, 1
        elif char in _UNITS:
            section += (digit or 1) * _UNITS[char]
            digit, last_unit, zero_seen = 0, _UNITS[char], False
        elif char in _MYRIADS:
            total += (section + digit or 1) * _MYRIADS[char]
            section, digit, last_unit, zero_seen = 0, 0, _MYRIADS[char], False
        else:
            return None
    if digit and last_unit > 10 and not zero_seen and digit < 10:
        digit *= last_unit // 10
    return total + section + digit


def read_number(text: str) -> Decimal | None:
    """Return the number that `text` writes, fractions included (3.5万, 一点五万, 百分之五, 一个半, 半), or None."""
    text = text.strip().replace(",", "")
    if text.startswith("百分之"):
        inner = read_number(text[3:])
        return None if inner is None else inner / 100
    for suffix, factor in _SUFFIXES:
        if text.endswith(suffix):
            inner = read_number(text[: -len(suffix)])
            return None if inner is None else inner * factor
    if text.endswith("半") or text in {"半个", "半"}:
        return _read_half(text)
    return _read_fraction(text)


def _read_half(text: str) -> Decimal | None:
    if text in {"半", "半个"}:
        return Decimal("0.5")
    whole = read_int(text[:-1].removesuffix("个"))
    return None if whole is None else whole + Decimal("0.5")


def _read_fraction(text: str) -> Decimal | None:
    head, point, tail = text.replace("点", ".").partition(".")
    if not point:
        whole = read_int(head)
        return None if whole is None else Decimal(whole)
    factor = 1
    while tail and tail[-1] in _MYRIADS:
        factor *= _MYRIADS[tail[-1]]
        tail = tail[:-1]
    integral = read_int(head)
    digits = "".join(str(_DIGITS[char]) for char in tail if char in _DIGITS)
    if integral is None or not digits or len(digits) != len(tail):
        return None
    try:
        return Decimal(f"{integral}.{digits}") * factor
    except InvalidOperation:
        return None
