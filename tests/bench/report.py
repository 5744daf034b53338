"""What is printed: a line for each measurement, and the ratios with their targets."""

from collections.abc import Callable
from statistics import median

from scenarios import Line

HEADS = ["graph", "stages", "scenario", "tool", "runs", "min ms", "median ms", "cpu ms", "peak MB", "ran", "needed", ""]


def show(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def row(line: Line, floor: float) -> list[str]:
    walls = [one.wall * 1000 for one in line.measured]
    cpu = min(one.cpu * 1000 for one in line.measured)
    peak = max(one.peak for one in line.measured)
    counts = sorted(set(line.executed))
    ran = show_count(counts[0]) + (f" to {show_count(counts[-1])}" if len(counts) > 1 else "")
    loud = {"WRONG": line.wrong, "NEEDLESS": line.needless, "": line.remarks}
    said = [(head + ": ").lstrip(": ") + "; ".join(dict.fromkeys(texts)) for head, texts in loud.items() if texts]
    remarks = "; ".join(said)
    return [
        line.graph,
        show_count(line.stages),
        line.scenario,
        line.tool,
        str(len(walls)),
        show(min(walls)),
        show(median(walls)),
        show(cpu),
        f"< {floor:.0f}" if peak <= floor else f"{peak:.0f}",
        ran,
        show_count(line.needed),
        remarks,
    ]


def show_count(count: int) -> str:
    return f"{count:,}"


def lay_out(rows: list[list[str]], markdown: bool, words: set[int]) -> str:
    """Aligns a table, the columns `words` to the left and the others to the right."""
    if markdown:
        rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    align = lambda at, cell: cell.ljust(widths[at]) if at in words else cell.rjust(widths[at])
    lines = [[align(at, cell) for at, cell in enumerate(row)] for row in rows]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in lines)
    rule = [width * "-" if at in words else (max(width, 2) - 1) * "-" + ":" for at, width in enumerate(widths)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])


class Ratio:
    """One number that matters, and what it is meant to be at one size."""

    def __init__(self, what: str, size: int, target: float, at_most: bool, value: Callable[["Found"], float | None]):
        self.what, self.size, self.target, self.at_most, self.value = what, size, target, at_most, value

    def rows(self, lines: list[Line]) -> list[list[str]]:
        graphs = list(dict.fromkeys(line.graph for line in lines))
        found = [row for graph in graphs if (row := self.row(lines, graph))]
        return found or [[self.what, f"{self.size:,}", "not measured", self.goal(), ""]]

    def row(self, lines: list[Line], graph: str) -> list[str] | None:
        """The ratio on one graph, at the size it is meant for or the largest other that was measured."""
        others = sorted({line.size for line in lines} - {self.size}, reverse=True)
        for size in [self.size, *others]:
            value = self.value(Found(lines, graph, size))
            if value is not None:
                return [f"{self.what}, {graph}", f"{size:,}", f"{value:.1f}", self.goal(), self.verdict(value, size)]
        return None

    def goal(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.target:g}"

    def verdict(self, value: float, size: int) -> str:
        if size != self.size:
            return f"no verdict: meant for {self.size:,}"
        met = value <= self.target if self.at_most else value >= self.target
        return "met" if met else "NOT met"


class Found:
    """What was measured on one graph of one size."""

    def __init__(self, lines: list[Line], graph: str, size: int):
        self.lines = [line for line in lines if (line.graph, line.size) == (graph, size)]

    def line(self, tool: str, scenario: str) -> Line | None:
        found = (line for line in self.lines if (line.tool, line.scenario) == (tool, scenario))
        return next(found, None)

    def wall(self, tool: str, scenario: str) -> float | None:
        line = self.line(tool, scenario)
        # What did not do its work has no time.
        return min(one.wall for one in line.measured) if line and not line.wrong else None

    def ratio(self, scenario: str, above: str, below: str) -> float | None:
        above, below = self.wall(above, scenario), self.wall(below, scenario)
        return above / below if above and below else None

    def peak(self) -> float | None:
        peaks = [one.peak for line in self.lines if line.tool == "osteon" for one in line.measured]
        return max(peaks, default=None)


def milliseconds(found: Found) -> float | None:
    wall = found.wall("osteon", "no-op")
    return wall * 1000 if wall else None


RATIOS = [
    Ratio("no-op, osteon / ninja", 10_000, 2, True, lambda found: found.ratio("no-op", "osteon", "ninja")),
    Ratio("no-op, osteon in ms", 1_000, 15, True, milliseconds),
    Ratio("a cold stage, osteon / make", 10_000, 1.5, True, lambda found: found.ratio("cold", "osteon", "make")),
    *(
        Ratio("a cold stage, snakemake / osteon", size, 20, False, lambda found: found.ratio("cold", "snakemake", "osteon"))
        for size in [100, 1_000]
    ),
    Ratio("a cold stage, dvc / osteon", 100, 60, False, lambda found: found.ratio("cold", "dvc", "osteon")),
    Ratio("largest peak of osteon in MB", 10_000, 150, True, Found.peak),
]


def measurements(lines: list[Line], floor: float, markdown: bool) -> str:
    return lay_out([HEADS, *(row(line, floor) for line in lines)], markdown, {0, 2, 3, 11})


def ratios(lines: list[Line], markdown: bool) -> str:
    heads = ["of minimal times", "stages", "is", "meant", ""]
    return lay_out([heads, *(row for ratio in RATIOS for row in ratio.rows(lines))], markdown, {0, 4})
