"""A plan is made in the client's words; interrupted, it goes on and asks nothing twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.danger import Signal, Urgency, Verdict
from bot.core.flows import Flow
from bot.core.messages import Kind
from bot.core.people import Language, Situation
from bot.service import runs
from bot.service.planning import situations
from bot.store.tables import Answer, Client, FlowRun
from tests.support import plans as plan
from tests.support.plain_engine import PlainEngine
from tests.support.program import Program, build, client, room

FLOW = room().flow("plan_lost_someone")
TOLD = "utter_ask_plan_lost_someone_tell_group"
LATER_ONES = ("warn", "code_word", "order")  # of the plan for who was threatened, asked by no other


def walk(flow: Flow) -> list[str]:
    """Return the questions on the longest way, in their order."""
    return [step.id for step in flow.steps if step.collect]


async def answer(program: Program, step: str, flow: str = "plan_lost_someone") -> None:
    """Answer the question that stands, so that no question is passed over."""
    found = room().flow(flow).step(step)
    way = {"bed": "not_safe", "route": "cannot"}.get(step, found.choices[0].value)
    choice = found.choice(way)
    assert choice is not None
    await program.taps("Ana", choice.label[Language.EN])


async def until(program: Program, step: str) -> list[str]:
    """Make the plan up to a question; return what was asked."""
    plan.listening(program)
    plan.begin(program, Situation.LOST_SOMEONE)
    await program.settle()
    asked = []
    while (now := plan.asked(program)) != f"plan_lost_someone.{step}":
        asked.append(now)
        await answer(program, now.partition(".")[2])
    return asked


async def through(program: Program, between: Callable[[str, str], Awaitable[None]]) -> None:
    """Make the whole plan, doing something at every question; nothing is lost, nothing is asked
    twice, and the question that stood comes again."""
    plan.listening(program)
    plan.begin(program, Situation.LOST_SOMEONE)
    await program.settle()
    asked: list[str] = []
    while now := plan.asked(program):
        had = plan.standing(program)
        flow, _, step = now.partition(".")
        await between(flow, step)
        assert plan.standing(program) == had and plan.asked(program) == now
        await answer(program, step, flow)
        assert now not in asked
        asked.append(now)
    assert asked == [
        *(f"plan_lost_someone.{step}" for step in walk(FLOW)),
        *(f"plan_base.{step}" for step in walk(room().flow("plan_base"))),
    ]


async def test_a_danger_message_at_any_question_loses_nothing_and_asks_nothing_twice(
    program: Program,
) -> None:
    async def danger(flow: str, step: str) -> None:
        await program.says("Ana", "they outside")
        assert program.got("Ana")[-1].kind is Kind.SAFETY
        assert plan.asked(program) == f"{flow}.{step}"
        await program.taps("Ana", "I'm okay now")
        assert program.got("Ana")[-1].text.endswith(question(step, flow))

    await through(program, danger)


async def test_a_restart_at_any_question_loses_nothing_and_asks_nothing_twice(
    program: Program,
) -> None:
    async def restart(flow: str, step: str) -> None:
        program.house.engine = PlainEngine(program.house.turns)  # the old one's memory is gone
        program.lines = type(program.lines)(program.house)

    await through(program, restart)


async def test_three_days_of_silence_at_any_question_lose_nothing(program: Program) -> None:
    async def silence(flow: str, step: str) -> None:
        program.clock.move_by(timedelta(days=3))
        await program.settle()
        await program.says("Ana", "make a plan")
        await program.taps("Ana", "Go on")
        assert program.got("Ana")[-1].text.endswith(question(step, flow))

    await through(program, silence)


def question(step: str, flow: str = "plan_lost_someone") -> str:
    """Return the words of a question."""
    return room().texts.say(f"utter_ask_{flow}_{step}", Language.EN, worker="Ben")


@pytest.mark.parametrize("word", ["later", "stop", "i want a break for a week"])
async def test_later_and_a_second_thought_about_stopping_keep_the_place(
    program: Program, word: str
) -> None:
    await until(program, "funeral")
    await program.says("Ana", "Later" if word == "later" else word)
    assert plan.open_runs(program) == ["plan_lost_someone"]
    await program.says("Ana", "my plan")
    await program.taps("Ana", "Go on")
    assert program.got("Ana")[-1].text.endswith(question("funeral"))


async def test_a_checkin_comes_between_and_the_plan_goes_on_after_it(program: Program) -> None:
    await until(program, "post")
    await program.wait(timedelta(days=7))
    assert program.got("Ana", Kind.CHECKIN)
    await program.taps("Ana", "I'm good")
    assert program.got("Ana")[-1].text.endswith(question("post"))


@pytest.mark.parametrize(
    "said", ["😂😂😂", "x" * 4000, "idk", "no sé", "fuck you", "stay at 1423 S Kedzie Ave"]
)
async def test_what_is_no_answer_is_asked_once_more_kindly_and_then_left(
    program: Program, said: str
) -> None:
    await until(program, "for_them")
    before = len(program.got("Ana"))
    await program.says("Ana", said)
    (again,) = program.got("Ana")[before:]
    assert again.text.endswith(question("for_them")) and again.text != question("for_them")
    await program.says("Ana", said)
    assert plan.asked(program) == "plan_base.signs"
    kept = "\n".join(words for group in plan.standing(program).values() for words in group)
    assert "Kedzie" not in kept and "fuck" not in kept and len(kept) < 600


async def test_another_language_is_their_own_words(program: Program) -> None:
    await until(program, "for_them")
    await program.says("Ana", "que je reste en vie")
    assert plan.standing(program)["myself.long"] == ["They'd want for me: que je reste en vie"]


async def test_own_words_stand_in_the_plan_and_nowhere_else(program: Program) -> None:
    await until(program, "for_them")
    await program.says("Ana", "that i raise my son")
    with program.house.db.read() as s:
        run = s.scalars(sa.select(FlowRun).where(FlowRun.flow == "plan_lost_someone")).one()
        answers = runs.answers(s, program.house, client(program), run)
        assert answers["for_them"] == "said"
        assert s.scalar(sa.select(sa.func.count()).select_from(Answer)) == len(answers)


async def test_a_second_situation_does_not_ask_the_base_again(program: Program) -> None:
    plan.listening(program)
    plan.begin(program, Situation.LOST_SOMEONE)
    await program.settle()
    while plan.asked(program):
        await program.taps("Ana", "Skip")
    plan.begin(program, Situation.GROUP_CONFLICT)
    await program.settle()
    asked = []
    while plan.asked(program):
        asked.append(plan.asked(program))
        await program.taps("Ana", "Skip")
    assert asked and not [one for one in asked if one.startswith("plan_base")]
    assert "it's kept" in program.got("Ana")[-1].text


async def test_what_was_just_asked_is_not_asked_again(program: Program) -> None:
    plan.listening(program)
    await program.wait(timedelta(days=7))
    for label in ("Not good", "Not safe", "Nobody", "We lost somebody", "A place to stay"):
        await program.taps("Ana", label)
    await program.says("Ana", "ight bet lets do it")
    asked = []
    while now := plan.asked(program):
        asked.append(now)
        await answer(program, now.partition(".")[2], now.partition(".")[0])
    assert "plan_lost_someone.bed" not in asked and "plan_lost_someone.hotel" in asked
    before = plan.standing(program)
    plan.begin(program, Situation.THREATENED)
    await program.settle()
    again = []
    while now := plan.asked(program):
        again.append(now)
        await program.taps("Ana", "Skip")
    assert again == [f"plan_threatened.{s}" for s in ("how_soon", "know_where", *LATER_ONES)]
    assert plan.standing(program) == before


async def test_the_same_line_for_two_situations_stands_once(program: Program) -> None:
    await until(program, "hotel")
    await program.taps("Ana", "Yes, ask")
    await program.wait(timedelta(hours=13))
    plan.begin(program, Situation.THREATENED)
    await program.settle()
    for label in ("Skip", "Skip", "No", "Yes, ask"):
        await program.taps("Ana", label)
    assert plan.standing(program)["surroundings.short"].count("Some nights in a hotel") == 1


async def test_who_asks_for_a_plan_is_offered_what_weighs_most(program: Program) -> None:
    plan.listening(program)
    with program.house.db.write() as s:
        ana, at = s.scalars(sa.select(Client)).one(), program.clock.now()
        for days, one in enumerate((Situation.GROUP_CONFLICT, Situation.LOST_SOMEONE)):
            situations.set_to(s, at - timedelta(days=days), ana, one)
        situations.offered(s, program.house, at, ana, Situation.LOST_SOMEONE)
    await program.says("Ana", "make a plan")
    assert "You lost somebody" in program.got("Ana")[-1].text
    await program.says("Ana", "nah im good")
    assert program.got("Ana")[-1].text == "Okay. It's here when you want it."
    assert plan.open_runs(program) == []


@pytest.mark.parametrize("said", [["nah"], ["qwrtzp", "qwrtzp"]])
async def test_at_a_bad_moment_a_plan_about_home_waits_and_says_nothing_of_it(
    program: Program, said: list[str]
) -> None:
    plan.listening(program)
    plan.begin(program, Situation.PARTNER_VIOLENCE)
    await program.settle()
    for words in said:
        await program.says("Ana", words)
    assert program.got("Ana")[-1].text == "Okay, later. What you said is kept."
    assert plan.asked(program) == "plan_partner_violence.good_time"


async def test_the_workers_name_is_an_answer_and_rings_nobody(program: Program) -> None:
    await until(program, "for_them")
    while plan.asked(program) != "plan_base.helpers":
        await program.taps("Ana", "Skip")
    program.house.triage.verdicts["Ben"] = Verdict(Urgency.TODAY, (Signal.CONTACT_REQUEST,), "")
    rung = len(program.got("Ben", Kind.PAGE))
    await program.says("Ana", "Ben")
    assert plan.standing(program)["professionals.short"] == ["Ben"]
    assert len(program.got("Ben", Kind.PAGE)) == rung


async def test_after_a_checkin_that_told_of_a_loss_a_plan_is_proposed_and_the_client_decides(
    program: Program,
) -> None:
    plan.listening(program)
    await program.wait(timedelta(days=7))
    await program.taps("Ana", "Not good")
    await program.taps("Ana", "Safe tonight")
    await program.taps("Ana", "Nobody")
    await program.taps("Ana", "We lost somebody")
    await program.taps("Ana", "Nothing now")
    assert "You lost somebody. A plan for these days can help" in program.got("Ana")[-1].text
    await program.taps("Ana", "Not now")
    assert program.got("Ana")[-1].text == "Okay. It's here when you want it."
    assert plan.open_runs(program) == []
    await program.wait(timedelta(days=7))
    await program.taps("Ana", "I'm good")
    assert program.got("Ana")[-1].text == "Good to hear. Write if that changes."


async def test_on_a_covered_phone_nothing_of_a_plan_is_said_unasked(program: Program) -> None:
    plan.listening(program)
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().situation = Situation.PARTNER_VIOLENCE
    await program.wait(timedelta(days=7))
    await program.taps("Ana", "I'm good")
    assert program.got("Ana")[-1].text.endswith("You can stop at any time.")
    await program.taps("Ana", "Yes")
    assert not client(program).cover  # that was no yes to what it is about
    await program.taps("Ana", "Trouble at home")
    assert client(program).cover
    await program.taps("Ana", "Good time")
    await program.wait(timedelta(days=7))
    await program.taps("Ana", "I'm good")
    said = program.got("Ana")[-1].text
    assert "?" not in said and plan.open_runs(program) == ["plan_partner_violence"]


LOSS, PARTNER = Signal.LOSS, Signal.PARTNER_VIOLENCE


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(Urgency.TODAY, (LOSS, PARTNER), "somebody was killed"),
        Verdict(Urgency.NOW, (LOSS, PARTNER), "somebody was killed"),
    ],
)
async def test_what_is_only_guessed_beside_leads_into_nobody_elses_plan(
    program: Program, verdict: Verdict
) -> None:
    plan.listening(program)
    verdicts = {"my bro got killed": verdict}
    verdicts["or sum"] = Verdict(Urgency.WATCH, (PARTNER,), "unsure", ask=True)
    program.house.triage.verdicts.update(verdicts)
    await program.says("Ana", "my bro got killed")
    await program.says("Ana", "you know a plan or sum")
    await program.taps("Ana", "Yes")
    await program.says("Ana", "make a plan")
    assert "You lost somebody" in program.got("Ana")[-1].text
    await program.taps("Ana", "Yes")
    assert plan.open_runs(program) == ["plan_lost_someone"] and not client(program).cover


@pytest.mark.parametrize("chosen", ["Trouble at home", "I lost somebody"])
async def test_a_plan_about_home_is_begun_and_the_phone_covered_only_by_choosing_it(
    program: Program, chosen: str
) -> None:
    plan.listening(program)
    with program.house.db.write() as s:
        ana, at = s.scalars(sa.select(Client)).one(), program.clock.now()
        situations.set_to(s, at, ana, Situation.PARTNER_VIOLENCE)
    await program.wait(timedelta(days=7))
    await program.taps("Ana", "I'm good")
    await program.says("Ana", "yea")
    assert "What's closest right now?" in program.got("Ana")[-1].text
    assert not client(program).cover and plan.open_runs(program) == []
    await program.taps("Ana", chosen)
    home = chosen == "Trouble at home"
    assert client(program).cover is home
    assert plan.open_runs(program) == ["plan_partner_violence" if home else "plan_lost_someone"]


@pytest.mark.parametrize("said", ["they outside", "put out", "hmm"])
async def test_on_a_covered_phone_a_plan_goes_on_after_a_harmless_line(
    program: Program, said: str
) -> None:
    plan.listening(program)
    plan.begin(program, Situation.PARTNER_VIOLENCE)
    await program.settle()
    await program.taps("Ana", "Good time")
    stood = program.got("Ana")[-1].text
    await program.says("Ana", said)
    if said == "hmm":
        await program.taps("Ana", "Yes")
    harmless = program.got("Ana")[-1].text
    assert [button.label for button in program.buttons("Ana")] == ["Go on"]
    assert "plan" not in harmless and stood not in harmless
    await program.taps("Ana", "Go on")
    assert program.got("Ana")[-1].text.endswith(stood)


async def test_who_is_hurt_by_a_partner_is_not_told_to_call_them(program: Program) -> None:
    plan.listening(program)
    plan.begin(program, Situation.PARTNER_VIOLENCE)
    await program.settle()
    offered = []
    while plan.asked(program):
        offered += [button.label for button in program.buttons("Ana")]
        await program.taps("Ana", "Good time" if "Good time" in offered[-4:] else "Skip")
    assert "A brother or sister" in offered and "My partner" not in offered


async def test_in_spanish_it_is_spanish_all_the_way(tmp_path: Path) -> None:
    program = plan.listening(build(tmp_path, language=Language.ES))
    plan.begin(program, Situation.THREATENED)
    await program.settle()
    while plan.asked(program):
        await program.taps("Ana", "Saltar")
    said = " ".join(h.text for h in program.got("Ana"))
    assert not any(word in said for word in (" the ", " you ", " your "))


@pytest.mark.parametrize("said", ["hmm they out front", "i was threatened again"])
async def test_words_that_sound_like_danger_never_stand_in_the_plan(
    program: Program, said: str
) -> None:
    await until(program, "tell_group")
    had = plan.standing(program)
    await program.says("Ana", said)
    if "hmm" in said:
        await program.taps("Ana", "Yes")
    assert plan.standing(program) == had
    assert plan.asked(program) == "plan_lost_someone.tell_group"
    assert program.got("Ana")[-1].text.endswith(room().texts.say(TOLD, Language.EN))
    await program.says("Ana", "leave it alone")
    assert plan.standing(program)["myself.short"] == ["I tell my people: leave it alone"]


async def test_what_own_words_ask_for_becomes_a_task_and_the_words_stand(program: Program) -> None:
    await until(program, "step_in")
    await program.says("Ana", "sumbody from yalls program they respect em")
    assert plan.needs(program)["step_in"] == "asked"
    assert any("yalls program" in words for words in plan.standing(program)["people.short"])
