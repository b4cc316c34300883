"""Directory files: what is read, what is refused and in which words, and that nothing written is a formula."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from storage.directory_files import (
    ContactCell,
    CustomerRow,
    RepRow,
    TableError,
    kind_of_file,
    read_customers,
    read_reps,
    write_customers,
    write_reps,
)
from storage.import_plan import describe, plan_import
from storage.table_files import read_table, write_table

CORPUS = Path(__file__).parents[1] / "corpus"
HEADER = "customer_id,name,aliases,industry,region,city,address,lat,lon,owner,stage,contacts"
HUARUI = (
    "C1,苏州华锐精密机械有限公司,华锐|华锐精密,机床,华东,苏州,澄阳路49号,31.36,120.64,"
    "zhangwei,需求确认,王建国:采购经理|李敏"
)
PEOPLE = (RepRow("zhangwei", "张伟"), RepRow("chenlei", "陈磊"), RepRow("chenlei2", "陈磊"))


def csv_file(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "customers.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def xlsx_file(folder: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    path = folder / "客户.xlsx"
    book.save(path)
    return path


def sentences(path: Path, **checks: Any) -> list[str]:
    return [str(problem) for problem in read_customers(path, **checks).problems]


def test_the_corpus_reads_without_an_error() -> None:
    people = read_reps(CORPUS / "reps.csv")
    customers = read_customers(CORPUS / "customers.csv", people=people.rows)
    assert (people.problems, customers.errors) == ((), ())
    assert (len(people.rows), len(customers.rows)) == (30, 400)
    first = customers.rows[0]
    assert (first.customer_id, first.aliases, first.owner) == ("C0001", ("华锐", "华锐精密"), "zhangwei")
    assert first.contacts[1] == ContactCell("李敏", "技术总监")
    assert {row.role for row in people.rows} == {"rep", "supervisor", "director"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_usual_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    reading = read_customers(csv_file(tmp_path, HEADER, HUARUI, encoding=encoding))
    assert reading.problems == ()
    assert reading.rows[0].name == "苏州华锐精密机械有限公司"
    assert reading.rows[0].contacts == (ContactCell("王建国", "采购经理"), ContactCell("李敏"))


def test_chinese_headings_and_spreadsheet_values_are_understood(tmp_path: Path) -> None:
    path = xlsx_file(
        tmp_path,
        ["客户编号", "客户名称", "简称", "纬度", "经度", "负责人", "进入阶段日期", "最近联系日期", "金额", "集团"],
        [
            1001,
            "无锡亚川流体设备有限公司",
            "亚川；亚川流体",
            31.5,
            120.3,
            "张伟",
            datetime(2026, 3, 2),
            "2026年3月4日",
            "120万",
            "亚川集团",
        ],
    )
    reading = read_customers(path, people=PEOPLE)
    assert reading.problems == ()
    row = reading.rows[0]
    assert (row.customer_id, row.aliases, row.owner) == ("1001", ("亚川", "亚川流体"), "zhangwei")
    assert (row.stage_since, row.last_contact_at) == (date(2026, 3, 2), date(2026, 3, 4))
    assert (row.amount, row.group) == (Decimal(1_200_000), "亚川集团")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("31.36,120.64", "120.64,31.36", 2, "“lat”列：纬度 120.64、经度 31.36 像是写反了"),
        ("31.36,120.64", "91,200", 2, "纬度 91 超出范围"),
        ("31.36,120.64", "31.36,200", 2, "经度 200 超出范围"),
        ("31.36,120.64", "31.36,", 2, "“lon”列：纬度和经度要么都填"),
        ("31.36,120.64", "0,0", 2, "坐标 0,0"),
        ("31.36,120.64", "北纬31,120", 2, "“北纬31”不是坐标；应为十进制度数"),
        ("31.36,120.64", "nan,120", 2, "“nan”不是坐标"),
        ("zhangwei", "wangwu", 2, "“owner”列：“wangwu”不在人员名单里"),
        ("zhangwei", "陈磊", 2, "有同名的人"),
        ("需求确认", "需求确任", 2, "“stage”列：“需求确任”不是规则包里的阶段；应为 需求确认、方案提交 之一"),
        ("王建国:", ":", 2, "“contacts”列：“:采购经理”缺少姓名"),
        ("C1,", ",", 2, "“customer_id”列：空着；每一行都要有客户编号"),
        ("澄阳路49号", "澄阳路,49号", 2, "多出了列：应为 12 列"),
        ("澄阳路49号", '"澄阳路49号', 2, "引号不成对"),
    ],
)
def test_a_bad_cell_is_told_with_line_column_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    path = csv_file(tmp_path, HEADER, HUARUI.replace(old, new, 1))
    try:
        told = sentences(path, people=PEOPLE, stages=("需求确认", "方案提交"))
    except TableError as error:
        told = [str(error)]
    assert told[0].startswith(f"customers.csv 第 {line} 行")
    assert words in told[0]


def test_a_bad_cell_refuses_the_import_but_keeps_the_rest_of_the_row(tmp_path: Path) -> None:
    reading = read_customers(csv_file(tmp_path, HEADER, HUARUI.replace("31.36", "x")))
    assert reading.is_refused
    assert (reading.rows[0].name, reading.rows[0].lat, reading.rows[0].lon) == ("苏州华锐精密机械有限公司", None, None)


@pytest.mark.parametrize("cell", ["2026-02-30", "昨天", "26-3-1", "2026-13-01"])
def test_an_impossible_day_is_refused(tmp_path: Path, cell: str) -> None:
    path = csv_file(tmp_path, "客户编号,客户名称,阶段日期", f"C1,甲,{cell}")
    assert sentences(path) == [f"customers.csv 第 2 行“阶段日期”列：“{cell}”不是日期；应写成 2026-03-10"]


def test_lines_are_counted_where_a_row_begins(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "客户编号,客户名称,地址,纬度,经度", 'C1,甲,"一楼\r\n二楼",,', "", "C2,乙,,x,")
    assert sentences(path)[0].startswith("customers.csv 第 5 行“纬度”列")


def test_a_repeated_id_names_the_first_line_and_equal_names_are_only_warned_of(tmp_path: Path) -> None:
    reading = read_customers(csv_file(tmp_path, "客户编号,客户名称", "C1,甲", "C2,乙", "C1,丙", "C3,乙"))
    assert [str(problem) for problem in reading.errors] == [
        "customers.csv 第 4 行“客户编号”列：“C1”与第 2 行重复；编号应各不相同"
    ]
    assert [row.name for row in reading.rows] == ["甲", "乙", "乙"]
    assert [problem.line for problem in reading.problems if problem.level == "warning"] == [3, 5]


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    reading = read_customers(csv_file(tmp_path, "客户编号,负责仁", "C1,zhangwei"))
    assert reading.rows == ()
    assert [problem.sentence for problem in reading.problems] == [
        "缺少“客户名称”（name）这一列",
        "不认识这一列，已忽略；是不是“负责人”？",
    ]


def test_people_have_roles_in_either_language_and_lower_case_ids(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "账号,姓名,团队,角色", "ZhangWei,张伟,华东组,主管", "b,乙,,", "c,丙,,老板")
    reading = read_reps(path)
    assert reading.rows[:2] == (RepRow("zhangwei", "张伟", "华东组", "supervisor"), RepRow("b", "乙"))
    assert "“老板”不是角色" in reading.errors[0].sentence


def test_the_kind_of_a_file_is_seen_from_its_header(tmp_path: Path) -> None:
    assert kind_of_file(CORPUS / "customers.csv") == "customers"
    assert kind_of_file(CORPUS / "reps.csv") == "reps"
    assert kind_of_file(csv_file(tmp_path, "a,b", "1,2")) is None


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "文件是空的"),
        ("a.csv", b"PK\x03\x04\x00\x00", "不是文本表格"),
        ("a.csv", b"\xff\xff\xff", "文字编码不认识"),
        ("a.xlsx", b"not a zip", "不是有效的 XLSX"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(TableError, match=words):
        read_customers(tmp_path / name)


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.csv：没有这个文件"):
        read_customers(tmp_path / "none.csv")


def test_a_damaged_spreadsheet_never_crashes(tmp_path: Path) -> None:
    whole = xlsx_file(tmp_path, ["客户编号", "客户名称"], ["C1", "甲"]).read_bytes()
    refused = 0
    for cut in range(0, len(whole), 97):
        (tmp_path / "b.xlsx").write_bytes(whole[:cut] + b"\xff" + whole[cut + 1 :])
        try:
            read_customers(tmp_path / "b.xlsx")
        except TableError:
            refused += 1
    assert refused > 5


def test_a_formula_without_a_saved_result_is_refused_and_never_evaluated(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["客户编号", "客户名称"], ["C1", '=CONCATENATE("甲","乙")'])
    with pytest.raises(TableError, match="第 2 行：公式没有结果"):
        read_customers(path)


RISKY = CustomerRow(
    "=1+1",
    "+甲",
    ("-乙", "@丙"),
    address="\t=cmd|' /C calc'!A0",
    contacts=(ContactCell("＝丁", "经理"),),
    amount=Decimal("-5"),
)


def test_a_csv_holds_no_cell_that_begins_like_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_customers(path, [RISKY])
    line = path.read_text(encoding="utf-8-sig").splitlines()[1]
    assert not [cell for cell in line.split(",") if cell[:1] in "=+@＝\t" and cell]
    assert "'=1+1" in line


def test_a_spreadsheet_holds_text_and_numbers_but_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_customers(path, [RISKY])
    sheet = load_workbook(path).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert "=1+1" in [cell.value for cell in cells]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="|｜;；:：'"), min_size=1
)
rows = st.builds(
    CustomerRow,
    customer_id=words,
    name=words,
    aliases=st.lists(words, unique=True, max_size=3).map(tuple),
    address=words | st.just(""),
    contacts=st.lists(st.builds(ContactCell, words, words | st.just("")), unique=True, max_size=2).map(tuple),
    stage_since=st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    amount=st.none() | st.integers(0, 10**9).map(Decimal),
)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@given(row=rows)
def test_what_is_written_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, ending: str, row: CustomerRow
) -> None:
    path = tmp_path_factory.mktemp("out") / f"customers.{ending}"
    write_customers(path, [row])
    assert read_customers(path).rows == (row,)


def test_people_written_read_back_the_same(tmp_path: Path) -> None:
    write_reps(tmp_path / "reps.csv", PEOPLE)
    assert read_reps(tmp_path / "reps.csv").rows == PEOPLE


def test_times_are_written_as_shanghai_times(tmp_path: Path) -> None:
    at = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    write_table(tmp_path / "a.csv", ["时间"], [[at]])
    write_table(tmp_path / "a.xlsx", ["时间"], [[at]])
    assert read_table(tmp_path / "a.csv")[1].cells == ("2026-03-10 10:00:00+08:00",)
    assert read_table(tmp_path / "a.xlsx")[1].cells == (datetime(2026, 3, 10, 10, 0),)


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(path, ["备注"], [["旧"]])
    with pytest.raises(TableError, match="超过 32767 字"):
        write_table(path, ["备注"], [["长" * 40_000]])
    assert read_table(path)[1].cells == ("旧",)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_dry_run_tells_what_is_new_and_what_changes_and_erases_nothing() -> None:
    known = {"C1": CustomerRow("C1", "甲", ("老甲",), city="苏州"), "C9": CustomerRow("C9", "旧")}
    rows = (CustomerRow("C1", "甲", city="无锡"), CustomerRow("C2", "乙"))
    plan = plan_import(rows, known)
    assert [row.customer_id for row in plan.new] == ["C2"]
    assert [(edit.name, edit.before, edit.after) for edit in plan.edits] == [("city", "苏州", "无锡")]
    assert plan.absent == ("C9",)
    assert describe(plan, ()) == ["新增 1，修改 1，不变 0", "文件里没有、照旧保留 1", "  C1 城市：苏州 → 无锡"]
