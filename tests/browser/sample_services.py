"""Sample data for the pages of services and of lineage."""

from functools import partial

from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.lineage_drawing import lay_out
from citybrain.web.lineage_view import LineageBox, LineageLine, LineagePage
from citybrain.web.services_view import Channel, ServiceLine, ServicesPage
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_words import both


def services(language: Language, frame: Frame) -> ServicesPage:
    """Make the page of services."""
    b = partial(both, language)
    permits, social = b("许可证查询", "Permit look-up"), b("社保参保核验", "Social insurance check")
    office, bureau = b("行政审批局", "Approvals Bureau"), b("人社局", "Social Security")
    running, trial = b("运行", "running"), b("试运行", "trial")
    lines = (
        ServiceLine(
            permits,
            "/r1/hangzhou/GOV/permits/register/lookup",
            office,
            running,
            "ok",
            b("闭合", "closed"),
            "ok",
            b("11-18 09:20 通过", "passed 11-18 09:20"),
            "12,804",
            "3",
            b("42 毫秒", "42 ms"),
            "210 / 600",
        ),
        ServiceLine(
            social,
            "/r1/hangzhou/GOV/social/insured/check",
            bureau,
            running,
            "alarm",
            b("断开，18:36:20 再试", "open, again 18:36:20"),
            "ok",
            b("11-02 14:00 通过", "passed 11-02 14:00"),
            "4,120",
            "188",
            b("1,002 毫秒", "1,002 ms"),
            "96 / 300",
        ),
        ServiceLine(
            b("不动产登记查询", "Property look-up"),
            "/r1/hangzhou/GOV/land/estate/lookup",
            b("规资局", "Land Bureau"),
            trial,
            "ok",
            b("闭合", "closed"),
            "none",
            b("没有测试过", "never tested"),
            "0",
            "0",
            "—",
            "0 / 120",
        ),
    )
    channels = (
        Channel(
            permits, b("审批局老接口", "the bureau's old interface"), "warn", b("并行", "in parallel"), "2027-03-31"
        ),
        Channel(social, b("社保前置机", "front-end machine"), "ok", b("已停用", "switched off")),
    )
    return ServicesPage(frame, rail(language, "services"), lines, channels)


def short(name: str) -> str:
    """Cut a name as the drawing does."""
    return name if len(name) < 12 else f"{name[:10]}…"


def lineage_graph(language: Language, frame: Frame) -> LineagePage:
    """Make a lineage graph of two steps each way."""
    b = partial(both, language)
    contract, indicator, system = b("数据契约", "Contract"), b("指标", "Indicator"), b("系统", "System")
    names = {
        "afc": (system, b("地铁票务系统", "Metro ticketing"), -2),
        "cards": (system, b("市民卡系统", "City cards"), -2),
        "flow": (contract, b("地铁 15 分钟客流", "Metro flow, 15 min"), -1),
        "taps": (contract, b("刷卡记录", "Card taps"), -1),
        "crowd": (indicator, b("站点拥挤度", "Crowding"), 0),
        "warn": (b("场景", "Scenario"), b("大客流疏导", "Crowd relief"), 1),
        "day": (indicator, b("日客流总量", "Passengers a day"), 1),
        "board": (
            b("指标", "Indicator"),
            b("公共交通出行分担率（全市、按区）", "Share of public transport by district"),
            2,
        ),
    }
    edges = [
        ("afc", "flow"),
        ("cards", "taps"),
        ("afc", "taps"),
        ("flow", "crowd"),
        ("taps", "crowd"),
        ("crowd", "warn"),
        ("crowd", "day"),
        ("day", "board"),
    ]
    columns: dict[int, list[str]] = {}
    for ref, (_, _, level) in names.items():
        columns.setdefault(level, []).append(ref)
    drawn = lay_out(columns, edges)
    side = {
        -2: b("上游 2 层", "upstream, step 2"),
        -1: b("上游 1 层", "upstream, step 1"),
        0: b("本项", "this entry"),
        1: b("下游 1 层", "downstream, step 1"),
        2: b("下游 2 层", "downstream, step 2"),
    }
    return LineagePage(
        frame,
        rail(language, "catalog"),
        (
            Link(b("数据目录", "Catalogue"), "/console/catalog"),
            Link(b("站点拥挤度", "Crowding"), "/console/entry"),
            Link(b("血缘", "Lineage"), "", current=True),
        ),
        b("站点拥挤度", "Crowding"),
        "indicator:metro.crowd",
        tuple(Link(b(f"{n} 层", f"{n} steps"), f"?depth={n}", current=n == 2) for n in range(1, 5)),
        b("上游 4 项，下游 3 项", "4 upstream, 3 downstream"),
        drawn.width,
        drawn.height,
        tuple(
            LineageBox(
                kind, short(name), name, "/console/entry", ref == "crowd", drawn.boxes[ref].x, drawn.boxes[ref].y
            )
            for ref, (kind, name, _) in names.items()
        ),
        drawn.lines,
        tuple(
            LineageLine(
                side[level],
                kind,
                name,
                "/console/entry",
                b("地铁集团", "Metro"),
                "、".join(names[up][1] for up, down in edges if down == ref),
                "?centre" if level else "",
            )
            for ref, (kind, name, level) in names.items()
        ),
        (
            Link(
                b(
                    "下游 1 层另有 23 项没有画出，见 站点拥挤度 的目录条目",
                    "downstream, step 1: 23 more not drawn, see the entry of Crowding",
                ),
                "/console/entry",
            ),
        ),
    )
