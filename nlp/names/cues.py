"""What the words around a name say: visited or only spoken of, met or awaited.

Each function answers a weight: positive where the words show that this is the one, negative where they show
another role. Windows are a dozen characters, for voice notes have no sentence ends.
"""

from __future__ import annotations

import re

from nlp.names.words import one_of
from nlp.types import Span

_LEFT, _RIGHT = 14, 16
_END = re.compile("[。！？!?\n；;]")
_SAME = "[^，。！？\n]"

# --- companies -----------------------------------------------------------------------------------------------------

_VISITED_LEFT = re.compile(
    one_of(
        """
    刚从 才从 从 去了一?趟 去了 去趟 去 跑了一?趟 跑了 跑的 跑趟 跑到 跑 到了 到 上 来了 来 在 拜访了? 走访了?
    回访了? 见了 见 约了 跟 同 和 找 访 打给 电话 客户 转去 改去 掉头去了? 回 给 替我? 催 送 进 碰
    """
    )
    + one_of("一趟 一下 趟 那个 这个 那家 那边的? 咗 嘞")
    + "?$"
)
_STRONG_LEFT = re.compile(one_of("转去 改去 掉头去了? 刚从 才从 就去了? 最后去了? 结果去了?") + "(?:那个)?$")
_VISITED_RIGHT = re.compile(
    "^(?:"
    + one_of(
        """
    的 这边 那边 这儿 那儿 那里 这里 公司 出来 回来 见 找 跟 和 谈 聊 嘛 哈 啊 呀 呢 今天 老 小 采购 经理 总
    """
    )
    + "|[，。,、:：\\s/（(\\-—]|$)"
)
_PLANNED = re.compile(one_of("本来 原本 原计划 原定 原来 本想 原先") + "[^。！？\n]{0,8}$")
_FALLEN = re.compile(
    "^[^。！？\n]{0,10}"
    + one_of("没去成 没去 去不成 去不了 放了?我?鸽子 没约上 没顾上 改天再 改期 没空见 不让进 没来得及")
)
_COMPARED_LEFT = re.compile(
    one_of(
        """
    比 不像 像 听说 人家 隔壁 对手 竞品 同行 友商 竞争对手 例如 比如 参考 上回 拿着? 被 输给 换成 用的是?
    买的是?
    """
    )
    + "(?:那家|的是|是|了)?$"
)
_COMPARED_RIGHT = re.compile(
    "^"
    + one_of(
        """
    那[家边]已经 已经用 那边用 已经给 也给 那边约 那家 的案例 的报价 的价格 的单子 的?[^，。\n]{0,4}介绍
    [^，。\n]{0,4}推荐 一样 做过 用过 报的?价? 报了 给的价 的机器 的设备 抢 的货
    """
    )
)
_DAY = one_of(
    """
    下下周 下周[一二三四五六日天]? 下个?礼拜[一二三四五六天]? 下星期[一二三四五六天日]? 下次 下回 明后天 明天
    后天 明早 回头 改天 年后 节后 月底 月中 月初 下个?月 以后 到时候? 过两天 过几天 周[一二三四五六日天]
    礼拜[一二三四五六天] 星期[一二三四五六天日] [0-9一二三四五六七八九十]+[号日]
    """
)
_LATER = re.compile(
    _DAY + "(?:还|再|得|要|想|我|打算|准备|就){0,3}" + one_of("去 跑 拜访 约 到 见 找") + "[^。！？\n]{0,4}$"
)
#: A place for later the same day: nothing has happened there.
_STILL_TO_GO = re.compile(
    one_of("下午 晚上 接下来 待会儿? 等会儿? 下一家 一会儿")
    + "(?:还|再|得|要|想|我|打算|准备|就){1,3}(?:去|跑|拜访|到|见|找)[^。！？\n]{0,4}$"
)
_ASIDE = re.compile(one_of("另外?[：:，] 对了[：:，]? 顺便说 还有[：:，]") + "[^。！？\n]{0,4}$")

