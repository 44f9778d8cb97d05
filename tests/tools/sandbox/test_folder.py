"""What a job may leave in its folder: every kind of file, and what is brought back of it."""

from __future__ import annotations

import os
from pathlib import Path

from terragate.tools.sandbox.folder import read_files, remove, write_files


def test_only_plain_files_of_the_folder_are_brought_back(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_files(outside, {"own.txt": "secret", "sub/own.txt": "secret"})
    job = tmp_path / "job"
    write_files(job, {"own.txt": "own", "sub/own.txt": b"below"})
    (job / "link").symlink_to(outside / "own.txt")
    (job / "hard").hardlink_to(outside / "own.txt")
    (job / "folder").symlink_to(outside)
    (job / "loop").symlink_to("loop")
    os.mkfifo(job / "fifo")
    names = (
        "own.txt", "sub/own.txt", "link", "hard", "folder/own.txt", "folder/sub/own.txt", "loop",
        "loop/own.txt", "fifo", "sub", "absent", "own.txt/below",
    )  # fmt: skip
    found = dict(read_files(job, names))
    assert found == {"own.txt": b"own", "sub/own.txt": b"below"}


def test_a_folder_that_became_a_link_gives_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "outside", {"own.txt": "secret"})
    (tmp_path / "job").symlink_to(tmp_path / "outside")
    assert dict(read_files(tmp_path / "job", ("own.txt",))) == {}
    remove(tmp_path / "job")
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (tmp_path / "outside" / "own.txt").read_text() == "secret"


def test_a_tree_too_deep_and_closed_is_removed(tmp_path: Path) -> None:
    job = tmp_path / "job"
    write_files(job, {"closed/own.txt": "own"})
    at = os.open(job, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d" * 50, dir_fd=at)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    (job / "closed").chmod(0)
    remove(job)
    assert list(tmp_path.iterdir()) == []
