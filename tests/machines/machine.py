"""A machine that QEMU emulates, with a port at which it runs scripts."""

import socket
import subprocess
import time
from pathlib import Path

from image import Image

NAMES = ["server", "alpha", "beta"]
# No machine is slower than that to begin, nor any script: an emulated processor is about ten times slower than ours.
PATIENCE = 600


class Machine:
    """One of several that share a network and the files of `server`."""

    def __init__(self, name: str, image: Image, program: Path, folder: Path, port: int, nfs: str):
        self.name, self.image, self.program, self.folder, self.port, self.nfs = name, image, program, folder, port, nfs
        self.process: subprocess.Popen | None = None

    def begin(self) -> None:
        """Switches it on, with a disk as new."""
        number = NAMES.index(self.name) + 1
        disk = self.folder / f"{self.name}.qcow2"
        disk.unlink(missing_ok=True)
        make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self.image.disk.resolve(), disk]
        subprocess.run(make, check=True)
        disks = [f"file={disk},format=qcow2,cache=unsafe", f"file={self.program},format=raw,readonly=on"]
        if self.name == "server":
            export = self.folder / "export.img"
            export.unlink(missing_ok=True)
            subprocess.run(["truncate", "-s", "4G", export], check=True)
            disks.append(f"file={export},format=raw,cache=unsafe")
        asked = "console=ttyS0 quiet net.ifnames=0 root=/dev/vda rw init=/begin"
        asked += f" machine.name={self.name} machine.number={number}"
        command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "1536", "-nographic", "-no-reboot"]
        command += ["-kernel", self.image.kernel, "-initrd", self.image.initrd, "-append", asked]
        for disk in disks:
            command += ["-drive", f"if=virtio,{disk}"]
        command += ["-netdev", f"user,id=door,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:7777"]
        command += ["-device", f"virtio-net-pci,netdev=door,mac=52:54:00:00:00:0{number}"]
        command += ["-netdev", "socket,id=net,mcast=230.0.0.1:7070,localaddr=127.0.0.1"]
        command += ["-device", f"virtio-net-pci,netdev=net,mac=52:54:00:00:01:0{number}"]
        said = open(self.folder / f"{self.name}.log", "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def wait(self) -> None:
        """Waits until it answers, and has the files of `server`, which begins first."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                assert self.run("echo here") == "here\n"
                break
            except (OSError, AssertionError) as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit(f"{self.name} does not begin: see {self.folder}/{self.name}.log") from error
                time.sleep(1)
        if self.name != "server":
            shown = "/export" if self.nfs == "3" else "/"
            self.run(f"mkdir /nfs; mount -t nfs -o vers={self.nfs} server:{shown} /nfs")

    def run(self, script: str) -> str:
        """Runs a script to its end; returns what it printed. One that fails is a failure of the story."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as door:
            # In braces, so that all of it is read before any of it runs.
            door.sendall(f"{{ exec 2>&1; set -e; {script}\n}} < /dev/null\necho ended $?\nexit\n".encode())
            answer = b""
            while part := door.recv(1 << 16):
                answer += part
        said, mark, _ = answer.decode().rpartition("ended 0\n")
        assert mark, f"on {self.name}:\n{script}\n{answer.decode()}"
        return said

    def end(self) -> None:
        """Switches it off, as the loss of power does."""
        if self.process:
            self.process.kill()
            self.process.wait()
