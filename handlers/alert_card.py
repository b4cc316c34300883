"""A warning as people see it: facts, cause, and the buttons to press (MISSION row 78). Pure."""

from __future__ import annotations

from datetime import date

from handlers import texts
from handlers.messages import Action, Card, CardButton, CardRow
from storage import tables as t

SNOOZE_DAYS = 3


def card_id(alert: t.Alert) -> str:
    """Return the id of the card that shows this alert."""
    return f"a-{alert.id}-{alert.version}"


def build(alert: t.Alert, detail_url: str, status: str = "") -> Card:
    """Return the alert's card. `status` replaces the buttons once it is acknowledged, snoozed or resolved."""
    facts = alert.facts
    source = f"{texts.ASSISTANT} · {'红旗' if alert.level == 'red' else '黄色提醒'}"
    return Card(
        card_id=card_id(alert),
        source=f"{source} · {status}" if status else source,
        title=texts.alert_title(alert.level, facts["customer"]),
        desc=status or texts.alert_desc(facts["stage"], facts["days"], facts["limit_days"]),
        quote=_cause(facts),
        rows=_rows(facts),
        buttons=_buttons(alert, detail_url, closed=bool(status)),
        tone="done" if status == texts.ALERT_RESOLVED else "red" if alert.level == "red" else "yellow",
    )


def _cause(facts: dict[str, object]) -> str:
    return f"卡点原话：{facts['obstacle']}" if facts["obstacle"] else "最近一次拜访没有说卡在哪里，先问清楚这一项。"


def _rows(facts: dict[str, object]) -> tuple[CardRow, ...]:
    last = facts["last_contact_on"]
    who = f" {facts['last_contact_person']}" if facts["last_contact_person"] else ""
    return (
        CardRow("阶段", str(facts["stage"])),
        CardRow("停留", f"{facts['days']} 天，上限 {facts['limit_days']} 天"),
        CardRow("上次联系", f"{texts.day(date.fromisoformat(str(last)))}{who}" if last else "没有确认过的拜访"),
        CardRow("负责人", str(facts["owner_name"])),
    )


def _buttons(alert: t.Alert, detail_url: str, *, closed: bool) -> tuple[CardButton, ...]:
    detail = CardButton("看详情", url=detail_url)
    if closed:
        return (detail,)
    return (
        CardButton("知道了", action=Action("ack", alert.id, alert.version).pack(), style="primary"),
        CardButton(
            f"延期 {SNOOZE_DAYS} 天", action=Action("snooze", alert.id, alert.version, "", str(SNOOZE_DAYS)).pack()
        ),
        detail,
    )
