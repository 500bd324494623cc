"""Sample view data for scenarios, the door and the error page (模拟)."""

from functools import partial

from citybrain.cockpits.view import Link
from citybrain.kernel.messages import Language
from citybrain.web.parts_view import Change, Fact, Step
from citybrain.web.scenario_view import OfflineChannel, ProcessStep, Run, ScenarioLine, ScenarioPage, ScenariosPage
from citybrain.web.views import Frame, LoginPage, Persona, ProblemPage
from tests.browser.sample_words import both


def scenarios(language: Language, frame: Frame) -> ScenariosPage:
    """Make the list of scenarios."""
    b = partial(both, language)
    return ScenariosPage(
        frame,
        (
            ScenarioLine(
                b("地铁大客流联动", "Metro crowds"),
                "/scenario",
                b("告警后 15 分钟内多部门到位", "departments on site within 15 min"),
                b("地铁集团", "Metro"),
                1,
                12,
                "warn",
                ("simulated",),
            ),
        ),
    )


def scenario(language: Language, frame: Frame) -> ScenarioPage:
    """Make one scenario with a run."""
    b = partial(both, language)
    return ScenarioPage(
        frame=frame,
        ref="scenario:metro-crowd",
        name=b("地铁大客流联动", "Metro crowds"),
        purpose=b(
            "告警后 15 分钟内，地铁、公交、交警、街道同时到位。",
            "Within 15 minutes of an alarm four departments act together.",
        ),
        crumbs=(
            Link(b("场景", "Scenarios"), "/scenarios"),
            Link(b("地铁大客流联动", "Metro crowds"), "", current=True),
        ),
        provenance=("simulated",),
        open=1,
        closed=12,
        facts=(
            Fact(b("牵头单位", "Lead"), b("地铁集团", "Metro")),
            Fact(b("参加单位", "With"), b("交警支队，公交集团", "Traffic police, buses")),
            Fact(b("依据", "Basis"), b("条例第十一条", "art. 11"), "/law"),
        ),
        steps=(
            ProcessStep(b("发现", "Find"), b("中枢", "Hub"), "done", "18:31"),
            ProcessStep(b("派单", "Dispatch"), b("值班负责人", "Duty officer"), "done", "18:32"),
            ProcessStep(b("处置", "Act"), b("地铁集团", "Metro"), "now", b("剩 13 分钟", "13 min left")),
            ProcessStep(b("反馈", "Report"), b("地铁集团", "Metro")),
            ProcessStep(b("评价", "Judge"), b("数据资源局", "Data Bureau")),
        ),
        run_title=b("站点 15 大客流，11-20 18:31", "Station 15, 11-20 18:31"),
        indicator=b("同刻倍数", "× usual"),
        decimals=2,
        changes=(
            Change(
                b("站点 15 进站", "Station 15 entries"), b("人次", "entries"), 2743, 2106, "18:15", "19:00", better=True
            ),
        ),
        runs=(
            Run(
                "2026-031",
                b("站点 15 大客流", "Crowd at station 15"),
                "/scenario",
                "11-20 18:31",
                "",
                "alarm",
                b("处置中", "in hand"),
                b("处置", "Act"),
                1.63,
                None,
                shown=True,
            ),
            Run(
                "2026-030",
                b("站点 9 大客流", "Crowd at station 9"),
                "/scenario",
                "11-18 08:10",
                "11-18 08:52",
                "ok",
                b("已办结", "closed"),
                b("评价", "Judge"),
                1.55,
                1.08,
            ),
        ),
        history=(
            Step("18:31", b("告警触发", "started by an alarm")),
            Step("18:32", b("下达地铁集团", "issued to Metro"), b("陈值班", "Chen")),
        ),
        tasks=(Link(b("站点 15 大客流疏导", "Crowd at station 15"), "/task"),),
        offline=(
            OfflineChannel(
                b("车站服务台", "Station desk"),
                b("各站站厅层", "concourse of each station"),
                b("首班至末班", "first to last train"),
                "0571-0000 0000",
            ),
            OfflineChannel("12345"),
        ),
    )


def login(language: Language, frame: Frame) -> LoginPage:
    """Make the door."""
    b = partial(both, language)
    return LoginPage(
        frame,
        (
            Persona(
                "chen",
                b("陈值班", "Chen"),
                b("值班负责人", "Duty officer"),
                b("数据资源局", "Data Bureau"),
                b("看全市，下达任务", "sees the city, issues tasks"),
            ),
            Persona(
                "wang",
                b("王工", "Wang"),
                b("数据岗", "Data engineer"),
                b("城管局", "Urban Management"),
                b("看契约，更正退回行", "corrects rows set aside"),
            ),
            Persona(
                "zhou",
                b("周调度", "Zhou"),
                b("调度岗", "Dispatcher"),
                b("地铁集团", "Metro"),
                b("签收并反馈任务", "signs for tasks"),
            ),
        ),
        message=b("登录已过期，请重新选择身份。", "Your session has ended. Choose again."),
    )


def problem(language: Language, frame: Frame) -> ProblemPage:
    """Make an error."""
    b = partial(both, language)
    return ProblemPage(
        frame,
        403,
        "hub.no_grant",
        b("没有授权，不能取数", "No grant, no data"),
        b("卫健委没有取用停车泊位实况的有效授权。", "The health commission holds no open grant on parking."),
        ("contract:urban/parking_status",),
        b("杭州条例第十三条", "Hangzhou art. 13"),
        "/law",
        (
            b("写明目的，向城管局申请授权。", "Ask Urban Management for a grant and name the purpose."),
            b("已有授权的，核对有效期。", "If you hold one, check its dates."),
        ),
        b("数据资源局服务窗口，电话 0571-0000 0000", "Data Bureau counter, 0571-0000 0000"),
        "0193a7c216f17c2e9b1fe41f0193a7c2",
        Link(b("返回契约", "Back to the contract"), "/console/contract"),
    )
