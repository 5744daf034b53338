"""The disk that every machine begins with: Debian, with a kernel that serves NFS and uses it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PACKAGES = "iproute2,kmod,linux-image-cloud-amd64,nfs-common,nfs-kernel-server,procps,rpcbind,socat,zstd"
# Which package has what is called.
TOOLS = {
    "debootstrap": "debootstrap",
    "mke2fs": "e2fsprogs",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
}


@dataclass(frozen=True)
class Image:
    disk: Path
    kernel: Path
    initrd: Path


def missing() -> list[str]:
    """The packages that are needed and not there."""
    return [package for tool, package in TOOLS.items() if shutil.which(tool) is None]


def image(folder: Path) -> Image:
    """Makes the disk below a folder, unless it is there."""
    root, disk = folder / "root", folder / "disk.img"
    begin = Path(__file__).with_name("begin")
    if not disk.exists():
        shutil.rmtree(root, ignore_errors=True)
        make = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    # It changes with this checkout; the rest does not.
    if not disk.exists() or (root / "begin").read_bytes() != begin.read_bytes():
        shutil.copy(begin, root / "begin")
        disk.unlink(missing_ok=True)
        whole = folder / "whole.img"
        whole.unlink(missing_ok=True)
        subprocess.run(["truncate", "-s", "3G", whole], check=True)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, whole], check=True)
        whole.rename(disk)
    return Image(disk, newest(root, "vmlinuz"), newest(root, "initrd.img"))


def newest(root: Path, name: str) -> Path:
    return max((root / "boot").glob(f"{name}-*"))
