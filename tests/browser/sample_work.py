"""Sample view data for indicator and tasks (模拟)."""

from functools import partial

from citybrain.cockpits.view import Link, Series, TaskLine, Trend
from citybrain.kernel.messages import Language
from citybrain.web.indicator_view import ChainStep, IndicatorPage, IssueForm, Threshold
from citybrain.web.parts_view import Change, Fact, FieldError, Option, QualityAspect, Step
from citybrain.web.tasks_view import InboxGroup, InboxRow, TaskAction, TaskPage, TasksPage
from citybrain.web.views import Frame
from tests.browser.sample_cockpit import trend
from tests.browser.sample_words import both


def quality(language: Language) -> tuple[QualityAspect, ...]:
    """Make the law's four aspects."""
    b = partial(both, language)
    return (
        QualityAspect(
            b("合法性", "Lawful"),
            73,
            b("/ 73 批", "/ 73 batches"),
            "ok",
            b("授权有效，目的一致", "grants open, purpose kept"),
        ),
        QualityAspect(b("有效性", "Valid"), 100, "%", "ok", b("5,840 行类型、取值合规", "5,840 rows of right type")),
        QualityAspect(b("准确性", "Accurate"), 98.9, "%", "warn", b("超容量 373 行", "373 rows above capacity"), 1),
        QualityAspect(
            b("时效性", "Timely"), 11, b("分钟", "min"), "ok", b("最长到达用时，约定 20", "longest, promised 20")
        ),
    )


def chain(language: Language) -> tuple[ChainStep, ...]:
    """Make the five steps from source to number."""
    b = partial(both, language)
    return (
        ChainStep(
            b("数据来源", "Source"),
            b("1 个系统", "1 system"),
            (
                b("地铁集团　自动售检票系统", "Metro, fare gates"),
                b("80 个站点，每 15 分钟", "80 stations, every 15 min"),
            ),
            Link("system:metro/afc", "/console/contract"),
        ),
        ChainStep(
            b("数据契约", "Contract"),
            b("5 条规则", "5 rules"),
            (
                b("依据、目的、分级已登记", "basis, purpose, grade declared"),
                b("第 2.1 版，一般数据", "version 2.1, general"),
            ),
            Link("metro/flow_15min", "/console/contract"),
        ),
        ChainStep(
            b("批次", "Batches"),
            b("73 批", "73 batches"),
            (b("接收 5,840 = 采纳 5,840 + 退回 0", "received 5,840 = accepted 5,840 + set aside 0"),),
            Link(b("查看 73 张回执", "73 receipts"), "/console/batches"),
        ),
        ChainStep(
            b("计算", "Calculation"),
            b("1 次求和", "1 sum"),
            (b("DuckDB 与 Spark 结果一致", "DuckDB and Spark agree"),),
            Link("indicator:metro.entries", "/indicator"),
            "sum(entries)",
        ),
        ChainStep(
            b("存证", "Evidence"),
            b("74 条", "74 entries"),
            (b("批次 73 条，算定 1 条", "73 for batches, 1 for the figure"),),
            Link("0193a7c2…e41f", "/console/batch"),
            state="ok",
            word=b("已封存，核验通过", "sealed and verified"),
        ),
    )


def days(language: Language) -> Trend:
    """Make seven bars."""
    b = partial(both, language)
    return Trend(
        id="metro-days",
        name=b("近七日", "Last seven days"),
        unit=b("人次", "entries"),
        axis_unit=b("万人次", "10,000 entries"),
        axis_divisor=10_000,
        labels=("11-14", "11-15", "11-16", "11-17", "11-18", "11-19", "11-20"),
        series=(
            Series(
                b("进站量", "Entries"),
                "measured",
                (1_104_000, 1_056_000, 1_232_251, 1_237_000, 1_261_000, 1_257_000, 1_286_000),
            ),
        ),
        label_header=b("日期", "Day"),
        summary=b("七日进站量，周五最高", "Entries of seven days, highest on Friday"),
        published="11-16",
        bars=True,
    )


