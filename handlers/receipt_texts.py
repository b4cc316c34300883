"""What a person reads of receipts, and the evening's message: sentences like those of `handlers.texts`."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import texts
from handlers.receipts import DayCount, ShownReceipt


def evening(lines: Sequence[str], count: DayCount) -> str:
    told = [f"今天{safe_count(count)}。"] if count.captured else []
    if not lines:
        return "\n".join([*told, "明天的跟进，早上 7:50 提醒你。"])
    told.append(f"还有 {len(lines)} 条没确认：")
    return "\n".join([*told, *lines, "回复“确认 1”确认第 1 条，或点它的卡片；不点也不会丢。"])


def safe_count(count: DayCount) -> str:
    """采集 14，已安全 14，待传 0"""
    lost = f"，没取到 {count.lost}（发“收据”看是哪条）" if count.lost else ""
    return f"采集 {count.captured}，已安全 {count.safe}，待传 {count.waiting}{lost}"


KIND_WORDS = {
    "text": "文字",
    "voice": "语音",
    "photo": "照片",
    "video": "视频",
    "file": "文件",
    "location": "位置",
    "link": "链接",
    "forward": "聊天记录",
}


def receipts(count: DayCount, last: Sequence[ShownReceipt]) -> str:
    if not last:
        return "还没有收据。说一句拜访、发张照片，就有了。"
    head = f"今天{safe_count(count)}。最近 {len(last)} 条：" if count.captured else f"最近 {len(last)} 条："
    lines = [receipt_line(one) for one in last]
    return "\n".join([head, *lines, "要核对哪条，发“收据 编号”。"])


def receipt_line(one: ShownReceipt) -> str:
    kind = KIND_WORDS.get(one.kind, "消息")
    return f"· {texts.day_time(one.at)} {kind}：{_safe_words(one)}" + (f"，编号 {one.number}" if one.number else "")


def _safe_words(one: ShownReceipt) -> str:
    if one.safe:
        return "已安全"
    if one.problem or one.safe is False:
        return "没取到原件，请再发一次"
    return "收到了，原件还在传"


def receipt(one: ShownReceipt | None, number: str) -> str:
    if one is None:
        return f"没有编号 {number} 的收据，请核对编号。发“收据”看最近几条。"
    return f"收据有效。\n{receipt_line(one)}\n要看最近几条，发“收据”。"
