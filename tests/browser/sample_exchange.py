"""Sample data for the pages of releases: files, subscriptions, statements, use and its effect."""

from datetime import timedelta
from functools import partial

from citybrain.cockpits.panels_view import Series, Trend
from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.effect_form_view import EffectForm, FigureRow
from citybrain.web.effects_view import EffectLine, EffectsPart
from citybrain.web.exports_view import ExportForm, ExportLine, ExportsPage
from citybrain.web.parts_view import Fact, FieldError, Option, Pager, Reconciliation
from citybrain.web.sharing_view import FieldChoice
from citybrain.web.statements_view import DayLine, DifferenceLine, StatementPage
from citybrain.web.subscriptions_view import SubscriptionLine, SubscriptionPage, SubscriptionsPage
from citybrain.web.usage_view import IdleLine, TopLine, UsagePage
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_words import NOW, both


def exports(language: Language, frame: Frame) -> ExportsPage:
    """Make the list of files."""
    b = partial(both, language)
    who = b("城管局、运行分析系统", "Urban Management, analysis system")
    flow, parking = b("地铁 15 分钟客流", "Metro flow, 15 min"), b("停车泊位实况", "Parking status")
    one, two = Link("s2026-0412", "/console/grants"), Link("city-uses-parking", "/console/grants")
    lines = (
        ExportLine(
            "019aa3f0-11c2",
            flow,
            one,
            who,
            b("CSV 表格", "CSV table"),
            "todo",
            b("生成中，已写 240,000 行", "being made, 240,000 rows so far"),
            "11-20 18:29",
            end_href="/console/exports/end",
        ),
        ExportLine(
            "019aa3ef-8d01",
            flow,
            one,
            who,
            "Parquet",
            "ok",
            b("可下载", "ready"),
            "11-20 09:12",
            "",
            "1,204,388",
            "18.4 MB",
            "11-27 09:13",
            3,
            "/console/exports/file",
            "/console/exports/end",
            "9f2c41b07a1e…",
        ),
        ExportLine(
            "019aa3d0-77be",
            parking,
            two,
            b("城管局、陈某", "Urban Management, Chen"),
            "NDJSON",
            "alarm",
            b("未能生成", "could not be made"),
            "11-19 16:40",
            b("用途不符合授权", "another purpose than granted"),
            end_href="/console/exports/end",
        ),
        ExportLine(
            "019aa2c1-0a4d",
            parking,
            two,
            who,
            b("CSV 表格", "CSV table"),
            "none",
            b("已结束", "ended"),
            "11-12 10:05",
            b("授权已关闭", "grant closed"),
            "",
            "",
            "11-19 10:06",
            1,
        ),
    )
    filters = (
        Link(b("本单位使用的", "Used by us"), "/console/exports", current=True),
        Link(b("本单位提供的", "Provided by us"), "/console/exports?role=provider"),
    )
    return ExportsPage(frame, rail(language, "exports"), filters, lines, Pager(1, 4, 4))


def export(language: Language, frame: Frame) -> ExportForm:
    """Make the form that asks for a file."""
    b = partial(both, language)
    clear, partly = b("原值", "in clear"), b("部分遮盖", "partly covered")
    second = b("2 级 一般", "2 general")
    fields = (
        FieldChoice("station", b("站点", "station"), second, clear, chosen=True),
        FieldChoice("entries", b("进站", "entries"), second, clear, chosen=True),
        FieldChoice("holder", b("持卡人", "card holder"), b("3 级 敏感", "3 sensitive"), partly, chosen=False),
    )
    return ExportForm(
        frame,
        rail(language, "exports"),
        (Link(b("授权", "Grants"), "/console/grants"), Link("s2026-0412", "/console/grants")),
        "s2026-0412",
        b("地铁 15 分钟客流", "Metro flow, 15 min"),
        b("城市运行", "City operation"),
        fields,
        (Option("system:urban/analysis", b("运行分析系统", "analysis system"), chosen=True),),
        (Option("csv", b("CSV 表格", "CSV table")), Option("parquet", "Parquet", chosen=True)),
        (
            Option("history", b("每次报送的行", "rows as delivered")),
            Option("current", b("每个主键的最新一行", "newest row of each key")),
        ),
        "2026-11-01",
        "2026-10-20",
        (FieldError("until", b("截止日早于起始日，请改正", "ends before it begins, correct it")),),
    )


