"""The scenarios: what is done before a measurement, what is measured, and how many commands must run."""

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from graphs import GRAPHS, Graph
from measure import Measured, kill_at, measure, ran
from tools import Tool

# Those that run much are measured up to this size.
MUCH = 1_000
# A scenario of one tool is repeated until this many seconds are spent on it, and so often at least.
ENOUGH, LEAST = 8.0, 2
# ext4 looks again and again past what was deleted in the last five seconds when it makes a file: who deletes much slows
# down whoever comes next. From this size on, what begins in a new folder waits until that is over.
REST, RESTED = 5.5, 1_000
# What begins in a new folder is measured this often at most, after a run of a few stages.
NEW, FEW = 3, 4


@dataclass
class Line:
    """What one tool did in one scenario."""

    graph: str
    size: int
    stages: int
    scenario: str
    tool: str
    needed: int
    measured: list[Measured] = field(default_factory=list)
    executed: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    spent: float = 0.0

    def add(self, measured: Measured, executed: int) -> None:
        self.measured.append(measured)
        self.executed.append(executed)
        if measured.code != 0:
            self.wrong.append(f"it ended with exit code {measured.code}")


@dataclass
class Workspace:
    """One tool on one graph, in a folder of its own."""

    tool: Tool
    graph: Graph
    home: Path
    jobs: int
    edits: int = 0
    projects: int = 0

    @property
    def folder(self) -> Path:
        return self.home / str(self.projects)

    @property
    def environment(self) -> dict[str, str]:
        home = str(self.folder / ".home")
        given = {name: os.environ[name] for name in ["PATH", "TMPDIR"] if name in os.environ}
        return given | {"HOME": home, "LANG": "C.UTF-8", "DVC_SITE_CACHE_DIR": home + "/dvc"}

    def renew(self) -> None:
        """Makes a project in which nothing ever ran; the one before is deleted at the end."""
        self.projects += 1
        self.graph.lay_out(self.folder)
        (self.folder / ".home").mkdir()
        self.tool.write(self.graph, self.folder)
        self.tool.prepare(self.folder, self.environment)

    def warm_up(self) -> None:
        """Runs the tool on a few stages: a machine may put out of memory what a tool needs while others have their turns."""
        few = GRAPHS[self.graph.name](self.graph.name, FEW)
        small = Workspace(self.tool, few, self.home / "warm", self.jobs, projects=self.projects)
        small.renew()
        small.measure(self.tool.run(self.jobs))

    def measure(self, command: list[str]) -> Measured:
        return measure(command, self.folder, self.environment)

    def visible(self) -> int:
        return sum(len(files) for _, _, files in os.walk(self.folder / self.tool.visible))

    def said(self) -> str:
        return " ".join((self.folder / "said").read_text(errors="replace").split())[-300:]


class Scenario:
    """The first run of all: everything has to run."""

    name = "cold"
    most = 1_000_000
    begins_anew = True

    def needed(self, graph: Graph) -> int:
        return len(graph.stages)

    def applies(self, workspace: Workspace) -> bool:
        tool = workspace.tool
        return workspace.graph.size <= min(self.most, tool.cold_limit if self.name == "cold" else tool.limit)

    def arrange(self, workspace: Workspace) -> None:
        workspace.warm_up()
        workspace.renew()

    def command(self, workspace: Workspace) -> list[str]:
        return workspace.tool.run(workspace.jobs)

    def repeat(self, workspace: Workspace, line: Line) -> None:
        """Measures once, and counts what ran by the log that the commands themselves write."""
        begin = time.perf_counter()
        self.arrange(workspace)
        before = ran(workspace.folder).total()
        measured = workspace.measure(self.command(workspace))
        executed = ran(workspace.folder).total() - before
        line.add(measured, executed)
        self.judge(workspace, line)
        if measured.code != 0:
            line.remarks.append(workspace.said())
        line.spent += time.perf_counter() - begin

    def judge(self, workspace: Workspace, line: Line) -> None:
        executed = line.executed[-1]
        if executed < line.needed:
            line.wrong.append(f"{executed} commands ran, {line.needed} had to")
        if executed > line.needed:
            line.needless.append(f"{executed} commands ran, {line.needed} had to")


class NoOp(Scenario):
    """A second run: nothing has to run."""

    name = "no-op"
    begins_anew = False

    def needed(self, graph: Graph) -> int:
        return 0

    def arrange(self, workspace: Workspace) -> None:
        pass


