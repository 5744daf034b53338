"""The tools: how each is told of a graph, run, asked, and continued after it was killed."""

import shutil
import subprocess
from pathlib import Path

from graphs import STRIP, Graph


class Tool:
    """What all tools have; each subclass writes the graph as its own users would."""

    name = ""
    # What a user sees of the outputs: deleted before `restore`.
    visible = "out"
    # The largest size of which everything is measured without `--no-limits`, and of which `cold` is.
    limit, cold_limit = 1_000_000, 1_000_000
    # Whether it compares bytes; the others compare times of modification.
    compares_bytes = True

    def __init__(self, program: str | None):
        self.program = program

    def version(self) -> str:
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout
        return f"{self.name} {said.split(chr(10))[0].removeprefix('GNU Make').split()[-1]}"

    def write(self, graph: Graph, folder: Path) -> None:
        raise NotImplementedError

    def prepare(self, folder: Path, environment: dict[str, str]) -> None:
        """Does what a new project needs once, outside of all measurements."""

    def run(self, jobs: int) -> list[str]:
        raise NotImplementedError

    def status(self) -> list[str]:
        """The command that tells what would run, and runs nothing."""
        raise NotImplementedError

    def after_kill(self, jobs: int) -> list[list[str]]:
        """The commands that a user needs to go on after SIGKILL."""
        return [self.run(jobs)]


class Osteon(Tool):
    name = "osteon"
    visible = "cache/latest"

    def write(self, graph: Graph, folder: Path) -> None:
        text = [f'name = "{graph.name}"']
        if graph.name == "fan":
            text += ['[source.text]', 'path = "in/{x}.txt"']
            text += self.stage("cell", 'i = "source.text"', "cat {inputs.i}", "{params.x}", 'grid = "source.text"')
        elif graph.name == "diamond":
            cells = f"grid.axes = {{ x = {list(range(graph.half))} }}"
            text += ['[source.text]', 'path = "in/0.txt"']
            first = f"{STRIP} -e s/^/{{params.x}}:/ {{inputs.i}}"
            text += self.stage("a", 'i = "source.text"', first, "a/{params.x}", cells)
            text += self.stage("b", 'i = "a.o"', "cat {inputs.i}", "b/{params.x}", 'grid = "a"')
            text += self.stage("all", 'i = "b[*].o"', "cat {inputs.i}/*", "all")
        else:
            names = {stage.output: f"s{stage.name}.o" for stage in graph.stages}
            for at, source in enumerate(graph.sources):
                names[source] = f"source.t{at}"
                text += [f"[source.t{at}]", f'path = "{source}"']
            for stage in graph.stages:
                read = f'i = "{names[stage.inputs[0]]}"'
                text += self.stage(f"s{stage.name}", read, f"{stage.do} {{inputs.i}}", stage.name)
        (folder / "pipeline.toml").write_text("\n".join(text) + "\n")

    @staticmethod
    def stage(name: str, inputs: str, do: str, logged: str, grid: str = "") -> list[str]:
        cell = [grid, 'params = { x = "$x" }'] if grid else []
        command = f'command = "{do} > {{outputs.o}} && echo {logged} >> log"'
        return [f"[stage.{name}]", *cell, f"inputs = {{ {inputs} }}", 'outputs = { o = "o.txt" }', command]

    def run(self, jobs: int) -> list[str]:
        return [self.program, "run", "-j", str(jobs)]

    def status(self) -> list[str]:
        return [self.program, "status"]


class Make(Tool):
    name = "make"
    compares_bytes = False

    def write(self, graph: Graph, folder: Path) -> None:
        # Without its built-in rules, and without half-written outputs of failed commands: as fast and as safe as make is.
        text = ["MAKEFLAGS += --no-builtin-rules", ".DELETE_ON_ERROR:", ".PHONY: all", "all: " + goals(graph)]
        text += [f"{stage.output}: {' '.join(stage.inputs)}\n\t@{stage.command()}" for stage in graph.stages]
        (folder / "Makefile").write_text("\n".join(text) + "\n")

    def run(self, jobs: int) -> list[str]:
        return [self.program, f"-j{jobs}"]

    def status(self) -> list[str]:
        return [self.program, "-q"]


class Ninja(Tool):
    name = "ninja"
    compares_bytes = False

    def write(self, graph: Graph, folder: Path) -> None:
        text = ["rule run", "  command = $do"]
        text += [f"build {s.output}: run {' '.join(s.inputs)}\n  do = {s.command()}" for s in graph.stages]
        (folder / "build.ninja").write_text("\n".join(text) + "\n")

    def run(self, jobs: int) -> list[str]:
        return [self.program, f"-j{jobs}", "--quiet"]

    def status(self) -> list[str]:
        return [self.program, "-n"]


