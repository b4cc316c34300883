"""The shape of a playbook file.

Each field's `description` is the Chinese phrase that an error message gives as “应为 …”; keep it a noun phrase.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import time, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from nlp.types import FieldName, StageRule, TagRule
from nlp.types import Playbook as NlpPlaybook

Recipient = Literal["owner", "supervisor", "director"]
Level = Literal["yellow", "red"]

DEFAULT_PROMPT = "检测到‘{word}’，标记为{label}？"
#: Pattern of a name that may also be a file name.
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_DAYS = re.compile(r"\s*(\d{1,3})\s*(?:d|天)\s*")
_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–~]\s*(\d{1,2}):(\d{2})\s*")


class QuietHours(NamedTuple):
    """Asia/Shanghai times between which nobody is pushed; `end` is the first allowed minute. Equal = never quiet."""

    start: time
    end: time


def _wrong(sentence: str, *at: str | int) -> PydanticCustomError:
    """An error with our own sentence; `at` leads from the checked field to the offending item."""
    return PydanticCustomError("sentence", "{sentence}", {"sentence": sentence, "at": at})


def _read_days(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _DAYS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("days")
    return timedelta(days=int(match[1]))


def _read_quiet_hours(value: Any) -> Any:
    if isinstance(value, QuietHours):
        return value
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("hours")
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    return QuietHours(time(start_hour, start_minute), time(end_hour, end_minute))


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise _wrong(f"不是有效的正则表达式（{error.msg}）；应为词语或正确的正则表达式") from error
    return value


def _reject_duplicates(items: Iterable[Any], what: str, key: Callable[[Any], str], attribute: str) -> None:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if key(item) in seen:
            raise _wrong(f"{what}“{key(item)}”重复了；应各不相同", index, attribute)
        seen.add(key(item))


#: Whole calendar days, written `7d` or `7天`.
Days = Annotated[timedelta, BeforeValidator(_read_days)]
Hours = Annotated[QuietHours, BeforeValidator(_read_quiet_hours)]
#: A plain word or a regular expression.
Pattern = Annotated[str, Field(min_length=1), AfterValidator(_check_pattern)]
Word = Annotated[str, Field(min_length=1, max_length=40)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Requires(_Part):
    """What must be known or proven before an opportunity enters the stage. Kept now, enforced by the gates."""

    fields: tuple[FieldName, ...] = Field(default=(), description="字段名列表，例如 [contact, obstacle]")
    evidence: tuple[Word, ...] = Field(default=(), description="资料名列表，例如 [签字的需求说明书]")


class Stage(_Part):
    """One stage in order. `dwell` and `grace` are filled from the playbook's defaults where the file omits them."""

    name: Annotated[str, Field(min_length=1, max_length=12)] = Field(description="阶段名称，1–12 个字")
    dwell: Days = Field(default=timedelta(0), description="停留天数，例如 7d")
    grace: Days = Field(default=timedelta(0), description="宽限天数，例如 1d")
    evidence: tuple[Pattern, ...] = Field(default=(), description="说明处于该阶段的词语或正则表达式列表")
    requires: Requires = Field(default=Requires(), description="进入该阶段的要求：fields 与 evidence")


class Tag(_Part):
    """A tag that is only ever proposed: `words` make the prompt appear, a tap sets it."""

    key: Annotated[str, Field(min_length=1, max_length=10)] = Field(description="标签键，例如 价格")
    label: Annotated[str, Field(min_length=1, max_length=10)] = Field(description="标签显示名，例如 价格讨论")
    words: tuple[Pattern, ...] = Field(default=(), description="触发词列表，例如 [报价, 降价]")
    prompt: str = Field(default=DEFAULT_PROMPT, description="提示句，可用 {word} 和 {label}")

    @field_validator("prompt")
    @classmethod
    def _fits_its_blanks(cls, value: str) -> str:
        try:
            value.format(word="", label="")
        except (KeyError, IndexError, ValueError) as error:
            raise _wrong("里只能用 {word} 和 {label} 两个空位；应为例如 检测到‘{word}’，标记为{label}？") from error
        return value

    def ask(self, word: str) -> str:
        """Return the question for a word found in a note: “检测到‘报价’，标记为价格讨论？”."""
        return self.prompt.format(word=word, label=self.label)


class Escalation(_Part):
    """Who is told of a warning at each level."""

    yellow: tuple[Recipient, ...] = Field(
        default=("owner",), description="收件人列表（owner、supervisor、director 之中）"
    )
    red: tuple[Recipient, ...] = Field(
        default=("supervisor",), description="收件人列表（owner、supervisor、director 之中）"
    )

    def recipients(self, level: Level) -> tuple[Recipient, ...]:
        """Return who is told at `level`."""
        return self.red if level == "red" else self.yellow


