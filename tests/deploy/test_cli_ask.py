"""`terragate ask` and `runs`: the real command, a real archive, a model server over real HTTP."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import time

import geopandas as gpd
import pytest
from shapely import box
from terragate.benchmarks.archive import locate
from terragate.tests.support.command_line import TOWNS, command, start, write_two_towns
from terragate.tests.support.openai_server import hangs
from terragate.tests.support.oracle_server import knows, oracle
from terragate.workflows.report import Report

QUESTION = "How many fishing vessels were seen in Rotterdam from 2019 to 2024? Show them on a map."
COUNT = {
    "family": "count",
    "place": "Rotterdam",
    "dates": "from 2019 to 2024",
    "category": "fishing vessels",
    "collection": "xview1",
    "output": "map",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_two_towns(tmp_path_factory.mktemp("data") / "two-towns")


@pytest.fixture(scope="module")
def server():
    with oracle(knows(**COUNT)) as served:
        yield served.url


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder and an environment of its own."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("TERRAGATE_HOME", str(folder / "home"))
        patch.setenv("COLUMNS", "120")
        yield folder


@pytest.fixture(scope="module")
def answered(home, archive, server):
    """The question asked, recorded and answered; returns its report."""
    ask = ("ask", QUESTION, "--catalog", archive, "--model", server)
    done = command(*ask, "--json", "--record", "calls.jsonl")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    return json.loads(done.out)


def own_count(archive):
    """Count with nothing but geopandas: within 10 km of the town, in the years."""
    town = locate(TOWNS)[0]
    local = f"+proj=aeqd +lat_0={town.lat} +lon_0={town.lon} +datum=WGS84"
    square = gpd.GeoSeries([box(-10_000, -10_000, 10_000, 10_000)], crs=local).to_crs("EPSG:4326")
    rows = gpd.read_file(archive / "xview1" / "xview1_labels.gpkg")
    meant = rows[(rows.cat_name == "Fishing Vessel") & rows.date.dt.year.between(2019, 2024)]
    return int(meant.intersects(square[0]).sum())


def test_the_answer_is_what_the_files_hold(answered, archive, home):
    wanted = own_count(archive)
    assert wanted > 0
    assert answered["status"] == "answered"
    assert [(v["name"], v["value"]) for v in answered["values"]] == [("feature_count", wanted)]
    assert str(wanted) in answered["answer"]
    assert answered["values"][0]["record"] in {record["id"] for record in answered["records"]}
    drawn = [ref for ref in answered["artifacts"] if ref["media_type"] == "text/html"]
    content = (home / "runs" / answered["run_id"] / drawn[0]["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == drawn[0]["sha256"]
    assert answered["usage"]["model_calls"] > 0


def test_two_questions_are_two_runs(archive, home, server):
    text = f"{QUESTION.partition('?')[0]}, and how many yachts are there?"
    done = command("ask", text, "--catalog", archive, "--model", server, "--json")
    first, second = map(json.loads, done.out.splitlines())
    assert done.code == 0
    assert first["values"][0]["value"] == own_count(archive)
    assert second["request"]["text"] == "How many yachts are in Rotterdam from 2019 to 2024?"
    shown = command("ask", text, "--catalog", archive, "--model", server)
    assert "question 2 of 2: How many yachts are in Rotterdam" in shown.err


def timeless(report):
    """Return a report without its name and its times."""
    plain = {key: value for key, value in report.items() if key != "run_id"}
    text = json.dumps(plain | {"usage": {**report["usage"], "seconds": 0}})
    return json.loads(text.replace(report["run_id"], "RUN"))


def test_a_recording_gives_the_same_report_again(answered, archive):
    again = command("ask", QUESTION, "--catalog", archive, "--replay", "calls.jsonl", "--json")
    assert again.code == 0
    assert timeless(json.loads(again.out)) == timeless(answered)


def test_a_recording_of_another_question_is_no_answer(answered, archive):
    done = command("ask", "Ships in Singapore?", "--catalog", archive, "--replay", "calls.jsonl")
    assert done.code == 1
    assert "calls.jsonl" in done.out
    assert "record again" in " ".join(done.out.split())


def test_a_person_sees_stages_answer_values_and_files(answered, archive, home):
    done = command("ask", QUESTION, "--catalog", archive, "--replay", "calls.jsonl")
    assert done.code == 0
    steps = [line.split()[1:3] for line in done.err.splitlines() if line.startswith("✓")]
    assert steps[:3] == [
        ["place", "find_place"],
        ["time", "find_dates"],
        ["search", "load_features"],
    ]
    assert "feature_count" in done.out
    assert f"{answered['values'][0]['record']} count_features" in done.out
    paths = [line.partition(" ")[2].strip() for line in done.out.splitlines() if "map.html" in line]
    assert (home / paths[0]).is_file()


def test_past_runs_are_listed_shown_and_exported(answered, home):
    run_id, count = answered["run_id"], answered["values"][0]["value"]
    assert run_id in command("runs", "list").out
    shown = command("runs", "show", run_id, "--json")
    assert json.loads(shown.out) == answered
    assert command("runs", "export", run_id, "--to", "again.py").code == 0
    script = [sys.executable, str(home / "again.py")]
    done = subprocess.run(script, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{answered['values'][0]['record']}.feature_count = {count}" in done.stdout


def test_one_tool_runs_by_hand_on_the_records_of_a_run(answered, archive):
    loaded = next(r["id"] for r in answered["records"] if r["tool"] == "load_features")
    done = command(
        "tools", "run", "count_features", "--run", answered["run_id"], "--catalog", archive,
        "--args", json.dumps({"features": loaded}),
    )  # fmt: skip
    assert json.loads(done.out)["values"][0]["value"] == answered["values"][0]["value"]


def test_questions_of_a_thread_are_kept_together(home, archive, server):
    ask = ("ask", QUESTION, "--catalog", archive, "--model", server, "--thread", "port", "--json")
    first, second = (json.loads(command(*ask, "--out", "mine").out) for _ in range(2))
    thread = json.loads((home / "mine" / "threads" / "port.json").read_text())
    assert thread["runs"] == [first["run_id"], second["run_id"]]
    assert [v["value"] for v in first["values"]] == [v["value"] for v in second["values"]]


def test_react_answers_too(home, archive, server):
    done = command(
        "ask", QUESTION, "--catalog", archive, "--model", server, "--workflow", "react",
        "--json",
    )  # fmt: skip
    assert done.code == 0
    assert [v["value"] for v in json.loads(done.out)["values"]] == [own_count(archive)]


def test_a_table_file_is_a_catalog(home, archive, server):
    table = archive / "xview1" / "xview1_labels.gpkg"
    done = command("ask", QUESTION, "--catalog", table, "--model", server, "--json")
    report = Report.model_validate_json(done.out)
    assert [value.value for value in report.values] == [own_count(archive)]


def test_an_ambiguous_place_is_asked_back_and_not_guessed(home, archive):
    with oracle(knows(family="count", trap="ambiguous", place="Springfield")) as served:
        ask = ("ask", "How many ships are in Springfield?", "--catalog", archive)
        done = command(*ask, "--model", served.url, "--json")
    report = json.loads(done.out)
    assert (done.code, report["status"], report["values"]) == (1, "clarify", [])
    assert len(report["candidates"]) > 1


class Terminal(io.StringIO):
    """A person's keyboard."""

    def isatty(self) -> bool:
        return True