# --- persons -------------------------------------------------------------------------------------------------------

_ABSENT_RIGHT = re.compile(
    "^[^，。！？\n说讲话跟和让叫等]{0,4}?"
    + one_of(
        """
    不在 没在 唔喺度 没见 出差 休产?假 休息 请假 调走 走了 离职 辞职 没空 放我 放了?鸽子 没来 没到场
    没到(?=[，。、]|$) 刚走 临时 病了 住院 退休 换人 不见 没露面 外出 休假
    """
    )
)
_ABSENT_LEFT = re.compile(
    one_of(
        """
    扑空 没见[着到上] 没碰[着到上] 没找[着到] 本来约的? 本来约了 本来约咗 本来是? 原来的? 原来是 以前的? 以前是
    之前的? 之前是 原本是? 不是
    """
    )
    + f"{_SAME}{{0,4}}$"
)
_NEXT_LEFT = re.compile(
    f"{_DAY}[^，。！？\n今刚转]{{0,10}}"
    + one_of("找 见 约 碰 跟 和 拜访 请 堵 搵 叫 陪 会 问 等 给 带 把")
    + "[^，。！？\n了]{0,3}$"
)
_AWAITED_LEFT = re.compile(
    one_of(
        """
    叫我搵 搵 就差 只差 (?<!出)差 要?等 得等 等着 得问 要问 问问 请示 汇报给? 喊 叫 让 催 要找 得找 再找 去找
    再约 约下 约一下 约上? 请(?!假) 帮 替 把 找时间见 我们 咱们? 报给 转给 提醒 联系 介绍了? 推荐 需要 还要
    还得 必须 除非 听 (?<!技术)(?<!商务)(?<!质量)(?<!采购)归 由 没有 跟我们
    """
    )
    + f"{_SAME}{{0,2}}$"
)
_MET_LEFT = re.compile(
    one_of(
        """
    跟 和 同 与 见了 见到了? 见着了? 见 碰到了? 碰了 遇到了? 拜访了? 是 找 陪 约了 打给 客户 电话里 由 还是 叫
    联系人
    """
    )
    + "(?:的|了|那个|他们|她们|一下)?$"
)
_MAIN_LEFT = re.compile(
    one_of(
        """
    主要(?:是|还是)?(?:跟|和|同|与|找|由)? 主谈的?是? 重点(?:跟|和)
    (?:技术|商务|质量|采购|这块|这事|项目)(?:都|全|现在)?归 才见到了? 终于见到了? 终于见着了? 总算见[到着]了?
    总算寻着了? 结果(?:他们|是|来的是)? 现在是 新来的 新换的 接手的 换成了? 改见 转去见了? 方案是跟 后来是?跟?
    """
    )
    + "(?:那个|的|他们)?$"
)
_MET_RIGHT = re.compile(
    "^(?:[他她]|那边|那里|今天|上午|下午|昨天|本人|人|还)?"
    + one_of(
        """
    说 讲 話 话 嫌 觉得 反馈 反映 要求 要 表示 问 带我 带 接待 拍板 答应 松口 认可 聊 谈 碰 对接 对 亲自 在 陪
    看 收到 不肯 不认 不放行 不同意 不松口 拿 提 回电 催 原话 坐 嗯 啊 呀 嘛 哈 呃 给 压价 一口价 挺 蛮 很 人 接 反复
    死活 非 又 也说 就说 都 把 当场
    """
    )
)
_PERSON_LEFT = re.compile(
    one_of(
        """
    跟 和 同 与 见 见了 见到 找 约了? 陪 叫 是 的 采购 经理 总监 主管 老板 店长 厂长 部长 主任 工程师 那边 这边
    让 给 问 由
    """
    )
    + "$"
)
_HEAD_RIGHT = re.compile("^[，。,、:：\\s/（(\\-—)）]|^$")
_MAIN_RIGHT = re.compile("^[^，。\n]{0,3}" + one_of("亲自 拍的板 拍板 接待 跟我对 陪着我? 在讲 为主 带我 当面"))
_WITH_ME_RIGHT = re.compile(
    "^[^，。\n]{0,2}(?:跟|和|同|代[他她]跟)(?:我们?|咱们?)" + one_of("对 谈 聊 碰 讲 说 沟通 开 交流 过")
)
_BESIDE_RIGHT = re.compile(
    f"^{_SAME}{{0,4}}"
    + one_of(
        """
    也在 在旁边 坐着 [只就]?来?坐了[^，。]{0,4}就走 打了招呼 赶飞机 中途走
    作陪 陪同 陪坐 旁听 刷手机 倒是[记坐] 只[坐听点] 没说话 没吭声 没表态
    先走 打了个招呼 点了?个?头
    """
    )
)
_BLOCKED_RIGHT = re.compile(
    f"^{_SAME}{{0,3}}" + one_of("签字 签完 点头 批 拍板才 同意才 回来 返来 说了算 不让 松口才 定夺 审 盖章 开会 要开")
)


