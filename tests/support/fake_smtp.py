"""A mail server on loopback that keeps what it is given, and refuses as it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OTHER = {"DATA": "354 go on", "QUIT": "221 bye"}


@dataclass
class Letters:
    """What came, and how the server behaves: a code for a word, or "hang up" in its place."""

    port: int = 0
    taken: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


@contextmanager
def fake_smtp() -> Iterator[Letters]:
    """Run the server for as long as the block lasts."""
    letters = Letters()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 fake")
            while line := self.rfile.readline().decode().strip():
                word = line.split()[0].upper()
                letters.words.append(line)
                answer = letters.answers.get(word, OTHER.get(word, "250 ok"))
                if answer == "hang up":
                    return
                self._say(answer)
                if word == "DATA" and answer.startswith("354") and not self._letter():
                    return
                if word == "QUIT":
                    return

        def _letter(self) -> bool:
            lines: list[str] = []
            while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                lines.append(line)
            ended = letters.answers.get("END", "250 taken")
            if not ended.startswith("5") and not ended.startswith("4"):
                letters.taken.append("".join(lines))
            if ended == "hang up":
                return False
            self._say(ended)
            return True

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        letters.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield letters
        server.shutdown()
        thread.join()
