"""Sample view data for the page of a person (模拟)."""

from functools import partial

from citybrain.cockpits.figures_view import Link
from citybrain.kernel.messages import Language
from citybrain.web.parts_view import Fact, Option
from citybrain.web.portal_view import (
    Choice,
    ChoicePart,
    HoldingLine,
    MyDataPage,
    OwnDissent,
    OwnRequest,
    OwnRowsPage,
    ReceiptLine,
    UseLine,
)
from citybrain.web.views import Frame
from tests.browser.sample_words import both


def my_data(language: Language, frame: Frame) -> MyDataPage:
    """Make the page of somebody whose rows were used twice."""
    b = partial(both, language)
    body, visits = b("市民政局", "Civil Affairs Bureau"), b("门诊就诊记录", "outpatient visits")
    purpose = b("公共服务", "public service")
    basis = b("杭州条例第十三条：经本人同意，核验慢病门诊补助", "Hangzhou art. 13: with consent, to check aid")
    fields = b("就诊时间、人员编号、医院、费用", "visited at, person number, hospital, fee")
    grant, number = "civil-affairs-uses-visits", "TY20261120-0A1B2C3D4E"
    used = UseLine(
        "2026-11-20 17:05", body, purpose, basis, visits, fields, b("查询", "query"), grant, "/portal/explained"
    )
    parts = (
        ChoicePart(fields, False, "ok", b("已同意", "agreed"), number, "2026-11-19 09:12"),
        ChoicePart(b("科室", "clinic"), True, "none", b("未同意", "not agreed"), "", ""),
    )
    facts = (Fact(b("用途", "Purpose"), purpose), Fact(b("依据", "Basis"), basis))
    receipt = ReceiptLine(
        number, f"/portal/my-data/consents/{number}", f"{visits} {purpose}", body, fields, b("本人", "the person"),
        "2026-11-19 09:12", "",
    )  # fmt: skip
    held = HoldingLine(
        visits, b("市卫生健康委员会", "Health Commission"), "0000-1006", 14, basis, "", "", "1095", "#h-held"
    )
    requests = (
        OwnRequest(
            "SQ-2026-00035", b("删除", "delete"), visits, b("不再就诊", "I left the city"), "2026-11-18 10:02", "todo",
            b("待答复，2026-12-09 到期", "to be answered by 2026-12-09"), "", "", False, True,
        ),
        OwnRequest(
            "SQ-2026-00027", b("删除", "delete"), visits, "", "2026-10-09 09:00", "alarm",
            b("不予删除", "not deleted"), b("病历须保存十五年；病历管理规定第二十九条", "Kept for 15 years"), "",
            True, False,
        ),
    )  # fmt: skip
    return MyDataPage(
        frame, b("方女士", "Ms Fang"), b("童先生", "Mr Tong"), b("已记录您的同意。", "Recorded."),
        (Choice(grant, visits, body, facts, parts),), (receipt,), (used, used), 27, (held,),
        "/portal/my-data?page=2#h-uses", "", requests, (Option("contract:health/visits", visits),), 15,
    )  # fmt: skip


def my_rows(language: Language, frame: Frame) -> OwnRowsPage:
    """Make the page of somebody's rows, one of them contested."""
    b = partial(both, language)
    heads = (b("就诊编号", "visit"), b("就诊时间", "visited at"), b("医院", "hospital"), b("费用", "fee"))
    rows = tuple((f"V20261120-000{n}", "2026-11-20 09:10", b("第一医院", "First Hospital"), "9.5") for n in (1, 2))
    answered = OwnDissent(
        "26-0007", b("费用", "fee"), "19.5", "todo", b("已答复", "answered"), b("票据为 9.5 元", "The bill says 9.5"),
        "2026-12-04 18:00", True,
    )  # fmt: skip
    back = Link(b("我的数据", "My data"), "/portal/my-data")
    named = tuple(Option(row[0], row[0]) for row in rows)
    return OwnRowsPage(
        frame, b("门诊就诊记录", "outpatient visits"), "/portal/my-rows", back, b("已受理。", "Received."), heads, rows,
        named, (Option("fee", b("费用", "fee")),), (answered,),
    )  # fmt: skip
