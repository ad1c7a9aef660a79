"""Plans with the really trained dialogue: own words are an answer, and what is none still works."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.core.effects import (
    AskForPerson,
    FinishFlow,
    LeaveForLater,
    OfferItem,
    OpenPlan,
    SaveAnswer,
    StartFlow,
)
from bot.settings import Settings
from bot.wiring import models
from tests.support.engine import Talk, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk() -> AsyncIterator[Talk]:
    """One engine for all tests here: it keeps nothing between turns."""
    settings = Settings()
    models.dialogue(settings, print)
    async with talking(settings.models / models.MODEL) as talk:
        yield talk


@pytest.mark.parametrize(
    "words",
    [
        *("my aunt on the west side", "call my brother", "talk to my pastor", "i go for a walk"),
        *("my mom picks up always", "be there for my son", "not now for his mom", "make music"),
        *("hablar con mi hermana", "llamar a mi mama", "me voy a caminar", "con mis hijos"),
    ],
)
async def test_own_words_are_kept_and_never_taken_for_a_wish(talk: Talk, words: str) -> None:
    talk.at("plan_base", "people")
    said = await talk.say(words)
    assert said.effects == (SaveAnswer("plan_base", "people", words, own=True),)
    assert said.state["step"] == "helpers"


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        ("can somebody call me", AskForPerson),
        ("quiero hablar con alguien", AskForPerson),
        ("stop texting me", FinishFlow),
        ("ya no quiero mensajes", FinishFlow),
        ("show me my plan", OpenPlan),
        ("later", LeaveForLater),
    ],
)
async def test_a_wish_is_heard_also_where_own_words_are_asked_for(
    talk: Talk, words: str, effect: type
) -> None:
    talk.at("plan_base", "people")
    said = await talk.say(words)
    assert [type(one) for one in said.effects] == [effect]


async def test_what_says_nothing_is_asked_once_more(talk: Talk) -> None:
    talk.at("plan_base", "people")
    said = await talk.say("idk")
    assert said.replies[0] == "utter_again_words"
    assert said.state["step"] == "people" and said.state["asked_again"]


async def test_a_situation_leads_into_the_base_once(talk: Talk) -> None:
    talk.at("plan_group_conflict", "step_in")
    said = await talk.say(choice="nobody")
    assert said.effects[1:] == (FinishFlow("plan_group_conflict"), StartFlow("plan_base"))
    assert (said.state["flow"], said.state["step"]) == ("plan_base", "signs")
    talk.at("plan_group_conflict", "step_in", done=["plan_base"])
    said = await talk.say(choice="nobody")
    assert said.effects[-1] == FinishFlow("plan_group_conflict")
    assert said.replies == ["utter_plan_saved"] and said.state["flow"] is None


async def test_a_sentence_that_could_stand_in_the_plan_is_offered_for_keeping(talk: Talk) -> None:
    talk.at(None)
    assert (await talk.say("i can stay at my aunt's")).effects == (OfferItem(),)
