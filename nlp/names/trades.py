"""Words that follow the distinctive part of a company's name, and what the wrong one of them says.

A company's name is place + core + descriptors + legal form (苏州 + 华锐 + 精密机械 + 有限公司). Reps say the core,
often with one descriptor, not always the right one.
"""

from __future__ import annotations

import re

from nlp.names.words import words

#: Legal and generic endings, longest first; they fit any company.
_LEGAL = words(
    """
    有限责任公司 股份有限公司 集团有限公司 有限公司 股份公司 集团公司 分公司 总公司 子公司 公司 集团 股份 总部
    总厂 分厂 工厂 厂
    """
)

#: Endings that say little of the trade: a rep puts them after any name.
_VAGUE = words(
    """
    科技 技术 实业 工业 企业 发展 控股 智能 国际 贸易 商贸 有限 中国 制造 设备 新材料 产业 销售 管理 经销 店 行
    """
)

#: Words of one trade. A company with another trade in its name is another company.
_TRADE_WORDS = words(
    """
    冲压 钣金 电镀 热处理 喷涂 线切割 铸件 锻件 重锻 精密机械 精密模具 精密电子 精密 机械制造 机械装备 机械设备
    机械配件 机械 机电设备 机电 模具 塑胶模具 塑胶制品 塑胶 塑料制品 塑料机械 塑料 塑业 塑模 注塑 压铸设备 压铸
    铸造 锻造 锻压机床 锻压 数控机床 数控设备 数控装备 数控刀具 数控 机床附件 机床 磨床 车床 铣床 刀具 磨料磨具
    轴承 齿轮 阀门 泵业 泵阀 水泵 液压 气动元件 气动 管道设备 流体设备 流体 传动设备 传动部件 传动 电机 微电机
    马达 减速机 焊接设备 焊接 激光设备 激光 自动化设备 自动化科技 自动化 智能装备 智能制造 装备 机器人 仪器
    仪表 精密仪器 压力容器 锅炉 风机 鼓风机 压缩机 电梯 起重 重工 重机 矿机 煤机 重型机械 重型设备 工程机械
    矿山机械 纺织机械 包装机械 包装印刷 包装材料 包装 印刷 纸业 纸品 橡胶机械 橡胶 汽车零部件 部件 配件
    客车配件 汽车部件 汽车配件 汽车电子 汽车内饰 汽车座椅 汽车灯具 汽车线束 汽车空调 汽车底盘 汽车模具 汽车饰件
    汽车 汽配 摩托车配件 摩配 线束 座椅 车灯 内饰 饰件 底盘 电子科技 电子 微电子 光电科技 光电 光电子 半导体
    芯片 电路 线路板 连接器 显示科技 显示技术 显示 通讯设备 通讯 通信 电器 电气 电源 电池 动力电池 锂电
    储能科技 储能 新能源科技 新能源 能源科技 能源 光能 光伏科技 光伏 氢能 风电部件 风电 电力 电缆 线缆 照明电器
    照明 灯饰 打印耗材 耗材 化工 涂料 树脂 助剂 油墨 染料 新材 材料 复材 陶瓷机械 陶瓷 瓷砖 卫浴 建材 地板 地暖
    板材 门窗 家具 家居 装饰材料 装饰 石材 玻璃 涂装 五金制品 五金建材 五金 紧固件 弹簧 硬质合金 合金 金属制品
    金属 铝业 铜业 钢构件 钢构 钢铁 不锈钢 医疗器械 医疗科技 医疗用品 医学科技 医疗 医药 药业 生物科技 生物
    制药 诊断 软件科技 软件 信息技术 信息科技 信息 网络科技 网络 数据 云计算 互联 物流 供应链 进出口 国际贸易
    外贸 国贸 仓储 冷链配送 冷链 食品商贸 食品贸易 食品 饮料 饮品贸易 饮品 乳品 乳业 鲜奶 奶业 酒业 酒水 副食品
    副食 副食批发部 粮油 水产 生鲜超市 生鲜 蔬果 果业 肉业 烘焙 糕点 茶业 茶叶 茶饮 咖啡 连锁超市 超市连锁 超市
    大卖场 便利连锁 便利店连锁 便利店 便利 百货 商场 商超 商行 商店 批发部 批发 经营部 专卖店 门店 卖场 食杂店
    餐饮管理 餐饮服务 餐饮 酒店 酒楼 饭店 火锅 烧烤 小馆 小厨 小吃 食堂 餐厅 菜馆 面馆 茶楼 配送 纺织 纺机 服饰
    服装 印染 皮革 鞋业 家纺 缝制设备 缝制 环保设备 环保科技 环保 水务 净化 船用设备 造船 船舶 航空 轨道 农机
    农业 饲料 种业 文具 玩具 礼品 动力设备 动力 电控 传感器 传感 检测 测控 组件
    """
)

