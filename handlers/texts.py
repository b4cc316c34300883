"""Every sentence that a person reads in chat, in one place: to read, to test, to change.

Rules: Simplified Chinese, short, polite to a tired person; each answer names what it answers (“10:32 那条”) and ends
with one next step (MISSION row 85). No sentence blames.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"

FIELD_LABELS = {
    "customer": "客户",
    "contact": "联系人",
    "stage": "阶段",
    "next_followup": "下次跟进",
    "obstacle": "卡点",
}
MARK_SAID, MARK_DIRECTORY, MARK_MISSING, MARK_ASK = "说的", "档案", "待补", "请选"
ASSISTANT = "外勤助手"
CHAT_HEAD = "聊天里说的："
FOLLOW, NO_FOLLOW, CONFIRM_FOLLOW, CONFIRM_NO_FOLLOW = "需跟进", "不用跟进", "确认，需跟进", "确认，不用跟进"


def day(value: date) -> str:
    """3月18日 周三"""
    return f"{value.month}月{value.day}日 周{WEEKDAYS[value.weekday()]}"


def day_short(value: date) -> str:
    """3月18日"""
    return f"{value.month}月{value.day}日"


def clock_time(at: datetime) -> str:
    """10:32, Shanghai time"""
    return at.astimezone(SHANGHAI).strftime("%H:%M")


def day_time(at: datetime) -> str:
    """3月12日 16:40"""
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def chat_time(at: datetime, beside: datetime) -> str:
    """10:32, with its day where that is not the day of what it stands beside"""
    same_day = at.astimezone(SHANGHAI).date() == beside.astimezone(SHANGHAI).date()
    return clock_time(at) if same_day else day_time(at)


def that_one(at: datetime) -> str:
    """10:32 那条"""
    return f"{clock_time(at)} 那条"


def once_more(text: str, number: int) -> str:
    """The same sentence as just before, so that it reads as the answer to another message."""
    return f"{text}（第 {number} 条）"


# --- first contact -----------------------------------------------------------------------------------------------


def welcome(name: str) -> str:
    return (
        f"{name}，你好，我是外勤助手。\n"
        "拜访完按住说话 20 秒：见了谁、谈到哪、卡在哪、下次什么时候去。我填好卡片，你点一下确认就行。\n"
        "照片、位置也直接发给我，会记到同一次拜访里。\n"
        "看不到卡片（比如在微信里收消息）就发“文字版”。现在就说第一条吧。"
    )


def welcome_supervisor(name: str) -> str:
    return (
        f"{name}，你好，我是外勤助手。\n"
        "团队里哪个商机停住了，我会先提醒负责人；再没动静，就给你发红旗：停了几天、卡在哪、上次谁联系的，点一下就能处理。\n"
        "想看某家的情况，发“客户 名称”。你自己跑客户时，按住说话就能记。"
    )


def unknown_person() -> str:
    return "我还不认识你，这条没有记录。请让管理员把你加进人员名单，加好后再发一次。"


HELP = (
    "直接说话或打字记拜访；发照片、位置会并到这次拜访；聊天记录复制粘贴过来也行。\n"
    "改：“客户是鑫达不是新达”“跟进改周五”\n"
    "其他：确认｜撤销｜不是拜访｜草稿｜收据｜客户 名称｜文字版\n"
    "现在就说说刚才那家吧。"
)

# --- voice -------------------------------------------------------------------------------------------------------


def hearing(at: datetime) -> str:
    return f"{that_one(at)}语音收到了，已存好，正在听写，马上给你卡片。"


def nothing_heard(at: datetime) -> str:
    return f"{that_one(at)}语音没听清，请再说一次。录音已存好；也可以直接打字。"


def voice_unreadable(at: datetime) -> str:
    return f"{that_one(at)}语音文件打不开，原件已存好。请再说一次，或直接打字。"


def no_recogniser(at: datetime) -> str:
    return (
        f"{that_one(at)}录音已存好，但服务器上还没有语音模型，暂时听不了。请先打字说一遍；管理员可运行 waiqin doctor。"
    )


def media_gone(at: datetime) -> str:
    return f"{that_one(at)}文件平台已经取不到了（超过 3 天或被撤回），请再发一次。"


def media_delayed(at: datetime) -> str:
    return f"{that_one(at)}已收到，平台那边暂时取不到文件，我会一直重试，拿到了马上告诉你。"


def correction_waits(at: datetime, voice_at: datetime) -> str:
    return f"{that_one(at)}记下了，等 {clock_time(voice_at)} 的语音听写完就一起改。"


# --- notes, corrections, commands --------------------------------------------------------------------------------


def chatter(kind: str) -> str:
    return {
        "greeting": "你好。拜访完跟我说一声：见了谁、谈到哪、下次什么时候去。",
        "thanks": "不客气。下一家聊完再告诉我。",
        "question": "我负责记拜访：按住说话 20 秒，点一下确认就存好。发“帮助”看能做什么。",
        "complaint": "对不住，给你添麻烦了。哪里不对直接说“客户是…”“跟进改…”，我马上改。",
    }.get(kind, "这条我没当成拜访记录。要记拜访，就说见了谁、谈到哪；发“帮助”看能做什么。")


def empty_text() -> str:
    return "这条是空的。要记拜访，就说见了谁、谈到哪、下次什么时候去。"


def text_too_long(limit: int, length: int) -> str:
    return f"这条有 {length} 字，太长了，我只按前 {limit} 字填卡片，全文已存好。请看一下卡片对不对。"


def only_a_summary(at: datetime) -> str:
    return (
        f"{that_one(at)}只是聊天记录的标题，里面的话没有过来，还没有记成拜访。"
        "请在聊天里长按、多选、复制，把文字粘贴给我；或者截图发来。"
    )


def corrected(pairs: Sequence[tuple[str, str]], at: datetime) -> str:
    return "、".join(f"{name}改成{value}" for name, value in pairs) + f"（{that_one(at)}）。看一下新卡片，点确认。"


def already_so(at: datetime) -> str:
    return f"{that_one(at)}本来就是这样，没有改动。别的要改直接说。"


def nothing_to_correct() -> str:
    return "最近没有可改的拜访。要记新的，就说见了谁、谈到哪。"


def no_draft() -> str:
    return "没有待确认的拜访。要记新的，就说见了谁、谈到哪。"


def which_customer(at: datetime) -> str:
    return f"{that_one(at)}还不知道是哪一家，没法确认。回复客户名就行，比如“客户是华锐”。"


def drafts(lines: Sequence[str]) -> str:
    head = f"有 {len(lines)} 条待确认："
    return "\n".join([head, *lines, "回复“确认 1”确认第 1 条，或点它的卡片。"])


def nothing_to_undo() -> str:
    return "24 小时内没有可撤销的确认。要改哪条，直接说“客户是…”“跟进改…”。"


def unended(count: int) -> str:
    return f"有 {count} 条消息超过 10 分钟还没处理完，原件都在，已自动重试。请在服务器上运行 waiqin doctor 看原因。"


def voided(customer: str) -> str:
    return f"好，{customer}这条不算拜访了，原话还留着。点错了可以点“恢复”。"


def text_mode_on() -> str:
    return "已换成文字版：以后用编号回复，比如回复 1 就是确认。想换回卡片发“卡片版”。"


def text_mode_off() -> str:
    return "已换回卡片版。下一条拜访就用卡片给你看。"


def already_decided(at: datetime) -> str:
    return f"{that_one(at)}已经处理过了，不用再点。发“草稿”看现在待确认的。"


def unsure_question(at: datetime) -> str:
    return f"{that_one(at)}是改上一条，还是新的拜访？"


# --- photos, positions, files ------------------------------------------------------------------------------------


def photos_joined(count: int, customer: str, total: int, notes: Sequence[str]) -> str:
    head = f"{count} 张照片已记到 {customer}（这次共 {total} 张）。"
    return "\n".join([head, *notes, "聊完说一句结果，我来填单。"])


def photos_wait(count: int, notes: Sequence[str]) -> str:
    head = f"{count} 张照片已存好，还不知道是哪一家。"
    return "\n".join([head, *notes, "说一句去了哪家、见了谁，就并到一起。"])


def photo_broken(at: datetime) -> str:
    return f"{that_one(at)}照片打不开，原件已存好。请重拍一张发我。"


def checked_in(customer: str, how_far: str, inside: bool) -> str:
    if inside:
        return f"已签到：{customer}，{how_far}。聊完说一句结果，我来填单。"
    return (
        f"位置已记：{customer}，{how_far}，离登记的地址有点远。地址旧了就继续用，主管看到的是这个距离。聊完说一句结果。"
    )


def checked_in_without_point(customer: str) -> str:
    return f"已签到：{customer}。档案里没有它的位置，这次的先记下。聊完说一句结果，我来填单。"


def checked_in_nowhere(place: str) -> str:
    where = f"（{place}）" if place else ""
    return f"位置已记{where}，附近没有你的客户。说一句是哪家、见了谁，就并到一起。"


CHECK_IN_TITLE = "到哪一家了？"
CHECK_IN_DESC = "按距离排的你的客户，点一下就签到"


def file_joined(customer: str | None) -> str:
    return f"文件已记到 {customer}。还有要补的直接说。" if customer else "文件已存好。说一句是哪家的，就并到一起。"


def link_kept() -> str:
    return "链接已存好，记在这次拜访里。要记结果就说一句。"


def unsupported(kind: str) -> str:
    return f"这种消息（{kind}）我还看不懂，没有记录。请用文字、语音、照片或位置发给我。"


def our_fault(at: datetime) -> str:
    return f"{that_one(at)}已存好，但我处理时出错了，管理员会看到并补做，你不用重发。"


def fresh_link(url: str) -> str:
    return f"新链接（24 小时内有效）：\n{url}\n点开就能看。"


# --- buttons -----------------------------------------------------------------------------------------------------


def foreign_tap() -> str:
    return "这张卡片不是你的拜访，只有本人能点。要看进展可以问他本人。"


def dead_button() -> str:
    return "这个按钮已经失效，什么都没有改。发“草稿”看现在待确认的。"


def muted(label: str) -> str:
    return f"好，以后不再提示“{label}”。"


# --- next steps --------------------------------------------------------------------------------------------------


def next_step(followup: date | None, missing: Sequence[str]) -> str:
    if missing:
        return f"下一步：补{'、'.join(missing)}，直接说就行。"
    if followup is not None:
        return f"下一步：{day(followup)} 跟进，当天早上提醒你。"
    return "下一步：想好下次哪天去，直接说“跟进改周五”。"


def will_remind(titles: Sequence[str]) -> str:
    """What a draft's card adds where the words imply a preparation; it counts once the visit is confirmed."""
    return f"\n确认后会提醒：{'、'.join(titles)}" if titles else ""


