"""Sample view data for the cockpit: generated numbers (模拟), none of them a city's."""

import math
from dataclasses import replace
from functools import partial
from typing import Literal

from citybrain.cockpits.outline import Outline, schematic_cells
from citybrain.cockpits.view import (
    Advice,
    AdviceLine,
    Cockpit,
    DistrictMap,
    FieldCount,
    Link,
    MapArea,
    MapBand,
    Ranking,
    RankRow,
    Series,
    State,
    TaskLine,
    TaskList,
    Trend,
)
from citybrain.kernel.messages import Language
from tests.browser.sample_tiles import tiles
from tests.browser.sample_words import both, flow

CODES = (
    "330127",
    "330112",
    "330111",
    "330102",
    "330109",
    "330105",
    "330122",
    "330106",
    "330114",
    "330113",
    "330110",
    "330182",
    "330108",
)
NAMES_ZH = ("淳安", "临安", "富阳", "上城", "萧山", "拱墅", "桐庐", "西湖", "钱塘", "临平", "余杭", "建德", "滨江")
NAMES_EN = (
    "Chun'an",
    "Lin'an",
    "Fuyang",
    "Shangcheng",
    "Xiaoshan",
    "Gongshu",
    "Tonglu",
    "Xihu",
    "Qiantang",
    "Linping",
    "Yuhang",
    "Jiande",
    "Binjiang",
)
RATES = (81.6, 78.5, 79.3, 80.4, 81.3, 82.2, 82.5, 83.7, 84.5, 85.4, 86.2, 87.1, 87.2)
OPEN = (168, 450, 532, 931, 1497, 611, 324, 544, 289, 492, 439, 216, 251)
INNER = frozenset({"330102", "330105", "330106", "330108", "330113", "330114"})
LABELS = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(330, 1411, 15))


def state_of(rate: float) -> tuple[State, Literal[0, 1, 2, 3, 4]]:
    """Judge a rate by the sample thresholds."""
    if rate < 79:
        return "alarm", 4
    if rate < 82:
        return "warn", 3
    return "ok", 2 if rate < 85 else 1


def trend(language: Language) -> Trend:
    """Make the day chart with forecast and band."""
    minutes = range(330, 1411, 15)
    now = 1110
    measured = tuple(flow(m) if m <= now else None for m in minutes)
    reference = tuple(round(flow(m) * 0.97 + 250 * math.cos(m / 40)) for m in minutes)
    forecast = tuple(round(flow(m) * 1.01) if m >= now else None for m in minutes)
    low = tuple(None if v is None else round(v * 0.905) for v in forecast)
    high = tuple(None if v is None else round(v * 1.095) for v in forecast)
    return Trend(
        id="metro-day",
        name=both(language, "地铁进站量", "Metro entries"),
        unit=both(language, "人次", "entries"),
        axis_unit=both(language, "万人次 / 15 分", "10,000 entries / 15 min"),
        axis_divisor=10_000,
        labels=LABELS,
        series=(
            Series(both(language, "本日实测", "Today"), "measured", measured),
            Series(both(language, "周一至周四同刻均值", "Mean Mon to Thu"), "reference", reference),
            Series(both(language, "预测", "Forecast"), "forecast", forecast),
            Series(both(language, "80% 下限", "80% low"), "low", low),
            Series(both(language, "80% 上限", "80% high"), "high", high),
        ),
        published="18:30",
        summary=both(language, "每 15 分钟进站量，早高峰 08:15 最高", "Entries every 15 minutes, highest at 08:15"),
        provenance=("simulated",),
        footnotes=(
            both(
                language,
                "全日预测 125.9 万（80% 区间 123.1–128.8 万）。回测误差 4.8%，近三日同刻起报。",
                "Day forecast 1.26 M (80% band 1.23–1.29 M). Back-test error 4.8%, last three days.",
            ),
        ),
        href="/indicator",
    )


