"""Words that reps and customers use, in classes: cues of objection, praise, speech, connection, plan and denial.

Each class is one compiled pattern. The classes are features of the span model (`nlp.fields.spans`) and the
vocabulary of the status rules (`nlp.fields.status`); no class decides anything alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Cue classes of an objection: what holds a deal back, said in the words that the trade uses.
OBJECTION: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "too": r"太(?!好|棒|感谢|谢谢)[^\s，。、]{1,2}"
        r"|偏[高贵长大小慢硬软]|过[高长]|超(?:了)?(?:预算|标|差|期|重)|[贵慢重](?=了"
        r"|$|[，。\s])|嫌",
        "unable": r"[^\s，。]不(?:了|下来|到|起|过|出|动|上|进|来|够|住|及|通|成|下|掉|清|准|齐|稳)|(?:唔"
        r"|勿|弗|伐)[^\s，。]",
        "refuse": r"不(?:认|肯|愿|想|敢|给|让|放|批|签|收|支持|同意|接受|答应|松口|采购|放行|要|行|干|买账"
        r"|退|做)|拒|免谈",
        "below": r"不(?:达标|稳定?|合格|一致|符|匹配|兼容|支持|够|足|灵|好用|方便|清楚|明确|对|准)|达不到"
        r"|不如|差[点零一二三四五六七八九十\d]",
        "notyet": r"(?:还|都|一直|也|迟迟)?[没未](?:有)?(?:定|批|下来|签|过|出|谈拢|想好|到位|拨|弄|落实"
        r"|敲定|立项|确认|确定|做好|最后)",
        "lack": r"没有?(?!问题|意见|事|啥|说|见|提|什么)|缺|冇|莫得|没得|无(?:法|人)|空白",
        "wait": r"[得要等]等|等[^\s，。]{0,10}(?:拍板|签字|批|定|回来|结果|通知|盖章|点头|才|下来)|排队|排到|走流程",
        "demand": r"非要|一定要|必须|要求|坚持|要[我咱]们?|让[我咱]们|才(?:能|肯|签|给|行|可以|放|谈)|前提"
        r"|不能少|最少|至少|起步|死活|只认|只要|硬要",
        "rival": r"别[家人]|另一?家|人[家哋]|竞品|国产|进口|对手|其他家|独家|比[我咱她他][们]?"
        r"|比[^\s，。]{1,8}[快贵便低高长多]"
        r"|原来(?:那|的)|老供应商|同行",
        "doubt": r"担心|怕|顾虑|没底|不放心|犹豫|吃不准|不踏实|不相信|信不过|质疑|怀疑",
        "money": r"预算|[账帐]期|月结|垫资|尾款|首付|预付|押|质保金|返[点利]|条码费|进场费|陈列费|折|个点"
        r"|降价|再[让降将减下]|压价|现款|货款|回款|运费|起订量|毛利",
        "defect": r"超[标差]|色差|划痕|毛刺|飞边|起泡|开裂|裂|变形|[漏断坏飘锈]|误差|异响|噪[音声]|良[品率]"
        r"|报错|卡顿|NG|返工|退货|缩水|偏差|抖|发热|漏油|死机",
        "people": r"换(?:了)?人|换(?:了)?[采老领副新]|调走|离职|休产?假|出差|新来|退休|做不了主|说了?不算"
        r"|话唔到事|得问|点头|拍板|签字|股东|董事会|总部|总公司|集团|接手",
        "halt": r"推迟|暂缓|暂停|停了|停[工产审]|放一放|先放|延[后期]|推后|搁[置着]|取消|往后|冻结|叫停"
        r"|搬[厂仓]|整顿|不谈",
        "stock": r"压[货着怕]|库存|爆仓|积压|滞销|没卖完|卖不[动掉]|走不动|动销[慢差]|临期|窜货|断货|缺货"
        r"|排满|放不下|塞不|没位置|淡季",
        "risk": r"违约|罚|责任|条款|质保|售后|资质|认证|证书|注册证|案例|环评|保密",
        "clash": r"僵|吵|扯皮|卡[在住着]?|谈不拢|没谈拢|没松口|打回|退回|流程|重新|推倒|麻烦|问题",
    }.items()
}

#: Vague words that say nothing of what blocks the deal; the bot asks back (MISSION row 9).
VAGUE = re.compile(
    r"再看看(?:吧)?|还要看看|看看再说|再考虑(?:考虑|一下)?|考虑(?:考虑|一下|下)|再想想|想一想|有意向|研究研究|再?研究(?:一下|下)|"
    r"商量(?:商量|一下|下)|再说吧|再议|不着?急|回头再说|再等等(?:看)?|再观望|观望(?:一下)?"
    r"|看情况|再琢磨(?:琢磨)?|再比较比较|再对比对比"
)

#: Contentment: what a note without an obstacle says.
PRAISE = re.compile(
    r"没(?:啥|什么|得啥子?|提啥子?)?(?:大)?(?:问题|意见)|冇(?:意见|问题)|没毛病|都?挺?认可"
    r"|满意|爽快|挺好|蛮好|顺利|顺当|"
    r"都(?:没|冇)|不错|巴适|[oO][kK]|可以|点头|好说|感兴趣|开心|谈妥|谈定|定了|签[了完好]|通过|pass"
)

#: Somebody is quoted or feels something.
SPEECH = re.compile(
    r"(?:他们?|她们?|伊|佢|客户|对方|老板娘?|[经厂部店]?[经总长])?(?:就|还|也|一直|老|都)?(?:说"
    r"|讲|话|觉得|嫌|问|提|反映|强调)(?:的?是|了)?"
)
#: A turn in the talk, after which the obstacle often stands.
CONTRAST = re.compile(
    r"但是|但|就是(?:说)?|不过|只是|可是|可(?=[^以能是])|只系|就系|奈何|结果|谁知道|问题(?:是"
    r"|在于?|就是)|然而|唯独|偏偏"
)
#: What marks the main obstacle of several.
MAIN = re.compile(
    r"主要(?:是|还是)?|关键(?:是|在)?|卡在|卡(?=[^片车通口券])|最[^\s，。]{1,4}的是|就剩"
    r"|唯一(?:的)?(?:问题)?|症结|核心(?:是)?|还差|只差|就差|僵在|难点|障碍"
)
#: Who speaks or acts next: a new stretch often starts here.
PERSON = re.compile(r"我们?|咱们?|他们?|她们?|你们?|阿拉|伊|佢|客户|对方|老板|领导|人家")
#: Fillers of speech.
FILLER = re.compile(r"嗯+|呃+|啊|那个|这个|然后|哎呀?|唉|哦|嘛|呢|吧|哈|咯|嘞|噢|反正")
#: Words of time, rough: enough to tell that a stretch talks of a day.
DAY = re.compile(
    r"下下?个?(?:周|礼拜|星期|月)[一二三四五六日天初中底末]?|(?:周|礼拜|星期)[一二三四五六日天末]"
    r"|[明后]天|明后天|明儿|后日|听日|今晚|"
    r"[\d一二三四五六七八九十两]+(?:月[\d一二三四五六七八九十]*[号日底中初]?|[号日]|天后"
    r"|个?(?:工作日|礼拜|星期|周|月)[后内]|天[内后])|"
    r"月[底中初]|[上中下]旬|年[后前底]|节[后前]|\d{1,2}[/.]\d{1,2}|过[两几]天|改天|回头|两周后"
    r"|半个月后|季度末|周末|开春|抽空"
)


@lru_cache(maxsize=8)
def cues(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return `(class, start, end)` of every objection cue in `text`. The last few texts are remembered."""
    return tuple((name, *match.span()) for name, pattern in OBJECTION.items() for match in pattern.finditer(text))
