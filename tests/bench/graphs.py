"""The graphs, once for all tools: every tool runs the same commands on the same files."""

from dataclasses import dataclass
from pathlib import Path

CAT = "cat"
# Drops comments, so that a changed source can make the same output as before.
STRIP = "sed -e /^#/d"


@dataclass(frozen=True)
class Stage:
    """One command: `do INPUTS > OUTPUT`, then a line with its name in the log."""

    name: str
    do: str
    inputs: tuple[str, ...]

    @property
    def output(self) -> str:
        return f"out/{self.name}.txt"

    def command(self) -> str:
        # Hundreds of names of one folder are left to the shell: a command line has a limit.
        read = "out/b/*" if len(self.inputs) > 1 else self.inputs[0]
        return f"{self.do} {read} > {self.output} && echo {self.name} >> log"


@dataclass(frozen=True)
class Graph:
    """Sources and the stages that read them, in an order in which they can run."""

    name: str
    size: int
    sources: tuple[str, ...]
    stages: tuple[Stage, ...]
    # How many stages read the first source; and how many of all follow from it.
    readers: int
    followers: int
    # Whether anything reads what the readers of the first source make, after comments were dropped.
    cuts_off: bool

    @property
    def last(self) -> str:
        return self.stages[-1].output

    @property
    def half(self) -> int:
        """The width of the diamond."""
        return len(self.stages) // 2

    def lay_out(self, folder: Path) -> None:
        """Writes the sources, and the folders that commands write into."""
        (folder / "in").mkdir(parents=True)
        for at, source in enumerate(self.sources):
            (folder / source).write_text(f"# a comment\nthe text of source {at}\n")
        self.make_folders(folder)

    def make_folders(self, folder: Path) -> None:
        for stage in self.stages:
            (folder / stage.output).parent.mkdir(parents=True, exist_ok=True)


def fan(name: str, size: int) -> Graph:
    """`size` stages, each of which reads a source of its own."""
    sources = tuple(f"in/{x}.txt" for x in range(size))
    stages = tuple(Stage(str(x), CAT, (source,)) for x, source in enumerate(sources))
    return Graph(name, size, sources, stages, 1, 1, cuts_off=False)


def chain(name: str, size: int) -> Graph:
    """`size` stages, each of which reads the one before it."""
    stages = [Stage("0", STRIP, ("in/0.txt",))]
    for x in range(1, size):
        stages.append(Stage(str(x), CAT, (stages[-1].output,)))
    return Graph(name, size, ("in/0.txt",), tuple(stages), 1, size, cuts_off=True)


def diamond(name: str, size: int) -> Graph:
    """One source, half of the stages read it, as many read one of those each, and a last one reads them all."""
    half = size // 2
    first = [Stage(f"a/{x}", f"{STRIP} -e s/^/{x}:/", ("in/0.txt",)) for x in range(half)]
    second = [Stage(f"b/{x}", CAT, (stage.output,)) for x, stage in enumerate(first)]
    last = Stage("all", CAT, tuple(stage.output for stage in second))
    stages = (*first, *second, last)
    return Graph(name, size, ("in/0.txt",), stages, half, len(stages), cuts_off=True)


# A fan is a grid for the tools that have grids, and one stage after another in `fan-stages`, as a program would write it.
GRAPHS = {"fan": fan, "fan-stages": fan, "chain": chain, "diamond": diamond}
