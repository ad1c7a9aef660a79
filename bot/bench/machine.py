"""What was measured on, and how much memory and disk the two worlds take."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

MEGABYTE = 1024 * 1024


def kind() -> str:
    """Return the kind of machine in a few words; never its name."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores ({_processor()}), {_memory()}{system}, {_load()}"


def resident_mb(pid: int | None) -> float | None:
    """Return how much memory a process holds, in MB; None when that cannot be known."""
    if pid is None:
        return None
    try:
        kilobytes = _field(Path(f"/proc/{pid}/status"), "VmRSS").split()[0]
    except (OSError, IndexError):
        try:
            told = ["ps", "-o", "rss=", "-p", str(pid)]
            done = subprocess.run(told, capture_output=True, text=True, check=False)  # noqa: S603
            kilobytes = done.stdout.strip()
        except OSError:
            return None
    return round(int(kilobytes) / 1024) if kilobytes.isdecimal() else None


def folder_mb(folder: Path, *, without: str = "") -> int:
    """Return the size of a folder in MB, leaving out what is called ``without`` directly in it."""
    total = 0
    for here, folders, files in os.walk(folder):
        if Path(here) == folder:
            folders[:] = [name for name in folders if not without or not name.startswith(without)]
        total += sum(os.lstat(os.path.join(here, name)).st_size for name in files)
    return round(total / MEGABYTE)


def _processor() -> str:
    try:
        return _field(Path("/proc/cpuinfo"), "model name")
    except OSError:
        return platform.processor() or "unknown"


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return ""
    return f"{total / 1024**3:.0f} GiB, "


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} before"


def _field(path: Path, name: str) -> str:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
