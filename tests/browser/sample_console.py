"""Sample view data for the console (模拟)."""

from functools import partial
from typing import Any

from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.classification_view import ClassificationPage, ProposalLine
from citybrain.web.console_view import (
    BatchLine,
    ContractField,
    ContractLine,
    ContractPage,
    ContractsPage,
    GrantLine,
    LineageNode,
    RailGroup,
    RailLink,
    RowField,
    SetAsideRow,
)
from citybrain.web.exchange_view import (
    BatchesPage,
    BatchPage,
    ContractSum,
    PlanPage,
    QuarantinePage,
    ReasonCount,
    Revision,
    RevisionChange,
)
from citybrain.web.parts_view import Fact, FieldError, Pager, Reconciliation
from citybrain.web.views import Frame
from tests.browser.sample_words import both
from tests.browser.sample_work import quality

SUM = Reconciliation(35_717, 35_116, 601)


def rail(language: Language, here: str) -> tuple[RailGroup, ...]:
    """Make the console's rail."""
    b = partial(both, language)

    def link(text: str, page: str, count: int | None = None, *, warn: bool = False) -> RailLink:
        return RailLink(text, f"/console/{page}", count, page == here, "warn" if warn else None)

    return (
        RailGroup(
            b("数据", "Data"),
            (
                link(b("契约", "Contracts"), "contracts", 31),
                link(b("退回", "Set aside"), "quarantine", 1_043, warn=True),
                link(b("识别", "Kinds of fields"), "classification", 2, warn=True),
            ),
        ),
        RailGroup(b("流转", "Flow"), (link(b("交换", "Exchange"), "batches"),)),
        RailGroup(b("监管", "Control"), (link(b("变更计划", "Changes"), "plan"),)),
    )


def batch_lines(language: Language) -> tuple[BatchLine, ...]:
    """Make some batches."""
    b = partial(both, language)
    reason = b("已占大于总泊位（396 / 387）", "occupied above capacity (396 of 387)")
    name = b("停车泊位实况", "Parking status")
    sums = (Reconciliation(28, 28, 0), Reconciliation(28, 28, 0), Reconciliation(28, 27, 1))
    return tuple(
        BatchLine(
            f"0193a7c2-16f{number}",
            "/console/batch",
            f"11-20 16:{32 - number * 10}",
            rows,
            name,
            "/console/contract",
            reason if rows.set_aside else "",
            number > 0,
        )
        for number, rows in enumerate(sums)
    )


def set_aside(language: Language, *, wrong: bool = False) -> tuple[SetAsideRow, ...]:
    """Make some rows set aside."""
    b = partial(both, language)
    fields = (
        RowField("park_code", "BHMBCCMKT01", b("停车场编号", "car park")),
        RowField(
            "occupied",
            "396",
            b("已占泊位", "occupied"),
            bad=True,
            message=b("不能大于总泊位 387", "not above capacity 387"),
        ),
        RowField("capacity", "387", b("总泊位", "capacity")),
    )
    errors = (FieldError("occupied", b("仍大于总泊位", "still above capacity")),) if wrong else ()
    return (
        SetAsideRow(
            "0193a1",
            b("11-20 13:34 批", "batch 11-20 13:34"),
            "/console/batch",
            4_669,
            "occupied",
            "396 / 387",
            b("已占大于总泊位，请核对", "occupied above capacity: check"),
            b("准确性", "accurate"),
            "warn",
            b("待修正，剩 2 日", "to correct, 2 days left"),
            fields,
            "/console/quarantine",
            errors,
        ),
        SetAsideRow(
            "0193a2",
            b("10-18 15:57 批", "batch 10-18 15:57"),
            "/console/batch",
            23_891,
            "occupied",
            "−3",
            b("已占为负", "occupied below zero"),
            b("准确性", "accurate"),
            "ok",
            b("已更正，新版 2", "corrected, version 2"),
            fields,
        ),
        SetAsideRow(
            "0193a3",
            b("10-30 08:16 批", "batch 10-30 08:16"),
            "/console/batch",
            399,
            b("整行", "whole row"),
            "—",
            b("与前行完全相同", "the same as the row before"),
            b("有效性", "valid"),
            "ok",
            b("已确认", "confirmed"),
        ),
    )


def contracts(language: Language, frame: Frame) -> ContractsPage:
    """Make the list of contracts."""
    b = partial(both, language)
    return ContractsPage(
        frame,
        rail(language, "contracts"),
        (
            ContractLine(
                b("地铁 15 分钟客流", "Metro flow, 15 min"),
                "contract:metro/flow_15min",
                "/console/contract",
                b("地铁集团", "Metro"),
                "L2",
                "ok",
                Reconciliation(5_840, 5_840, 0),
                "",
                "11-20 18:30",
                b("每 15 分钟，20 分钟内", "every 15 min, within 20"),
                ("replay",),
            ),
            ContractLine(
                b("停车泊位实况", "Parking status"),
                "contract:urban/parking_status",
                "/console/contract",
                b("城管局", "Urban Management"),
                "L3",
                "stale",
                SUM,
                b("延迟 122 分钟", "122 min late"),
                "11-20 16:32",
                b("每 30 分钟，30 分钟内", "every 30 min, within 30"),
                ("borrowed",),
            ),
        ),
        (Link(b("全部 31", "All 31"), "#", current=True), Link(b("城管局 4", "Urban Management 4"), "#")),
        b("今日", "today"),
    )


