"""Read a playbook's YAML; every mistake is told with file, line and what was expected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import fuzz, process

from handlers.playbooks.schema import CheckIn, Escalation, Playbook, Requires, Stage, Tag

#: Playbooks are small; a larger file is a mistake (or an attempt to exhaust memory).
LIMIT_BYTES = 256 * 1024
#: From a path of keys (without list positions) to the model that stands there.
_PARTS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Playbook,
    ("stages",): Stage,
    ("stages", "requires"): Requires,
    ("tags",): Tag,
    ("escalation",): Escalation,
    ("check_in",): CheckIn,
}

Place = tuple[str | int, ...]


class PlaybookError(ValueError):
    """A playbook that cannot be used. `problems` are full sentences (Chinese) with file and line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@cache
def bundled_names() -> tuple[str, ...]:
    """Return the names of the playbooks that ship with the application."""
    folder = resources.files("handlers.playbooks")
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def bundled_text(name: str) -> str:
    """Return the YAML of a bundled playbook. Raises `KeyError`."""
    if name not in bundled_names():
        raise KeyError(name)
    return (resources.files("handlers.playbooks") / f"{name}.yaml").read_text(encoding="utf-8")


def load(name_or_path: str | Path) -> Playbook:
    """Return a bundled playbook by name, or the one in a file. Raises `PlaybookError`."""
    if isinstance(name_or_path, str) and name_or_path in bundled_names():
        return load_text(bundled_text(name_or_path), f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        known = "、".join(bundled_names())
        raise PlaybookError([f"没有名为“{name_or_path}”的规则包；可用的有 {known}，或给出一个 .yaml 文件"])
    return load_text(read_file(path), path.name)


def read_file(path: Path) -> str:
    """Return the text of a playbook file. Raises `PlaybookError` where it cannot be read."""
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise PlaybookError([f"{path.name}：文件超过 {LIMIT_BYTES // 1024} KB，规则包不应这么大"])
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlaybookError([f"{path.name}：不是 UTF-8 编码，请另存为 UTF-8"]) from error
    except OSError as error:
        raise PlaybookError([f"{path.name}：读不到文件（{error.strerror}）"]) from error


def load_text(text: str, source: str) -> Playbook:
    """Return the playbook that `text` describes; `source` names it in errors. Raises `PlaybookError`."""
    data, lines = _parse(text, source)
    try:
        playbook = Playbook.model_validate(data)
    except ValidationError as error:
        problems = [_explain(detail, lines, source) for detail in error.errors()]
        raise PlaybookError(list(dict.fromkeys(problems))) from error
    return playbook.model_copy(update={"digest": hashlib.sha256(text.encode()).hexdigest()[:16]})


def _parse(text: str, source: str) -> tuple[Any, dict[Place, int]]:
    """Return the plain data and the line (from 1) of every key and list item in it."""
    try:
        data, places = _read_yaml(text, source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        sentence = f"{source} 第 {line} 行：YAML 写法有误（{error.problem}）；请检查缩进、冒号和引号"
        raise PlaybookError([sentence]) from error
    except RecursionError as error:
        raise PlaybookError([f"{source}：嵌套太深；规则包最多四层"]) from error
    except yaml.YAMLError as error:
        raise PlaybookError([f"{source}：不是 YAML 文本（{error}）"]) from error
    if not isinstance(data, dict):
        raise PlaybookError([f"{source} 第 1 行：应为“键: 值”的写法，例如 name: manufacturing"])
    return data, places


def _read_yaml(text: str, source: str) -> tuple[Any, dict[Place, int]]:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise PlaybookError([f"{source} 第 1 行：文件是空的；应为 name、title、version、stages 等键"])
    if "&" in text or "*" in text:
        _refuse_aliases(text, source)
    places = dict(_walk(node, (), source))
    try:
        return yaml.safe_load(text), places
    except ValueError as error:
        raise PlaybookError([f"{source}：有一个值不成立（{error}）；日期和数字请核对或加引号"]) from error


def _refuse_aliases(text: str, source: str) -> None:
    """YAML's references can blow a small file up without end, and no playbook needs them."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            line = token.start_mark.line + 1
            raise PlaybookError([f"{source} 第 {line} 行：不支持 & 和 * 引用；含这两个符号的词请加引号"])


def _walk(node: yaml.Node, place: Place, source: str) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*place, index), source)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                raise PlaybookError([f"{source} 第 {line} 行：键应为文字，例如 name"])
            if key.value in seen:
                raise PlaybookError([f"{source} 第 {line} 行：“{key.value}”写了两次；应只写一次"])
            seen.add(key.value)
            yield from _walk(value, (*place, key.value), source)
            yield (*place, key.value), line


def _explain(detail: ErrorDetails, lines: dict[Place, int], source: str) -> str:
    context = detail.get("ctx") or {}
    place: Place = (*detail["loc"], *context.get("at", ()))
    where = f"{source} 第 {_line_of(place, lines)} 行"
    if detail["type"] == "extra_forbidden":
        return f"{where}：不认识“{place[-1]}”；{_suggest(place)}"
    expected = _description(place)
    if detail["type"] == "missing":
        return f"{where}：缺少“{_show(place)}”；应为：{expected}"
    if "sentence" in context:
        return f"{where}：“{_show(place)}”{context['sentence']}"
    return f"{where}：“{_show(place)}”不能是 {_quote(detail['input'])}；应为：{expected}"


def _line_of(place: Place, lines: dict[Place, int]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _keys(place: Place) -> tuple[str, ...]:
    return tuple(part for part in place if isinstance(part, str))


def _description(place: Place) -> str:
    """Return the `description` of the innermost described field on the way to `place`."""
    keys = _keys(place)
    for length in range(len(keys), 0, -1):
        model = _PARTS.get(keys[: length - 1])
        if model is not None and keys[length - 1] in model.model_fields:
            return model.model_fields[keys[length - 1]].description or keys[length - 1]
    return "“键: 值”的写法"


def _suggest(place: Place) -> str:
    keys = _keys(place)
    model = _PARTS.get(keys[:-1], Playbook)
    known = [name for name in model.model_fields if name != "digest"]
    best = process.extractOne(str(place[-1]), known, scorer=fuzz.ratio, score_cutoff=60)
    return f"是不是想写“{best[0]}”？" if best else f"应为 {'、'.join(known)} 之一"


def _show(place: Place) -> str:
    """Write a place as people read it, counting from 1: `stages 第 3 项的 dwell`."""
    words = ""
    for part in place:
        if isinstance(part, int):
            words += f" 第 {part + 1} 项"
        else:
            words += f" 的 {part}" if words else part
    return words or "文件"


def _quote(value: Any) -> str:
    text = "空" if value is None else str(value)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
