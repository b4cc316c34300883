"""The command line: contracts that scripts rely on, errors in one sentence, and never a crash on a bad line."""

import io
import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli import main
from bot.cli.known import Known, load_known
from bot.cli.lines import LineError
from bot.cli.recordings import find_model
from bot.cli.usage import UsageError
from bot.cli.voice import hear

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus"
DIRECTORY = ("--customers", str(CORPUS / "customers.csv"), "--reps", str(CORPUS / "reps.csv"))
NOTES = [json.loads(line) for line in (CORPUS / "notes-dev.jsonl").read_text(encoding="utf-8").splitlines()]
FIELDS = ["customer", "contact", "stage", "next_followup", "obstacle"]

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def waiqin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process: `waiqin("dates", stdin=[{…}])` → code, lines, err."""

    def run(*argv: str, stdin: Sequence[Any] | bytes = ()) -> SimpleNamespace:
        data = stdin if isinstance(stdin, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in stdin)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        code = main(argv)
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, err=err, lines=[json.loads(line) for line in out.splitlines()])

    return run


@pytest.fixture(scope="module")
def known() -> Known:
    return load_known(Namespace(customers=CORPUS / "customers.csv", reps=CORPUS / "reps.csv", playbook=None))


def test_extract_answers_each_note_in_the_corpus_value_forms(waiqin: Run) -> None:
    result = waiqin("extract", *DIRECTORY, stdin=NOTES[:20])
    assert (result.code, result.err) == (0, "")
    assert [line["id"] for line in result.lines] == [note["id"] for note in NOTES[:20]]
    right = sum(
        line[name] == note["gold"][name] for line, note in zip(result.lines, NOTES, strict=False) for name in FIELDS
    )
    assert right > 70


def test_an_answer_has_evidence_confidence_alternatives_and_how_it_is_shown(waiqin: Run) -> None:
    text = "无锡亚川，王玉成。合同在法务，下周三再去"
    note = {"id": 7, "sent_at": "2026-03-12T16:40:00", "rep": "zhangwei", "playbook": "manufacturing"}
    line = waiqin("extract", *DIRECTORY, stdin=[note | {"text": text}]).lines[0]
    assert list(line) == ["id", *FIELDS, "tags", "evidence", "confidence", "alternatives", "shown"]
    assert (line["id"], line["customer"], line["next_followup"]) == (7, "C0023", "2026-03-18")
    start, end = line["evidence"]["next_followup"]
    assert text[start:end] == "下周三"
    assert all(0 <= line["confidence"][name] <= 1 for name in FIELDS)
    assert all(isinstance(line["alternatives"][name], list) for name in FIELDS)
    assert {line["shown"][name] for name in FIELDS} <= {"value", "question", "missing"}


def test_a_new_customer_is_answered_by_name(waiqin: Run) -> None:
    notes = [note for note in NOTES if isinstance(note["gold"]["customer"], dict)]
    lines = waiqin("extract", *DIRECTORY, stdin=notes).lines
    assert sum(line["customer"] == note["gold"]["customer"] for line, note in zip(lines, notes, strict=True)) > 0


def test_the_playbook_of_the_note_wins_over_the_option(waiqin: Run) -> None:
    note = {"sent_at": "2026-03-12T16:40:00+08:00", "rep": "a", "text": "合同在法务那边审"}
    lines = waiqin(
        "extract", *DIRECTORY, "--playbook", "fmcg", stdin=[note, note | {"playbook": "manufacturing"}]
    ).lines
    assert [line["stage"] for line in lines] == ["合同签署", "合同审批"]


@pytest.mark.parametrize(
    ("bad", "line_id", "words"),
    [
        (b"{", None, "不是 JSON"),
        (b'{"id":NaN}', None, "不是 JSON"),
        (b"[1]", None, "应为一个 JSON 对象"),
        (b"\xff\xfe{}", None, "不是 UTF-8"),
        (b"[" * 100_000, None, "不是 JSON"),
        (b'{"id":"x"}', "x", "缺少 text"),
        (b'{"id":"x","text":1}', "x", "text 应为文字"),
        (b'{"id":"x","text":"a"}', "x", "缺少 sent_at"),
        (b'{"id":"x","text":"a","sent_at":"soon"}', "x", "sent_at 不是时间"),
        (b'{"id":"x","text":"a","sent_at":"0001-01-01T00:00:00+14:00"}', "x", "sent_at 不是时间"),
        (b'{"id":"x","text":"a","sent_at":"2026-03-12","channel":"fax"}', "x", "channel 应为 text 或 voice"),
        (b'{"id":"x","text":"a","sent_at":"2026-03-12","playbook":"../x"}', "x", "没有名为"),
    ],
)
def test_a_bad_line_is_answered_with_its_error_and_the_next_one_still_counts(
    waiqin: Run, bad: bytes, line_id: str | None, words: str
) -> None:
    good = b'{"id":"g","text":"","sent_at":"2026-03-12"}\n'
    result = waiqin("extract", *DIRECTORY, stdin=b"\n" + bad + b"\n" + good)
    assert result.code == 0
    assert (result.lines[0]["id"], result.lines[0]["line"]) == (line_id, 2)
    assert words in result.lines[0]["error"]
    assert result.lines[1]["id"] == "g"


def test_an_error_inside_is_told_on_its_line(waiqin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("nlp.dates.resolve_first", broken)
    result = waiqin("dates", stdin=[{"id": 1, "text": "明天", "reference": "2026-03-12"}])
    assert result.code == 0
    assert result.lines == [{"id": 1, "line": 1, "error": "内部错误 RuntimeError：boom"}]


def test_half_a_character_comes_back_as_an_escape(waiqin: Run) -> None:
    line = b'{"id":"\\ud83d","text":"\\ud83d","reference":"2026-03-12"}'
    assert waiqin("dates", stdin=line).lines[0]["id"] == "\ud83d"


@pytest.mark.parametrize(
    ("text", "day", "end", "said"),
    [
        ("下周三再去", "2026-03-18", None, "下周三"),
        ("昨天去过", "2026-03-11", None, "昨天"),
        ("3月20号之前给报价", "2026-03-20", "2026-03-20", "3月20号之前"),
        ("没有日子", None, None, None),
    ],
)
def test_dates_answers_the_first_date_with_its_span(
    waiqin: Run, text: str, day: str | None, end: str | None, said: str | None
) -> None:
    answer = waiqin("dates", stdin=[{"id": "1", "text": text, "reference": "2026-03-12T23:30:00"}]).lines[0]
    assert list(answer) == ["id", "date", "end", "span", "alternatives"]
    assert (answer["date"], answer["end"]) == (day, end)
    span = answer["span"]
    assert (text[span[0] : span[1]] if span else None) == said


def test_dates_counts_from_the_day_in_shanghai(waiqin: Run) -> None:
    lines = [
        {"text": "明天", "reference": "2026-03-12T16:30:00Z"},
        {"text": "明天", "reference": "2026-03-12T23:30:00"},
    ]
    assert [line["date"] for line in waiqin("dates", stdin=lines).lines] == ["2026-03-14", "2026-03-13"]


def test_dates_can_choose_the_follow_up_day(waiqin: Run) -> None:
    text = "昨天去过了，他们周五开会，下周三我再去一趟"
    line = {"id": "1", "text": text, "reference": "2026-03-12T10:00:00+08:00"}
    answer = waiqin("dates", "--follow-up", stdin=[line]).lines[0]
    assert list(answer) == ["id", "date", "end", "span", "alternatives"]
    assert answer["date"] == "2026-03-18"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "要写明命令"),
        (("fly",), "不能是 'fly'"),
        (("extract",), "缺少 --customers, --reps"),
        (("extract", "--customers"), "--customers 后面要有一个值"),
        (("extract", "--customers", "none.csv", "--reps", "none.csv"), "none.csv：没有这个文件"),
        (("extract", *DIRECTORY, "--playbook", "retail"), "没有名为“retail”的规则包"),
        (("extract", "--customers", DIRECTORY[3], "--reps", DIRECTORY[3]), "reps.csv 里没有可用的行"),
        (("dates", "--follow"), "不认识 --follow"),
        (("serve", "--port", "99999"), "端口应为 0 到 65535"),
        (("import", "a.csv", "--kind", "orders"), "--kind 不能是 'orders'"),
        (("models",), "缺少"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_two(waiqin: Run, argv: tuple[str, ...], words: str) -> None:
    result = waiqin(*argv)
    assert (result.code, result.lines) == (2, [])
    last = result.err.splitlines()[-1]
    assert last.startswith("waiqin：")
    assert words in last


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def __iter__(self) -> "Interrupted":
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Interrupted()))
    assert main(["dates"]) == 130


def test_a_reader_that_leaves_early_is_no_error() -> None:
    line = json.dumps({"id": "1", "text": "明天", "reference": "2026-03-12"}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "dates"], cwd=ROOT, stdin=-1, stdout=-1, stderr=-1
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(line)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["date"] == "2026-03-13"
        process.stdout.close()
        process.stdin.write(line)
        process.stdin.close()
        assert (process.wait(30), process.stderr.read()) == (0, b"")


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from bot.cli.program import build_parser; build_parser().format_help(); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(shown.stdout.split())
    assert not loaded & {"pydantic", "sqlalchemy", "aiohttp", "nlp", "storage", "handlers", "numpy", "dbos", "yaml"}


@pytest.mark.parametrize(
    ("argv", "module", "function", "options"),
    [
        (
            ("demo", "--port", "0", "--no-browser"),
            "bot.demo",
            "run_demo",
            {"port": 0, "no_browser": True},
        ),
        (("serve", "--host", "::", "--port", "80"), "bot.server", "run_serve", {"host": "::", "port": 80}),
        (("worker", "--queues", "transcribe"), "bot.server", "run_worker", {"queues": "transcribe"}),
        (
            ("import", "a.csv", "b.xlsx", "--dry-run"),
            "bot.admin",
            "run_import",
            {"files": [Path("a.csv"), Path("b.xlsx")], "dry_run": True, "kind": None},
        ),
        (("export", "--out", "o", "--format", "xlsx"), "bot.admin", "run_export", {"out": Path("o"), "format": "xlsx"}),
        (("doctor",), "bot.doctor", "run_doctor", {}),
    ],
)
def test_the_services_get_their_options_and_give_their_exit_code(
    monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], module: str, function: str, options: dict[str, Any]
) -> None:
    given: list[Any] = []
    service = SimpleNamespace(**{function: lambda args: given.append(args) or 7})
    monkeypatch.setitem(sys.modules, module, service)  # type: ignore[arg-type]
    assert main(argv) == 7
    assert {name: getattr(given[0], name) for name in options} == options


def test_models_lists_what_is_on_this_machine(waiqin: Run, tmp_path: Path) -> None:
    assert {"name": "base", "path": None} in waiqin("models", "list", "--dest", str(tmp_path)).lines


def test_a_model_that_nobody_knows_is_refused(waiqin: Run, tmp_path: Path) -> None:
    result = waiqin("models", "pull", "enormous", "--dest", str(tmp_path))
    assert (result.code, result.lines) == (1, [])
    assert "enormous" in result.err


def test_a_recording_is_transcribed_with_the_reps_names_and_read_like_a_note(known: Known, tmp_path: Path) -> None:
    (tmp_path / "a.amr").write_bytes(b"#!AMR\n")
    asked: list[Any] = []

    def recognise(audio: bytes, hints: Sequence[str]) -> str:
        asked.append((audio, hints))
        return "无锡亚川的王玉成说合同还在法务下周三我再去"

    line = {"id": "v", "file": "a.amr", "sent_at": "2026-03-12T10:00:00+08:00", "rep": "chenlei", "text": "不看这里"}
    answer = hear(line | {"playbook": "manufacturing"}, tmp_path, known, recognise)
    assert (answer["customer"], answer["next_followup"]) == ("C0023", "2026-03-18")
    assert answer["transcript"] == "无锡亚川的王玉成说合同还在法务下周三我再去"
    assert asked[0][0] == b"#!AMR\n"
    assert len(asked[0][1]) > 5


def test_the_model_is_found_in_its_folder_or_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    with pytest.raises(UsageError, match="没有语音识别模型"):
        find_model(tmp_path)
    (tmp_path / "base" / "model.bin").touch()
    assert find_model(tmp_path) == find_model(tmp_path / "base") == tmp_path / "base"


def test_silence_is_an_empty_note_and_a_missing_file_an_error(known: Known, tmp_path: Path) -> None:
    (tmp_path / "a.amr").write_bytes(b"")
    line = {"id": "v", "file": "a.amr", "sent_at": "2026-03-12T10:00:00+08:00", "rep": "chenlei"}
    answer = hear(line, tmp_path, known, lambda audio, hints: "")
    assert (answer["transcript"], [answer[name] for name in FIELDS]) == ("", [None] * 5)
    with pytest.raises(LineError, match=r"none\.amr"):
        hear(line | {"file": "none.amr"}, tmp_path, known, lambda audio, hints: "")
