"""Every sentence the page says, in one place (the words of fields, marks and days are in `handlers.texts`)."""

from __future__ import annotations

from datetime import date

from handlers.texts import day

STATES = {"draft": "待确认", "confirmed": "已确认", "voided": "不算拜访"}

# --- what cannot be opened: title, what to do ---------------------------------------------------------------------

FORGED = ("这个链接打不开", "它不完整或被改过。回聊天里点卡片上的按钮。")
EXPIRED = ("链接过期了", "链接只管 24 小时。点一下，我把新的发到你的聊天里。")
RENEW = "把新链接发到聊天"
RENEWED = ("新链接已发到你的聊天", "回聊天里点它就行。")
FOREIGN = ("这条你看不了", "只有本人和他的主管能看这条拜访。要看进展可以问他本人。")
GONE = ("找不到这条了", "它可能已按规定清除。回聊天里发“草稿”，看现在待确认的拜访。")
OWN_ONLY = ("只有本人能改", "你可以看，改要由拜访的人自己来。")
VOIDED = ("这条标成了“不是拜访”", "要改它，先在聊天里点那张卡片的“恢复”。")
TOO_OLD = ("确认超过 24 小时了", "这条不再改动。情况有变，就在聊天里说一句，会记成新的一次。")
TOO_LATE = ("这次拜访过去有一会儿了", "签到要当场做。到了客户那里，在聊天里把位置发给我就行。")
NOT_A_FORM = ("没有收完整", "这次没有保存。请返回再点一次“保存”。")
TOO_LARGE = ("内容太长了", "这次没有保存。请返回改短一些，再点“保存”。")
OUR_FAULT = ("这里出了点问题", "管理员会看到。请过一会儿再打开一次；聊天里照常能用。")

# --- after saving -------------------------------------------------------------------------------------------------

SAVED = ("已保存，回聊天里点确认", "新的内容已经发到聊天里了。")
UNCHANGED = ("没有改动", "内容和原来一样。回聊天里点确认就行。")
UNCHANGED_CONFIRMED = ("没有改动", "内容和原来一样，确认照旧有效。")
ALREADY_SAVED = ("已经保存过了，回聊天里点确认", "同样的内容只记一次，没有重复。")

# --- beside a field -----------------------------------------------------------------------------------------------

CHECK_FORM = "还没保存，请看标红的地方："
SEE_FRESH = "刚才又改过。下面是现在的内容，你填的也留着，选好再保存。"
UNREADABLE_DAY = "日期没看懂，请在日历里选一天"
UNKNOWN_STAGE = "请从列表里选一个阶段"
NONE_OF_THESE = ("都不是", "填在上面；不填就先不定")
WHICH_CUSTOMER = "有几家叫法相近，请选是哪一家"


def too_long(limit: int) -> str:
    return f"太长了，最多 {limit} 个字"


def before_visit(visited_on: date) -> str:
    return f"不能早于拜访那天（{day(visited_on)}）"


def too_far(years: int) -> str:
    return f"太远了，请选 {years} 年以内的日子"


def no_such_customer(name: str) -> str:
    return f"档案里没有“{name}”。是新客户就选下面这项，否则换个叫法"


# --- check-in -----------------------------------------------------------------------------------------------------

NO_POSITION = "没有收到位置，没有签到。请再点“获取位置”，或在聊天里把位置发给我。"


def checked_in(words: str, verdict: str) -> str:
    """What to say of a check-in whose distance is known; never a reproach."""
    return {
        "here": f"{words}，在客户处。",
        "unclear": f"{words}，但定位不够准，不作判断。",
    }.get(verdict, f"{words}。位置照实记下了。")


CHECKED_IN_NO_POINT = "位置记下了。这家客户档案里还没有坐标，暂时算不出距离。"
CHECKED_IN_NO_CUSTOMER = "位置记下了。还不知道是哪一家，在聊天里说一句客户名就会对上。"
