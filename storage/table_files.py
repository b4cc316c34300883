"""Tables as people exchange them: CSV and XLSX, read without surprises and written without formulas.

Reading never evaluates anything. Writing makes sure that a spreadsheet shows text that begins like a formula as text
(MISSION E33; OWASP "CSV injection", read 2026-11).
"""

from __future__ import annotations

import csv
import io
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

Cell = str | int | float | bool | Decimal | date | datetime | None

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A directory of 100,000 customers takes about 20 MB; more is a mistake or an attack.
LIMIT_BYTES = 64 * 1024 * 1024
#: What an XLSX (a ZIP) may unpack to.
LIMIT_UNPACKED_BYTES = 512 * 1024 * 1024
#: Excel's own limit; longer text would be cut silently.
XLSX_CELL_LIMIT = 32_767
#: First characters that a spreadsheet may take for the start of a formula, with their full-width forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What openpyxl, the ZIP and the XML reader raise on damaged files.
_BROKEN_XLSX = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    SyntaxError,
    NotImplementedError,
)
_DELIMITERS = (",", "\t", ";")


class TableError(ValueError):
    """A file that cannot be read or written as a table. The message is a Chinese sentence with the file's name."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as it stands: `line` counts from 1 (in a CSV, where the row begins), `cells` are untouched but trimmed."""

    line: int
    cells: tuple[Cell, ...]


def read_table(path: Path) -> list[TableRow]:
    """Return all rows that are not empty, the header first. Raises `TableError`."""
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise TableError(f"{path.name}：文件超过 {LIMIT_BYTES // 2**20} MB，请拆成几个文件")
        rows = _read_xlsx(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _read_csv(path)
    except FileNotFoundError as error:
        raise TableError(f"{path.name}：没有这个文件") from error
    except OSError as error:
        raise TableError(f"{path.name}：读不到文件（{error.strerror or error}）") from error
    kept = [row for row in rows if any(cell not in (None, "") for cell in row.cells)]
    if not kept:
        raise TableError(f"{path.name}：文件是空的，第一行应为列名")
    return kept


def _read_csv(path: Path) -> list[TableRow]:
    text = _decode(path.read_bytes(), path.name)
    if "\0" in text:
        raise TableError(f"{path.name}：不是文本表格，请另存为 CSV（UTF-8）或 XLSX")
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count), strict=True)
    rows: list[TableRow] = []
    start = 1
    try:
        for cells in reader:
            rows.append(TableRow(start, tuple(_restore(cell) for cell in cells)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{path.name} 第 {start} 行：引号不成对或单元格过长（{error}）") from error
    return rows


def _decode(data: bytes, name: str) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 with BOM, or else GB18030, which Excel writes in China."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    for candidate in (encoding, "gb18030"):
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise TableError(f"{name}：文字编码不认识，请另存为 CSV（UTF-8）")


def _restore(cell: str) -> str:
    """Trim a cell and take back the apostrophe that `neutralise` put before text like a formula."""
    return cell[1:].strip() if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell.strip()


def _read_xlsx(path: Path) -> list[TableRow]:
    """Read the first sheet that holds anything. A formula counts by the value that was saved with it."""
    try:
        _check_size(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that it does not keep
            rows = list(_first_sheet(path, data_only=False))
            if any(isinstance(cell, _Formula) for row in rows for cell in row.cells):
                rows = _with_saved_values(path, rows)
    except TableError:
        raise
    except _BROKEN_XLSX as error:
        raise TableError(f"{path.name}：不是有效的 XLSX 文件，请用 Excel 或 WPS 重新另存") from error
    return rows


class _Formula(str):
    """The text of a formula, never evaluated."""

    __slots__ = ()


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LIMIT_UNPACKED_BYTES:
            raise TableError(f"{path.name}：解压后超过 {LIMIT_UNPACKED_BYTES // 2**20} MB，请拆成几个文件")


def _first_sheet(path: Path, *, data_only: bool) -> Iterator[TableRow]:
    with closing(load_workbook(path, read_only=True, data_only=data_only, keep_links=False)) as book:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write a wrong size, and rows would be missed
            found = False
            for line, cells in enumerate(sheet.iter_rows(), start=1):
                found = found or any(cell.value is not None for cell in cells)
                yield TableRow(line, tuple(_plain(cell) for cell in cells))
            if found:
                return


def _plain(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "f":
        return _Formula(value)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool | date | datetime) else None


def _with_saved_values(path: Path, rows: list[TableRow]) -> list[TableRow]:
    """Return the rows with each formula replaced by its saved value. Raises `TableError` where none was saved."""
    saved = {row.line: row.cells for row in _first_sheet(path, data_only=True)}
    replaced = []
    for row in rows:
        values = saved.get(row.line, ())
        cells = tuple(
            (values[index] if index < len(values) else None) if isinstance(cell, _Formula) else cell
            for index, cell in enumerate(row.cells)
        )
        for cell, value in zip(row.cells, cells, strict=True):
            if isinstance(cell, _Formula) and value is None:
                raise TableError(f"{path.name} 第 {row.line} 行：公式没有结果，请在 Excel 里选择性粘贴为“值”后再导入")
        replaced.append(TableRow(row.line, cells))
    return replaced


def neutralise(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it stands in a CSV cell. `read_table` takes it back."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write a table by the ending of `path` (.csv or .xlsx), whole or not at all. Return the number of rows.

    CSV is UTF-8 with BOM, since Excel in China reads any other as GBK. Aware times become Asia/Shanghai times.
    Raises `TableError`.
    """
    writer = {".csv": _write_csv, ".xlsx": _write_xlsx}.get(path.suffix.lower())
    if writer is None:
        raise TableError(f"{path.name}：只能导出为 .csv 或 .xlsx")
    part = path.with_name(f".{path.name}.part")
    try:
        count = writer(part, header, rows)
        os.replace(part, path)
    except OSError as error:
        raise TableError(f"{path.name}：写不了文件（{error.strerror or error}）") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([neutralise(name) for name in header])
        for row in rows:
            writer.writerow([_csv_text(cell) for cell in row])
            count += 1
    return count


def _csv_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return _local(cell).isoformat(sep=" ", timespec="seconds")
    return neutralise(cell) if isinstance(cell, str) else str(cell)


def _write_xlsx(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    ready = [[_xlsx_value(cell, path) for cell in row] for row in rows]  # before the book opens files of its own
    book = Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.freeze_panes = "A2"
    titles = [_xlsx_cell(sheet, _xlsx_value(name, path)) for name in header]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for row in ready:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    book.save(path)
    return len(ready)


def _xlsx_value(cell: Cell, path: Path) -> Cell:
    """Return what XLSX can hold: no zone, and no characters that XML forbids."""
    if isinstance(cell, datetime):
        return _local(cell).replace(tzinfo=None)
    if not isinstance(cell, str):
        return cell
    clean = re.sub(ILLEGAL_CHARACTERS_RE, "", cell)
    if len(clean) > XLSX_CELL_LIMIT:
        raise TableError(f"{path.name}：有一格超过 {XLSX_CELL_LIMIT} 字，XLSX 装不下，请导出为 CSV")
    return clean


def _xlsx_cell(sheet: Any, value: Cell) -> Any:
    """Return a typed cell: text stays text whatever it begins with."""
    cell: Any = WriteOnlyCell(sheet)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def _local(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI) if at.tzinfo else at
