"""Sample view data for the law page: 26 articles, 235 duties (模拟)."""

from functools import partial
from typing import Literal

from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.law_view import Article, Duty, DutyState, LawPage
from citybrain.web.views import Frame
from tests.browser.sample_words import both


def law(language: Language, frame: Frame, status: str) -> LawPage:
    """Make a law page of real size: 26 articles, 235 duties."""
    b = partial(both, language)
    cycle: tuple[DutyState, ...] = ("ok", "ok", "ok", "todo", "ok", "none")

    def duty(article: int, number: int) -> Duty:
        state: DutyState = "none" if article > 22 else cycle[(article + number) % 6]
        state = "alarm" if (article, number) in ((7, 1), (15, 2)) else state
        return Duty(
            f"HZ-{article}.{number}",
            state,
            b("收到的行数等于采纳加退回", "Rows received equal rows accepted plus set aside"),
            b("停车泊位实况延迟 122 分钟，约定 30 分钟。", "Parking status is 122 min late.")
            if state == "alarm"
            else "",
            b("今日 35,966 = 34,923 + 1,043", "35,966 = 34,923 + 1,043 today") if state in ("ok", "alarm") else "",
            "18:30" if state in ("ok", "alarm") else "",
            Link(b("责任：城管局，17:05 已派单", "Urban Management, task of 17:05"), "/task")
            if state == "alarm"
            else None,
        )

    articles = tuple(
        Article(
            b(f"第 {number} 条", f"Art. {number}"),
            b(
                "中枢是城市大脑赋能城市治理的核心系统。各系统与平台数据通过中枢协同机制互联互通，实现业务协同、数据协同、政企协同。",
                "The hub is the core system. Systems and platforms connect through it.",
            ),
            tuple(duty(number, each) for each in range(1, 10 if number < 26 else 11)),
        )
        for number in range(1, 27)
    )
    chosen: dict[str, DutyState | Literal[""]] = {"ok": "ok", "alarm": "alarm", "todo": "todo", "none": "none"}
    return LawPage(
        frame,
        b("杭州城市大脑赋能城市治理促进条例", "Hangzhou City Brain regulation"),
        b(
            "《杭州城市大脑赋能城市治理促进条例》共二十六条，2021 年 3 月 1 日起施行。"
            "能由软件证明的逐项实测，不能由软件证明的如实注明。",
            "The Hangzhou regulation has 26 articles, in force since 1 March 2021. "
            "What software can prove is measured.",
        ),
        "/law",
        articles,
        (
            Link(b("杭州条例", "Hangzhou"), "/law", current=True),
            Link(b("南京市城市数字治理若干规定", "Nanjing provisions"), "/law?pack=nanjing-2025"),
        ),
        chosen.get(status, ""),
        ("simulated",),
        b("最近一轮 18:30，用时 41 秒，每 15 分钟一轮", "Last round 18:30, 41 s, every 15 min"),
        "citybrain law hangzhou-2021",
        Link(b("原文", "text"), "#"),
    )
