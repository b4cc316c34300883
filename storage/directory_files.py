"""The company's directory as files: customers and reps, with problems told by file, line and column.

Reading changes nothing: `Reading.rows` are the usable rows, `Reading.problems` what is wrong. An import stores all
rows or, where `Reading.is_refused`, none (MISSION E32).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from storage.directory_cells import CellError, ContactCell
from storage.directory_columns import COLUMNS, CUSTOMER_COLUMNS, REP_COLUMNS, Column, Kind, kind_of, read_header
from storage.table_files import Cell, TableError, TableRow, read_table, write_table

__all__ = [
    "ContactCell",
    "CustomerRow",
    "Problem",
    "Reading",
    "RepRow",
    "TableError",
    "kind_of_file",
    "read_customers",
    "read_reps",
    "write_customers",
    "write_reps",
]


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer of a file. `lat`/`lon` are WGS-84 degrees, `owner` a user id, `amount` in yuan.

    `stage_since` and `last_contact_at` are Asia/Shanghai days, None where the file does not say (DECISIONS 12).
    """

    customer_id: str
    name: str
    aliases: tuple[str, ...] = ()
    industry: str = ""
    region: str = ""
    city: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    owner: str = ""
    stage: str | None = None
    contacts: tuple[ContactCell, ...] = ()
    group: str = ""
    stage_since: date | None = None
    last_contact_at: date | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RepRow:
    """One person of a file. `userid` is lower-case; `role` is rep, supervisor, director or admin."""

    userid: str
    name: str
    team: str = ""
    role: str = "rep"


Row = TypeVar("Row", CustomerRow, RepRow)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file. `line` counts from 1; `column` is a heading, empty where the whole line is meant."""

    file: str
    line: int
    column: str
    sentence: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        column = f"“{self.column}”列" if self.column else ""
        return f"{self.file} 第 {self.line} 行{column}：{self.sentence}"


@dataclass(frozen=True, slots=True)
class Reading(Generic[Row]):
    """A file as read. A row with a bad cell is kept without that cell; one without id or name is left out."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that forbid an import."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    @property
    def is_refused(self) -> bool:
        """Whether an import must store nothing of this file."""
        return bool(self.errors)


def kind_of_file(path: Path) -> Kind | None:
    """Return whether the file holds customers or reps, None where its header fits neither. Raises `TableError`."""
    return kind_of(read_table(path)[0].cells)


def read_reps(path: Path) -> Reading[RepRow]:
    """Read people from CSV or XLSX. Raises `TableError` where the file is no table."""
    reader = _Reader(path, "reps")
    rows = tuple(RepRow(**values) for _, values in reader.values())
    return Reading(rows, reader.all_problems())


def read_customers(
    path: Path, *, people: Sequence[RepRow] | None = None, stages: Collection[str] | None = None
) -> Reading[CustomerRow]:
    """Read customers from CSV or XLSX. Raises `TableError` where the file is no table.

    With `people` an owner must be one of them, by user id or by a name that only one has; with `stages` a stage must
    be one of those.
    """
    reader = _Reader(path, "customers")
    owners = None if people is None else _owner_index(people)
    rows = []
    for line, values in reader.values():
        _check_point(values, line, reader)
        if owners is not None:
            values["owner"] = _find_owner(values.get("owner", ""), owners, line, reader)
        values["stage"] = _known_stage(values.get("stage", ""), stages, line, reader)
        rows.append(CustomerRow(**values))
    reader.warn_of_equal_names(rows)
    return Reading(tuple(rows), reader.all_problems())


