"""How much personal data masking finds, and what it takes for it.

    python -m benchmarks.masking

Two pieces of made-up personal data, with right checksums, and two amounts, dates or order numbers are planted in each
of 1,000 corpus texts. Then every corpus text is read by a fit that has not seen its voice: as it is, with two pieces
planted, and with these masked.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from stdnum import luhn
from stdnum.cn import ric

from classifier import Taxonomy
from classifier.masking import find_personal_data, mask
from classifier.pipeline import build_pipeline, fit_to_terms, read_terms
from training import Labelled, read_bundled_corpus

DRAW = random.Random(20_261)
PLACES = ("110105", "310101", "440305", "510107", "420106", "330102", "610113", "230103", "350203", "650102")
NAMES = (
    "王秀英",
    "李娜",
    "张建国",
    "刘洋",
    "陈静",
    "杨波",
    "黄丽华",
    "赵磊",
    "吴敏",
    "周婷",
    "欧阳雪",
    "司马亮",
    "徐强",
    "孙悦",
)
ROADS = ("解放路", "人民东路", "中山大道", "建设街", "滨河巷", "学府路", "团结村", "幸福里")
CITIES = ("成都市武侯区", "杭州市西湖区", "沈阳市铁西区", "广州市天河区", "石家庄市桥西区", "昆明市官渡区")


def digits(n: int) -> str:
    """Random digits."""
    return "".join(DRAW.choices(string.digits, k=n))


def identity_card() -> str:
    """An identity card number with its check digit."""
    born = f"{DRAW.randint(1945, 2006)}{DRAW.randint(1, 12):02}{DRAW.randint(1, 28):02}"
    number = DRAW.choice(PLACES) + born + digits(3)
    return number + ric.calc_check_digit(number + "0")


def bank_card() -> str:
    """A bank card number with its check digit, sometimes in groups of four."""
    issuer, length = DRAW.choice((("622202", 19), ("621700", 19), ("625912", 16), ("438088", 16), ("552433", 16)))
    number = issuer + digits(length - 7)
    number += luhn.calc_check_digit(number)
    return number if DRAW.random() < 0.7 else " ".join(number[i : i + 4] for i in range(0, length, 4))


def mobile() -> str:
    """A mobile number in one of the usual forms."""
    number = DRAW.choice(("13", "15", "17", "18", "19")) + digits(9)
    return DRAW.choice(
        (
            number,
            number,
            f"{number[:3]} {number[3:7]} {number[7:]}",
            f"+86{number}",
            f"{number[:3]}-{number[3:7]}-{number[7:]}",
        )
    )


def landline() -> str:
    """A landline number with its area code."""
    return DRAW.choice(
        (
            f"010-{DRAW.randint(5, 8)}{digits(7)}",
            f"0{DRAW.choice((571, 755, 371))}-{DRAW.randint(2, 8)}{digits(7)}",
            f"028{DRAW.randint(6, 8)}{digits(7)}",
        )
    )


def email() -> str:
    """An e-mail address."""
    return "".join(DRAW.choices(string.ascii_lowercase + string.digits, k=8)) + DRAW.choice(
        ("@qq.com", "@163.com", "@mail.example.com.cn")
    )


def plate() -> str:
    """A licence plate, of a petrol or an electric car."""
    return (
        DRAW.choice("京沪粤川浙苏鲁豫")
        + DRAW.choice("ABCDE")
        + DRAW.choice(("", "·"))
        + DRAW.choice((digits(5), f"D{digits(5)}", f"{digits(3)}K{digits(1)}"))
    )


def name() -> str:
    """A name."""
    return DRAW.choice(NAMES)


def address() -> str:
    """A home address."""
    street = f"{DRAW.choice(CITIES)}{DRAW.choice(ROADS)}"
    return f"{street}{DRAW.randint(1, 300)}号{DRAW.randint(1, 30)}栋{DRAW.randint(101, 3204)}室"


def date() -> str:
    """A date in one of the usual forms."""
    between = DRAW.choice(("-", "", ".", "/"))
    return f"20{DRAW.randint(18, 26)}{between}{DRAW.randint(10, 12)}{between}{DRAW.randint(10, 28)}"


PIECES: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "identity_card": (identity_card, ("身份证{}，", "我的身份证号码是{}。", "证件号：{} ")),
    "bank_card": (bank_card, ("卡号{}，", "我的卡{}，", "银行卡：{}。")),
    "mobile": (mobile, ("电话{}，", "打我手机 {}。", "联系方式：{}，")),
    "landline": (landline, ("座机{}，", "家里电话{}。")),
    "email": (email, ("邮箱{}，", "发到{}，")),
    "plate": (plate, ("车牌{}，", "车是{}的，")),
    "name": (name, ("姓名：{}，", "我叫{}，", "持卡人{}，", "投诉人：{}。")),
    "address": (address, ("住址：{}，", "家住{}，", "地址：{}。")),
}
HARMLESS: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "amount": (lambda: f"{DRAW.randint(1, 99_999_999) / 100:.2f}", ("扣了{}元，", "金额{}，")),
    "round amount": (lambda: str(DRAW.randint(1, 9_999) * 1000), ("一共{}块，", "贷款{}元。")),
    "date": (date, ("{}那天，", "日期{}，")),
    "moment": (lambda: f"{date()} {DRAW.randint(10, 23)}:{DRAW.randint(10, 59)}:{DRAW.randint(10, 59)}", ("{}扣款，",)),
    "order": (lambda: digits(DRAW.choice((12, 16, 18, 20))), ("订单号{}，", "流水号：{}，", "工单编号{}。")),
    "bare order": (lambda: "20" + digits(18), ("{}这笔，",)),
    "hotline": (lambda: DRAW.choice(("95588", "95533", "400-820-8820", "12378", "12363")), ("打{}，", "客服{}。")),
}


def planted(text: str) -> str:
    """A text with two pieces of personal data behind it."""
    for kind in DRAW.sample(sorted(PIECES), 2):
        make, frames = PIECES[kind]
        text = f"{text}。{DRAW.choice(frames).format(make())}"
    return text


def labels_kept(corpus: Sequence[Labelled]) -> tuple[float, float]:
    """Shares of texts whose label stays, by fits that have not seen their voice.

    Returns
    -------
    (float, float)
        Of the bare text, once pieces are planted and masked; of the text with pieces, once they are masked.
    """
    terms = read_terms(build_pipeline(), [row.text for row in corpus])
    same = alike = 0
    for voice in sorted({row.voice for row in corpus}):
        inside = [i for i, row in enumerate(corpus) if row.voice != voice]
        pipeline = fit_to_terms(build_pipeline(), terms[inside], [corpus[i].category for i in inside])
        bare = [row.text for row in corpus if row.voice == voice]
        raw = [planted(text) for text in bare]
        labels, of_raw, of_masked = (pipeline.predict(texts) for texts in (bare, raw, [mask(text) for text in raw]))
        same += int((labels == of_masked).sum())
        alike += int((of_raw == of_masked).sum())
    return same / len(corpus), alike / len(corpus)


def main() -> None:
    """Plant, look, count, print."""
    corpus = read_bundled_corpus(Taxonomy.bundled())
    found: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    alarmed: Counter[str] = Counter()
    harmless: Counter[str] = Counter()
    for row in DRAW.sample(corpus, 1_000):
        text = row.text
        for kinds, counts, hits, how_many in ((PIECES, planted, found, 2), (HARMLESS, harmless, alarmed, 2)):
            for kind in DRAW.sample(sorted(kinds), how_many):
                make, frames = kinds[kind]
                piece = make()
                before, behind = DRAW.choice(frames).split("{}")
                whole = f"{text}。{before}{piece}{behind}"
                start = len(text) + 1 + len(before)
                counts[kind] += 1
                covered = [f for f in find_personal_data(whole) if f.start < start + len(piece) and f.end > start]
                hidden = sum(min(f.end, start + len(piece)) - max(f.start, start) for f in covered)
                hits[kind] += hidden >= len(piece.strip("+")) if kinds is PIECES else bool(covered)
    table = Table("planted", box=None, header_style="dim")
    for header in ("pieces", "masked", "share"):
        table.add_column(header, justify="right")
    for counts, hits in ((planted, found), (harmless, alarmed)):
        for kind in sorted(counts):
            table.add_row(kind, str(counts[kind]), str(hits[kind]), f"{hits[kind] / counts[kind]:.3f}")
        total, hit = counts.total(), hits.total()
        table.add_row(
            "personal data" if counts is planted else "harmless numbers",
            str(total),
            str(hit),
            f"{hit / total:.4f}",
            style="bold",
        )
    same, alike = labels_kept(corpus)
    touched = sum(bool(find_personal_data(row.text)) for row in corpus)
    console = Console(width=100, highlight=False)
    console.print(table)
    console.print(f"label of the text kept once two pieces are planted and masked: {same:.4f}")
    console.print(f"label of the text with the planted pieces kept once they are masked: {alike:.4f}")
    console.print(f"corpus texts, which hold none but made-up names: {touched} of {len(corpus):,} touched")


if __name__ == "__main__":
    main()
