"""JSON lines in, JSON lines out: one answer a line, and a bad line answers with its error and never ends the run."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

Line = Mapping[str, Any]
Answer = dict[str, Any]

#: A note is some hundred characters; a longer line is not one.
LIMIT_BYTES = 1_000_000
#: The messengers take at most 2 MB of voice; a recording from elsewhere may be larger.
LIMIT_FILE_BYTES = 32 * 1024 * 1024

_logger = logging.getLogger("waiqin.cli")


class LineError(ValueError):
    """A line that cannot be answered. The message says what is missing or wrong with it."""


def answer_lines(source: BinaryIO, sink: BinaryIO, answer: Callable[[Line], Answer]) -> None:
    """Answer every line of `source` that is not blank, in order, each written at once.

    `answer` may raise `LineError`; whatever else it raises is told on the line as well, and logged.
    """
    for number, raw in enumerate(source, start=1):
        if raw.strip(b"\xef\xbb\xbf \t\r\n"):
            sink.write(_encode(_answer_line(raw, number, answer)))
            sink.flush()


def _answer_line(raw: bytes, number: int, answer: Callable[[Line], Answer]) -> Answer:
    line_id = None
    try:
        line = _parse(raw)
        line_id = line.get("id")
        return answer(line)
    except LineError as error:
        sentence = str(error)
    except Exception as error:  # the boundary of one line: the next ones must still be answered
        _logger.exception("line %d could not be answered", number)
        sentence = f"内部错误 {type(error).__name__}：{error}"
    return {"id": line_id, "line": number, "error": sentence}


def _parse(raw: bytes) -> Line:
    if len(raw) > LIMIT_BYTES:
        raise LineError(f"这一行超过 {LIMIT_BYTES} 字节")
    try:
        line = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise LineError("不是 UTF-8 编码") from error
    except (ValueError, RecursionError) as error:
        raise LineError(f"不是 JSON：{error}") from error
    if not isinstance(line, dict):
        raise LineError('应为一个 JSON 对象，例如 {"id":"1","text":"…"}')
    return line


def _refuse_constant(name: str) -> NoReturn:
    """JSON has no NaN and no infinity, though Python's reader takes them."""
    raise ValueError(f"{name} is not a JSON value")


def _encode(answer: Answer) -> bytes:
    """Return one line of UTF-8; a half character (a lone surrogate from the input) is written as an escape."""
    try:
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(answer).encode() + b"\n"


def text_of(line: Line, key: str, *, default: str | None = None) -> str:
    """Return a text of a line. Raises `LineError` where it is missing (without a default) or no text."""
    value = line.get(key)
    if value is None and default is not None:
        return default
    if value is None:
        raise LineError(f"缺少 {key}")
    if not isinstance(value, str):
        raise LineError(f"{key} 应为文字，不能是 {type(value).__name__}")
    return value


def read_bytes(folder: Path, line: Line) -> bytes:
    """Return the bytes of the file that a line names, relative to `folder`. Raises `LineError`."""
    name = text_of(line, "file")
    path = folder / name
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LIMIT_FILE_BYTES else b""
    except (OSError, ValueError) as error:
        raise LineError(f"读不到文件 {name!r}") from error
    if size > LIMIT_FILE_BYTES:
        raise LineError(f"{name} 超过 {LIMIT_FILE_BYTES // 2**20} MB")
    return data
