"""Further signs of where a deal stands, in the words of trades that say neither a stage's nor an act's usual name.

They stand beside `nlp.fields.acts`: features of the stage model, of the tag model and of "no obstacle"; none decides
alone. The first letter tells whose: m manufacturing and services, f consumer goods, b both.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Patterns by class, in lower case. A branch that begins with a letter is the quicker for it: see `_compiled`.
SIGNS: dict[str, str] = {
    "m_ask": r"调研|问卷|访谈|踏勘|勘[察查]|现场(?:看|量|勘|采)|量(?:尺寸|好|过|全|完|一|了)|卷尺|测绘|水样|土样"
    r"|几大|几重|几阔|几多|几快|几台|多粗|多深|直径|壁厚|重量|从两?.{1,4}公斤到|要不要"
    r"|要求.{0,4}(?:共)?\d+条|urs|rfi|rfq|brief|点位|接口|工位数|摸底|摸个底|草图|记(?:录|下|到|咗|低|本"
    r"|满)|写(?:低|满|了\S{0,3}[页张])|抄(?:低|下)|需求|一样一样(?:问|报|量)|大概数",
    "m_plan": r"建议书|方案|布局图|路线图|架构|蓝图|规划|配置(?:方案|清单)|应答表|拓扑|仿真|动画|宣讲|演示|讲解"
    r"|技术(?:文件|资料|规格书)|那(?:本|套|份|版|稿)(?:东西|嘢|子)?|本子|册子"
    r"|第[一二三四五六七八九十\d]+[版稿]|[一二三四]稿|[vv]\d|改(?:好|完|过|后|成|到)的?.{0,3}(?:版|稿"
    r"|图)|投(?:影|屏)|签收(?!单子)|逐页|一页一页|从头(?:到尾|念)|批注|文件(?:夹|已上传)|上传(?:其|到)",
    "m_test": r"试(?:机|跑|产|用|样|切|焊|磨|车|运行|点)|样机|打样|小试|中试|压测|poc|用例|联调|验机|比测|比对"
    r"|盲样|并发|基线|复核|cpk|rsd|跑(?:了|到|七|出|数|够)|放了.{1,4}天|报警|丢片|漏\d|超咗|超差|超标"
    r"|毛边|挂渣|切开|化验|检测所|取样|噪[音声]|分贝|故障|合格|达标|允差|振动台|均匀|精度|测(?:试|得|完"
    r"|了|过)|验证|试(?:咗|紧)|\d+小时|显微镜|放大镜",
    "m_review": r"评审|会审|审图|会签|专家|打分|逐条|审(?:核|计)(?:组|员)|安全(?:科|工程师)|意见(?:\S{0,4}关闭)?"
    r"|拒签|图纸|纪要|技术(?:分|委员会)",
    "m_money": r"(?:单|总|机|底|目标|人天)价|总额|金额|折(?:扣|后)?|九[一二三四五六七八九]|打折|让(?:步|利|到|了)"
    r"|减(?:多|\S个)|抹|一口价|磨|砍|计数|算账|首付|尾款|质保[金期]|账期|预付"
    r"|分\d*[一二三四五六七八九十]*期|押|保函|信用证|授信|额度|垫资|抵|顶账|零预付|先发货|付款|开票|专票"
    r"|个点的票|汇率|锁[价死]|(?:少|贵|差|便宜)了?.{0,3}[一二三四五六七八九十\d]+(?:\.\d+)?(?:万|千|个点"
    r"|块)|报价|比价|\d+(?:\.\d+)?万|包邮|运费|许可数|并发数|维保|年保费|握手|成交",
    "m_law": r"合同|协议|合约|份约|法务|律师|纸质?版|文本|条款|违约|赔偿|仲裁|知识产权|源程序|保密|抬头|流程|oa"
    r"|审批|公示|备案|报批|会签|上会|党委会|董事会|章|用印|签字|电子签|落名|档案|归档|一式|纪检|委托书"
    r"|授权代表|财政|国资|副总裁|总经理(?:签|批|待办)|盖(?:了|完|好|一)|双方签|待(?:签|总)|骑缝",
    "m_ship": r"到账|入(?:咗|了)?[账数]|到咗|付清|(?:款|钱|金|成|三成|50%).{0,6}(?:到了|到账|打|入|给了|付了"
    r"|过咗数)|定[金钱]|开工|排(?:产|到)|生产单|投产|木[箱架]|装[箱柜车]|落柜|拖柜|发[货车运]|提货|到货"
    r"|到港|开箱|拆箱|清点|卸车|路上|货(?:到|在)|吊|地基|地脚|基础|预埋|画线|地线|插座|进场|安装|装机"
    r"|通电|培训|操作工|启动会|实施|主数据|账号|机房|清关|海关|隧道|限高|封闭管理|调平|就位|出厂前|fat"
    r"|下生产|我们机",
    "f_meet": r"第一次|第1次|头(?:一)?[回次遭趟]|初见|初次|陌拜|陌生拜访|walk-?in|cold call|first call|coffee chat"
    r"|name ?card|扫街|摸(?:到|进)|开荒|新认识|认识(?:了|下)|名片|卡片|我的?card|交换了card|(?:递|留|塞"
    r"|收|给)(?:了|咧)?(?:张|个|我的)?(?:卡|名片)|加(?:了|上|个|咧)?.{0,3}(?:好友|微信|vx|wx|企微|v)"
    r"|互扫|扫了码|自我介绍|自报家门|介绍(?:一哈|一下)?自己|进门|进店|店员|门卫|只认熟人|熟人|交个朋友"
    r"|打通|电话.{0,6}(?:通了|接了)|推过来|留了?(?:email|邮箱|电话)|没听过",
    "f_need": r"问(?:我|额|得|他|她)?.{0,10}(?:多少|几|好卖|走|怎么|能不能|有没有|哪)|一[天年月个].{0,5}(?:走|卖"
    r"|销|用|几|出|接待)|月销|动销|日均|客[流单]|velocity|case pack|shelf life|requirement|question"
    r"|要(?:什么|500|[一二五]\S{1,3}的|无|可|小|大|便携)|想要|还缺|占(?:比|六|\S成)|货架|节|品牌|毛利"
    r"|月龄|规格|全答上来|都答(?:了|咗)|摸(?:底|清|动销)|了解|需求|要点|问卷|数据|几单|谁修|配几瓶|客群"
    r"|数了|后仓|仓库",
    "f_show": r"试(?:吃|饮|喝|用|卖|咧|做)|品(?:鉴|一品|过|了)|盲品|尝|样(?:酒|品|柜|板|稿)|demo|tasting|sampling"
    r"|present|deck|mock-?up|planogram|效果图|陈列|堆头|端架|展示柜|货架图|样子|小桌|小样|摆(?:给|在|好"
    r"|到|出|咧)|搭(?:了|好|起|个)|装好|灯(?:一)?(?:亮|开)|现场(?:搓|冲)|插上|畅饮|快闪|泡沫|口味|好喝"
    r"|抢(?:着|到)喝|苦|甜|辣度|冲鼻|包装|反馈|打分|问卷|贴到|ppt",
    "f_price": r"报(?:价|的|给|了|：|加)|价(?:格|目|单|表|政策|都|ok|认|没|一条|file|给)|price|quote|quotation"
    r"|margin|trade term|rebate|slotting|jbp|cost|供(?:货)?价|出厂价|进价|还(?:价|：)|底(?:价|：)"
    r"|返(?:点|利|罐|两|\d)|买\S{1,2}送|十搭|五搭|搭\S{1,2}|政策|票期|账期|增票|条码费|进场费|货架费"
    r"|费用|付款方式|现款|铺货|卖完再结|押金|一件[四五六七八九\d]|系统录价|编码|降\S{1,4}元|控价|网上"
    r"|拼多多|直播间|pricing|payment term|\d+(?:\.\d+)?元?/[瓶箱kg]",
    "f_deal": r"合同|协议|首[单批]|订单|po\b|order|kick-?off|docusign|sign(?:ed)?\b|legal|redline|contract|cfo"
    r"|双章|章子?|签(?:了|字|完|约|到|咯|咧|啦|的)|落名|按(?:了)?(?:红)?手印|红章|电子(?:签|章)|原件"
    r"|附件\d?|扫描件|送货单|一式|纸都|条款|授权书|first drop|下(?:了|单)|货款|打款|法务|执照|实名"
    r"|窜货怎么罚",
    "b_idle": r"没(?:见(?:到|着|成)|碰到|人(?:在|接)|等(?:到|着)|聊成|跑成|机会|去成)|未入内|谢绝|不接待|没出现"
    r"|白(?:跑|来|等)|喜酒|吹水|闲(?:聊|扯)|家常|摆龙门阵|同学聚会|纯(?:关系|relationship)|取消|cancel"
    r"|改(?:期|到下)|postpone|停(?:电|工|产)|放假|搬迁|拆|闭店|关门|关到|锁(?:着|起)|住院|出差|开会"
    r"|封(?:了|着)|演[习练]|盘点|台历|保养|校准|喝(?:酒|茶|喜)",
    "b_angry": r"骂|投诉|吵架|赔|漏(?:了|油)|坏(?:了|咧)|修(?:了|咗|不好)|退货|return|拒收|虫|少(?:了"
    r"|咧)?.{0,4}[件只]|旧账|答应的|没兑|说法|先解决|不谈|莫看|售后|宕机|烂了|窜",
    "b_plan": r"(?:打算|准备|计划|想|待办|原定|本来|原plan|下(?:周|礼拜|个?星期)).{0,10}(?:送|去|拿|带|约|谈|演示"
    r"|tasting|presentation|present)|均未做|没去|还没见|还没去|八字|内部例会|更正|误录",
}


def _branches(pattern: str) -> list[str]:
    """Cut a pattern at the bars that stand outside brackets."""
    parts, depth, begun = [], 0, 0
    for match in re.finditer(r"\\.|[\[\](){}|]", pattern):
        sign = match.group()
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and depth == 0:
            parts.append(pattern[begun : match.start()])
            begun = match.end()
    return [*parts, pattern[begun:]]


def _compiled(pattern: str) -> list[re.Pattern[str]]:
    """Return a pattern as two: `re` skips quickly to where a branch can begin only if all begin with letters."""
    quick = [part for part in _branches(pattern) if part[0].isalpha() and part[1:2] not in ("?", "*")]
    slow = [part for part in _branches(pattern) if part not in quick]
    return [re.compile("|".join(parts)) for parts in (quick, slow) if parts]


_PATTERNS = [(name, part) for name, pattern in SIGNS.items() for part in _compiled(pattern)]


@lru_cache(maxsize=8)
def signs(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return `(class, start, end)` of every sign in `text`. The last few texts are remembered."""
    lower = text.lower()
    said = lower if len(lower) == len(text) else text
    return tuple((name, *match.span()) for name, pattern in _PATTERNS for match in pattern.finditer(said))