class CheckIn(_Part):
    """How near counts as being there, in metres before the position's own accuracy is added (MISSION E5)."""

    radius_m: int = Field(default=300, ge=20, le=5000, description="20 到 5000 之间的米数")


class Playbook(_Part):
    """An industry's ordered stages, its limits, who is told, and its tags."""

    name: str = Field(description="小写英文名，与文件名相同，例如 manufacturing")
    title: Annotated[str, Field(min_length=1, max_length=20)] = Field(description="中文标题，1–20 个字")
    version: int = Field(ge=1, description="从 1 开始的整数，每次修改加 1")
    allow_skip: bool = Field(default=False, description="true 或 false：是否允许跳过阶段")
    visit_gap_minutes: int = Field(default=90, ge=5, le=720, description="5 到 720 之间的分钟数")
    dwell: Days = Field(default=timedelta(days=7), description="停留天数，例如 7d")
    first_dwell: Days = Field(default=timedelta(days=14), description="第一阶段的停留天数，例如 14d")
    grace: Days = Field(default=timedelta(days=1), description="宽限天数，例如 1d")
    escalation: Escalation = Field(default=Escalation(), description="yellow 与 red 两级收件人")
    quiet_hours: Hours = Field(default=QuietHours(time(21), time(7, 30)), description='免打扰时段，例如 "21:00-07:30"')
    push_budget: int = Field(default=5, ge=0, le=100, description="0 到 100 之间的整数：每人每天最多推送几条")
    check_in: CheckIn = Field(default=CheckIn(), description="签到设置：radius_m")
    location_event: bool = Field(default=False, description="true 或 false：是否接收自动上报的位置")
    stages: tuple[Stage, ...] = Field(min_length=2, description="至少两个阶段的列表，按先后顺序")
    tags: tuple[Tag, ...] = Field(default=(), description="标签列表，每项有 key、label、words")
    digest: str = Field(default="", exclude=True, repr=False, description="（由程序填写，不要写在文件里）")

    @field_validator("name")
    @classmethod
    def _is_a_file_name(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError("name")
        return value

    @field_validator("stages")
    @classmethod
    def _stage_names_differ(cls, value: tuple[Stage, ...]) -> tuple[Stage, ...]:
        _reject_duplicates(value, "阶段名称", lambda stage: stage.name, "name")
        return value

    @field_validator("tags")
    @classmethod
    def _tag_keys_differ(cls, value: tuple[Tag, ...]) -> tuple[Tag, ...]:
        _reject_duplicates(value, "标签键", lambda tag: tag.key, "key")
        return value

    @model_validator(mode="after")
    def _fill_stage_limits(self) -> Playbook:
        """Give each stage the playbook's limits where the file names none for it (MISSION row 53: the first, 14)."""
        filled = tuple(
            stage.model_copy(
                update={
                    "dwell": stage.dwell if "dwell" in stage.model_fields_set else self._default_dwell(index),
                    "grace": stage.grace if "grace" in stage.model_fields_set else self.grace,
                }
            )
            for index, stage in enumerate(self.stages)
        )
        object.__setattr__(self, "stages", filled)
        return self

    def _default_dwell(self, index: int) -> timedelta:
        return self.first_dwell if index == 0 else self.dwell

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The stages' names in order."""
        return tuple(stage.name for stage in self.stages)

    def stage(self, name: str) -> Stage:
        """Return the stage of that name. Raises `KeyError`."""
        return self.stages[self.position(name)]

    def position(self, name: str) -> int:
        """Return the stage's place in the order, from 0. Raises `KeyError`."""
        for index, stage in enumerate(self.stages):
            if stage.name == name:
                return index
        raise KeyError(name)

    def next_stages(self, name: str | None, n: int = 2) -> tuple[str, ...]:
        """Return up to `n` stages after `name`; the first ones where `name` is None or unknown."""
        names = self.stage_names
        start = names.index(name) + 1 if name in names else 0
        return names[start : start + n]

    def tag(self, key: str) -> Tag:
        """Return the tag of that key. Raises `KeyError`."""
        for tag in self.tags:
            if tag.key == key:
                return tag
        raise KeyError(key)

    def for_nlp(self) -> NlpPlaybook:
        """Return what extraction needs; the same object every time, so that indexes built on it are kept."""
        return self._for_nlp

    @cached_property
    def _for_nlp(self) -> NlpPlaybook:
        return NlpPlaybook(
            name=self.name,
            stages=tuple(StageRule(stage.name, stage.evidence) for stage in self.stages),
            tags=tuple(TagRule(tag.key, tag.label, tag.words) for tag in self.tags),
        )