class Snakemake(Tool):
    name = "snakemake"
    limit, cold_limit = 100, 1_000

    def write(self, graph: Graph, folder: Path) -> None:
        text = ["rule all:", f"    input: {names(graph)}"]
        if graph.name == "fan":
            text += self.rule("cell", '"in/{x}.txt"', "out/{x}.txt", "cat {input}", "{wildcards.x}")
        elif graph.name == "diamond":
            wide = f'expand("out/b/{{x}}.txt", x=range({graph.half}))'
            first = f"{STRIP} -e s/^/{{wildcards.x}}:/ {{input}}"
            text += self.rule("a", '"in/0.txt"', "out/a/{x}.txt", first, "a/{wildcards.x}")
            text += self.rule("b", '"out/a/{x}.txt"', "out/b/{x}.txt", "cat {input}", "b/{wildcards.x}")
            text += self.rule("gather", wide, "out/all.txt", "cat out/b/*", "all")
        else:
            for stage in graph.stages:
                read = f'"{stage.inputs[0]}"'
                text += self.rule(f"s{stage.name}", read, stage.output, f"{stage.do} {{input}}", stage.name)
        (folder / "Snakefile").write_text("\n".join(text) + "\n")

    @staticmethod
    def rule(name: str, read: str, output: str, do: str, logged: str) -> list[str]:
        shell = f'    shell: "{do} > {{output}} && echo {logged} >> log"'
        return [f"rule {name}:", f"    input: {read}", f'    output: "{output}"', shell]

    def run(self, jobs: int) -> list[str]:
        return [self.program, "--cores", str(jobs), "--quiet", "all"]

    def status(self) -> list[str]:
        return [self.program, "--dry-run", "--quiet", "all"]

    def after_kill(self, jobs: int) -> list[list[str]]:
        return [[self.program, "--unlock"], [*self.run(jobs), "--rerun-incomplete"]]


class Dvc(Tool):
    name = "dvc"
    limit, cold_limit = 100, 100

    def write(self, graph: Graph, folder: Path) -> None:
        text = ["stages:"]
        if graph.name == "fan":
            text += self.stage("cell", ["in/${item.x}.txt"], "out/${item.x}.txt", "cat", "${item.x}", graph.size)
        elif graph.name == "diamond":
            wide = [f"out/b/{x}.txt" for x in range(graph.half)]
            read, first = "out/a/${item.x}.txt", f"{STRIP} -e s/^/${{item.x}}:/"
            text += self.stage("a", ["in/0.txt"], read, first, "a/${item.x}", graph.half)
            text += self.stage("b", [read], "out/b/${item.x}.txt", "cat", "b/${item.x}", graph.half)
            text += self.stage("all", wide, "out/all.txt", "cat", "all")
        else:
            for stage in graph.stages:
                text += self.stage(f"s{stage.name}", stage.inputs, stage.output, stage.do, stage.name)
        (folder / "dvc.yaml").write_text("\n".join(text) + "\n")

    @staticmethod
    def stage(name: str, reads, output: str, do: str, logged: str, width: int = 0) -> list[str]:
        matrix = [f"    matrix: {{x: {list(range(width))}}}"] if width else []
        read = "out/b/*" if len(reads) > 1 else reads[0]
        text = [f"  {name}:", *matrix, f"    cmd: '{do} {read} > {output} && echo {logged} >> log'", "    deps:"]
        return [*text, *(f"    - {dependency}" for dependency in reads), "    outs:", f"    - {output}"]

    def prepare(self, folder: Path, environment: dict[str, str]) -> None:
        for command in (["init", "--no-scm", "--quiet"], ["config", "core.analytics", "false"]):
            subprocess.run([self.program, *command], cwd=folder, env=environment, check=True)

    def run(self, jobs: int) -> list[str]:
        # It runs one stage after another, whatever one asks for.
        return [self.program, "repro", "--quiet"]

    def status(self) -> list[str]:
        return [self.program, "status", "--quiet"]


def goals(graph: Graph) -> str:
    """The outputs that nothing reads."""
    if graph.name.startswith("fan"):
        return " ".join(stage.output for stage in graph.stages)
    return graph.last


def names(graph: Graph) -> str:
    return repr(goals(graph).split()).strip("[]")


def all_tools(osteon: str) -> dict[str, Tool]:
    """Every tool that is known, whether it is there or not."""
    found = {tool.name: tool(shutil.which(tool.name)) for tool in (Make, Ninja, Dvc, Snakemake)}
    # It comes last: it deletes what each command ran in, which slows down whoever makes files next (see `REST`).
    return {**found, "osteon": Osteon(shutil.which(osteon))}