class Status(NoOp):
    """The question what would run: nothing."""

    name = "status"

    def command(self, workspace: Workspace) -> list[str]:
        return workspace.tool.status()


class Touch(NoOp):
    """The first source gets a new time of modification, and keeps its bytes."""

    name = "touch"
    most = MUCH

    def arrange(self, workspace: Workspace) -> None:
        os.utime(workspace.folder / workspace.graph.sources[0])


class Cutoff(Scenario):
    """The first source gets one more comment, which its readers drop: what follows from them need not run."""

    name = "cutoff"
    most = MUCH
    begins_anew = False

    def needed(self, graph: Graph) -> int:
        return graph.readers

    def applies(self, workspace: Workspace) -> bool:
        return workspace.graph.cuts_off and super().applies(workspace)

    def arrange(self, workspace: Workspace) -> None:
        workspace.edits += 1
        with open(workspace.folder / workspace.graph.sources[0], "a") as source:
            source.write(f"# edit {workspace.edits}\n")


class Restore(NoOp):
    """All outputs that a user sees are deleted: who keeps copies brings them back without running anything."""

    name = "restore"
    most = MUCH

    def arrange(self, workspace: Workspace) -> None:
        shutil.rmtree(workspace.folder / workspace.tool.visible)
        workspace.graph.make_folders(workspace.folder)

    def judge(self, workspace: Workspace, line: Line) -> None:
        super().judge(workspace, line)
        if workspace.visible() != len(workspace.graph.stages):
            line.wrong.append(f"{workspace.visible()} of {len(workspace.graph.stages)} outputs are back")


class Kill(Scenario):
    """The process group of the tool is killed when half of the commands ran; measured is what finishes the work."""

    name = "kill"
    most = MUCH

    def repeat(self, workspace: Workspace, line: Line) -> None:
        begin = time.perf_counter()
        workspace.renew()
        stages = len(workspace.graph.stages)
        command = workspace.tool.run(workspace.jobs)
        killed = kill_at(stages // 2, command, workspace.folder, workspace.environment)
        went_on = [workspace.measure(command) for command in workspace.tool.after_kill(workspace.jobs)]
        times = ran(workspace.folder)
        line.add(
            Measured(
                sum(one.wall for one in went_on),
                sum(one.cpu for one in went_on),
                max(one.peak for one in went_on),
                went_on[-1].code,
            ),
            times.total(),
        )
        twice, never, visible = times.total() - len(times), stages - len(times), workspace.visible()
        # A command whose end was not yet written down has to run again: at most one for each job.
        if twice > workspace.jobs:
            line.needless.append(f"{twice} commands ran twice, {workspace.jobs} had to at most")
        if never or visible != stages:
            line.wrong.append(f"{never} commands never ended, {visible} of {stages} outputs are there")
        if len(went_on) > 1:
            line.remarks.append(f"{len(went_on)} commands to go on")
        if line.measured[-1].code != 0:
            line.remarks.append(workspace.said())
        if not killed:
            line.wrong.append("it ended before it was killed")
        line.spent += time.perf_counter() - begin


SCENARIOS = [Scenario(), NoOp(), Status(), Touch(), Cutoff(), Restore(), Kill()]


def compare(name: str, size: int, tools: list[Tool], folder: Path, jobs: int, runs: int, lines: list[Line]) -> None:
    """Takes all tools through all scenarios on one graph, by turns, so that a busy machine is busy for all.

    Each scenario adds to `lines` when all had their turns."""
    graph = GRAPHS[name](name, size)
    workspaces = [Workspace(tool, graph, folder / f"{name}-{size}-{tool.name}", jobs) for tool in tools]
    for scenario in SCENARIOS:
        pairs = [
            (workspace, Line(name, size, len(graph.stages), scenario.name, workspace.tool.name, scenario.needed(graph)))
            for workspace in workspaces
            if scenario.applies(workspace)
        ]
        if scenario.name == "no-op":
            # What a tool learns of files that did not change for some time, it learns here.
            for workspace, _ in pairs:
                workspace.measure(workspace.tool.run(jobs))
        for _ in range(min(runs, NEW) if scenario.begins_anew else runs):
            due = [
                (workspace, line) for workspace, line in pairs if line.spent < ENOUGH or len(line.measured) < LEAST
            ]
            if due and scenario.begins_anew and size >= RESTED:
                time.sleep(REST)
            for workspace, line in due:
                scenario.repeat(workspace, line)
        lines += [line for _, line in pairs]
    for workspace in workspaces:
        shutil.rmtree(workspace.home)
