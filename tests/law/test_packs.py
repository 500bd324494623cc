"""The packs hold the whole of both laws: every article with its text, every row once, each in one of four states."""

import re
from datetime import date
from pathlib import Path

import pytest

from citybrain.city.law import LawPack
from citybrain.governance.compliance import STATUSES, Row
from citybrain.governance.packs import chosen, read_pack, read_packs
from citybrain.governance.probes import known_probes
from citybrain.kernel.errors import IntegrityBroken, NotKnown

PACKS = {pack.pack: pack for pack in read_packs()}
_ROWS = {"hangzhou-2021": 88, "nanjing-2025": 65, "wishes": 82}
_ARTICLES = {"hangzhou-2021": 26, "nanjing-2025": 27}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_all_235_rows_of_the_requirements_are_in_a_pack_exactly_once() -> None:
    ids = [duty.id for pack in PACKS.values() for _, duty in pack.duties()]
    assert len(ids) == len(set(ids)) == 235
    assert {name: len(pack.duties()) for name, pack in PACKS.items()} == _ROWS


@pytest.mark.parametrize("name", _ARTICLES)
def test_every_article_of_a_law_appears_in_order_with_its_text(name: str) -> None:
    pack = PACKS[name]
    assert [article.article for article in pack.articles] == [str(number) for number in range(1, _ARTICLES[name] + 1)]
    for article in pack.articles:
        assert _CHINESE.search(article.text), article.article
        assert not article.text.startswith("第")


@pytest.mark.parametrize("name", _ARTICLES)
def test_key_terms_stand_literally_in_the_article_they_are_taken_from(name: str) -> None:
    for article, duty in PACKS[name].duties():
        missing = [term for term in duty.terms if term not in article.text]
        assert not missing, (duty.id, missing)


def test_every_duty_is_said_in_both_languages_and_stands_in_one_of_four_states() -> None:
    for pack in PACKS.values():
        for article, duty in pack.duties():
            assert _CHINESE.search(duty.duty.zh), duty.id
            assert Row(pack, article, duty, None).status in STATUSES
            assert duty.expected or duty.binding != "bound"
            if duty.binding == "organisational":
                assert duty.organisational is not None
                assert _CHINESE.search(duty.organisational.zh)
                assert not _CHINESE.fullmatch(duty.organisational.en)


def test_every_probe_that_a_duty_names_exists_and_every_probe_is_named() -> None:
    named = {
        check.probe
        for pack in PACKS.values()
        for _, duty in pack.duties()
        for check in duty.checks
        if hasattr(check, "probe")
    }
    assert named == set(known_probes())


def test_a_statement_of_a_pack_only_reads() -> None:
    for pack in PACKS.values():
        for _, duty in pack.duties():
            for check in duty.checks:
                if hasattr(check, "sql"):
                    assert re.match(r"\s*(SELECT|WITH)\b", check.sql)
                    assert "AS holds" in check.sql


def test_a_law_binds_from_its_day_and_a_draft_never() -> None:
    hangzhou = PACKS["hangzhou-2021"]
    assert not hangzhou.binds_on(date(2021, 2, 28))
    assert hangzhou.binds_on(date(2021, 3, 1))
    assert PACKS["nanjing-2025"].in_force == date(2025, 5, 1)
    assert not PACKS["wishes"].binds_on(date(2026, 11, 20))


def test_wishes_are_not_shown_as_law_but_can_be_asked_for() -> None:
    packs = tuple(PACKS.values())
    assert [pack.pack for pack in chosen(packs, None)] == ["hangzhou-2021", "nanjing-2025"]
    assert [pack.pack for pack in chosen(packs, "wishes")] == ["wishes"]
    with pytest.raises(NotKnown) as refused:
        chosen(packs, "hangzhou")
    assert "hangzhou-2021" in refused.value.params["near"]


def test_a_pack_with_a_slip_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("pack: x\nname: {zh: 甲, en: A}\nsource: {zh: 乙, en: B}\n", encoding="utf-8")
    assert read_pack(tmp_path) == LawPack.model_validate(
        {"pack": "x", "name": {"zh": "甲", "en": "A"}, "source": {"zh": "乙", "en": "B"}}
    )
    slip = "article: '1'\nduties: [{id: HZ-1, dutty: {zh: 丙, en: C}}]\n"
    (tmp_path / "article-01.yaml").write_text(slip, encoding="utf-8")
    with pytest.raises(IntegrityBroken) as refused:
        read_pack(tmp_path)
    assert "dutty" in refused.value.params["problem"]


def test_checks_come_together_with_the_sabotage_that_proves_them() -> None:
    row = {"id": "HZ-1", "duty": {"zh": "丙", "en": "C"}, "checks": [{"probe": "sum_holds"}]}
    head = {"pack": "x", "name": {"zh": "甲", "en": "A"}, "source": {"zh": "乙", "en": "B"}}
    with pytest.raises(ValueError, match="sabotage"):
        LawPack.model_validate({**head, "articles": [{"article": "1", "duties": [row]}]})
    row["sabotage"] = "a_batch_claims_more_than_it_took"
    made = LawPack.model_validate({**head, "articles": [{"article": "1", "duties": [row]}]})
    assert made.duties()[0][1].binding == "bound"