def preparation_step(title: str, due: date) -> str:
    return f"{day(due)}提醒你{title}。"


# --- warnings ----------------------------------------------------------------------------------------------------


def alert_title(level: str, customer: str) -> str:
    return f"{'红旗' if level == 'red' else '提醒'}：{customer} 停住了"


def alert_desc(stage: str, days: int, limit: int) -> str:
    return f"停在{stage} {days} 天（上限 {limit} 天）"


def alert_acknowledged(who: str) -> str:
    return f"{who} 已知道"


def alert_snoozed(until: date) -> str:
    return f"延期到 {day(until)}"


def digest(lines: Sequence[str]) -> str:
    head = f"今天的提醒已满，另有 {len(lines)} 个商机停住了："
    return "\n".join([head, *lines, "发“客户 名称”看详情，先从第一条问起。"])


def digest_line(level: str, customer: str, stage: str, days: int, owner: str) -> str:
    return f"{'红旗' if level == 'red' else '提醒'} · {customer}：停在{stage} {days} 天（{owner}）"


ALERT_RESOLVED = "已有进展，自动解除 ✓"


def morning(follow_ups: Sequence[str], preparations: Sequence[str]) -> str:
    lines = []
    if follow_ups:
        lines += [f"今天要跟进 {len(follow_ups)} 家：", *follow_ups]
    if preparations:
        lines += ["今天要备好：", *preparations]
    return "\n".join([*lines, "聊完一家说一句，我来填单。"])


