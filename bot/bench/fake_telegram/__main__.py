"""Play people against the bots by hand: ``python -m bot.bench.fake_telegram --port 8081``."""

from __future__ import annotations

import argparse
import threading

from bot.bench.fake_telegram.handle import FakeTelegram

HELP = """\
CHAT TEXT            a person of chat CHAT (a number) writes to the client bot: 7 hello
CHAT [LABEL]         ... presses the newest button with that label: 7 [Call me]
CHAT !WHAT           ... sends a voice, photo, sticker, location ...: 7 !voice
worker CHAT ...      the same to the worker bot: worker 9 /start abc
help, quit
"""


def main() -> None:
    """Serve until the end of input; print what the bots send as it comes."""
    parser = argparse.ArgumentParser(prog="python -m bot.bench.fake_telegram")
    parser.add_argument("--port", type=int, default=8081, help="loopback port (default 8081)")
    with FakeTelegram(port=parser.parse_args().port) as fake:
        print(f"Bot API at {fake.base_url}")
        for bot, token in fake.tokens.items():
            print(f"token of the {bot} bot: {token}")
        print(HELP)
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(fake, over))
        watcher.start()
        try:
            _play(fake)
        finally:
            over.set()
            watcher.join()


def _play(fake: FakeTelegram) -> None:
    while True:
        try:
            line = input().strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line in ("quit", "exit"):
            return
        bot = "worker" if line.startswith("worker ") else "client"
        chat, _, words = line.removeprefix("worker ").strip().partition(" ")
        try:
            _act(fake, bot, int(chat), words.strip())
        except ValueError:
            print(HELP)
        except LookupError as error:
            print(f"no: {error}")


def _act(fake: FakeTelegram, bot: str, chat: int, words: str) -> None:
    if words.startswith("[") and words.endswith("]"):
        fake.tap(chat, words[1:-1], bot=bot)
    elif words.startswith("!"):
        fake.show(chat, words[1:], bot=bot)
    elif words:
        fake.say(chat, words, bot=bot)


def _watch(fake: FakeTelegram, over: threading.Event) -> None:
    shown: set[tuple[str, int]] = set()
    while not over.wait(0.2):
        for bot in fake.tokens:
            for chat in fake.status(bot)["chats"]:
                for sent in fake.sent(chat, bot):
                    if (bot, sent.message_id) in shown:
                        continue
                    shown.add((bot, sent.message_id))
                    labels = " ".join(f"[{label}]" for row in sent.buttons for label in row)
                    print(f"  {bot} bot -> {chat}: {sent.text} {labels}".rstrip())


if __name__ == "__main__":
    main()
