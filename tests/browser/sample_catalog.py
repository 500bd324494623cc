"""Sample view data for the catalogue (模拟)."""

from dataclasses import replace
from functools import partial

from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.catalog_view import (
    CatalogPage,
    DemandLine,
    DutyLine,
    EntryLine,
    EntryPage,
    FieldLine,
    KeptLine,
    MountLine,
    ProhibitedLine,
    ProposalLine,
    WaiverLine,
)
from citybrain.web.parts_view import Fact, Option, Pager
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_exchange import effects_part
from tests.browser.sample_words import both

HERE = "/console/catalog"


def catalog(language: Language, frame: Frame, tab: str = "search", text: str = "") -> CatalogPage:
    """Make the catalogue, or one of its lists."""
    b = partial(both, language)
    tabs = (
        ("search", b("目录", "Catalogue")),
        ("duties", b("责任清单", "Responsibilities")),
        ("demands", b("需求清单", "Demands")),
        ("kept", b("负面清单", "Not shared")),
        ("proposals", b("字段建议", "New fields")),
        ("waivers", b("豁免", "Waivers")),
    )
    urban, metro = b("城管局", "Urban Management"), b("地铁集团", "Metro")
    page = CatalogPage(
        frame,
        rail(language, "catalog"),
        tuple(Link(name, f"{HERE}?list={key}", current=key == tab) for key, name in tabs),
        tab,
        text=text,
        kinds=(Option("", b("全部类别", "All kinds"), True), Option("contract", b("数据资源（31）", "Data (31)"))),
        owners=(Option("", b("全部单位", "All departments"), True), Option("dept:metro", f"{metro} (8)")),
        shares=(Option("", b("全部", "All"), True), Option("none", b("不予共享（1）", "not shared (1)"))),
        lines=_lines(language),
        pager=Pager(1, 3, 96, "", "#next"),
        mounted=(MountLine(metro, 2, 2, "100.0%", "#"), MountLine(urban, 3, 4, "75.0%", "#")),
        whole=MountLine("", 5, 6, "83.3%"),
    )
    if text:
        return replace(page, lines=(), pager=None, whole=None, mounted=())
    lists = {
        "duties": {
            "duties": (
                DutyLine(urban, b("王工", "Wang"), b("数据资源（4）、系统（2）", "Data (4), Systems (2)"), 6, "#"),
            )
        },
        "demands": {"demands": _demands(language), "done": b("需求已登记。", "The demand is filed.")},
        "kept": {
            "kept": (
                KeptLine(
                    b("在侦案件线索", "Open cases"),
                    "#",
                    "330100-000017",
                    b("公安局", "Police"),
                    b("杭州条例第九条", "Hangzhou art. 9"),
                    "/law",
                    b("依法不予共享", "not shared by law"),
                ),
            ),
            "prohibited": (
                ProhibitedLine(
                    "identity-to-enterprises",
                    b("身份证号、电话、银行卡号不得提供给企业", "ID numbers, phones and bank cards not to enterprises"),
                    b("身份证号、电话、银行卡号", "ID numbers, phone numbers, bank cards"),
                    b("企业", "enterprises"),
                    b("杭州条例第十六条", "Hangzhou art. 16"),
                    "/law",
                    b("企业核验身份走服务调用，只得是或否", "an enterprise verifies identity by a service"),
                ),
            ),
        },
        "proposals": {
            "proposals": (
                ProposalLine(
                    b("停车泊位实况", "Parking status"),
                    "/console/contract",
                    "ev_slots",
                    48,
                    "11-18 08:00",
                    "11-20 18:00",
                    "      - name: ev_slots\n        logicalType: string",
                    f"{HERE}/proposals",
                    "contract:urban/parking",
                ),
            )
        },
        "waivers": {
            "waivers": (
                WaiverLine(
                    "contract:metro/passengers",
                    "contract:metro/flow_15min (4/4)",
                    b("新闸机试点期间并行", "pilot of new gates"),
                    "11-19 17:40",
                    b("林运维", "Lin"),
                ),
            )
        },
    }
    return replace(page, **lists.get(tab, {}))  # type: ignore[arg-type]