def district_map(language: Language, outline: Outline | None = None) -> DistrictMap:
    """Make the map; schematic cells without an outline."""
    drawn = outline or schematic_cells(CODES)
    names = dict(zip(CODES, NAMES_ZH if language == "zh" else NAMES_EN, strict=True))
    rates = dict(zip(CODES, RATES, strict=True))
    inset = None if drawn.schematic else drawn.inset_around(INNER)
    labels = drawn.labels_in(inset) if inset else {}
    areas = []
    for shape in drawn.shapes:
        rate = rates.get(shape.code)
        state, level = state_of(rate) if rate is not None else ("none", 0)
        areas.append(
            MapArea(
                shape.code,
                names.get(shape.code, shape.code),
                shape.path,
                shape.label_at,
                rate,
                level,
                state,
                inset_label_at=labels.get(shape.code),
                href="#",
            )
        )
    return DistrictMap(
        id="on-time-map",
        name=both(language, "12345 按期办结率", "12345 closed on time"),
        areas=tuple(areas),
        size=drawn.size,
        inset=inset,
        decimals=1,
        unit="%",
        schematic=True,
        bands=(
            MapBand(1, "≥ 85%"),
            MapBand(2, "82–85"),
            MapBand(3, both(language, "79–82 预警", "79–82 warning")),
            MapBand(4, both(language, "＜ 79 告警", "< 79 alarm")),
        ),
        summary=both(
            language, "十三个区县市按期办结率，临安区最低 78.5%", "On-time rate of 13 districts, lowest Lin'an 78.5%"
        ),
        provenance=("simulated",),
    )


def ranking(language: Language) -> Ranking:
    """Make the ranking of districts, lowest first."""
    names = NAMES_ZH if language == "zh" else NAMES_EN
    rows = sorted(zip(names, RATES, OPEN, strict=True), key=lambda row: row[1])
    return Ranking(
        id="on-time-rank",
        name=both(language, "区县排名", "Districts"),
        rows=tuple(
            RankRow(name, rate, state_of(rate)[0], second, href="#", selected=rate == 83.7)
            for name, rate, second in rows
        ),
        name_header=both(language, "区县", "District"),
        value_header=both(language, "按期 %", "On time %"),
        second_header=both(language, "在办件", "Open"),
        order=both(language, "由低到高", "Lowest first"),
        decimals=1,
        axis=(76, 90),
        target=85,
        target_label=both(language, "目标 85", "Target 85"),
        provenance=("simulated",),
    )


def task_list(language: Language) -> TaskList:
    """Make alarms and tasks."""

    def line(
        zh: str, en: str, state: State, who: tuple[str, str], facts: tuple[str, str], action: tuple[str, str]
    ) -> TaskLine:
        return TaskLine(
            both(language, zh, en),
            state,
            who=both(language, *who),
            facts=both(language, *facts),
            href="/task",
            action=Link(both(language, *action), "/task"),
        )

    return TaskList(
        id="alarms",
        name=both(language, "告警与任务", "Alarms and tasks"),
        summary=both(language, "今日 9 项，办结 4 项", "9 today, 4 closed"),
        href="/tasks",
        provenance=("simulated",),
        lines=(
            line(
                "站点 15 大客流",
                "Crowd at station 15",
                "alarm",
                ("地铁集团", "Metro"),
                ("18:32 下达，待签收，剩 13 分钟", "issued 18:32, not signed for, 13 min left"),
                ("催办", "Remind"),
            ),
            line(
                "临安区按期办结率 78.5%",
                "Lin'an on time 78.5%",
                "alarm",
                ("临安区", "Lin'an"),
                ("已签收，剩 2 个工作日", "signed for, 2 working days left"),
                ("查看", "Open"),
            ),
            line(
                "停车数据未到",
                "Parking data missing",
                "stale",
                ("城管局", "Urban Management"),
                ("17:05 下达，处置中", "issued 17:05, in hand"),
                ("查看", "Open"),
            ),
            line(
                "站点 76 进站 1.23 倍",
                "Station 76: 1.23 × usual",
                "warn",
                ("", ""),
                ("未下达，18:45 复核", "not issued, review 18:45"),
                ("下达任务", "Issue task"),
            ),
            line(
                "富阳区按期办结率 79.3%",
                "Fuyang on time 79.3%",
                "warn",
                ("富阳区", "Fuyang"),
                ("已反馈，待评价", "reported back, to be judged"),
                ("评价", "Judge"),
            ),
            line(
                "数据合格率 97.1%",
                "Rows accepted 97.1%",
                "warn",
                ("数据资源局", "Data Bureau"),
                ("退回 1,043 行，待修正", "1,043 rows set aside"),
                ("查看", "Open"),
            ),
        ),
    )