def indicator(language: Language, frame: Frame, *, wrong: bool = False) -> IndicatorPage:
    """Make the page of one indicator."""
    b = partial(both, language)
    errors = (FieldError("due_days", b("填 1 到 60 之间的整数", "Enter a whole number from 1 to 60")),) if wrong else ()
    return IndicatorPage(
        frame=frame,
        ref="indicator:metro.entries",
        name=b("地铁进站量", "Metro entries"),
        period=b("11 月 20 日 周五", "Fri 20 Nov"),
        value=955_023,
        unit=b("人次", "entries"),
        state="ok",
        crumbs=(
            Link(b("市级总舱", "City cockpit"), "/cockpit"),
            Link(b("公共服务", "Public services"), "/cockpit"),
            Link(b("地铁进站量", "Metro entries"), "", current=True),
        ),
        provenance=("simulated",),
        comparisons=(b("较周四 +1.1%", "+1.1% on Thursday"), b("较前四日均值 −2.2%", "−2.2% on the mean of 4 days")),
        stand=b(
            "数据截至 18:30，18:31 算定，口径第 3 版，城市声明修订 412",
            "Data to 18:30, computed 18:31, definition 3, revision 412",
        ),
        chain=chain(language),
        verify=Link(b("核验本链", "Verify"), "/console/batch"),
        trend=trend(language),
        days=days(language),
        quality=quality(language),
        definition=b(
            "闸机进站次数之和，不含员工卡。换乘不重复计数。", "Gate entries without staff cards; transfers count once."
        ),
        facts=(
            Fact(b("责任单位", "Owner"), b("地铁集团，周调度", "Metro, Zhou")),
            Fact(b("领域", "Field"), b("公共服务", "Public services")),
            Fact(b("维度", "Dimensions"), b("站点，区县", "station, district")),
            Fact(b("更新", "Rhythm"), b("每 15 分钟，20 分钟内到", "every 15 min, within 20")),
            Fact(b("依据", "Basis"), b("条例第十条", "art. 10"), "/law"),
        ),
        thresholds=(
            Threshold("ok", b("不超过同刻均值 1.2 倍", "up to 1.2 × usual"), b("72 时段", "72 periods")),
            Threshold("warn", b("超过 1.2 倍", "above 1.2 ×"), b("1 时段", "1 period")),
            Threshold("alarm", b("超过 1.5 倍", "above 1.5 ×"), b("0 时段", "0 periods")),
        ),
        threshold_note=b(
            "06:15 时段为同刻均值的 1.28 倍，复核后未下达任务。", "06:15 was 1.28 × usual; reviewed, no task."
        ),
        tasks=(
            TaskLine(
                b("站点 15 大客流疏导", "Crowd at station 15"),
                "alarm",
                b("待签收", "not signed for"),
                b("地铁集团", "Metro"),
                b("剩 13 分钟", "13 min left"),
                "/task",
            ),
            TaskLine(
                b("站点 10 午后客流核实", "Check station 10"),
                "ok",
                b("已办结", "closed"),
                b("地铁集团", "Metro"),
                b("用时 42 分钟", "took 42 min"),
                "/task",
            ),
        ),
        used_in=(
            Link(b("市级总舱", "City cockpit"), "/cockpit"),
            Link(b("地铁大客流联动", "Metro crowds"), "/scenario"),
        ),
        issue=IssueForm(
            "/indicator",
            (
                Option("dept:metro", b("地铁集团", "Metro"), chosen=True),
                Option("dept:urban", b("城管局", "Urban Management")),
            ),
            b("核实地铁进站量异常", "Check metro entries"),
            due_days="0" if wrong else "2",
            errors=errors,
        ),
        csv_href="/indicator.csv",
    )


def tasks(language: Language, frame: Frame, *, none: bool = False) -> TasksPage:
    """Make the inbox."""
    b = partial(both, language)
    now = InboxRow(
        b("站点 15 大客流疏导", "Crowd at station 15"),
        "/task",
        "alarm",
        b("剩 13 分", "13 min left"),
        b("18:15 时段 2,743 人次，同刻均值 1.63 倍", "2,743 entries at 18:15, 1.63 × usual"),
        b("值班负责人 18:32 下达，待签收", "issued 18:32 by the duty officer, not signed for"),
    )
    today = InboxRow(
        b("站点 76 进站偏高，复核", "Review station 76"),
        "/task",
        "warn",
        b("18:45 前", "by 18:45"),
        b("400 人次，同刻均值 1.23 倍", "400 entries, 1.23 × usual"),
        b("自动派单，已签收", "signed for"),
    )
    week = InboxRow(
        b("口径第 3 版会签", "Sign definition 3"),
        "/task",
        "none",
        b("11 月 27 日", "27 Nov"),
        b("排除员工卡，影响驾驶舱 3 个", "affects 3 cockpits"),
    )
    groups = () if none else (InboxGroup("now", (now,)), InboxGroup("today", (today,)), InboxGroup("week", (week,)))
    return TasksPage(
        frame,
        (
            Link(b("待办 3", "To do 3"), "/tasks", current=True),
            Link(b("我下达 2", "Issued by me 2"), "/tasks?tab=issued"),
            Link(b("已办 37", "Done 37"), "/tasks?tab=done"),
        ),
        groups,
        ("simulated",),
        b("下一项期限 11 月 24 日。", "The next one is due 24 Nov."),
    )


def task(language: Language, frame: Frame) -> TaskPage:
    """Make one task."""
    b = partial(both, language)
    return TaskPage(
        frame=frame,
        number="2026-1120-031",
        title=b("站点 15 大客流疏导", "Crowd at station 15"),
        state="alarm",
        word=b("待签收", "not signed for"),
        due_label=b("签收剩余", "Left to sign"),
        due=b("13 分钟", "13 min"),
        back=Link(b("返回任务", "Back to tasks"), "/tasks"),
        provenance=("simulated",),
        changes=(
            Change(
                b("站点 15 进站", "Station 15 entries"), b("人次", "entries"), 2743, 2106, "18:15", "19:00", better=True
            ),
        ),
        what=b(
            "核实现场客流，决定是否加开列车或站外限流，15 分钟内签收，45 分钟内反馈。",
            "Check the crowd on site; decide on extra trains or queueing outside. "
            "Sign within 15 min, report within 45.",
        ),
        why=b(
            "职责清单：车站客流组织由地铁集团调度岗承担。", "Duty list: crowds in stations are the metro dispatcher's."
        ),
        basis=Link(b("轨道交通管理条例第五十四条", "Rail transit regulation, art. 54"), "/law"),
        source=Link(b("看这个数字从哪里来", "Where this number comes from"), "/indicator"),
        history=(
            Step("18:31", b("系统判定告警，送值班负责人", "alarm raised, sent to the duty officer")),
            Step("18:32", b("下达，附言：先核实，再限流", "issued: check first, then limit"), b("陈值班", "Chen")),
        ),
        actions=(
            TaskAction("sign", "/task/sign"),
            TaskAction("report", "/task/report"),
            TaskAction("return", "/task/return"),
        ),
        contact=b("不归我管可退回并说明。电话报告：值班室 0571-0000 0000。", "Call the duty room: 0571-0000 0000."),
    )
