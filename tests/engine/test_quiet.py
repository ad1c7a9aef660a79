"""What was said never reaches a log, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import sys
import unittest
from unittest import mock

import room
import structlog

from bot.dialogue.inside_rasa import quiet
from bot.dialogue.inside_rasa.mends import TurnFailed

SECRET = "they outside my house rn"


class Quiet(unittest.IsolatedAsyncioTestCase):
    """The engine's log."""

    def setUp(self) -> None:
        room.agent()
        self.root = (list(logging.root.handlers), logging.root.level)
        self.stderr = io.StringIO()
        with mock.patch.object(sys, "stderr", self.stderr):
            quiet.install()

    def tearDown(self) -> None:
        logging.root.handlers[:], level = self.root
        logging.root.setLevel(level)

    def lines(self) -> list[dict[str, object]]:
        """Return what was logged."""
        return [json.loads(line) for line in self.stderr.getvalue().splitlines()]

    async def test_a_turn_that_fails_is_logged_without_a_word_of_it(self) -> None:
        room.answering(ValueError(SECRET))
        with self.assertRaises(TurnFailed):
            await room.take(SECRET, state={"flow": "small", "step": "day"})
        self.assertTrue(self.lines())
        self.assertNotIn("outside", self.stderr.getvalue())
        self.assertIn("ValueError", self.stderr.getvalue())

    async def test_a_turn_that_works_logs_nothing(self) -> None:
        with mock.patch.object(sys, "stdout", io.StringIO()) as stdout:
            await room.take(SECRET)
        self.assertEqual(self.stderr.getvalue() + stdout.getvalue(), "")

    def test_structlog_is_under_it_too(self) -> None:
        structlog.get_logger().debug("debug", text=SECRET)
        structlog.get_logger().error("error", text=SECRET)
        logging.getLogger("rasa.anything").error("it said %s", SECRET)
        self.assertEqual(len(self.lines()), 2)
        self.assertNotIn("outside", self.stderr.getvalue())