_BY_LENGTH = sorted({*_LEGAL, *_VAGUE, *_TRADE_WORDS}, key=lambda word: (-len(word), word))
TRADES = frozenset(_TRADE_WORDS)
#: One descriptor word, longest first.
DESCRIPTOR = "(?:(?!厂长|店长|店员|店主|行长|行政|行情|管理员|采购|超市采购)(?:" + "|".join(_BY_LENGTH) + "))"
_TAIL = re.compile(DESCRIPTOR + "$")
_RUN = re.compile(DESCRIPTOR + "+")
_WORD = re.compile(DESCRIPTOR)


def strip_descriptors(name: str, *, keep: int = 2) -> str:
    """Return a name without its trailing descriptors, never shorter than `keep` characters."""
    while (tail := _TAIL.search(name)) and tail.start() >= keep:
        name = name[: tail.start()]
    return name


def descriptors_at(text: str, start: int) -> str:
    """Return the run of descriptors that begins at a position, empty for none."""
    run = _RUN.match(text, start)
    return run.group() if run else ""


def descriptor_words(run: str) -> tuple[str, ...]:
    """Split a run of descriptors into its words."""
    return tuple(_WORD.findall(run))


#: What a customer of an industry is talked to about, where the industry's name does not say it.
_TALK = {
    "注塑": words("试模 模具 注塑 缩水 飞边 模温 机械手 开模 模穴 塑料粒子 色母"),
    "机床": words("主轴 刀具 丝杠 导轨 数控 磨床 车床 铣床 刀塔 卡盘"),
    "汽车零部件": words("夹具 焊点 PPAP 总成 主机厂 工装 冲压 压铸 整车"),
    "新能源": words("电芯 电池 逆变器 光伏 储能 组件 充电桩 电解液 极片"),
    "3C电子": words("板子 SMT 贴装 电路板 BOM 连接器 回流焊 屏幕 虚焊"),
    "医疗器械": words("灭菌 注册证 生物相容 无菌 临床 洁净 GMP"),
    "包装": words("色差 纸箱 印刷 彩盒 克重 瓦楞 封样"),
    "化工": words("反应釜 防爆 环评 安评 配方 助剂 危化 溶剂"),
    "SaaS": words("接口 部署 登录 账号 私有化 系统对接 公有云 上线 数据迁移"),
    "外贸": words("船期 提单 报关 汇率 信用证 柜子 海运"),
    "建材门店": words("瓷砖 样板 展厅 卫浴 地板 涂料 灯具"),
}
_SHELF = words("动销 条码费 陈列 堆头 货架 冰柜 返点 试吃 试饮 铺货 临期 排面 饮料 酸奶 口味 进场费 促销员")
_SHELF_TRADES = frozenset(("经销商", "连锁超市", "便利店", "餐饮"))


def talk_of(industry: str) -> tuple[str, ...]:
    """Return words that show that a note is about a customer of this industry."""
    if industry in _SHELF_TRADES or industry.startswith("快消"):
        return _SHELF
    return _TALK.get(industry, ())


def trade_words_in(name: str) -> tuple[str, ...]:
    """Return the words of a trade that a registered name holds (机床, 电池), without those of any trade."""
    return tuple(word for word in _WORD.findall(name) if word in TRADES and len(word) >= 2)
