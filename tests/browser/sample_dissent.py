"""Sample view data for dissents and quality (模拟)."""

from functools import partial

from citybrain.cockpits.figures_view import Link, State
from citybrain.kernel.messages import Language
from citybrain.web.dissent_view import (
    DissentForm,
    DissentLine,
    DissentPage,
    DissentsPage,
    Looking,
    ProviderLine,
    RaiseForm,
    Typed,
)
from citybrain.web.parts_view import Fact, Option, Pager, Step
from citybrain.web.quality_view import DayLine, QualityPage, ResourcePage, ScoreLine
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_words import both

GRADES: tuple[tuple[float | None, State, str, str], ...] = (
    (99.82, "ok", "A 优", "A excellent"), (96.4, "ok", "B 良", "B good"), (91.25, "warn", "C 中", "C fair"),
    (61.07, "alarm", "E 差", "E poor"), (None, "none", "未测", "not measured"),
)  # fmt: skip


def dissents(language: Language, frame: Frame) -> DissentsPage:
    """Make the list of dissents."""
    b = partial(both, language)
    states: tuple[tuple[State, str], ...] = (
        ("alarm", b("逾期未答复", "Answer overdue")), ("todo", b("待核查答复", "Waits for the provider")),
        ("todo", b("成立，待提出人确认", "Upheld, waits for the raiser")), ("warn", b("复核中", "In review")),
    )  # fmt: skip
    lines = tuple(
        DissentLine(
            f"26-{number:04d}", "/console/dissent", b("停车泊位实况", "Parking status"), b("已占泊位", "occupied"),
            b("城管局", "Urban Management"), state, word, f"11-0{number} 09:30", f"11-1{number} 18:00",
        )
        for number, (state, word) in enumerate(states, 1)
    )  # fmt: skip
    form = RaiseForm(
        (Option("contract:parking/lots", b("停车泊位实况", "Parking status"), chosen=True),),
        True,
        (Typed("key.lot", b("停车场", "car park")), Typed("key.observed_at", b("观测时间", "observed at"))),
        (Option("", b("整行", "Whole row")), Option("occupied", b("已占泊位", "occupied"), chosen=True)),
        (Option("console", b("本单位", "Own department")), Option("letter", b("信函", "Letter"))),
        (
            Typed("seen", b("看到的值", "Value seen"), "396", required=False),
            Typed("claimed", b("认为正确的值", "Value that is right"), required=False),
        ),
        (Typed("outsider_name", b("称呼", "Name"), required=False),),
        contract="contract:parking/lots",
    )
    return DissentsPage(
        frame,
        rail(language, "dissents"),
        lines,
        (
            Link(b("办理中", "Open"), "/console/dissents", current=True),
            Link(b("已了结", "Finished"), "/console/dissents"),
        ),
        Pager(1, 4, 4),
        (
            ProviderLine(b("城管局", "Urban Management"), 7, 2, 4, 1, 1, "6"),
            ProviderLine(b("地铁集团", "Metro"), 3, 0, 1, 2, 0, "2.5"),
        ),
        b("近一年", "Past year"),
        form,
    )  # fmt: skip


