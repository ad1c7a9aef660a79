"""Both case studies of the seed as whole conversations: the plan that each of them ends with."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.core.people import Language
from bot.service.planning import plan_paper
from bot.store.tables import HardDate
from tests.support import plans as plan
from tests.support.program import Program, build, client
from tests.support.staff import alert, unlock


async def said(program: Program, *answers: str) -> None:
    """Let the client answer: a label in brackets is tapped, anything else is written."""
    for answer in answers:
        if answer.startswith("["):
            await program.taps("Ana", answer.strip("[]"))
        else:
            await program.says("Ana", answer)


def paper(program: Program) -> str:
    """Return the plan as it would be printed."""
    with program.house.db.read() as s:
        ana = client(program)
        return plan_paper.as_text(s, program.house, program.clock.now(), ana, ana.language)


async def test_the_young_man_whose_friend_was_killed(program: Program) -> None:
    plan.listening(program)
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Something happened")
    await program.taps("Ben", "lost somebody")
    await program.taps("Ben", "Yesterday")
    await program.says("Ben", "/date Ana killing 2027-02-28")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Offer a plan")
    await program.taps("Ben", "lost somebody")

    await said(program, "[Yes]", "[Nobody]", "[No]")
    assert alert(program).signals == ["unsafe_shelter"]
    await said(program, "[Yes, ask]", "[Another way and time]", "go early n leave before dark")
    await said(program, "[No posts for now]", "[My sleep]", "not now, think about his moms")
    await said(program, "[Somebody older I trust]", "that i make it to 25")
    await said(program, "[I can't sleep]", "music n walkin", "at my aunts", "my big cousin")
    await said(program, "[My worker]", "[Not alone outside]", "his birthday", "[Skip]", "[Skip]")
    await said(program, "[My family]", "[Yes, a job]", "[Yes, housing]")

    assert plan.asked(program) == ""
    stands = plan.standing(program)
    assert stands["surroundings.short"] == [
        "Some nights in a hotel",
        "Another way and time",
        "go early n leave before dark",
        "No posts for now",
        "Not alone outside",
    ]
    assert stands["myself.short"][0] == "I tell my people: not now, think about his moms"
    older = "Can calm things down: Somebody older I trust"
    assert stands["people.short"] == [older, "my big cousin"]
    assert stands["professionals.long"] == ["Another job"]
    assert stands["surroundings.long"] == ["A place of my own"]
    assert plan.needs(program) == {"hotel": "asked", "job": "asked", "housing": "asked"}
    await program.says("Ben", "/today")
    listed = program.got("Ben")[-1].text
    for task in ("asks for nights in a hotel", "asks for another job or site", "asks for housing"):
        assert task in listed
    with program.house.db.read() as s:
        assert s.query(HardDate).one().kind == "killing"  # its days are to come
    printed = paper(program)
    assert "Ana" not in printed and "Some nights in a hotel: Asked" not in printed
    assert "some nights in a hotel: Asked" in printed


async def test_the_woman_whose_partner_hurt_her_and_her_child(tmp_path: Path) -> None:
    program = plan.listening(build(tmp_path, language=Language.ES))
    await program.says("Ana", "put out")  # triage of the tests: no place tonight
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Ofrecer un plan")
    await program.taps("Ben", "violencia de su pareja o ex")
    assert (
        "preguntas" in program.got("Ana")[-1].text and "pareja" not in program.got("Ana")[-1].text
    )

    await said(program, "[Sí]", "[Problemas en casa]", "[Buen momento]")
    await said(program, "[Irme por ahora]", "[Un albergue]")
    assert client(program).cover
    await said(program, "[Sí, pregunta]", "[Otra escuela]", "[Otro lugar o trabajo]")
    await said(program, "[Sí, un abogado]", "[Sí, que me ayude]", "[La voy a hacer]", "[Solo yo]")
    await said(program, "mi hermana, le mando la palabra limon")
    while plan.asked(program):
        await program.taps("Ana", "Saltar")

    stands = plan.standing(program)
    assert "Irme a un albergue" in stands["surroundings.short"]
    assert "Otra escuela" in stands["surroundings.short"]
    assert stands["professionals.short"][:2] == [
        "Un abogado para la custodia",
        "Una orden de protección",
    ]
    assert plan.needs(program) == dict.fromkeys(
        ("shelter", "fund", "school", "job", "legal", "order"), "asked"
    )
    assert alert(program).urgency == "today"
    await program.wait(timedelta(days=1))
    assert "Solo yo contesto este teléfono" in paper(program)


async def test_the_law_is_said_before_a_question_that_could_bring_up_a_hurt_child(
    program: Program,
) -> None:
    plan.listening(program)
    words = program.house.content.texts.say(
        "utter_ask_plan_partner_violence_kids", Language.EN, worker="Ben"
    )
    assert words.startswith("First the rule: if a child is being hurt, Ben has to tell")
