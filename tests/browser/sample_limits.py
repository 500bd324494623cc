"""Sample data for pages of limited use: bulk reads, the standards library, forms with limits."""

from functools import partial

from citybrain.cockpits.figures_view import Link
from citybrain.kernel.messages import Language
from citybrain.web.bulk_view import BulkLine, BulkPage
from citybrain.web.parts_view import Fact, FieldError, Option, Step
from citybrain.web.sharing_view import (
    ApplyPage,
    FieldChoice,
    GivenLine,
    GrantLine,
    GrantPage,
    GrantsPage,
    LimitBox,
    RequestForm,
    RequestPage,
)
from citybrain.web.standards_view import BodyLine, DifferenceLine, ElementLine, StandardPart, StandardsPage
from citybrain.web.views import Frame
from tests.browser.sample_console import rail
from tests.browser.sample_words import both

_ID = "0199e9a0-0000-7000-8000-00000000000{}"


def bulk_reads(language: Language, frame: Frame) -> BulkPage:
    """Make the page of bulk reads: one to look into with what is wrong, one found lawful, one confirmed."""
    b = partial(both, language)
    visits, health = b("就诊登记", "Visits"), b("市卫生健康委", "Health")
    grant = Link("civil-affairs-uses-visits", "#")
    when = ("11-20 18:31", "11-18 09:12", "11-03 22:40")
    lines = (
        BulkLine(
            _ID.format(1), grant, visits, b("市民政局", "Civil Affairs"),
            b("一小时 1,204,300 行，界限 1,000,000", "1,204,300 rows in an hour, bound 1,000,000"), when[0], "alarm",
            b("待核查", "to be looked into"), "", "#",
        ),
        BulkLine(
            _ID.format(2), Link("s26-00017", "#"), visits, health,
            b("当天 12,008 人，界限 10,000", "12,008 persons in the day, bound 10,000"), when[1], "ok",
            b("误报", "false alarm"),
            b("吴专员，11-18 10:02：季度对账，事先报备", "Wu, 11-18 10:02: quarterly reconciliation, announced"), "",
        ),
        BulkLine(
            _ID.format(3), grant, visits, b("市民政局", "Civil Affairs"),
            b("当天 84,000 行，平常的界限 10,000", "84,000 rows in the day, usual bound 10,000"), when[2], "warn",
            b("属实", "confirmed"),
            b("林运维，11-04 09:00：脚本重复取数，已停", "Lin, 11-04 09:00: a script asked twice, stopped"), "",
        ),
    )  # fmt: skip
    bounds = b(
        "界限：每份授权一小时 1,000,000 行、一天 5,000,000 行、一天 10,000 人，或平常一天的 10 倍。",
        "Bounds for each grant: 1,000,000 rows an hour, 5,000,000 rows a day, 10,000 persons a day, or 10 times usual.",
    )
    errors = (FieldError(f"reason-{_ID.format(1)}", b("请写理由", "Give a reason")),)
    return BulkPage(frame, rail(language, "bulk-reads"), bounds, lines, errors)


def standards(language: Language, frame: Frame) -> StandardsPage:
    """Make the page of the standards library."""
    b = partial(both, language)
    environment, metro = b("市生态环境局", "Environment"), b("市地铁集团", "Metro")
    bodies = (
        BodyLine(environment, "10", "7", "70.0%", "warn", b("有不符合", "some differ")),
        BodyLine(metro, "2", "2", "100.0%", "ok", b("全部符合", "all conform")),
    )
    differences = (
        DifferenceLine(
            b("空气质量日值", "Air, daily"), "#", "co", environment,
            b("HJ 633：一氧化碳浓度", "HJ 633: concentration of carbon monoxide"), "unit: 毫克/立方米",
        ),
    )  # fmt: skip
    pattern = "^[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$"
    parts = (
        StandardPart(
            "standard:gb-11643", "GB 11643", b("公民身份号码", "citizen identification number"), "1999", "lock",
            b("强制", "binding"),
            (
                ElementLine(
                    "gb-11643/id_number", b("公民身份号码", "citizen identification number"),
                    b("号码的结构", "structure of the number"),
                    b(f"文本；形如 {pattern}；不低于 3 级", f"text; form {pattern}; grade 3 or above"), "0",
                ),
            ),
        ),
        StandardPart(
            "standard:hj-633", "HJ 633", b("环境空气质量指数（AQI）技术规定", "ambient air quality index"), "2012",
            "none", b("推荐", "recommended"),
            (
                ElementLine(
                    "hj-633/co", b("一氧化碳浓度", "concentration of carbon monoxide"), b("表 1", "table 1"),
                    b("数；单位 毫克/立方米", "number; unit mg/m³"), "3",
                ),
            ),
        ),
    )  # fmt: skip
    return StandardsPage(frame, rail(language, "standards"), bodies, differences, parts)


def _fields(language: Language) -> tuple[FieldChoice, ...]:
    b = partial(both, language)
    plain, masked = b("原值", "as it is"), b("部分遮盖", "partly covered")
    return (
        FieldChoice("vehicle", b("车辆编号", "vehicle"), b("2 级 一般", "Grade 2"), plain, chosen=True),
        FieldChoice(
            "may_pay_later", b("可先离场后付费", "may pay later"), b("1 级 公开", "Grade 1"), plain, chosen=True
        ),
        FieldChoice("plate", b("车牌", "plate"), b("3 级 敏感", "Grade 3"), masked, chosen=False),
    )


