"""Is the message a visit note at all? Greetings, questions to the bot, complaints about it and jokes are not."""

from __future__ import annotations

import re
from typing import Literal

from nlp.fields import lexicon
from nlp.fields.acts import acts

Kind = Literal["greeting", "thanks", "question", "complaint", "other"]

_BOT = re.compile(
    r"(?:[你这破]个?|^)机器人|机器人(?:怎么|咋|听|识别|能不能|会不会|又|老)|小助手|语音助手|输入法|麦克风|自检|收到请回|讲个笑话|有对象"
    r"|你这(?:玩意|东西)|你[^，。]{0,6}(?:听[得不]?懂|识.?听|学会|靠谱)|给我(?:念|讲)[^，。]{0,4}$|(?:听懂|听得懂)[^，。]{0,6}话"
    r"|你(?:数|算|少算)|帮我(?:算|数)|(?:能|可以|只能)[^，。]{0,4}(?:发语音|打字)|语音[^，。]{0,4}(?:最长|多久)|系统[^，。]{0,4}(?:挂了|崩了|转圈)"
    r"|(?:上一?|这|刚才?那?)条[^，。]{0,6}(?:删|不要|作废|别记)|发错群|按错了|(?:记|搞|弄|写)错[^，。]{0,2}客户"
    r"|(?:拜访)?(?:纪要|记录|日报)[^，。]{0,4}(?:是否|必须|要不要|怎么)|先不(?:记|录)|晚点我?再(?:补|录|记)|等下(?:讲|说|录)|与客户无关"
    r"|你这个?(?:语音|识别|破|系统|软件|机器)|识别(?:不|错|得)|听错|听得到吗|(?:这个?)?(?:东西"
    r"|软件|系统|小程序|助手)(?:怎么|咋|咋个|点样|好|太|真|老|又)|怎么用|咋用|"
    r"能不能帮我(?:删|查|看|改)|帮我(?:睇|查|看|删|改|统计)|(?:上|昨|前)(?:天|条|面).{0,4}(?:发错"
    r"|删)|发错了|我(?:上|这|今).{0,4}录咗|几多条|"
    r"(?:怎么|咋|如何)(?:改|删|录|填|发|撤|查|看|登|绑|导出)|在哪(?:里|儿)?(?:改|看|查|填)"
    r"|能(?:查|看|改|导出|识别).{0,8}[吗么不]|你(?:是谁|会什么|能干|能做|叫什么)|测试(?:一下"
    r"|下)?[\s。.!！]*$|喂+喂"
)
_COMPLAINT = re.compile(
    r"破(?:机器|玩意|系统|软件)|烦死|老是(?:听|识别|弄|搞)|又(?:听|识别|弄|搞|记)错|还是不对"
    r"|什么(?:破|垃圾)|垃圾|不好用|卡死|没反应|闪退|难用|听不懂|瞎(?:填|记|写)"
)
_GREETING = re.compile(
    r"^(?:(?:大家|各位|领导|你|您|亲|早上?|晚上|中午|下午)+(?:好|安)|好呀|早啊?(?![上市点点就前])|早晨啊?|在吗"
    r"|在不|哈喽|哈啰|嗨|hello|hi)|(?:祝|祝大家|祝各位).{0,12}(?:快乐|安康|大吉)"
    r"|(?:节日?|新年|春节|周末|中秋|国庆|元旦|端午|七夕|元宵|清明|五一).{0,4}(?:快乐|愉快|安康)|^早安|^早[!！]",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^(?:好的?[，, ]?)?(?:收到[，, ]?)?(?:谢谢|多谢|感谢|辛苦|唔该|谢了|3q|thx|thanks)", re.IGNORECASE
)
_JOKE = re.compile(
    r"哈哈|嘿嘿|笑死|\[(?:捂脸|偷笑|呲牙)\]|提醒我.{0,8}(?:带伞|买|接孩子|吃药)|下班|吃什么|中彩票|天气|[好真]累|累[死坏]|堵车堵"
)
_QUESTION_END = re.compile(
    r"[?？吗么]\s*$|(?:多少|几多|几条|星期几|周几|几号|几点|几家|好多家?"
    r"|哪些|怎么办|咋办|干嘛|什么意思|多[长久大])\s*[?？]?\s*$"
)
#: What business sounds like: somebody was met or called, or something was dealt with.
_BUSINESS = re.compile(
    r"拜访|见(?:了|到|的|着)|跟[^\s，。]{1,8}(?:聊|谈|碰|讲|唠|对|沟通|见|通)|聊(?:了|的"
    r"|聊)|谈(?:了|的|完|好)|去(?:了|咗)|跑了|客户|"
    r"方案|合同|报价|图纸|样[品件机]|评审|试[机模产吃饮]|账期|价格|采购|[经厂店部]长|[^\s，。][总工姐]"
    r"|经理|老板|总监|主管|交期|定金|排产|签|货架|陈列|动销|铺货|返点|条码费|订单|法务|付款"
    r"|库存|名片|微信"
)


