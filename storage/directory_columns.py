"""The columns of directory files: what they are called in English and Chinese, and how their cells are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rapidfuzz import fuzz, process

from storage.directory_cells import (
    as_amount,
    as_contacts,
    as_day,
    as_degrees,
    as_names,
    as_role,
    as_text,
    as_userid,
)
from storage.table_files import Cell

Kind = Literal["customers", "reps"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field name (as in the corpus), its Chinese name for messages, other accepted names, its reader."""

    field: str
    title: str
    others: tuple[str, ...]
    read: Callable[[Cell], Any]
    required: bool = False


CUSTOMER_COLUMNS = (
    Column("customer_id", "客户编号", ("客户编码", "客户代码", "客户id", "编号"), as_text, required=True),
    Column("name", "客户名称", ("客户全称", "公司名称", "单位名称", "全称", "名称"), as_text, required=True),
    Column("aliases", "简称", ("客户简称", "别名", "alias"), as_names),
    Column("industry", "行业", ("所属行业",), as_text),
    Column("region", "区域", ("大区", "销售区域"), as_text),
    Column("city", "城市", ("所在城市",), as_text),
    Column("address", "地址", ("客户地址", "详细地址", "公司地址"), as_text),
    Column("lat", "纬度", ("latitude",), as_degrees),
    Column("lon", "经度", ("lng", "longitude"), as_degrees),
    Column("owner", "负责人", ("客户负责人", "业务员", "跟进人", "销售"), as_text),
    Column("stage", "阶段", ("当前阶段", "商机阶段", "客户阶段"), as_text),
    Column("contacts", "联系人", ("客户联系人", "contact"), as_contacts),
    Column("group", "集团", ("所属集团", "集团名称"), as_text),
    Column("stage_since", "进入阶段日期", ("阶段开始日期", "进入当前阶段日期", "阶段日期"), as_day),
    Column("last_contact_at", "最近联系日期", ("上次联系日期", "最后联系日期", "最近跟进日期", "最后跟进日期"), as_day),
    Column("amount", "金额", ("商机金额", "预计金额", "金额（元）", "金额(元)"), as_amount),
)
REP_COLUMNS = (
    Column("userid", "账号", ("用户id", "成员账号", "企业微信账号", "user_id"), as_userid, required=True),
    Column("name", "姓名", ("成员姓名", "名字"), as_text, required=True),
    Column("team", "团队", ("部门", "小组", "组别"), as_text),
    Column("role", "角色", ("职责", "岗位"), as_role),
)
COLUMNS: dict[Kind, tuple[Column, ...]] = {"customers": CUSTOMER_COLUMNS, "reps": REP_COLUMNS}


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column stands, and what is wrong with the header line: (column's name there, sentence)."""

    places: dict[str, int]
    errors: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def read_header(cells: Sequence[Cell], kind: Kind) -> Header:
    """Find the columns of `kind` in a header line."""
    names = {name: column for column in COLUMNS[kind] for name in (column.field, column.title.lower(), *column.others)}
    header = Header({})
    for index, cell in enumerate(cells):
        said = as_text(cell)
        column = names.get(said.lower().replace(" ", ""))
        if column is None:
            if said:
                header.warnings.append((said, f"不认识这一列，已忽略{_suggest(said, names)}"))
        elif column.field in header.places:
            header.errors.append((said, f"“{column.title}”这一列出现了两次；应只有一列"))
        else:
            header.places[column.field] = index
    for column in COLUMNS[kind]:
        if column.required and column.field not in header.places:
            header.errors.append((column.title, f"缺少“{column.title}”（{column.field}）这一列"))
    return header


def kind_of(cells: Sequence[Cell]) -> Kind | None:
    """Return which directory a header line belongs to, None where it is neither."""
    for kind in COLUMNS:
        if not read_header(cells, kind).errors:
            return kind
    return None


def _suggest(said: str, names: dict[str, Column]) -> str:
    best = process.extractOne(said.lower(), list(names), scorer=fuzz.ratio, score_cutoff=60)
    return f"；是不是“{names[best[0]].title}”？" if best else ""
