"""`waiqin import` and `waiqin export`: the directory and the data as files. Neither starts the workflow engine."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from bot.clock import SystemClock
from bot.server import load_settings
from bot.settings import Settings
from handlers.import_directory import all_stages, import_customers, import_people
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from handlers.rules.days import day_of
from storage import Store, UnitOfWork
from storage import tables as t
from storage.directory_files import (
    ContactCell,
    CustomerRow,
    Problem,
    RepRow,
    TableError,
    kind_of_file,
    read_customers,
    read_reps,
    write_customers,
    write_reps,
)
from storage.engine import make_async_engine
from storage.import_plan import describe, plan_import
from storage.migrate import upgrade
from storage.table_files import write_table


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def _open(settings: Settings) -> tuple[Store, World]:
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    world = World(Playbooks(settings.playbook_dir), settings.playbook, Links("", "unused"))
    return Store(make_async_engine(settings.database_url)), world


# --- import ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Files:
    people: list[RepRow] = field(default_factory=list)
    customers: list[CustomerRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def run_import(args: argparse.Namespace) -> int:
    """Import files all or nothing; exit 1 if a file is refused, 2 if it cannot be read."""
    settings = load_settings()
    if settings is None:
        return 2
    return asyncio.run(_import(settings, args.files, args.kind, dry_run=args.dry_run))


async def _import(settings: Settings, paths: Sequence[Path], kind: str | None, *, dry_run: bool) -> int:
    store, world = _open(settings)
    try:
        async with store.begin() as uow:
            try:
                files = await _read_all(paths, kind, uow, world)
            except (TableError, OSError) as error:
                _say(str(error))
                return 2
            for line in await _report(files, uow):
                _say(line)
            if any(problem.level == "error" for problem in files.problems):
                _say("有错误，一行都没有写入。改好后再导入。")
                return 1
            if dry_run:
                _say("这是试运行，没有写入。")
                return 0
            await import_people(files.people, uow=uow)
            await import_customers(files.customers, uow=uow, world=world, now=SystemClock().now())
            await uow.commit()
            _say(f"已写入：人员 {len(files.people)}，客户 {len(files.customers)}。")
            return 0
    finally:
        await store.close()


async def _read_all(paths: Sequence[Path], kind: str | None, uow: UnitOfWork, world: World) -> _Files:
    """Read people first, so that customers may name owners from the same import."""
    files = _Files()
    kinds = {path: kind or kind_of_file(path) for path in paths}
    for path, found in kinds.items():
        if found is None:
            raise TableError(f"{path.name}：看不出是客户名录还是人员名单；用 --kind customers 或 --kind reps 说明")
    for path in (p for p, k in kinds.items() if k == "reps"):
        reps = read_reps(path)
        files.people += reps.rows
        files.problems += reps.problems
    known = [*await _known_people(uow), *files.people]
    for path in (p for p, k in kinds.items() if k == "customers"):
        customers = read_customers(path, people=known, stages=all_stages(world))
        files.customers += customers.rows
        files.problems += customers.problems
    return files


async def _report(files: _Files, uow: UnitOfWork) -> list[str]:
    lines: list[str] = []
    if files.people:
        plan = plan_import(files.people, {p.userid: p for p in await _known_people(uow)})
        lines += ["人员：", *describe(plan, ())]
    if files.customers:
        known = {c.customer_id: c for c in await _known_customers(uow)}
        lines += ["客户：", *describe(plan_import(files.customers, known), ())]
    return lines + [f"{'错误' if p.level == 'error' else '注意'}：{p}" for p in files.problems]


async def _known_people(uow: UnitOfWork) -> list[RepRow]:
    rows = await uow.all(sa.select(t.Person).order_by(col(t.Person.id)))
    return [RepRow(p.id, p.name, p.team, p.role) for p in rows]


async def _known_customers(uow: UnitOfWork) -> list[CustomerRow]:
    contacts: dict[str, list[ContactCell]] = {}
    for c in await uow.all(sa.select(t.Contact).order_by(col(t.Contact.customer_id), col(t.Contact.position))):
        contacts.setdefault(c.customer_id, []).append(ContactCell(c.name, c.title))
    deals = {
        o.customer_id: o for o in await uow.all(sa.select(t.Opportunity).where(col(t.Opportunity.state) == "open"))
    }
    found = []
    for customer in await uow.all(sa.select(t.Customer).order_by(col(t.Customer.id))):
        deal = deals.get(customer.id)
        found.append(
            CustomerRow(
                customer_id=customer.id,
                name=customer.name,
                aliases=tuple(customer.aliases),
                industry=customer.industry,
                region=customer.region,
                city=customer.city,
                address=customer.address,
                lat=customer.lat,
                lon=customer.lon,
                owner=customer.owner_id,
                stage=deal.stage if deal else None,
                contacts=tuple(contacts.get(customer.id, ())),
                group=customer.group,
                stage_since=_day(deal.stage_since) if deal else None,
                last_contact_at=_day(deal.last_touch_at) if deal else None,
                amount=Decimal(str(deal.amount)) if deal and deal.amount is not None else None,
            )
        )
    return found


def _day(at: datetime | None) -> date | None:
    return day_of(at) if at is not None else None


# --- export ------------------------------------------------------------------------------------------------------

#: Tables written row by row beside the two directory files. Bearer secrets and audit salts stay out.
EXPORTED: tuple[type[SQLModel], ...] = (
    t.Opportunity,
    t.StageEntry,
    t.Visit,
    t.FieldGuess,
    t.TagGuess,
    t.Capture,
    t.Transcript,
    t.Task,
    t.Alert,
    t.Change,
)


def run_export(args: argparse.Namespace) -> int:
    """Write everything that is kept into a folder, with a manifest of counts."""
    settings = load_settings()
    if settings is None:
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_export(settings, args.out, args.format))


async def _export(settings: Settings, out: Path, suffix: str) -> int:
    store, _ = _open(settings)
    try:
        counts: dict[str, int] = {}
        async with store.begin() as uow:
            counts["customers"] = write_customers(out / f"customers.{suffix}", await _known_customers(uow))
            counts["reps"] = write_reps(out / f"reps.{suffix}", await _known_people(uow))
            for table in EXPORTED:
                name = str(table.__tablename__)
                counts[name] = await _write_rows(uow, table, out / f"{name}.{suffix}")
        (out / "manifest.json").write_text(
            json.dumps({"written_at": SystemClock().now().isoformat(), "rows": counts}, indent=2), encoding="utf-8"
        )
        for name, count in counts.items():
            _say(f"{name}：{count} 行")
        return 0
    finally:
        await store.close()


async def _write_rows(uow: UnitOfWork, table: type[SQLModel], path: Path) -> int:
    header = [name for name in table.model_fields if name != "media_ref"]
    rows = await uow.all(sa.select(table))
    return write_table(path, header, ([_cell(getattr(row, name)) for name in header] for row in rows))


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