#: Words that open a visit note.
_OPENS_NOTE = re.compile(
    r"(?:刚刚?|今天|今儿个?|今日|上午|下午|早上|中午|昨天|刚才|方才|才)(?!不|没)[^，。\n]{0,6}(?:从"
    r"|跟|和|去|到|在|见|拜访|跑|陪|同|找|给|打)|拜访(?:了|完|[^时日了完改的那\s，。：:是人])"
    r"|见(?:了|到|着)|去了(?:趟|一趟)?|"
    r"跑了(?:趟|一趟)?|(?:聊|谈|碰|唠|倾)(?:了|完|过|咗)|刚从|刚跟|刚见|又去|头一回|首次"
    r"|电话(?:里|沟通|拜访)|[通打来]了?(?:个|一个)?电话|来电|微信(?:上)?说"
)
#: A message longer than this that names a day is told for its own sake, whatever joke is in it.
_LONG = 30
#: Fewer letters than this are no note however they begin.
_SHORTEST_NOTE = 10


def opens_note(text: str) -> bool:
    """Tell whether the text speaks of a visit or a call, as a note does and a correction seldom."""
    return bool(_OPENS_NOTE.search(text)) and sum(char.isalnum() for char in text) >= _SHORTEST_NOTE


def speaks_of_business(text: str) -> bool:
    """Tell whether any word of the text is one of a visit: somebody met, something dealt with."""
    return any(match.group() != "客户" for match in _BUSINESS.finditer(text))


def _tells(plain: str, dated: int) -> bool:
    """Tell whether a text without words of business tells of something done all the same."""
    return (dated == 1 and len(plain) > _LONG) or opens_note(plain) or bool(acts(plain))


def kind_of(text: str) -> Kind | None:
    """Return what kind of chatter `text` is, or None where it reads as a visit note."""
    plain = text.strip()
    if not plain or not any(char.isalnum() for char in plain):
        return "other"
    business = len({match.group()[:2] for match in _BUSINESS.finditer(plain)})
    dated = 1 if lexicon.DAY.search(plain) else 0
    strong = business + dated >= 3 or (business >= 2 and len(plain) > 25)
    if _BOT.search(plain) and not strong:
        return "complaint" if _COMPLAINT.search(plain) else "question"
    if _COMPLAINT.search(plain) and business <= 1 and len(plain) < 40:
        return "complaint"
    if _THANKS.match(plain) and business == 0:
        return "thanks"
    if _GREETING.search(plain) and business == 0 and len(plain) < 40:
        return "question" if _QUESTION_END.search(plain) and len(plain) > 8 else "greeting"
    if business == 0 and (_JOKE.search(plain) or _QUESTION_END.search(plain)) and not _tells(plain, dated):
        return "question" if _QUESTION_END.search(plain) else "other"
    if _JOKE.search(plain) and business <= 1 and re.match(r"提醒我", plain):
        return "other"
    return None