def advice(language: Language) -> Advice:
    """Make a decision reference."""
    return Advice(
        id="advice",
        name=both(language, "决策参考", "Advice"),
        lines=(
            AdviceLine(
                both(language, "站点 15", "Station 15"),
                both(language, "连续 4 个时段超均值 1.5 倍", "4 periods above 1.5 × mean"),
            ),
            AdviceLine(
                both(language, "可选", "Options"),
                both(language, "加开列车，站外限流，地面接驳", "Extra trains, queueing outside, buses"),
            ),
            AdviceLine(
                both(language, "依据", "Basis"),
                both(language, "轨道交通管理条例第五十四条", "Rail transit regulation, art. 54"),
                "/law",
            ),
            AdviceLine(
                both(language, "相似", "Similar"), both(language, "近 7 日无同类情形", "None in the last 7 days")
            ),
        ),
    )


def cockpit(language: Language, outline: Outline | None = None) -> Cockpit:
    """Make the whole sample cockpit."""
    b = partial(both, language)
    fields = (
        FieldCount(b("经济调节", "Economy"), 6, href="#"),
        FieldCount(b("市场监管", "Market"), 4, href="#"),
        FieldCount(b("社会管理", "Social"), 5, 3, 1, href="#"),
        FieldCount(b("公共服务", "Services"), 7, 1, 1, 1, href="#"),
        FieldCount(b("生态环境保护", "Environment"), 5, href="#"),
        FieldCount(b("政府运行", "Government"), 7, 1, href="#"),
    )
    return Cockpit(
        id="city",
        name=b("市级总舱", "City cockpit"),
        scope=b("市级 / 全市 / 值班负责人", "City / whole city / duty officer"),
        topic="cockpit-city",
        tiles=tiles(language),
        panels=(
            trend(language),
            district_map(language, outline),
            ranking(language),
            task_list(language),
            advice(language),
        ),
        fields=fields,
        published_at="18:30",
        hidden=2,
        crumbs=(Link(b("杭州市", "Hangzhou"), "#"), Link(b("西湖区", "Xihu"), "", True)),
        below=tuple(
            Link(name, "#")
            for name in (
                b("北山", "Beishan"),
                b("西溪", "Xixi"),
                b("翠苑", "Cuiyuan"),
                b("文新", "Wenxin"),
                b("全部 12", "all 12"),
            )
        ),
        owner=b("责任人 数据资源局，2027-03-31 复评", "Owner: Data Bureau, review 2027-03-31"),
        other_cockpits=(Link(b("市级总舱", "City cockpit"), "#", True), Link(b("城管舱", "Urban management"), "#")),
        issue_href="/indicator",
    )


def silent(shown: Cockpit) -> Cockpit:
    """Make the same cockpit before any data has come."""
    panels = tuple(
        replace(panel, labels=(), series=())
        if isinstance(panel, Trend)
        else replace(panel, rows=())
        if isinstance(panel, Ranking)
        else replace(panel, lines=())
        if isinstance(panel, TaskList)
        else replace(panel, areas=tuple(replace(area, value=None, level=0, state="none") for area in panel.areas))
        if isinstance(panel, DistrictMap)
        else panel
        for panel in shown.panels
    )
    none = tuple(
        replace(tile, value=None, state="none", history=(), lead="", rest="", as_of="", quality="")
        for tile in shown.tiles
    )
    return replace(shown, tiles=none, panels=panels, published_at="")