def contract(language: Language, frame: Frame) -> ContractPage:
    """Make one contract."""
    b = partial(both, language)
    name = b("停车泊位实况", "Parking status")
    return ContractPage(
        frame=frame,
        rail=rail(language, "contracts"),
        name=name,
        ref="contract:urban/parking_status",
        state="stale",
        word=b("数据延迟 122 分钟", "122 min late"),
        sum=SUM,
        stand=b("第 1.3 版，生效 2026-09-01，追加写入", "version 1.3, in force 2026-09-01, append"),
        crumbs=(
            Link(b("契约", "Contracts"), "/console/contracts"),
            Link(b("城管局", "Urban Management"), "/console/contracts"),
            Link(name, "", current=True),
        ),
        provenance=("borrowed",),
        facts=(
            Fact(b("提供单位与责任人", "Provider, person"), b("城管局　王工", "Urban Management, Wang")),
            Fact(b("依据", "Basis"), b("条例第九条，城管局职责清单", "art. 9, duty list"), "/law"),
            Fact(b("目的", "Purpose"), b("停车诱导，先离场后付费", "parking guidance")),
            Fact(b("分级", "Grade"), b("L2 一般，其中 1 个字段 L3 敏感", "L2 general, one field L3")),
            Fact(b("时效约定", "Promise"), b("每 30 分钟，30 分钟内到达", "every 30 min, within 30")),
            Fact(b("共享与开放", "Sharing"), b("有条件共享", "conditional")),
            Fact(b("保存", "Kept"), b("在线 2 年，期满销毁并留证", "2 years, then destroyed with proof")),
            Fact(
                b("时区、坐标系、缺失值", "Zone, CRS, missing"),
                b("东八区　CGCS2000　空，-，NA", "UTC+8, CGCS2000, blank, -, NA"),
            ),
        ),
        period=b("本期 73 天，按条例第十五条", "73 days, art. 15"),
        quality=quality(language),
        fields=(
            ContractField(
                "park_code",
                b("停车场编号", "car park"),
                b("文本　主键", "text, key"),
                "L1",
                b("不脱敏", "none"),
                b("在停车场名录内", "in the register"),
            ),
            ContractField(
                "occupied",
                b("已占泊位", "occupied"),
                b("整数　个", "integer, spaces"),
                "L2",
                b("不脱敏", "none"),
                b("0 ≤ 已占 ≤ 总泊位", "0 ≤ occupied ≤ capacity"),
                0,
                385,
                "/console/quarantine",
            ),
            ContractField(
                "contact_phone",
                b("值守电话", "phone"),
                b("文本", "text"),
                "L3",
                "138****6021",
                b("仅城管局可见原值", "provider only"),
            ),
        ),
        rows=set_aside(language),
        rows_href="/console/quarantine",
        grants=(
            GrantLine(b("交警支队", "Traffic police"), b("停车诱导", "guidance"), 5, "2027-06-30", 1_008),
            GrantLine(
                b("卫健委", "Health"),
                b("未说明", "not said"),
                6,
                "",
                0,
                "lock",
                b("已拒绝：目的不明", "refused: no purpose"),
            ),
        ),
        upstream=(LineageNode(b("系统", "System"), b("停车管理系统", "Parking system")),),
        downstream=(
            LineageNode(b("指标", "Indicator"), b("停车空余泊位", "Free spaces"), "/indicator"),
            LineageNode(b("场景", "Scenario"), b("先离场后付费", "Leave, pay later"), "/scenario"),
            LineageNode(b("开放", "Open data"), b("停车泊位数据集", "Parking data set")),
        ),
        batches=batch_lines(language),
        batches_href="/console/batches",
        declaration_href="#",
    )


def batches(language: Language, frame: Frame) -> BatchesPage:
    """Make the exchange monitor."""
    b = partial(both, language)
    return BatchesPage(
        frame,
        rail(language, "batches"),
        b("今日，11 月 20 日", "Today, 20 Nov"),
        Reconciliation(41_557, 40_956, 601),
        (
            ContractSum(
                b("地铁 15 分钟客流", "Metro flow"),
                "/console/contract",
                73,
                Reconciliation(5_840, 5_840, 0),
                "18:30",
                provenance=("replay",),
            ),
            ContractSum(
                b("停车泊位实况", "Parking status"),
                "/console/contract",
                1_312,
                SUM,
                "16:32",
                "stale",
                b("延迟 122 分钟", "122 min late"),
                ("borrowed",),
            ),
        ),
        batch_lines(language),
        Pager(1, 3, 1_385, "", "#next"),
        (Link(b("全部", "All"), "#", current=True), Link(b("有退回", "With rows set aside"), "#")),
    )


