"""One process and all that it starts: its time, its memory, and what it did."""

import os
import resource
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """What a command took: seconds by the clock, seconds of processors, and the largest process in megabytes."""

    wall: float
    cpu: float
    peak: float
    code: int


def smallest_peak() -> float:
    """The peak below which none can be seen: a new process begins with the memory of this one."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def start(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    """Starts a command in a session of its own; what it says goes to the file `said`."""
    with open(folder / "said", "wb") as said:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def measure(command: list[str], folder: Path, environment: dict[str, str]) -> Measured:
    """Runs a command to its end."""
    begin = time.perf_counter()
    process = start(command, folder, environment)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        # Whoever ends the benchmark ends what it measures.
        os.killpg(process.pid, signal.SIGKILL)
        raise
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def kill_at(lines: int, command: list[str], folder: Path, environment: dict[str, str]) -> bool:
    """Runs a command and kills its process group when the log has so many lines; returns whether it came to that."""
    process = start(command, folder, environment)
    try:
        while process.poll() is None:
            if ran(folder).total() >= lines:
                return True
            time.sleep(0.001)
        return False
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ran(folder: Path) -> Counter[str]:
    """How often each stage ran, by the lines that the stages themselves left."""
    log = folder / "log"
    return Counter(log.read_text().split("\n")[:-1]) if log.exists() else Counter()