def effect(language: Language, frame: Frame) -> EffectForm:
    """Make the form that reports what a grant was good for."""
    b = partial(both, language)
    return EffectForm(
        frame,
        rail(language, "grants"),
        (Link(b("授权", "Grants"), "/console/grants"), Link("s2026-0412", "/console/grants")),
        "s2026-0412",
        b("地铁 15 分钟客流", "Metro flow, 15 min"),
        "2026-05-21",
        "2026-11-19",
        "2026-05-21",
        "2026-11-20",
        b("早高峰调度公交接驳，每天 7:00 至 9:00 使用", "shuttle buses at the morning peak, each day from 7 to 9"),
        "",
        "2",
        (FigureRow(b("候车时间", "waiting time"), "6", b("分钟", "minutes")), FigureRow(), FigureRow()),
        (
            FieldError(
                "effect", b("请写清取得的效果，尽量用数字说明", "say what came of it, with figures where possible")
            ),
        ),
    )


def effects_part(language: Language) -> EffectsPart:
    """Make the reports on a grant."""
    b = partial(both, language)
    line = EffectLine(
        b("2026-05-21 至 2026-11-19", "2026-05-21 to 2026-11-19"),
        b("城管局", "Urban Management"),
        b("早高峰调度公交接驳", "shuttle buses at the morning peak"),
        b("候车时间由 11 分钟降到 6 分钟", "waiting fell from 11 to 6 minutes"),
        (b("候车时间 6 分钟", "waiting time 6 min"), b("减少环节或材料 2 项", "2 steps or papers spared")),
        Link("s2026-0412", "/console/grants"),
    )
    return EffectsPart((line,), "ok", b("下一次反馈 2027-05-20 前", "next report by 2027-05-20"))


def subscriptions(language: Language, frame: Frame) -> SubscriptionsPage:
    """Make the list of subscriptions."""
    b = partial(both, language)
    here, one = "/console/subscriptions", "/console/subscription"
    flow, air = b("地铁 15 分钟客流", "Metro flow, 15 min"), b("空气质量小时值", "Air quality by the hour")
    desk, city = b("城管局、值班台", "Urban Management, desk"), b("交通局、公交调度", "Transport, bus dispatch")
    push, pull = b("推送", "push"), b("拉取", "pull")
    lines = (
        SubscriptionLine(
            one,
            flow,
            desk,
            push,
            "alarm",
            b("已停送", "suspended"),
            b("超过 1,204,000", "more than 1,204,000"),
            88_210,
            "11-17 18:15",
            42,
            "",
            b("连不上接收方", "the subscriber cannot be reached"),
        ),
        SubscriptionLine(one, air, desk, push, "stale", b("人工暂停", "paused by hand"), "310", 12_400, "11-20 09:00"),
        SubscriptionLine(
            one,
            flow,
            city,
            push,
            "warn",
            b("重试中，失败 3 次", "trying again, 3 failures"),
            "500",
            91_002,
            "11-20 18:15",
            3,
            "11-20 18:35",
            b("接收方返回 503", "the subscriber answered 503"),
        ),
        SubscriptionLine(one, air, city, pull, "ok", b("正常", "well"), "0", 12_710, "11-20 18:00"),
    )
    roles = (
        Link(b("本单位使用的", "Used by us"), here, current=True),
        Link(b("本单位提供的", "Provided by us"), f"{here}?role=provider"),
    )
    kinds = (
        Link(b("进行中 4", "Open 4"), here, current=True),
        Link(b("有问题 2", "In trouble 2"), f"{here}?kind=trouble"),
        Link(b("已结束 1", "Ended 1"), f"{here}?kind=ended"),
        Link(b("全部 5", "All 5"), f"{here}?kind=all"),
    )
    return SubscriptionsPage(frame, rail(language, "subscriptions"), roles, kinds, lines, Pager(1, 4, 4))


def subscription(language: Language, frame: Frame) -> SubscriptionPage:
    """Make one subscription."""
    b = partial(both, language)
    facts = (
        Fact(b("使用单位和系统", "Body and system"), b("城管局、值班台", "Urban Management, desk")),
        Fact(b("用途", "Purpose"), b("城市运行", "City operation")),
        Fact(b("方式", "Way"), b("推送、多行一条消息", "push, many rows a message")),
        Fact(b("待送行数（筛选前）", "Rows waiting (before its conditions)"), "500"),
        Fact(b("连续失败", "Failures in a row"), b("3、接收方返回 503", "3, the subscriber answered 503")),
        Fact(b("下次重试", "Next try"), "11-20 18:35"),
        Fact(b("日志位置", "Place in the log"), "88211.499", code=True),
        Fact(b("推送地址", "Address"), "https://desk.example.gov/rows", code=True),
    )
    return SubscriptionPage(
        frame,
        rail(language, "subscriptions"),
        (Link(b("订阅", "Subscriptions"), "/console/subscriptions"), Link("019aa3f0-11c2", "", current=True)),
        "019aa3f0-11c2-7000-8000-000000000000",
        b("地铁 15 分钟客流", "Metro flow, 15 min"),
        "warn",
        b("重试中，失败 3 次", "trying again, 3 failures"),
        facts,
        True,
        True,
        True,
        "2026-11-19",
        "",
        "2026-11-20",
        (FieldError("day", b("值无法识别：请改正后重试", "The value cannot be read: correct it")),),
    )