def batch(language: Language, frame: Frame) -> BatchPage:
    """Make one receipt."""
    b = partial(both, language)
    return BatchPage(
        frame=frame,
        rail=rail(language, "batches"),
        id="0193a71f-77c3-7a2e-9b1f-e41f0193a7c2",
        contract=Link(b("停车泊位实况", "Parking status"), "/console/contract"),
        sum=Reconciliation(28, 27, 1),
        crumbs=(Link(b("交换", "Exchange"), "/console/batches"), Link(b("回执", "Receipt"), "", current=True)),
        facts=(
            Fact(b("到达", "Arrived"), "2026-11-20 13:38:02"),
            Fact(b("送达系统", "Sent by"), "system:urban/parking"),
            Fact(b("格式", "Format"), "NDJSON"),
            Fact(b("内容摘要", "Digest"), "sha256:4f1c9a0be1" * 6, code=True),
        ),
        reasons=(ReasonCount(b("已占大于总泊位", "occupied above capacity"), "occupied", b("准确性", "accurate"), 1),),
        rows=set_aside(language)[:1],
        rows_href="/console/quarantine",
        evidence=(
            Fact(b("条目", "Entry"), "0193a71f-77c3", code=True),
            Fact(b("链中位置", "Place in the chain"), "204,118"),
        ),
        sealed=True,
        provenance=("borrowed",),
    )


def quarantine(language: Language, frame: Frame) -> QuarantinePage:
    """Make the rows set aside with a failed repair."""
    b = partial(both, language)
    return QuarantinePage(
        frame,
        rail(language, "quarantine"),
        set_aside(language, wrong=True),
        Pager(1, 3, 601, "", "#next"),
        (Link(b("待修正 12", "To correct 12"), "#", current=True), Link(b("全部 601", "All 601"), "#")),
        b("第 399 行已重新提交并采纳。", "Row 399 was sent again and accepted."),
    )


def plan(language: Language, frame: Frame) -> PlanPage:
    """Make the history of revisions."""
    b = partial(both, language)
    return PlanPage(
        frame,
        rail(language, "plan"),
        (
            Revision(
                2,
                "2026-11-20 09:12",
                b("林分析", "Lin"),
                "sha256:4f1c9a0be1",
                (
                    RevisionChange(
                        "added", "indicator:metro.entries", b("新指标", "new indicator"), b("驾驶舱 3 个", "3 cockpits")
                    ),
                    RevisionChange(
                        "changed",
                        "contract:urban/parking_status",
                        b("字段 occupied 改为整数", "occupied becomes an integer"),
                        b("交警支队", "Traffic police"),
                        breaking=True,
                    ),
                ),
                current=True,
            ),
            Revision(1, "2026-11-19 17:40", b("林分析", "Lin")),
        ),
        Pager(1, 2, 2),
    )


def classification(language: Language, frame: Frame) -> ClassificationPage:
    """Make proposals in each state, one refused for lack of a reason."""
    b = partial(both, language)
    lots = Link(b("停车场状态", "Car parks"), "/console/contract")

    def line(field: str, title: str, kind: tuple[str, str], share: str, **more: Any) -> ProposalLine:
        made: dict[str, Any] = {"why": b("格式相符", "form"), "word": b("待确认", "waiting"), **more}
        return ProposalLine(field, lots, field, title, kind[0], kind[1], share, 8_420, **made)

    return ClassificationPage(
        frame,
        rail(language, "classification"),
        (
            line("contact", b("联系电话", "Contact"), (b("电话号码", "phone number"), "phone"), "97%", action="#"),
            line("keeper", b("看护人", "Keeper"), (b("身份证号", "ID number"), "id_number"), "100%",
                 why=b("校验码相符", "check digit"), said=b("姓名", "person's name"), action="#",
                 error=b("请写明为何不是这类数据", "Write why it is not of this kind")),
            line("seat", b("位置", "Place"), (b("地址", "address"), "address"), "88%",
                 why=b("含地址用语", "words of an address"), state="ok", word=b("已确认", "confirmed"),
                 decided=b("11-20 10:02 由 zheng 处理；理由：—", "Decided by zheng, 11-20 10:02; reason: —"),
                 lines="- name: seat\n  customProperties:\n  - {property: kind, value: address}\n"),
        ),
        Pager(1, 3, 3),
        (Link(b("待确认 2", "Waiting 2"), "#", current=True), Link(b("已确认 1", "Confirmed 1"), "#")),
    )  # fmt: skip
