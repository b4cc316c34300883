"""How name matching grows: build time, memory and time a note at 1,000, 10,000 and 100,000 customers.

The directory is the corpus's 400 customers among invented ones, so that accuracy is measured at every size; beside it
stands plain rapidfuzz `process.extractOne` over names and aliases. Run: `python -m benchmarks.names_growth`.
Times are CPU times of this machine: compare the columns, not the figures of two machines.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from nlp.names import Directory, resolve
from nlp.types import Contact, Customer, NewCustomer, Note
from tests.nlp.corpus import as_note, load_customers, load_notes, load_reps

SIZES = (1_000, 10_000, 100_000)
CUSTOMERS_A_REP = 150
_CORE = (
    "华瑞锐恒盛鑫达金泰隆昌嘉联创展腾翔飞越拓佳美盈丰裕源辉耀晟禾森朗奥迈特欧诺赛旭启立信润永德宏凯鼎兴旺"
    "科成业基威航程邦力锋迅驰泽川域格曼尔莱通利亨久阳光宇辰峰岩海天星云江山正大中东方圆明亮康安宁和顺祥福"
)
_TRADES = [
    "精密机械",
    "电子科技",
    "包装材料",
    "汽车配件",
    "商贸",
    "医疗器械",
    "新材料",
    "数控设备",
    "食品",
    "光伏科技",
    "餐饮管理",
    "塑胶",
    "五金制品",
]
_CITIES = [
    "苏州",
    "上海",
    "深圳",
    "东莞",
    "广州",
    "杭州",
    "宁波",
    "武汉",
    "长沙",
    "成都",
    "重庆",
    "天津",
    "北京",
    "沈阳",
    "济南",
    "青岛",
    "南京",
    "无锡",
    "合肥",
    "郑州",
]
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁"
_GIVEN = "伟芳娜敏静强磊军洋艳勇杰涛明超秀兰桂英志建华海燕国庆晓玉梅立新文博雨婷浩然春生德"
_TITLES = ["采购经理", "总经理", "生产经理", "技术总监", "质量经理", "项目经理", "老板", "厂长"]


def invented(count: int, seed: int = 7) -> list[Customer]:
    """Return customers with confusable short names, several to a name once the short names are used up."""
    dice = random.Random(seed)
    return [_invented(number, dice) for number in range(count)]


def _invented(number: int, dice: random.Random) -> Customer:
    core = "".join(dice.sample(_CORE, dice.choice((2, 2, 2, 3))))
    city, trade = dice.choice(_CITIES), dice.choice(_TRADES)
    contacts = tuple(
        Contact(dice.choice(_SURNAMES) + "".join(dice.sample(_GIVEN, dice.choice((1, 2)))), dice.choice(_TITLES))
        for _ in range(dice.randint(1, 3))
    )
    return Customer(
        f"X{number:06d}",
        f"{city}{core}{trade}有限公司",
        (core, core + trade[:2]),
        city=city,
        owner=f"rep{number // CUSTOMERS_A_REP}",
        contacts=contacts,
    )


def rss_mb() -> float:
    """Return the memory this process holds now, in MB (Linux), else its peak."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def score(answers: Sequence[Any], rows: Sequence[dict[str, Any]]) -> float:
    """Return the share of notes whose customer is exactly the gold one."""
    right = [bool(answer == row["gold"]["customer"]) for answer, row in zip(answers, rows, strict=True)]
    return sum(right) / len(right)


def timed(work: Callable[[Note], Any], notes: Sequence[Note]) -> tuple[list[Any], list[float]]:
    """Return the answers and the milliseconds of each note, after one warming round over a few of them."""
    for note in notes[:5]:
        work(note)
    answers, took = [], []
    for note in notes:
        start = time.process_time()
        answers.append(work(note))
        took.append((time.process_time() - start) * 1e3)
    return answers, took


def by_resolver(directory: Directory) -> Callable[[Note], Any]:
    """Return our resolver as a function from note to gold-like customer."""

    def answer(note: Note) -> Any:
        value = resolve(note, directory)[0].value
        return {"new": value.name} if isinstance(value, NewCustomer) else value

    return answer


def by_rapidfuzz(customers: Sequence[Customer]) -> Callable[[Note], Any]:
    """Return the plain way: the name or alias most like a part of the note, from 90 of 100 upwards."""
    names = {form: customer.customer_id for customer in customers for form in (customer.name, *customer.aliases)}

    def answer(note: Note) -> Any:
        found = process.extractOne(note.text, list(names), scorer=fuzz.partial_ratio, score_cutoff=90)
        return names[found[0]] if found else None

    return answer


def main() -> None:
    """Print one line a size."""
    rows = load_notes()
    notes = [as_note(row) for row in rows]
    real, reps = load_customers(), load_reps()
    print("customers  build s  added MB   ms/note  p95 ms  right    rapidfuzz us/note  right")
    for size in (len(real), *SIZES):
        customers = [*real, *invented(size - len(real))]
        before, start = rss_mb(), time.process_time()
        directory = Directory(customers, reps)
        built = time.process_time() - start
        answers, took = timed(by_resolver(directory), notes)
        added = rss_mb() - before
        some = notes if size <= SIZES[0] else notes[:20]
        plain, plain_took = timed(by_rapidfuzz(customers), some)
        p95 = sorted(took)[int(len(took) * 0.95)]
        ours = f"{sum(took) / len(took):8.2f}  {p95:6.2f}  {score(answers, rows):5.1%}"
        theirs = f"{sum(plain_took) / len(plain_took) * 1e3:17,.0f}  {score(plain, rows[: len(some)]):5.1%}"
        print(f"{size:9,}  {built:7.2f}  {added:8.0f}  {ours}  {theirs}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
