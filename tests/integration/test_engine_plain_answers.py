"""Answers to a plan as they are typed on a phone, with the really trained dialogue.

Each line: the question, what was written, and what it must come to: a choice's value, `words` for
own words that are kept as they are, `words+need` where they also ask the program for something,
`again` where asking once more is the right thing, and `stop` or `person` for a wish.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.core.effects import AskForPerson, FinishFlow, SaveAnswer
from bot.settings import Settings
from bot.wiring import models
from tests.support.engine import Said, Talk, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWERS = """
plan_base.job | simon ya no quiero ir a ese | yes
plan_base.job | yea dis job everybody know where i be at | yes
plan_base.job | yessir sumthin closer 2 the crib | yes
plan_base.job | simon aki todos saven donde ando | yes
plan_base.job | no tengo jale | yes
plan_base.job | nah i aint got no job | yes
plan_base.job | si gracias me ayudaria mucho | yes
plan_base.job | si ocupo un descanso de ese jale | yes
plan_base.job | naw im str8 i like it der | no
plan_base.job | nel ai me tratan vien | no
plan_base.job | yea nah | again
plan_base.job | nah stop texting me | stop
plan_base.job | ya no quiero mensajes | stop
plan_base.job | yea call me | person
plan_base.job | si que me llame ben | person
plan_base.housing | si un departamentito pa las dos | yes
plan_base.housing | yea sum low rent 4 me n my lil girl | yes
plan_base.housing | i need sumwhere 2 live my granny puttin me out | yes
plan_base.housing | ocupo un kuarto o algo | yes
plan_base.housing | nop vivo con mi jefita | no
plan_lost_someone.hotel | yea if yall got bread 4 a motel couple nites | hotel
plan_lost_someone.hotel | plz til da funeral ova | hotel
plan_lost_someone.hotel | si porfa unos dias en lo ke pasa el entierro | hotel
plan_lost_someone.hotel | nah my sister got me | no
plan_lost_someone.hotel | no we straight at my aunties | no
plan_lost_someone.hotel | pos mejor con mi tia la de joliet | with_family
plan_lost_someone.hotel | idk yea maybe | again
plan_recently_shot.hotel | un cuartito aunque sea | hotel
plan_recently_shot.hotel | nah aint got no money 4 no hotel | hotel
plan_recently_shot.compensation | yea them hospital bills crazy | yes
plan_recently_shot.care | no way to get there, the bus go thru they block | words+ride
plan_recently_shot.care | no tengo en ke ir | words+ride
plan_recently_shot.care | i dont need no ride my moms take me | words
plan_lost_someone.bed | yea but they know dat house | again
plan_lost_someone.route | i need rides for real | words+ride
plan_lost_someone.step_in | sumbody from yalls program | words+step_in
plan_threatened.route | pos raites ocupo | words+ride
plan_threatened.order | pos si ayudeme con esa orden | yes
plan_threatened.order | nah dat dont do nun | no
plan_threatened.code_word | yea lets make 1 up | agree_one
plan_coming_home.papers | yea i aint got no id or birth certificate | yes
plan_coming_home.papers | dey lost my birf certificate n social | yes
plan_coming_home.papers | no tengo ni mi acta ni la lisencia | yes
plan_coming_home.papers | nah i got all dat already | no
plan_coming_home.rides | si porfabor no tengo ni pal camion | yes
plan_coming_home.rides | yea to my po office | yes
plan_coming_home.rides | nel mi carnal me lleva | no
plan_partner_violence.where | con mi hermana la de otra ciudad o un refujio | words+shelter
plan_partner_violence.where | 1 of them shelters far away | words+shelter
plan_partner_violence.where | i dont wanna go 2 no shelter my cousin got a couch | words
plan_partner_violence.money | cimon no traigo ni pal camion | yes
plan_partner_violence.money | nel mi ermana me presta | no
plan_partner_violence.kids | que la cambien de escuela | other_school
plan_partner_violence.kids | swich em to anotha school | words+school
plan_partner_violence.kids | kiero cambiarlos de eskuela | words+school
plan_partner_violence.kids | tell the principal he aint allowed | words
plan_partner_violence.work | ablar con mi jefa pa que me mande a la otra tienda | words+job
plan_partner_violence.work | put me at the otha store | words+job
plan_partner_violence.lawyer | si pa que no me la kite | yes
plan_partner_violence.lawyer | yes he tryin 2 get custody | yes
plan_partner_violence.order | zi la kiero | yes
plan_partner_violence.order | nah it make him madder | no
"""
TABLE = [tuple(part.strip() for part in line.split(" | ")) for line in ANSWERS.split("\n") if line]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk() -> AsyncIterator[Talk]:
    """One engine for all tests here: it keeps nothing between turns."""
    settings = Settings()
    models.dialogue(settings, print)
    async with talking(settings.models / models.MODEL) as talk:
        yield talk


def came(said: Said, step: str) -> str:
    """Return what an answer came to, as the table says it."""
    for effect in said.effects:
        if isinstance(effect, SaveAnswer) and effect.step == step:
            kept = f"words+{effect.need}" if effect.need else "words"
            return kept if effect.own else effect.value
        if isinstance(effect, AskForPerson):
            return "person"
        if isinstance(effect, FinishFlow) and effect.abandoned:
            return "stop"
    return "again" if said.state["step"] == step and said.state["asked_again"] else "nothing"


@pytest.mark.parametrize(("asked", "words", "wanted"), TABLE)
async def test_an_answer_is_understood_however_it_is_spelt(
    talk: Talk, asked: str, words: str, wanted: str
) -> None:
    flow, _, step = asked.partition(".")
    talk.at(flow, step)
    assert came(await talk.say(words), step) == wanted