class _Reader:
    """Reads the cells of one file and gathers what is wrong with them."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._file = path.name
        self._columns = COLUMNS[kind]
        self._head, *self._rows = read_table(path)
        self._header = read_header(self._head.cells, kind)
        self._problems = [self._of_header(name, text, "error") for name, text in self._header.errors]
        self._problems += [self._of_header(name, text, "warning") for name, text in self._header.warnings]
        self._lines: dict[str, int] = {}

    def _of_header(self, name: str, sentence: str, level: Literal["error", "warning"]) -> Problem:
        return Problem(self._file, self._head.line, name, sentence, level)

    def add(self, line: int, field: str, sentence: str, level: Literal["error", "warning"] = "error") -> None:
        """Note a problem in the cell of `field` (a field name, or empty for the whole line)."""
        self._problems.append(Problem(self._file, line, self._heading(field), sentence, level))

    def all_problems(self) -> tuple[Problem, ...]:
        """Return what was noted, in the order of lines."""
        return tuple(sorted(self._problems, key=lambda problem: problem.line))

    def values(self) -> Iterable[tuple[int, dict[str, Any]]]:
        """Yield (line, field → value) of each row that has its required cells and an id not seen before."""
        if self._header.errors:
            return
        id_field = self._columns[0].field
        for row in self._rows:
            values = self._read_row(row)
            if values is None:
                continue
            first = self._lines.setdefault(values[id_field], row.line)
            if first != row.line:
                self.add(row.line, id_field, f"“{values[id_field]}”与第 {first} 行重复；编号应各不相同")
                continue
            yield row.line, values

    def warn_of_equal_names(self, rows: Sequence[CustomerRow]) -> None:
        """Note customers that share a registered name: often the same company twice."""
        counts = Counter(row.name for row in rows)
        for row in rows:
            if counts[row.name] > 1:
                line = self._lines[row.customer_id]
                self.add(line, "name", f"“{row.name}”出现了 {counts[row.name]} 次，请核对是否同一家", "warning")

    def _read_row(self, row: TableRow) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        if any(cell not in (None, "") for cell in row.cells[len(self._head.cells) :]):
            self.add(row.line, "", f"多出了列：应为 {len(self._head.cells)} 列；内容里有逗号时请加引号")
            return None
        for column in self._columns:
            cell = self._cell(row, column)
            try:
                values[column.field] = column.read(cell)
            except CellError as error:
                self.add(row.line, column.field, str(error))
                continue
            if column.required and not values[column.field]:
                self.add(row.line, column.field, f"空着；每一行都要有{column.title}")
        complete = all(values.get(column.field) for column in self._columns if column.required)
        return values if complete else None

    def _cell(self, row: TableRow, column: Column) -> Cell:
        index = self._header.places.get(column.field)
        return row.cells[index] if index is not None and index < len(row.cells) else None

    def _heading(self, field: str) -> str:
        index = self._header.places.get(field)
        return str(self._head.cells[index]) if index is not None else ""


def _check_point(values: dict[str, Any], line: int, reader: _Reader) -> None:
    """Refuse a point that is half, out of range or swapped, and take it out of `values`."""
    lat, lon = values.get("lat"), values.get("lon")
    if lat is None and lon is None:
        return
    if lat is None or lon is None:
        reader.add(line, "lat" if lat is None else "lon", "纬度和经度要么都填，要么都空着")
    elif _looks_chinese(lon, lat):
        reader.add(line, "lat", f"纬度 {lat:g}、经度 {lon:g} 像是写反了；中国的纬度在 3–54，经度在 73–136")
    elif abs(lat) > 90:
        reader.add(line, "lat", f"纬度 {lat:g} 超出范围；应在 -90 到 90 之间")
    elif abs(lon) > 180:
        reader.add(line, "lon", f"经度 {lon:g} 超出范围；应在 -180 到 180 之间")
    elif lat == lon == 0:
        reader.add(line, "lat", "坐标 0,0 在大西洋里；没有坐标就空着")
    else:
        return
    values["lat"] = values["lon"] = None


def _looks_chinese(lat: float, lon: float) -> bool:
    return 3 <= lat <= 54 and 73 <= lon <= 136


def _owner_index(people: Sequence[RepRow]) -> dict[str, str]:
    """Map user ids, and names that only one person has, to user ids."""
    counts = Counter(person.name for person in people)
    by_name = {person.name: person.userid for person in people if counts[person.name] == 1}
    return by_name | {person.userid: person.userid for person in people}


def _find_owner(said: str, owners: Mapping[str, str], line: int, reader: _Reader) -> str:
    found = owners.get(said.lower()) or owners.get(said)
    if said and found is None:
        reader.add(line, "owner", f"“{said}”不在人员名单里，或有同名的人；应填人员名单里的账号")
    return found or ""


def _known_stage(said: str, stages: Collection[str] | None, line: int, reader: _Reader) -> str | None:
    if said and stages is not None and said not in stages:
        reader.add(line, "stage", f"“{said}”不是规则包里的阶段；应为 {'、'.join(stages)} 之一")
        return None
    return said or None


def write_customers(path: Path, rows: Iterable[CustomerRow]) -> int:
    """Write customers as CSV or XLSX that `read_customers` reads back the same. Raises `TableError`."""
    return _write(path, CUSTOMER_COLUMNS, rows)


def write_reps(path: Path, rows: Iterable[RepRow]) -> int:
    """Write people as CSV or XLSX that `read_reps` reads back the same. Raises `TableError`."""
    return _write(path, REP_COLUMNS, rows)


def _write(path: Path, columns: Sequence[Column], rows: Iterable[CustomerRow | RepRow]) -> int:
    header = [column.field for column in columns]
    return write_table(path, header, ([_to_cell(getattr(row, name)) for name in header] for row in rows))


def _to_cell(value: Any) -> Cell:
    if not isinstance(value, tuple):
        cell: Cell = value
        return cell
    return "|".join(f"{one.name}:{one.title}" if isinstance(one, ContactCell) else one for one in value)
