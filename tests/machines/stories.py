"""What two machines do with files that lie on a third, and what has to hold."""

import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from machine import Machine

CELLS = 8
UNITS = 2 * CELLS + 1
# `RAN` leaves a note that the command ran: a file of its own, as two machines cannot append to one over NFS.
MANIFEST = """
[variables]
salt = 0
[source.text]
path = "text.txt"
[source.words]
path = "words/*.txt"

[stage.make]
grid.axes = { x = AXIS }
inputs    = { text = "source.text", words = "source.words" }
params    = { x = "$x", salt = "$salt" }
outputs   = { o = "o.txt", d = "d/" }
command   = '''
RAN make-{params.x}
echo {params.salt} | cat - {inputs.text} {inputs.words}/* > {outputs.o}; echo {params.x} > {outputs.d}/x; ln -s x {outputs.d}/link
'''
[stage.copy]
grid      = "make"
inputs    = { o = "make.o", d = "make.d", first = "make[x=0].d" }
params    = { x = "$x" }
outputs   = { o = "o.txt" }
command   = '''
RAN copy-{params.x}
test -e {inputs.first}/link && cat {inputs.o} {inputs.d}/link > {outputs.o}
'''
[stage.all]
inputs    = { parts = "copy[x=*].o" }
outputs   = { o = "o.txt" }
command   = '''
RAN all
cat {inputs.parts}/* > {outputs.o}
'''
"""
NOTHING_TO_DO = f"executed 0, hit {UNITS}"


class Story:
    """Two machines, and a place on the third that nothing has used yet."""

    def __init__(self, alpha: Machine, beta: Machine, rng: random.Random):
        self.alpha, self.beta, self.rng = alpha, beta, rng
        self.number = rng.randrange(10**9)
        self.home = f"/nfs/{self.number}"
        alpha.run(f"mkdir -p {self.home}/ran")

    def project(self, machine: Machine, folder: str) -> None:
        """Writes a project; what it makes no other has made."""
        text = MANIFEST.replace("AXIS", str(list(range(CELLS))))
        text = re.sub(r"RAN (\S+)", rf"mktemp {self.home}/ran/\1.XXXXXXXX > /dev/null", text)
        machine.run(
            f"mkdir -p {folder}/words; cd {folder}; echo {self.number} > text.txt; echo one > words/one.txt\n"
            f"cat > pipeline.toml <<'END'\n{text}\nEND"
        )

    def together(self, *scripts: str) -> list[str]:
        """Runs a script on each machine at once; the second begins a little or a lot later."""
        delay = self.rng.choice([0, self.rng.uniform(0, 4)])
        late = [scripts[0], f"sleep {delay:.2f}; {scripts[1]}"]
        with ThreadPoolExecutor() as pool:
            return list(pool.map(Machine.run, (self.alpha, self.beta), late))

    def ran(self) -> Counter:
        """How often each command ran."""
        return Counter(note.split(".")[0] for note in self.alpha.run(f"ls {self.home}/ran").split())

    def each_ran_once(self) -> None:
        ran = self.ran()
        assert len(ran) == UNITS and set(ran.values()) == {1}, ran

    def expected(self, text: str | None = None, words: str = "one", salt: int = 0) -> str:
        """What the last stage makes."""
        text = text or str(self.number)
        return "".join(f"{salt}\n{text}\n{words}\n{x}\n" for x in range(CELLS))

    def holds(self, folder: str) -> None:
        """Both see the outputs, nothing is left to do, and nothing is damaged."""
        for machine in (self.alpha, self.beta):
            assert machine.run(f"cat {folder}/cache/latest/all/o.txt") == self.expected()
            told = machine.run(f"cd {folder}; osteon run; osteon cache verify; ls cache/staging")
            assert NOTHING_TO_DO in told and told.endswith("nothing is damaged\n"), told


def under_way(folder: str, executed: int) -> str:
    """The script that begins a run, and ends when so many of its units were executed."""
    begin = f"cd {folder}; (osteon run -j2 > /tmp/said 2>&1 < /dev/null &)"
    return f"{begin}\nuntil [ $(grep -c ^executed /tmp/said) -ge {executed} ]; do sleep 0.05; done"