def dissent(language: Language, frame: Frame) -> DissentPage:
    """Make the page of one dissent."""
    b = partial(both, language)
    return DissentPage(
        frame,
        rail(language, "dissents"),
        "26-0002",
        b("停车泊位实况：已占泊位", "Parking status: occupied"),
        "todo",
        b("待核查答复", "Waits for the provider"),
        (Link(b("异议", "Dissents"), "/console/dissents"), Link("26-0002", current=True)),
        (
            Fact(b("提供单位", "Provider"), b("城管局", "Urban Management")),
            Fact(b("提出人", "Raised by"), b("公安局", "Police")),
            Fact(b("答复期限", "Answer due"), "12-04 18:00"),
        ),
        (
            Fact(b("主键 lot", "Key lot"), "P-1044", code=True),
            Fact(b("看到的值", "Value seen"), "396"),
            Fact(b("认为正确的值", "Value that is right"), "306"),
            Fact(b("现在的值", "Value now"), "396"),
        ),
        (
            Step("11-20 09:30", b("提出", "raised"), b("公安局 陈警官", "Police Chen")),
            Step("11-21 10:00", b("督促提供单位：请从速", "provider urged: hurry"), b("数据资源局", "Data Bureau")),
        ),
        b("现场清点 306 辆，大于总泊位的值不可能。", "306 cars were counted; more than the capacity is impossible."),
        looking=(
            Looking(b("公安局", "Police"), "grant:police-parking", "ok", b("已反馈", "done"), b("不影响", "no effect")),
            Looking(b("停车协会", "Parking"), "indicator:parking.occupied", "todo", b("待反馈", "waits")),
        ),
        forms=(
            DissentForm(
                "/console/dissent",
                b("核查答复", "Verify and answer"),
                (Option("upheld", b("成立，更正", "Uphold and correct")), Option("rejected", b("不成立", "Reject"))),
                b("成立的，从源头更正。", "What is upheld is corrected at the source."),
                (Typed("field.occupied", b("更正后的已占泊位", "Corrected occupied"), "306"),),
                b("核查情况", "What was found"),
                True,
            ),
        ),
        code="Xk3v9Qm2TzAb1LrP",
    )  # fmt: skip


def _scores(language: Language, names: tuple[tuple[str, str], ...], *, mark: bool = False) -> tuple[ScoreLine, ...]:
    b = partial(both, language)
    note = b("评分争议中 26-0009", "score in dispute 26-0009")
    return tuple(
        ScoreLine(
            b(*name), share, state, b(zh, en), 35_717 - 3_000 * place, "/console/quality_resource" if mark else "",
            b("城管局", "Urban Management") if mark else "", note if mark and place == 2 else "",
        )
        for place, (name, (share, state, zh, en)) in enumerate(zip(names, GRADES, strict=False))
    )  # fmt: skip


def quality(language: Language, frame: Frame) -> QualityPage:
    """Make the live board."""
    b = partial(both, language)
    bodies = (("地铁集团", "Metro"), ("公安局", "Police"), ("城管局", "Urban Management"), ("卫健委", "Health"))
    named = (
        ("地铁客流", "Metro flow"), ("信号灯", "Signals"), ("停车泊位实况", "Parking status"), ("床位", "Beds"),
        ("空气质量", "Air"),
    )  # fmt: skip
    return QualityPage(
        frame,
        rail(language, "quality"),
        _scores(language, bodies),
        _scores(language, named, mark=True),
        b("近 7 天，截至 11-20 18:34", "7 days, as of 11-20 18:34"),
        (Link(b("2026-11 报告", "Report 2026-11"), "/console/quality"),),
    )


def quality_resource(language: Language, frame: Frame) -> ResourcePage:
    """Make the page of one resource."""
    b = partial(both, language)
    aspects = (("合法性", "Legality"), ("有效性", "Validity"), ("准确性", "Accuracy"), ("时效性", "Timeliness"))
    names = (
        ("规范性", "Conformity"), ("完整性", "Completeness"), ("准确性", "Accuracy"), ("时效性", "Timeliness"),
        ("覆盖度", "Coverage"),
    )  # fmt: skip
    total = _scores(language, (("总分", "Total"),))[0]
    return ResourcePage(
        frame,
        rail(language, "quality"),
        b("停车泊位实况", "Parking status"),
        (Link(b("质量", "Quality"), "/console/quality"), Link(b("停车泊位实况", "Parking status"), current=True)),
        total,
        _scores(language, aspects),
        _scores(language, names),
        tuple(
            DayLine(f"11-{20 - place}", share, state, b(zh, en), 1 + place % 2, "dissent 26-0009" if place % 2 else "")
            for place, (share, state, zh, en) in enumerate(GRADES)
        ),
        "/console/quality_resource",
        (Link("26-0009", "/console/quality_resource"),),
    )