def _lines(language: Language) -> tuple[EntryLine, ...]:
    b = partial(both, language)
    return (
        EntryLine(
            b("地铁 15 分钟客流", "Metro flow, 15 min"),
            "/console/entry",
            "contract:metro/flow_15min",
            "330100-000003",
            b("数据资源", "Data resource"),
            b("地铁集团　周工", "Metro, Zhou"),
            b("有条件共享", "conditional"),
            False,
            b("每 15 分钟", "every 15 min"),
            "L2",
            "A",
            "ok",
            "ok",
            b("已挂接", "mounted"),
            3,
        ),
        EntryLine(
            b("在侦案件线索", "Open cases"),
            "/console/entry",
            "contract:police/leads",
            "330100-000017",
            b("数据资源", "Data resource"),
            b("公安局　陈工", "Police, Chen"),
            b("不予共享", "not shared"),
            True,
            "",
            "L4",
            "",
            "none",
            "none",
            b("未挂接", "not mounted"),
            0,
        ),
        EntryLine(
            b("今日进站客流", "Entries today"),
            "/console/entry",
            "indicator:metro.entries",
            "330100-000044",
            b("指标", "Indicator"),
            b("地铁集团　周工", "Metro, Zhou"),
            b("无条件共享", "unconditional"),
            False,
            b("每天", "every day"),
            "L1",
            "",
            "none",
            None,
            "",
            0,
        ),
    )


def _demands(language: Language) -> tuple[DemandLine, ...]:
    b = partial(both, language)
    health = b("卫健委", "Health")
    return (
        DemandLine(
            b("各院区候诊人数，用于分流", "people waiting in each hospital"),
            health,
            "11-20 09:12",
            "warn",
            b("待对接", "open"),
            None,
            f"{HERE}/demands/1/close",
        ),
        DemandLine(
            b("地铁客流", "metro flow"),
            health,
            "11-18 10:00",
            "ok",
            b("已办结", "closed"),
            Link(b("地铁 15 分钟客流", "Metro flow"), "/console/entry"),
        ),
    )


def entry(language: Language, frame: Frame) -> EntryPage:
    """Make one entry."""
    b = partial(both, language)
    name = b("地铁 15 分钟客流", "Metro flow, 15 min")
    return EntryPage(
        frame=frame,
        rail=rail(language, "catalog"),
        name=name,
        ref="contract:metro/flow_15min",
        kind=b("数据资源", "Data resource"),
        crumbs=(Link(b("目录", "Catalogue"), HERE), Link(b("地铁集团", "Metro"), HERE), Link(name, "", current=True)),
        summary=b("各站每 15 分钟进出闸机人次", "people through the gates of each station"),
        state="ok",
        word=b("已挂接", "mounted"),
        facts=(
            Fact(b("资源提供方", "Provider"), b("地铁集团", "Metro")),
            Fact(b("提供方代码", "Provider code"), "metro", code=True),
            Fact(b("资源代码", "Resource code"), "contract:metro/flow_15min", code=True),
            Fact(b("共享类型", "Share type"), b("有条件共享", "conditional")),
            Fact(b("更新周期", "Cycle"), b("每 15 分钟", "every 15 min")),
            Fact(b("质量等级", "Quality"), b("A 级，99.8 分", "A, 99.8")),
        ),
        fields=(
            FieldLine("slot_start", b("时段开始", "slot start"), b("日期时间", "instant"), "L1"),
            FieldLine("entries", b("进站", "entries"), b("整数", "integer"), "L2"),
        ),
        withheld=False,
        up=(Link(b("系统　自动售检票", "System, gates"), "#"),),
        down=(Link(b("指标　今日进站客流", "Indicator, entries today"), "#"),),
        consumers=(b("市政府", "City Government"),),
        proof=(
            Fact(b("登记编号", "Number"), "330100-000003", code=True),
            Fact(b("内容摘要", "Digest"), "sha256:" + "4f1c9a0be1" * 6, code=True),
            Fact(b("链中位置", "Place"), "204,118"),
        ),
        proven="ok",
        proven_word=b("内容与存证一致", "content equals evidence"),
        data_href="/console/contract",
        forms=(Link("JSON", "#"), Link("DCAT Turtle", "#")),
        effects=effects_part(language),
    )
