"""Whatever happens to a build, the output is an old one or a new one, and the next build cleans up."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench import startup
from bench import variants as variants_bench

from derive import output
from derive.errors import Fault
from derive.starter import REPORT

KINDS = ("pdf", "tex", "json", "html", "md")
OPTIONS = ("-o", "out", "--to", ",".join(KINDS), "--force")
COMMAND = [sys.executable, "-m", "derive", "build"]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "homework.md").write_text(REPORT, encoding="utf-8")
    return tmp_path


def program(*args: str, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *args], cwd=cwd, stdout=-3, stderr=subprocess.PIPE, text=True, **options)


def finish(running: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = running.communicate(timeout=60)
    assert "Traceback" not in err, err
    return running.returncode, err


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def titled(title: str) -> str:
    return REPORT.replace("Exercise 1", title)


# ------------------------------------------------------------------------------------------- nowhere to write


def test_a_full_disk(here: Path) -> None:
    """No file may grow beyond a few bytes: an error, nothing written, the old output whole."""
    (here / "out").mkdir()
    (here / "out" / "homework.pdf").write_text("old")

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    code, err = finish(program("homework.md", "-o", "out", "--to", "pdf,tex", cwd=here, preexec_fn=full))
    assert code == 1 and err.startswith("error: ") and "too large" in err
    assert contents(here / "out") == {"homework.pdf": b"old"} and len(list((here / "out").iterdir())) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_standard_output(here: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [*COMMAND, "homework.md", "--to", "json"]
        done = subprocess.run(command, cwd=here, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode != 0 and "Traceback" not in done.stderr and "No space left" in done.stderr


def test_a_folder_that_cannot_be_written(derive: Callable[..., Any], here: Path) -> None:
    """A file stands in the way; a folder of the system; a folder without permission (which root ignores)."""
    (here / "closed").mkdir(mode=0o500)
    places = ["homework.md/below", "/proc/none"] + ([] if os.geteuid() == 0 else ["closed"])
    for place in places:
        run = derive("build", "homework.md", "-o", place, "--to", "tex")
        assert run.code == 1 and f"error: cannot write {place}" in run.err
    assert sorted(f.name for f in here.iterdir()) == ["closed", "homework.md"]


# --------------------------------------------------------------------------------------------- builds that meet


def test_two_builds_of_one_report(here: Path) -> None:
    """Both end well, and all files are of one of them."""
    (here / "other").mkdir()
    (here / "other" / "homework.md").write_text(titled("Another exercise"), encoding="utf-8")
    kinds = ",".join(KINDS)
    whole = []
    for path in ("homework.md", "other/homework.md"):
        assert finish(program(path, "-o", "alone", "--to", kinds, cwd=here))[0] == 0
        whole.append(contents(here / "alone"))
    assert all(whole[0][name] != whole[1][name] for name in ("homework.tex", "homework.html"))
    running = [program(path, *OPTIONS, cwd=here) for path in ("homework.md", "other/homework.md")]
    assert [finish(one)[0] for one in running] == [0, 0]
    assert contents(here / "out") in whole
    assert not [f for f in (here / "out").iterdir() if f.name.startswith(".")]


def test_files_of_two_builds_are_never_mixed(tmp_path: Path) -> None:
    """Many writers, a few of them ended in the middle: every set of files is of one writer."""
    code = (
        "import sys; from pathlib import Path; from derive.output import write_all\n"
        "me = sys.argv[1].encode() * 50_000\n"
        "while True: write_all(Path('out'), {f'{i}': me for i in range(6)})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, c], cwd=tmp_path) for c in "abc"]
    try:
        while len(list(tmp_path.glob("out/[0-9]"))) < 6:
            time.sleep(0.01)
        time.sleep(0.3)
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGSTOP)
        for writer in writers:
            writer.kill()
            writer.wait()
    assert {len(data) for data in contents(tmp_path / "out").values()} == {50_000}, "half a file"
    found = output.write_all(tmp_path / "out", {"0": b"new"})
    assert found == (tmp_path / "out" / "0",)
    assert not [f for f in (tmp_path / "out").iterdir() if f.name.startswith(".")], "what was left is gone"


def test_a_writer_waits_for_the_one_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = output._lock(tmp_path)
    assert held is not None
    other = tmp_path / ".derive-other"
    other.mkdir()
    monkeypatch.setattr(output, "_PATIENCE", 0.1)
    output.write_all(tmp_path, {"a": b"1"})
    assert other.is_dir(), "not ours to remove while its owner may live"
    os.close(held)
    output.write_all(tmp_path, {"a": b"2"})
    assert not other.exists() and contents(tmp_path) == {"a": b"2"}


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    for name in (".hidden", ".derive", "derive-x"):
        (tmp_path / name).write_text("mine")
    output.write_all(tmp_path, {"a": b"1"})
    assert sorted(contents(tmp_path)) == [".derive", ".hidden", "a", "derive-x"]


def test_a_failed_write_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("old")
    with pytest.raises(Fault, match="cannot write"):
        output.write_all(tmp_path, {"a": b"new", "b": b"new"})
    assert contents(tmp_path) == {"a": b"old"} and len(list(tmp_path.iterdir())) == 2


def test_files_have_the_permissions_of_the_user(tmp_path: Path) -> None:
    (file,) = output.write_all(tmp_path / "out", {"a": b"1"})
    (tmp_path / "usual").write_text("1")
    assert file.stat().st_mode == (tmp_path / "usual").stat().st_mode


# ------------------------------------------------------------------------------------------------------ killed


@pytest.mark.slow
def test_killed_at_any_moment(here: Path, request: pytest.FixtureRequest) -> None:
    """Each file is old or new, whole; the next build makes all new and leaves nothing behind."""
    report = here / "homework.md"
    full = request.config.getoption("--full")
    report.write_text(titled("New"), encoding="utf-8")
    start = time.monotonic()
    assert finish(program("homework.md", *OPTIONS, cwd=here))[0] == 0
    takes, new = time.monotonic() - start, contents(here / "out")
    report.write_text(titled("Old"), encoding="utf-8")
    assert finish(program("homework.md", *OPTIONS, cwd=here))[0] == 0
    old = contents(here / "out")
    report.write_text(titled("New"), encoding="utf-8")
    rng = random.Random(7)
    for _ in range(60 if full else 6):
        running = program("homework.md", *OPTIONS, cwd=here)
        time.sleep(rng.uniform(0.5 if rng.random() < 0.7 else 0.0, 1.05) * takes)
        running.kill()
        running.communicate()
        found = contents(here / "out")
        assert found.keys() == new.keys()
        assert all(found[name] in (old[name], new[name]) for name in new), "half a file"
    assert finish(program("homework.md", *OPTIONS, cwd=here))[0] == 0
    assert contents(here / "out") == new
    assert not [f for f in (here / "out").iterdir() if f.name.startswith(".")]


# ------------------------------------------------------------------------------------------------- several reports


def variants(folder: Path, count: int) -> list[str]:
    for i in range(count):
        (folder / f"v{i}.md").write_text(titled(f"Variant {i}"), encoding="utf-8")
    return [f"v{i}.md" for i in range(count)]


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    pytest.fail("it did not happen")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in Linux's way")
def test_a_worker_that_is_killed_is_an_error_of_its_report(here: Path) -> None:
    running = program(*variants(here, 6), "-o", "out", "--to", "tex", "--jobs", "2", cwd=here)
    first = wait_for(lambda: len(found := children(running.pid)) == 2 and found)[0]
    os.kill(first, signal.SIGKILL)
    code, err = finish(running)
    assert code == 1
    assert err.count("error: ") == 1 and "was ended by signal 9" in err
    assert "6 reports: 5 built, 1 failed" in err
    assert len(list((here / "out").glob("*.tex"))) == 5


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in Linux's way")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_command(here: Path, jobs: str, end: signal.Signals) -> None:
    """Ctrl-C goes to the whole group of the terminal; a killed command cannot end its children itself."""
    args = (*variants(here, 6), "-o", "out", "--to", "pdf", "--jobs", jobs)
    running = program(*args, cwd=here, start_new_session=True)
    team = wait_for(lambda: len(found := children(running.pid)) == 2 and found) if jobs == "2" else []
    wait_for(lambda: list(here.glob("out/*.pdf")))
    if end == signal.SIGINT:
        os.killpg(running.pid, end)
    else:
        running.kill()
    code, err = finish(running)
    assert code == (130 if end == signal.SIGINT else -9)
    assert "error" not in err
    wait_for(lambda: not any(alive(pid) for pid in team), 10)


# ------------------------------------------------------------------------------------------------------ measured


def test_the_start_takes_less_than_half_of_what_a_library_takes_to_load() -> None:
    """The medians of interleaved runs, the best of three tries on a busy machine."""
    tries = []
    for _ in range(3):
        tries.append(startup.measure(repeats=3, whole=False))
        if max(tries[-1].values()) <= 0.4:
            return
    pytest.fail(f"in none of three runs: {tries}")


def test_variants_are_built_by_several_processes() -> None:
    found = variants_bench.measure(count=2)
    assert found["reports per second, --jobs 2"] > 0.1
    assert 50 < found["peak memory in MB, --jobs 1"] < 400
