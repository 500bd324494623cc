"""Sample view data for the pages of emergencies (模拟)."""

from functools import partial

from citybrain.cockpits.figures_view import Link
from citybrain.kernel.messages import Language
from citybrain.web.emergencies_view import (
    BodyLine,
    DeclareForm,
    EmergenciesPage,
    EmergencyLine,
    EmergencyPage,
    GivenFor,
    ReviewForm,
)
from citybrain.web.parts_view import Fact, FieldError, Option
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_words import both

HERE = "/console/emergency"


def emergencies(language: Language, frame: Frame) -> EmergenciesPage:
    """Make the list: one runs, one is to be reviewed, one is late, one is reviewed, one needed nothing."""
    b = partial(both, language)
    nobody = b("没有单位取得数据", "nobody received data")
    lines = (
        EmergencyLine(
            "typhoon-2026", HERE, b("台风防御Ⅱ级响应，市防指宣布", "typhoon response II, by the flood control office"),
            "warn", b("响应中", "running"), b("11-22 18:00 自动结束", "11-22 18:00, by itself"), b("4 份", "4"),
            b("12 次，8,420 行", "12 times, 8,420 rows"), "none", b("结束后报告", "due after the end"),
        ),
        EmergencyLine(
            "flood-2026", HERE, b("防汛Ⅰ级响应", "flood response I"), "todo",
            b("待评估，2026-12-02 到期", "to be reviewed by 2026-12-02"), b("11-18 09:12，林运维", "11-18 09:12, Lin"),
            b("3 份", "3"), b("41 次，120,386 行", "41 times, 120,386 rows"), "todo",
            b("2 个单位待报告", "2 to come"),
        ),
        EmergencyLine(
            "gas-leak-2026", HERE, b("燃气泄漏处置", "gas leak"), "alarm",
            b("评估逾期，应于 2026-11-06 完成", "review overdue since 2026-11-06"),
            b("10-23 20:00，到期自动结束", "10-23 20:00, by itself"), b("1 份", "1"),
            b("3 次，77 行", "3 times, 77 rows"), "alarm", b("1 个单位逾期未报告", "1 overdue"),
        ),
        EmergencyLine(
            "heat-2026", HERE, b("高温橙色预警", "heat warning"), "ok",
            b("已评估，使用得当", "reviewed: proper use"), b("08-20 18:00，到期自动结束", "08-20 18:00, by itself"),
            b("2 份", "2"), b("9 次，2,004 行", "9 times, 2,004 rows"), "ok", b("均已报告", "all have reported"),
        ),
        EmergencyLine(
            "drill-2026", HERE, b("防汛演练", "drill"), "none", b("已结束", "over"),
            b("06-30 12:00，林运维", "06-30 12:00, Lin"), b("0 份", "0"), b("未使用", "not used"), "none", nobody,
        ),
    )  # fmt: skip
    form = DeclareForm("Flood", b("防汛应急响应Ⅰ级", "flood response I"), "2026-11-23T18:00")
    errors = (FieldError("name", b("请换一个名称，如 flood-2026", "Choose another name, such as flood-2026")),)
    return EmergenciesPage(frame, rail(language, "emergencies"), "", lines, form, errors)


def emergency(language: Language, frame: Frame) -> EmergencyPage:
    """Make one emergency that is over: one body reported, one owes, the review is being written."""
    b = partial(both, language)
    civil, health = b("市民政局", "Civil Affairs"), b("市卫生健康委", "Health")
    ended, owed = b("11-18 09:12，林运维", "11-18 09:12, Lin"), b("待报告，2026-11-25 到期", "owed by 2026-11-25")
    facts = (
        Fact(b("宣布人", "Declared by"), b("林运维", "Lin")),
        Fact(b("宣布时间", "Declared at"), "11-16 07:30"),
        Fact(b("结束", "End"), ended),
        Fact(b("使用", "Use"), b("41 次，120,386 行", "41 times, 120,386 rows")),
    )
    emergency_use, closed = b("应急处置", "emergency"), b("已关闭", "closed")
    grants = (
        GivenFor(
            Link("flood-2026-civil-affairs-visits", "/console/grant"), b("门诊就诊记录", "outpatient visits"), civil,
            emergency_use, "none", closed, b("32 次，118,200 行", "32 times, 118,200 rows"),
        ),
        GivenFor(
            Link("flood-2026-health-flow_15min", "/console/grant"), b("地铁 15 分钟客流", "metro flow, 15 min"), health,
            emergency_use, "none", closed, b("9 次，2,186 行", "9 times, 2,186 rows"),
        ),
        GivenFor(
            Link("flood-2026-civil-affairs-parking", "/console/grant"), b("停车泊位实况", "parking status"), civil,
            emergency_use, "none", closed, b("未使用", "not used"),
        ),
    )  # fmt: skip
    kept = b(
        "救助库副本已删除；转移安置名册 214 人留存；档案法第十四条",
        "copies in the relief store are deleted; the roster of 214 persons is kept; Archives Law art. 14",
    )
    bodies = (
        BodyLine(
            civil, grants[0].used, "11-18 08:55", "warn", b("部分依法留存", "parts kept by law"), kept,
            b("何专员 11-20 10:05", "He 11-20 10:05"),
        ),
        BodyLine(health, grants[1].used, "11-17 22:10", "todo", owed, "", ""),
    )  # fmt: skip
    outcomes = (
        Option("proper", b("使用得当", "proper use")),
        Option("partly", b("部分不当", "partly improper"), chosen=True),
        Option("improper", b("使用不当", "improper use")),
    )
    review = ReviewForm(outcomes, b("停车数据授权未使用，其余必要", "parking was not needed, the rest was"), "")
    errors = (FieldError("follows", b("请写明后续措施", "Write what follows")),)
    words = b("防汛Ⅰ级响应，市防指按防汛条例宣布", "flood response I, declared by the flood control office")
    crumbs = (Link(b("应急响应", "Emergencies"), "/console/emergencies"), Link("flood-2026", "", current=True))
    return EmergencyPage(
        frame, rail(language, "emergencies"), crumbs, "flood-2026", words, "todo",
        b("待评估，2026-12-02 到期", "to be reviewed by 2026-12-02"), "", facts, grants, bodies, (), may_end=False,
        review=review, errors=errors,
    )  # fmt: skip