def test_a_person_at_a_terminal_is_asked_which_one(home, archive, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("1\n\n"))
    with oracle(knows(family="count", trap="ambiguous", place="Springfield")) as served:
        ask = ("ask", "How many ships are in Springfield?", "--catalog", archive)
        command(*ask, "--model", served.url, "--json", "--out", "quiet")
        command(*ask, "--model", served.url, "--out", "asked")
    assert len(questions(home / "quiet")) == 1
    first, second = sorted(questions(home / "asked"), key=len)
    assert second.startswith(first.partition("Springfield")[0] + "Springfield, ")


def questions(out):
    reports = (json.loads(path.read_text()) for path in out.glob("*/report.json"))
    return [report["request"]["text"] for report in reports]


def test_ctrl_c_says_how_to_go_on_and_resuming_answers(home, archive):
    known = knows(**COUNT)
    with oracle(known, known, hangs) as served:
        ask = ("ask", QUESTION, "--catalog", archive, "--model", served.url, "--out", "my runs")
        asking = start(*ask, cwd=home)
        until = time.monotonic() + 120
        while len(served.requests) < 3 and time.monotonic() < until:
            time.sleep(0.05)
        asking.send_signal(signal.SIGINT)
        for line in asking.stderr:
            if line.startswith("stopping after this step"):
                break
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=120)
    assert asking.returncode == 130, err
    assert out == ""
    advice = next(line for line in err.splitlines() if line.startswith("stopped"))
    run_id = next((home / "my runs").glob("*/request.json")).parent.name
    assert f"terragate runs resume {run_id} --out 'my runs' --catalog {archive}" in advice
    assert "Traceback" not in err
    assert command("runs", "show", run_id, "--out", "my runs").code == 2
    with oracle(known) as served:
        resumed = command(
            "runs", "resume", run_id, "--out", "my runs", "--model", served.url, "--json"
        )
    report = json.loads(resumed.out)
    assert (resumed.code, report["run_id"]) == (0, run_id)
    assert [value["value"] for value in report["values"]] == [own_count(archive)]
    assert [record["tool"] for record in report["records"]].count("find_place") == 1
