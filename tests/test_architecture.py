"""Who may import whom, and what has no place where. A failure names file, line and rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Each package and the packages of ours that it may import, besides itself.
MAY_IMPORT = {
    "nlp": set[str](),
    "storage": set[str](),
    "handlers": {"nlp", "storage"},
    "offline_sync": {"handlers", "storage"},
    "bot": {"handlers", "nlp", "storage", "offline_sync"},
}

#: Libraries that belong to other layers: vendors and the web to the edges, queues to `bot`, tables to `storage`.
FOREIGN = {
    "nlp": {"aiohttp", "alembic", "apscheduler", "dbos", "sqlalchemy", "sqlmodel", "wechatpy"},
    "storage": {"aiohttp", "apscheduler", "dbos", "faster_whisper", "wechatpy"},
    "handlers": {"aiohttp", "alembic", "apscheduler", "dbos", "faster_whisper", "wechatpy"},
    "handlers/rules": {"sqlalchemy", "sqlmodel", "storage", "asyncio", "pathlib", "os"},
    "offline_sync": {"apscheduler", "dbos", "faster_whisper", "wechatpy"},
}

#: Where everything may be caught, and how often: the last place before an error would be lost. Keep it short.
CATCHES_ALL = {
    # What the queue cannot take goes to the spool, whatever is wrong; and what runs for ever (the spool's retry,
    # retention, the watchdog, signs of life, the schedule) must outlive a database that is away.
    "bot/bootstrap.py": 4,
    "bot/cli/lines.py": 1,  # a bad line answers with its error; the next ones must still be answered
    "bot/page/routes.py": 1,  # the page's error boundary: the person reads a sentence, the log has the traceback
    "bot/processes.py": 1,
    "bot/schedule.py": 1,
    "bot/sandbox/page_server.py": 1,  # a background act of the demo page, which nobody awaits
}

#: Calls that read a clock. Times are handed in (DECISIONS 4: one clock, which the sandbox can move).
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
CLOCKLESS = ("handlers", "nlp", "offline_sync")

#: Modules that read the environment: the settings, and the command that fetches models before any settings exist.
READS_ENVIRONMENT = {
    "bot/settings.py",
    "bot/torture/child.py",  # hands each server process its settings, as a shell would
    "nlp/speech/models.py",
    "nlp/speech/model_sources.py",
    "nlp/speech/__init__.py",  # tells the recogniser's library never to ask a hub
}

LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules_of(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*.py") if "node_modules" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, top-level package) of every import, at any depth of the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[0] if node.level else str(node.module)
            yield node.lineno, package.partition(".")[0]


def imported_from(folder: str, forbidden: set[str]) -> list[str]:
    return [
        f"{name_of(path)}:{line} imports {package}"
        for path in modules_of(folder)
        for line, package in imports_of(path)
        if package in forbidden
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_only_what_lies_below_them(package: str) -> None:
    assert modules_of(package)
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[package] - {package} | {"tests", "benchmarks", "tools"}
    assert imported_from(package, forbidden) == []


@pytest.mark.parametrize("folder", FOREIGN)
def test_libraries_stay_in_their_layer(folder: str) -> None:
    assert imported_from(folder, FOREIGN[folder]) == []


def test_everything_is_caught_only_where_it_is_allowed() -> None:
    found = {
        name_of(path): count
        for package in MAY_IMPORT
        for path in modules_of(package)
        if (count := sum(map(catches_all, ast.walk(tree_of(path)))))
    }
    assert found == CATCHES_ALL


def catches_all(node: ast.AST) -> bool:
    """Tell `except:`, `except Exception:` and `suppress(Exception)`; cleaning up and raising again is no catch."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
        return any(ast.unparse(arg) in ("Exception", "BaseException") for arg in node.args)
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)
    last = node.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


@pytest.mark.parametrize("package", CLOCKLESS)
def test_times_are_handed_in(package: str) -> None:
    found = [
        f"{name_of(path)}:{node.lineno} calls {ast.unparse(node.func)}"
        for path in modules_of(package)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and reads_clock(node.func)
    ]
    assert found == []


def reads_clock(function: ast.expr) -> bool:
    parts = ast.unparse(function).split(".")
    return tuple(parts[-2:]) in CLOCKS


def test_only_the_settings_read_the_environment() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for package in MAY_IMPORT
        for path in modules_of(package)
        if name_of(path) not in READS_ENVIRONMENT
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in ("os.environ", "os.getenv", "environ")
    ]
    assert found == []


def test_log_messages_are_constant_so_that_nothing_said_gets_into_them() -> None:
    found = [
        f"{name_of(path)}:{node.lineno} {ast.unparse(node)[:80]}"
        for package in MAY_IMPORT
        for path in modules_of(package)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and logs_a_made_up_message(node)
    ]
    assert found == []


def logs_a_made_up_message(call: ast.Call) -> bool:
    """Tell `logger.info(f"…")` and `logger.info("… %s", said)` from `logger.info("…", extra={…})`; `%d` is harmless."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in LOG_METHODS:
        return False
    if ast.unparse(function.value).rpartition(".")[2].strip("_").lower() not in ("logger", "log", "logging"):
        return False
    message = call.args[1:] if function.attr == "log" else call.args
    if not message or not isinstance(message[0], ast.Constant) or not isinstance(message[0].value, str):
        return True
    return set(re.findall(r"%[^%]", message[0].value)) - {"%d"} != set()


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("try: f()\nexcept Exception: pass", True),
        ("try: f()\nexcept: pass", True),
        ("try: f()\nexcept (OSError, BaseException): pass", True),
        ("with suppress(Exception): f()", True),
        ("try: f()\nexcept Exception:\n  undo()\n  raise", False),
        ("try: f()\nexcept OSError: pass", False),
    ],
)
def test_the_rule_against_catching_everything_sees_each_form(source: str, caught: bool) -> None:
    assert any(map(catches_all, ast.walk(ast.parse(source)))) is caught


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("logger.info(f'heard {text}')", True),
        ("_logger.warning('heard %s', text)", True),
        ("logging.getLogger('x').info(text)", False),  # not seen: name the logger
        ("logger.info('Heard.', extra={'took_ms': 3})", False),
        ("logger.info('Line %d is no JSON.', number)", False),
        ("math.log(2, 3)", False),
    ],
)
def test_the_rule_for_log_messages_sees_each_form(source: str, wrong: bool) -> None:
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    assert logs_a_made_up_message(call) is wrong
