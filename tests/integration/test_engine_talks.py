"""Real conversations with the really trained dialogue: Rasa, our channel, our actions."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.bench import script
from bot.bench.ours import Ours
from bot.core.danger import Signal
from bot.core.effects import (
    AskForPerson,
    FinishFlow,
    RaiseSignal,
    SaveAnswer,
    SetLanguage,
    StartFlow,
    WantHelp,
)
from bot.errors import EngineDown, TurnFailed
from bot.service.receive import Lines
from bot.settings import Settings
from bot.wiring import models
from tests.support.engine import TOKEN, Talk, talking
from tests.support.program import build
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[Talk]:
    """One engine for all tests here: it keeps nothing between turns, so they cannot meet."""
    settings = Settings()
    models.dialogue(settings, print)
    async with talking(settings.models / models.MODEL) as talk:
        yield talk


@pytest.fixture
def talk(engine: Talk) -> Talk:
    """A client to whom nothing was said yet."""
    engine.at(None)
    return engine


async def test_all_well_is_one_tap(talk: Talk) -> None:
    talk.at("checkin", "day")
    said = await talk.say(choice="good")
    assert said.replies == ["utter_checkin_all_good"]
    assert said.effects == (SaveAnswer("checkin", "day", "good"), FinishFlow("checkin"))
    assert said.state["flow"] is None and said.state["answers"] == {}


async def test_a_check_in_in_free_english(talk: Talk) -> None:
    assert (await talk.say("can we do the check in")).effects == (StartFlow("checkin"),)
    said = await talk.say("its been a rough week honestly")
    assert said.replies == ["utter_ask_checkin_safe_tonight"]
    said = await talk.say("i cant go home tonight")
    assert RaiseSignal(Signal.UNSAFE_SHELTER, "safe_tonight") in said.effects
    await talk.say("nah nobody lookin for me")
    await talk.say("nobody hurt thank god")
    said = await talk.say("need a place to sleep tonight")
    assert WantHelp("place") in said.effects
    assert said.effects[-1] == FinishFlow("checkin")
    assert said.texts[0].startswith("Got it. I'm telling {worker}.")


async def test_a_check_in_in_free_spanish(talk: Talk) -> None:
    talk.at("checkin", "day", language="es")
    said = await talk.say("la verdad no muy bien hoy")
    assert said.texts == [
        "Gracias por decirlo. ¿Estás a salvo donde duermes hoy? No hace falta decir dónde."
    ]
    await talk.say("sí tengo donde dormir")
    await talk.say("nadie que yo sepa")
    await talk.say("todos estamos bien")
    said = await talk.say("un raite a mi casa")
    assert WantHelp("ride") in said.effects


async def test_a_line_with_a_story_is_not_squeezed_into_an_answer(talk: Talk) -> None:
    talk.at("checkin", "safe_tonight")
    said = await talk.say("they outside my house rn")
    assert said.effects == () and said.state["asked_again"] is True
    assert said.replies == ["utter_ask_again", "utter_ask_checkin_safe_tonight"]
    said = await talk.say("they got sticks bro they outside")
    assert said.effects == (SaveAnswer("checkin", "safe_tonight", "unclear"),)
    assert said.state["step"] == "somebody_after"


@pytest.mark.parametrize(
    ("wrote", "reply"),
    [
        ("who can read my messages", "utter_what_is_stored"),
        ("quién puede leer mis mensajes", "utter_what_is_stored"),
        ("how does this thing work", "utter_help"),
        ("thank you so much", "utter_thanks"),
        ("hey whats good", "utter_greeting"),
        ("habla español", "utter_language_changed"),
    ],
)
async def test_an_interruption_is_answered_and_the_question_asked_again(
    talk: Talk, wrote: str, reply: str
) -> None:
    talk.at("checkin", "somebody_after", answers={"day": "not_good"})
    said = await talk.say(wrote)
    assert said.replies == [reply, "utter_ask_checkin_somebody_after"]
    assert said.state["answers"] == {"day": "not_good"}
    assert said.state["step"] == "somebody_after" and said.state["asked_again"] is False


async def test_asking_for_a_person_in_the_middle_asks_the_question_again(talk: Talk) -> None:
    talk.at("checkin", "somebody_after")
    said = await talk.say("can somebody from the team call me")
    assert said.effects == (AskForPerson(),)
    assert said.replies == ["utter_ask_checkin_somebody_after"]


async def test_asking_for_a_person_is_an_answer_where_it_is_a_choice(talk: Talk) -> None:
    talk.at("checkin", "day")
    said = await talk.say("can somebody from the team call me")
    assert RaiseSignal(Signal.CONTACT_REQUEST, "day") in said.effects
    assert AskForPerson() not in said.effects


@pytest.mark.parametrize("wrote", ["stop texting me", "ya no me escribas", "i need a break"])
async def test_stop_and_break_end_the_talk_and_ask_which(talk: Talk, wrote: str) -> None:
    talk.at("checkin", "help")
    said = await talk.say(wrote)
    assert said.replies == ["utter_stop"]
    assert said.effects == (FinishFlow("checkin", abandoned=True),)
    assert said.state["flow"] is None


async def test_a_new_language_is_spoken_at_once(talk: Talk) -> None:
    talk.at("checkin", "day")
    said = await talk.say("spanish please")
    assert said.texts == ["De aquí en adelante en español.", "Hola. ¿Cómo va el día?"]
    assert said.effects == (SetLanguage("es"),)
    assert (await talk.say("gracias")).texts == ["Para eso estoy.", "Hola. ¿Cómo va el día?"]


@pytest.mark.parametrize(
    "wrote",
    [
        *("", " ", "😂😂😂", "\0", "\x1b[31m", "/" * 4096, "a" * 10_000, "лучше", "\u202e\u200b"),
        *(
            "/restart",
            "/session_start",
            "/back",
            "/action_ask_person",
            "{hours} {0} {0[x]}",
            "7 7 0",
        ),
    ],
)
@pytest.mark.parametrize("where", [None, "day"])
async def test_nothing_a_client_types_breaks_a_turn_or_fires_an_intent(
    talk: Talk, wrote: str, where: str | None
) -> None:
    talk.at("checkin" if where else None, where)
    said = await talk.say(wrote)
    assert said.replies
    assert said.effects == ()
    assert said.intent not in ("ask_person", "stop", "restart", "choose")


async def test_a_slash_is_read_past(talk: Talk) -> None:
    assert (await talk.say("/stop")).replies == ["utter_stop"]


@pytest.mark.parametrize("intent", ["help", "what_is_stored", "ask_person", "start_checkin"])
async def test_a_button_may_stand_for_an_intent_anywhere(talk: Talk, intent: str) -> None:
    talk.at("checkin", "day")
    said = await talk.say(intent=intent)
    assert said.replies[-1] == "utter_ask_checkin_day"
    talk.at(None)
    assert (await talk.say(intent=intent)).intent == intent


async def test_a_flow_begins_without_a_word_of_the_client(talk: Talk) -> None:
    talk.at("onboarding", language="es")
    said = await talk.say()
    assert said.replies == ["utter_ask_onboarding_hello"]
    assert said.state["step"] == "hello" and said.effects == ()
    assert "{worker}" in said.texts[0] and "{hours}" in said.texts[0]


async def test_an_answer_to_nothing_offers_a_person(talk: Talk) -> None:
    for wrote in ("nah not really", "un raite", "asdf qwer", "tal vez"):
        talk.at(None)
        assert (await talk.say(wrote)).replies == ["utter_fallback"]


async def test_the_same_turn_twice_says_and_does_the_same(talk: Talk) -> None:
    talk.at("checkin", "safe_tonight")
    before = talk.state
    first = await talk.say("no place to sleep")
    talk.state = before
    assert await talk.say("no place to sleep") == first


async def test_many_clients_at_once_do_not_meet(engine: Talk) -> None:
    async def one(number: int) -> tuple[str, ...]:
        state = {"language": "en", "flow": "checkin", "step": "day", "answers": {}}
        choice = ("good", "not_good")[number % 2]
        opened = engine.turns.open(engine.flows, {**state, "asked_again": False}, choice=choice)
        with opened as turn:
            answer = await engine.client.turn(turn.request(), timeout=10.0)
            kept = [e.value for e in turn.effects if isinstance(e, SaveAnswer)]
        return (choice, *kept, answer["replies"][0]["response"])

    for choice, kept, reply in await asyncio.gather(*(one(number) for number in range(24))):
        assert kept == choice
        good = choice == "good"
        assert reply == ("utter_checkin_all_good" if good else "utter_ask_checkin_safe_tonight")


def request(engine: Talk, **changed: Any) -> dict[str, Any]:
    """Return a turn that nobody opened, with some of it changed."""
    state = {"language": "en", "flow": "checkin", "step": "day", "answers": {}}
    return {"turn": "nobody opened it", "text": "hi", "choice": None, "state": state, **changed}


async def post(engine: Talk, body: Any, token: bytes = TOKEN.encode()) -> httpx.Response:
    """Call the engine as somebody else would."""
    headers = [(b"X-Saf-Token", token)]
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        return await http.post(
            f"{engine.supervisor.url}/webhooks/turn/say", json=body, headers=headers
        )


@pytest.mark.parametrize("token", [b"", b"x", TOKEN.encode() + b"x", "tokén".encode()])
async def test_a_stranger_on_this_machine_is_refused(engine: Talk, token: bytes) -> None:
    assert (await post(engine, request(engine), token)).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"turn": ""},
        {"turn": 7},
        {"choice": 7},
        {"intent": "nobody_taught_it"},
        {"state": None},
        {"state": {"language": "fr"}},
        {"state": {"language": "en", "flow": "nowhere", "step": "day"}},
        {"state": {"language": "en", "flow": "checkin", "step": 7}},
        {"state": {"language": "en", "flow": "checkin", "step": "day", "answers": ["good"]}},
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(
    engine: Talk, changed: Mapping[str, Any]
) -> None:
    response = await post(engine, request(engine, **changed))
    assert response.status_code == 400 and response.json()["error"]


async def test_an_action_for_a_closed_turn_fails_the_turn(engine: Talk) -> None:
    response = await post(engine, request(engine, choice="good"))
    assert response.status_code == 502


async def test_a_failing_action_fails_the_turn_and_keeps_nothing(talk: Talk) -> None:
    talk.at("checkin", "day", answers={})
    before = talk.state

    class Broken:
        def flow(self, name: str) -> Any:
            raise OSError("the disk is gone")

    whole, talk.flows = talk.flows, Broken()  # type: ignore[assignment]
    with pytest.raises(TurnFailed):
        await talk.say(choice="good")
    talk.flows = whole
    assert talk.state == before
    assert (await talk.say(choice="good")).replies == ["utter_checkin_all_good"]


async def test_an_engine_that_hangs_is_down_in_time_and_its_late_action_is_refused(
    talk: Talk,
) -> None:
    pid = talk.supervisor.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with (
            talk.turns.open(talk.flows, talk.state, text="call me") as turn,
            pytest.raises(EngineDown),
        ):
            await talk.client.turn(turn.request(), timeout=0.5)
    finally:
        os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(0.2)
    assert turn.effects == ()
    assert (await talk.say("call me")).effects == (AskForPerson(),)


async def test_an_engine_killed_in_a_turn_comes_back_and_takes_it_up(talk: Talk) -> None:
    pid = talk.supervisor.pid
    assert pid is not None
    talk.at("checkin", "day")
    os.kill(pid, signal.SIGSTOP)
    taken = asyncio.create_task(talk.say(choice="good"))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineDown):
        await taken
    await eventually(lambda: talk.supervisor.where() is None)
    with pytest.raises(EngineDown):
        await talk.say(choice="good")
    await eventually(lambda: talk.supervisor.where(), within=60)
    assert (await talk.say(choice="good")).effects[-1] == FinishFlow("checkin")


async def test_the_benchmark_plays_whole_check_ins_and_finds_every_answer(
    talk: Talk, tmp_path: Path
) -> None:
    plan = script.Plan(clients=2, rounds=1)
    house = build(tmp_path).house
    house.turns, house.engine = talk.turns, talk.client
    bench = Ours(house, Lines(house))
    await bench.enrol(plan.clients)
    measured = await bench.play(plan)
    assert len(measured.seconds) == plan.turns
    assert bench.expected == await bench.saved() > 0
    assert len((await bench.engine_alone(plan)).seconds) == plan.turns
