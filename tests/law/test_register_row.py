"""The duty to register is broken also by what its named sabotage does not touch."""

from citybrain.governance.compliance import check_duty
from citybrain.governance.packs import read_packs
from tests.law.conftest import Scene

REGISTER = next(duty for pack in read_packs() for _, duty in pack.duties() if duty.id == "NJ-7.2b")


def test_a_rewritten_revision_breaks_the_duty_to_register(scene: Scene) -> None:
    status, words, _ = check_duty(scene.bench, REGISTER, {})
    assert status == "holds", words
    scene.connection.execute("UPDATE city_revision SET contents = jsonb_set(contents, '{dept:metro,phone}', '\"110\"')")
    status, words, _ = check_duty(scene.looking_again(), REGISTER, {})
    assert status == "broken", words


def test_an_entry_whose_evidence_is_gone_breaks_it_and_names_who_answers(scene: Scene) -> None:
    scene.connection.execute(
        "UPDATE hub_catalog_entry SET evidence = (SELECT evidence FROM hub_catalog_entry WHERE number = 1)"
    )
    status, words, answers = check_duty(scene.bench, REGISTER, {})
    assert (status, answers is not None) == ("broken", True), words