def _boxes(language: Language, uses: str, day: str, each: str) -> tuple[LimitBox, ...]:
    b = partial(both, language)
    return (
        LimitBox("uses", b("总次数", "uses in all"), uses),
        LimitBox("rows_per_day", b("每天行数", "rows a day"), day),
        LimitBox("rows_per_use", b("每次行数", "rows a use"), each),
    )


def apply(language: Language, frame: Frame) -> ApplyPage:
    """Make the form that applies, of an enterprise whose purpose takes data abroad."""
    b = partial(both, language)
    contract = b("先离场后付费名单", "Pay-later list")
    return ApplyPage(
        frame, rail(language, "requests"),
        (Link(b("数据申请", "Requests"), "#"), Link(b("申请使用数据", "Apply"), "")),
        (Option("contract:urban-management/pay_later", contract, chosen=True),),
        "contract:urban-management/pay_later", b("市城市管理局", "Urban Management"), _fields(language),
        (Option("public_service", b("公共服务", "public service"), chosen=True),),
        (Option("hangzhou-2021/8", b("杭州条例第八条", "Hangzhou art. 8"), chosen=True),),
        (Option("", b("不属于某个场景", "no scenario"), chosen=True),), "", "", "", "2027-11-21",
        _boxes(language, "", "2000", "1"), "", outbound=True, needs_limits=True,
    )  # fmt: skip


def request(language: Language, frame: Frame) -> RequestPage:
    """Make a request that waits for the provider, with limits to be set."""
    b = partial(both, language)
    facts = (
        Fact(b("申请单位", "Applicant"), b("某停车公司", "A car-park operator")),
        Fact(b("总次数", "uses in all"), "50,000"),
        Fact(b("每次行数", "rows a use"), "1"),
        Fact(b("评估记录", "assessment record"), "杭数出境评〔2026〕7号"),
    )
    answer = RequestForm(
        "#", b("答复申请", "Answer"), b("说明", "Words"),
        (Option("grant", b("授权", "Grant")), Option("refuse", b("不予提供", "Refuse"))),
        b("可以少给字段、缩短期限。", "Fewer fields or a shorter term are possible."), _fields(language), "2027-06-30",
        _boxes(language, "50000", "", "1"),
    )  # fmt: skip
    return RequestPage(
        frame, rail(language, "requests"), (Link(b("数据申请", "Requests"), "#"), Link("S26-00031", "")), "S26-00031",
        b("先离场后付费名单", "Pay-later list"), "todo", b("待提供单位答复", "waits for the provider"), facts,
        b("出口道闸判断车辆能否先离场", "let a gate decide whether a car may leave first"), (), (answer,),
        (Step("11-20 09:00", b("提出申请", "applied"), b("陈经理", "Chen")),),
    )  # fmt: skip


def grants(language: Language, frame: Frame) -> GrantsPage:
    """Make the list of grants: one that is used, one that is not, one that was closed."""
    b = partial(both, language)
    operator, civil = b("某停车公司", "A car-park operator"), b("市民政局", "Civil Affairs")
    lines = (
        GrantLine(
            "s26-00031", "/console/grant", b("先离场后付费名单", "Pay-later list"), operator,
            b("公共服务", "public service"), "2027-06-30", "ok", b("有效", "open"),
            b("41,208 次，41,208 行，最近 11-20 18:33", "41,208 times, 41,208 rows, last 11-20 18:33"),
        ),
        GrantLine(
            "civil-affairs-uses-visits", "/console/grant", b("就诊登记", "Visits"), civil,
            b("行政管理", "administration"), "2027-11-20", "ok", b("有效", "open"), b("没有使用", "not used"),
        ),
        GrantLine(
            "flood-2026-civil-affairs-parking", "/console/grant", b("停车泊位实况", "Parking status"), civil,
            b("应急处置", "emergency"), "2026-08-02", "none", b("已终止", "closed"), b("没有使用", "not used"),
        ),
    )  # fmt: skip
    filters = (
        Link(b("本单位使用的", "Used by us"), "/console/grants", current=True),
        Link(b("本单位提供的", "Provided by us"), "/console/grants?role=provider"),
    )
    return GrantsPage(frame, rail(language, "grants"), filters, lines, b("近 60 天", "last 60 days"))


def grant(language: Language, frame: Frame) -> GrantPage:
    """Make a limited grant with its use."""
    b = partial(both, language)
    facts = (
        Fact(b("申请单位", "Applicant"), b("某停车公司", "A car-park operator")),
        Fact(b("期限", "Term"), b("2026-07-01 至 2027-06-30", "2026-07-01 to 2027-06-30")),
        Fact(b("总次数", "uses in all"), b("50,000，已用 41,208", "41,208 of 50,000 used")),
        Fact(b("每天行数", "rows a day"), b("2,000，已用 312", "312 of 2,000 used")),
        Fact(b("每次行数", "rows a use"), "1"),
    )
    given = GivenLine("11-20 18:33", "system:parking-operator/gates", b("查询", "query"), "may_pay_later", 1, 58)
    return GrantPage(
        frame, rail(language, "grants"), (Link(b("授权", "Grants"), "#"), Link("s26-00031", "")), "s26-00031",
        b("先离场后付费名单", "Pay-later list"), "ok", b("有效", "open"), facts, _fields(language)[:2], (given,), (),
        b("近 60 天", "last 60 days"), may_close=True, may_narrow=True,
    )  # fmt: skip