def statements(language: Language, frame: Frame) -> StatementPage:
    """Make the statement of a day."""
    b = partial(both, language)
    flow, air = b("地铁 15 分钟客流", "Metro flow, 15 min"), b("空气质量小时值", "Air quality by the hour")
    agrees, differs = b("相符", "agrees"), b("1 处不符", "1 difference")
    given, used = b("报送：地铁集团", "delivered: Metro"), b("使用：城管局", "used: Urban Management")
    lines = (
        DayLine(flow, "/console/entry", given, False, 96, Reconciliation(8_064, 8_058, 6), "", "", "", "ok", agrees),
        DayLine(
            flow, "/console/entry", used, True, 96, None, "8,058", "412.6 kB", b("38 毫秒", "38 ms"), "alarm", differs
        ),
        DayLine(
            air,
            "/console/entry",
            b("报送：环保局", "delivered: Environment"),
            False,
            24,
            Reconciliation(312, 312, 0),
            "",
            "",
            "",
            "ok",
            agrees,
        ),
    )
    difference = DifferenceLine(flow, used, b("使用行数", "rows used"), "8,058", "8,061")
    return StatementPage(
        frame,
        rail(language, "statements"),
        "2026-11-19",
        (Option("2026-11-19", "2026-11-19", chosen=True), Option("2026-11-18", "2026-11-18")),
        (
            Link(b("本单位使用的", "Used by us"), "/console/statements"),
            Link(b("全部", "All"), "/console/statements?role=all", current=True),
        ),
        "all",
        Reconciliation(8_376, 8_370, 6),
        b("使用 96 次，8,058 行，412.6 kB", "Used 96 times, 8,058 rows, 412.6 kB"),
        "alarm",
        differs,
        (difference,),
        lines,
        Pager(1, 3, 3),
        "/console/statements.csv",
    )


def usage(language: Language, frame: Frame) -> UsagePage:
    """Make the page of use."""
    b = partial(both, language)
    flow, air = b("地铁 15 分钟客流", "Metro flow, 15 min"), b("空气质量小时值", "Air quality by the hour")
    city = b("城管局", "Urban Management")
    counts = tuple(float(40 + (day * 37) % 61 - (30 if day % 7 in {2, 3} else 0)) for day in range(60))
    days = tuple(f"{(NOW.date() - timedelta(days=59 - day)):%m-%d}" for day in range(60))
    summary = b(
        "60 天共使用 3,412 次、1,204,388 行，最多的一天是 11-18，98 次。",
        "Used 3,412 times in 60 days, 1,204,388 rows; most on 11-18, 98 times.",
    )
    trend = Trend(
        "uses",
        b("每天使用次数", "Uses a day"),
        b("次", "times"),
        days,
        (Series(b("使用次数", "uses"), "measured", counts),),
        summary,
        b("日期", "day"),
        bars=True,
        footnotes=(summary,),
    )
    idle = (
        IdleLine(
            "s2026-0087",
            "/console/grants",
            air,
            city,
            "warn",
            b("从未使用", "never used"),
            b("全部 6 个字段", "all 6 fields"),
            "2026-03-02",
        ),
        IdleLine(
            "s2026-0412",
            "/console/grants",
            flow,
            city,
            "todo",
            b("2 个字段没用过", "2 fields never used"),
            b("line、exits", "line, exits"),
            "2026-05-21",
        ),
    )
    return UsagePage(
        frame,
        rail(language, "usage"),
        (
            Link(b("本单位使用的", "Used by us"), "/console/usage", current=True),
            Link(b("本单位提供的", "Provided by us"), "/console/usage?role=provider"),
        ),
        b("近 60 天。", "Last 60 days."),
        trend,
        (
            TopLine(flow, "/console/entry", city, 2_902, 1_180_021, 100.0),
            TopLine(air, "/console/entry", city, 510, 24_367, 17.6),
        ),
        "warn",
        b("使用成效已反馈 41 / 52（79%）", "Effects reported: 41 of 52 (79 %)"),
        idle,
        Pager(1, 2, 2),
    )