def shared(story: Story) -> None:
    """two projects that share a cache: each piece of work is done once"""
    folder = f"/tmp/{story.number}"
    for machine in (story.alpha, story.beta):
        story.project(machine, folder)
    run = f"cd {folder}; OSTEON_CACHE={story.home}/cache osteon run -j2; cat cache/latest/all/o.txt > made"
    story.together(run, run)
    story.each_ran_once()
    for machine in (story.alpha, story.beta):
        assert machine.run(f"cat {folder}/made") == story.expected()


def same(story: Story) -> None:
    """two runs in one folder: each piece of work is done once"""
    story.project(story.alpha, story.home)
    run = f"cd {story.home}; osteon run -j2"
    story.together(run, run)
    story.each_ran_once()
    story.holds(story.home)


def killed(story: Story) -> None:
    """kill -9 of one of two runs: the other ends, and nothing that was recorded runs again"""
    story.project(story.alpha, story.home)
    kill = story.rng.choice(["kill -9 $!", "pkill -9 -x osteon"])
    doomed = (
        f"cd {story.home}; osteon run -j2 > /tmp/said 2>&1 & sleep 0.1\n"
        f"until [ $(grep -c ^executed /tmp/said) -ge {story.rng.randrange(UNITS)} ] || ! pgrep -x osteon > /dev/null\n"
        f"do sleep 0.05; done; {kill} || true; wait || true; cat /tmp/said"
    )
    told, _ = story.together(doomed, f"cd {story.home}; osteon run -j2")
    for unit in re.findall(r"^executed '(.*)'", told, re.MULTILINE):
        name = unit.replace("[x=", "-").rstrip("]")
        assert story.ran()[name] == 1, (unit, story.ran())
    story.holds(story.home)


def swept(story: Story) -> None:
    """a sweep beside a run of another machine is refused, and one after it takes nothing that the run used"""
    story.project(story.alpha, story.home)
    sweep = "osteon cache gc --keep-runs 1 --grace 0s"
    story.alpha.run(under_way(story.home, 1))
    told = story.beta.run(f"cd {story.home}; ! {sweep}")
    assert "try again when it is over" in told, told
    story.alpha.run("while pgrep -x osteon > /dev/null; do sleep 0.05; done")
    story.beta.run(f"cd {story.home}; {sweep}")
    story.holds(story.home)


def by_turns(story: Story) -> None:
    """two machines that run by turns with other settings: the names mean what ran last"""
    story.project(story.alpha, story.home)
    machines = [story.alpha, story.beta, story.alpha, story.beta, story.beta, story.alpha]
    for machine, salt in zip(machines, [1, 2, 1, 2, 1, 1]):
        made = machine.run(f"cd {story.home}; osteon run -S salt={salt} > /tmp/said 2>&1; cat cache/latest/all/o.txt")
        assert made == story.expected(salt=salt), (machine.name, salt, made)


def edited(story: Story) -> None:
    """what is edited on one machine is seen at once on the other, which has looked for a minute"""
    story.project(story.alpha, story.home)
    changes = [
        ("echo second > text.txt", "second", "one"),
        ("mv text.txt text.txt~; echo third > text.txt", "third", "one"),
        ("echo fourth > new; mv new text.txt", "fourth", "one"),
        ("echo two > words/two.txt", "fourth", "one\ntwo"),
        ("rm words/one.txt", "fourth", "two"),
    ]
    for change, text, words in changes:
        told = story.alpha.run(f"cd {story.home}; osteon run; osteon run; sleep 61; osteon run")
        assert told.splitlines()[-1].startswith(NOTHING_TO_DO), told
        story.beta.run(f"cd {story.home}; {change}")
        told = story.alpha.run(f"cd {story.home}; osteon status; osteon run; cat cache/latest/all/o.txt")
        assert re.search("inputs.(text|words) changed", told) and told.endswith(story.expected(text, words)), told


def powerless(story: Story) -> None:
    """a machine loses power: the other waits until the server gives back what it had claimed, and goes on"""
    story.project(story.alpha, story.home)
    story.beta.run(under_way(story.home, 3))
    story.beta.end()
    begin = time.monotonic()
    story.alpha.run(f"cd {story.home}; osteon run -j2")
    print(f"  it went on after {time.monotonic() - begin:.0f} s")
    story.beta.begin()
    story.beta.wait()
    story.holds(story.home)


# With how often each is told in a round.
STORIES: list[tuple[Callable[[Story], None], int]] = [
    (shared, 10),
    (same, 10),
    (killed, 10),
    (swept, 3),
    (by_turns, 3),
    (edited, 1),
    (powerless, 1),
]
