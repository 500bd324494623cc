"""Sample view data for the pages on destruction (模拟)."""

from functools import partial

from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.destructions_view import (
    CertificateLine,
    CertificatePage,
    DestructionsPage,
    HoldLine,
    ProposalLine,
    ReceiverLine,
    RequestLine,
)
from citybrain.web.parts_view import Fact, Option, Pager
from citybrain.web.portal_view import ExplainedPage, SourceLine
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_words import both

NUMBER, TOKEN = "XH-2026-00042", "9f2c51d0a77e4b13"
VISITS = ("门诊就诊记录", "outpatient visits")


def destructions(language: Language, frame: Frame) -> DestructionsPage:
    """Make the page of destruction: one request waits, one is late, one hold, two certificates."""
    b = partial(both, language)
    visits, lin = b(*VISITS), b("林主任", "Director Lin")
    delete, explain = b("删除", "delete"), b("解释", "explain")
    moved = b("已搬离本市，不再就诊", "I have left the city")
    requests = (
        RequestLine(
            "SQ-2026-00031", delete, True, visits, TOKEN, moved, "2026-10-20", "alarm",
            b("已逾期，应于 2026-11-10 答复", "overdue, was to be answered by 2026-11-10"), "", "", True,
        ),
        RequestLine(
            "SQ-2026-00035", explain, False, visits, TOKEN, b("为何需要费用？", "Why are fees needed?"), "2026-11-18",
            "todo", b("待答复，2026-12-09 到期", "to be answered by 2026-12-09"), "", "", True,
        ),
        RequestLine(
            "SQ-2026-00027", delete, True, visits, "03be77a1c2d9f640", "", "2026-10-09", "ok", b("已销毁", "destroyed"),
            b("同意", "Agreed"), NUMBER, False,
        ),
    )  # fmt: skip
    proposal = ProposalLine(
        "contract:health/visits", visits, b("1095 天", "1095 days"), "2023-11-21", "2023-11-21T12:00:00+08:00",
        128_440, 365,
    )  # fmt: skip
    holds = (
        HoldLine(
            "BQ-2026-00007", visits, b("当事人标识 ", "person ") + TOKEN, b("医疗纠纷案件取证", "proof in a suit"), lin,
            "2026-11-02", "warn", b("保全中", "holds"), "", True,
        ),
        HoldLine(
            "BQ-2026-00003", visits, b("整份数据契约", "the whole contract"), b("专项审计", "an audit"), lin,
            "2026-06-01", "none", b("已解除", "lifted"), b("2026-07-01 审计结束", "2026-07-01 audit over"), False,
        ),
    )  # fmt: skip
    lines = (
        CertificateLine(
            NUMBER, "/console/destruction", visits, b("一名当事人的数据", "data of one person"),
            b("当事人标识 ", "person ") + TOKEN, 14, b("删除 SQ-2026-00027", "delete SQ-2026-00027"), lin,
            "11-12 09:20",
        ),
        CertificateLine(
            "XH-2026-00041", "/console/destruction", visits, b("保存期满的批次", "batches beyond their retention"),
            b("2023-10-01 之前到达的批次", "batches that arrived before 2023-10-01"), 90_112,
            b("保存期满", "beyond retention"), lin, "10-08 17:45",
        ),
    )  # fmt: skip
    done = b(f"已销毁，证书 {NUMBER}。", f"Destroyed, certificate {NUMBER}.")
    return DestructionsPage(
        frame, rail(language, "destructions"), done, (proposal,), requests, holds, lines, Pager(1, 2, 2),
        (Option("contract:health/visits", visits),),
    )  # fmt: skip


def destruction(language: Language, frame: Frame) -> CertificatePage:
    """Make a certificate with two receivers, one of whom has confirmed."""
    b = partial(both, language)
    facts = (
        Fact(b("数据", "Data"), b(*VISITS)),
        Fact(b("种类", "Kind"), b("一名当事人的数据", "data of one person")),
        Fact(b("范围", "Scope"), b("当事人标识 ", "person ") + TOKEN),
        Fact(b("理由", "Reason"), b("删除 SQ-2026-00027", "delete SQ-2026-00027")),
        Fact(b("决定人", "Decided by"), b("林主任", "Director Lin")),
        Fact(b("时间", "When"), "2026-11-12 09:20:14"),
    )
    places = (
        (b("交换日志中的行", "rows in the exchange log"), 2), (b("数据湖中的行", "rows in the lake"), 12),
        (b("待修复区中的行", "rows set aside"), 1), (b("历史唯一性索引", "index of keys over history"), 14),
        (b("清出内存的批次", "batches dropped from memory"), 9), (b("异议中的原值", "values in dissents"), 1),
        (b("重新计算的指标", "indicators computed anew"), 3), (b("已删除的导出文件", "exported files removed"), 0),
    )  # fmt: skip
    receivers = (
        ReceiverLine(
            "system:civil-affairs/benefits", b("市民政局", "Civil Affairs Bureau"), "ok",
            b("已确认销毁副本", "copies destroyed, confirmed"), b("业务库副本已删除", "copies deleted"),
        ),
        ReceiverLine(
            "system:insurance/claims", b("市医保局", "Healthcare Security"), "todo",
            b("已通知，待确认", "told, not confirmed yet"), "",
        ),
    )  # fmt: skip
    digests = (
        Fact(b("销毁前摘要", "Digest before"), "9f2c51d0a77e4b13" * 4, code=True),
        Fact(b("销毁后摘要", "Digest after"), "03be77a1c2d9f640" * 4, code=True),
    )
    backups = b(
        "此前的 30 份备份的密钥均已于 2026-11-13 02:00 销毁，内容不能再读出",
        "The keys of all 30 backups made before were destroyed, the last on 2026-11-13 02:00; nothing can be read",
    )
    crumbs = (Link(b("数据销毁", "Destruction"), "/console/destructions"), Link(NUMBER, "", current=True))
    return CertificatePage(
        frame, rail(language, "destructions"), crumbs, NUMBER, facts, places, backups, "ok",
        b("密钥已销毁", "keys destroyed"), receivers, digests,
    )  # fmt: skip


def explained(language: Language, frame: Frame) -> ExplainedPage:
    """Make the explanation of one use."""
    b = partial(both, language)
    facts = (
        Fact(b("时间", "When"), "2026-11-20 17:05"),
        Fact(b("谁使用", "Who"), b("市民政局", "Civil Affairs Bureau")),
        Fact(b("用途", "Purpose"), b("公共服务", "public service")),
        Fact(b("依据", "Basis"), b("杭州条例第十三条：核验慢病门诊补助", "Hangzhou art. 13: to check aid")),
        Fact(b("授权", "Grant"), b("civil-affairs-uses-visits · 经申请、审核后授权", "civil-affairs-uses-visits")),
        Fact(b("字段", "Fields"), b("就诊时间、费用；人员编号（已脱敏）", "visited at, fee; person number (masked)")),
    )
    sources = (SourceLine(b("就诊系统", "visits desk"), 14, "2026-03-02 08:10", "2026-11-19 16:40"),)
    back = Link(b("我的数据", "My data"), "/portal/my-data")
    return ExplainedPage(
        frame, b("市民政局的一次使用", "A use by Civil Affairs Bureau"), back, facts, sources, "#", 15
    )  # fmt: skip