def follow_up_line(customer: str, contact: str, obstacle: str) -> str:
    who = f" {contact}" if contact else ""
    return f"· {customer}{who}" + (f"，上次卡在“{obstacle}”" if obstacle else "")


# --- the system itself ------------------------------------------------------------------------------------------------

#: What an administrator types to see how the system is.
ASK_STATUS = "系统状态"


# --- proposed aliases --------------------------------------------------------------------------------------------

ALIAS_STATES = {"proposed": "别名建议", "accepted": "已加别名", "rejected": "不加别名"}


def alias_title(state: str, words: str, short_name: str) -> str:
    return {
        "accepted": f"已加 ✓ “{words}”就是{short_name}",
        "rejected": f"没有加：“{words}”",
    }.get(state, f"“{words}”是{short_name}？")


def alias_desc(times: int) -> str:
    return f"业务员在 {times} 次拜访里这样改"


def alias_decided(who: str) -> str:
    return f"{who}定的" if who else ""


def alias_question(words: str, times: int, short_name: str, customer_id: str) -> str:
    return f"“{words}”{_times(times)}次被改成{short_name}（{customer_id}）。以后听到就认它？"


def contact_alias_question(words: str, times: int, contact: str, short_name: str) -> str:
    return f"在{short_name}，“{words}”{_times(times)}次被改成{contact}。以后听到就认这个人？"


def _times(times: int) -> str:
    return {2: "两"}.get(times, str(times))


def alias_taken(words: str, other: str) -> str:
    return f"“{words}”也是{other}的名字，加了会认错，所以不能加。业务员下次还会看到选项。"


def alias_accepted(words: str, short_name: str) -> str:
    return f"以后听到“{words}”就认{short_name}。加错了，24 小时内可以撤销。"


def alias_rejected(words: str) -> str:
    return f"好，“{words}”不加，以后也不再问。"


def foreign_proposal() -> str:
    return "这张卡片归管理员定，你这里点不了，什么都没有改。"