def visited(text: str, span: Span) -> float:
    """Return how much the words around a company's name show that it was visited or called on in this note."""
    left, right = _around(text, span)
    weight = 0.0
    if _PLANNED.search(left) or _FALLEN.match(right):
        weight -= 5.0
    if _COMPARED_LEFT.search(left) or _COMPARED_RIGHT.match(right):
        weight -= 4.0
    if _STILL_TO_GO.search(left):
        weight -= 5.0
    elif _LATER.search(left):
        weight -= 2.0
    if _ASIDE.search(left):
        weight -= 2.5
    if _STRONG_LEFT.search(left):
        weight += 2.0
    return weight + placed(text, span)


def placed(text: str, span: Span) -> float:
    """Return 0 to 2: one each where the words before and after are those that stand beside a company's name."""
    left, right = _around(text, span)
    before = not left or not left[-1].isalnum() or bool(_VISITED_LEFT.search(left))
    after = bool(_VISITED_RIGHT.match(right))
    return float(before) + float(after)


def met(text: str, span: Span) -> float:
    """Return how much the words around a person show that the rep dealt with them on this visit."""
    left, right = _around(text, span)
    weight = 0.0
    for pattern, points in ((_NEXT_LEFT, -4.0), (_AWAITED_LEFT, -2.5), (_MAIN_LEFT, 3.0)):
        if pattern.search(left):
            weight += points
    if weight >= 0 and _MET_LEFT.search(left):
        weight += 1.5
    for pattern, points in (
        (_BESIDE_RIGHT, -2.5),
        (_BLOCKED_RIGHT, -2.5),
        (_MAIN_RIGHT, 2.5),
        (_WITH_ME_RIGHT, 3.5),
        (_MET_RIGHT, 1.0),
        (_HEAD_RIGHT, 0.5),
    ):
        if pattern.match(right):
            weight += points
    return weight


def beside_person(text: str, span: Span) -> bool:
    """Return whether a stretch has a side that a person's name has."""
    left, right = _around(text, span)
    before = not left or not left[-1].isalnum() or bool(_PERSON_LEFT.search(left))
    return before or bool(_MET_RIGHT.match(right) or _HEAD_RIGHT.match(right) or _ABSENT_RIGHT.match(right))


def absent(text: str, span: Span) -> bool:
    """Return whether the words around a person say that they were not there, or no longer work there."""
    left, right = _around(text, span)
    return bool(_ABSENT_LEFT.search(left) or _ABSENT_RIGHT.match(right))


def _around(text: str, span: Span) -> tuple[str, str]:
    left = _END.split(text[max(0, span.start - _LEFT) : span.start])[-1]
    right = text[span.end : span.end + _RIGHT]
    stop = _END.search(right)
    return left, right[: stop.start() + 1] if stop else right
