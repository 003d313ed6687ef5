"""From files in the inbox to observations, findings and receipts in the database and the outbox."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from catalogue.load import load
from ingestion import readers, receipts, units
from ingestion.collect import CollectReport, collect
from ingestion.landing import submit
from ingestion.observations import FileContent
from ingestion.withdraw import withdraw
from kexie.database import ready
from kexie.errors import UserError
from kexie.home import Home
from tests.conftest import NewDatabase

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C,甲市科协,city,territorial,P,2000-01-01,
A,甲县科协,county,territorial,C,2000-01-01,
B,乙县科协,county,territorial,C,2000-01-01,
"""
HEADER = "unit_code,form,period,indicator_code,scope,value,low,high,state,status,note\n"

Send = Callable[..., CollectReport]


@pytest.fixture(scope="module")
def instance(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = new_database()
    folder = tmp_path_factory.mktemp("units")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    units.load(ready(home), folder)
    return home


@pytest.fixture(scope="module")
def engine(instance: Home) -> Engine:
    return ready(instance)


@pytest.fixture
def home(instance: Home, engine: Engine) -> Home:
    _forget(engine)
    for path in Path(instance.outbox.path).rglob("*.txt"):
        path.unlink()
    return instance


@pytest.fixture
def send(home: Home, engine: Engine, tmp_path: Path) -> Send:
    """Submit CSV files (name → rows) one after another and collect them in one run."""

    def send(submitter: str, *files: tuple[str, list[str]]) -> CollectReport:
        for name, rows in files:
            (tmp_path / name).write_text(HEADER + "".join(_row(row) for row in rows), encoding="utf-8")
            submit(home, [tmp_path / name], submitter)
        return collect(home, engine, load(), lambda _line: None)

    return send


def _forget(engine: Engine) -> None:
    with engine.begin() as connection:
        tables = "landing.delivery, landing.submission, landing.observation, landing.finding, landing.withdrawal"
        connection.execute(text(f"truncate {tables}, landing.year_change restart identity cascade"))


def _row(short: str) -> str:
    """`A 2021 sp_activity_count 10` or with a note behind as a line of the file."""
    unit, period, indicator, value, *note = short.split(" ")
    return f"{unit},,{period},{indicator},own,{value},,,,,{''.join(note)}\n"


def _all(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _in_force(engine: Engine) -> dict[object, object]:
    """indicator → value of what is in force, by the rule that the models read."""
    query = """
        select indicator_code, value
        from landing.observation
        where not is_held and submission_id in (
            select distinct on (unit_code, form, period) submission_id
            from landing.submission
            where state = 'accepted' and submission_id not in (select submission_id from landing.withdrawal)
            order by unit_code, form, period, delivery_seq desc
        )
    """
    return dict(_all(engine, query))  # type: ignore[arg-type]


def _receipts(home: Home, submitter: str = "A") -> dict[str, str]:
    folder = Path(home.outbox.path) / submitter
    return {path.name: path.read_bytes().decode("utf-8-sig") for path in sorted(folder.glob("*.txt"))}


def _changed(engine: Engine) -> dict[object, object]:
    return dict(_all(engine, "select year, changed_seq from landing.year_change"))  # type: ignore[arg-type]


# ---- what is stored


def test_accepted_figures_are_stored_with_their_place(send: Send, engine: Engine) -> None:
    report = send("A", ("a.csv", ["A 2021 sp_activity_count 10", "A 2021 sp_lecture_count 2.50 旧台账"]))
    assert (dict(report.outcomes), report.years_changed, report.left) == ({"accepted": 1}, {2021}, [])
    assert _all(engine, "select indicator_code, value::text, line, note from landing.observation order by line") == [
        ("sp_activity_count", "10", 2, ""),
        ("sp_lecture_count", "2.50", 3, "旧台账"),
    ]
    assert _all(engine, "select unit_code, form, period, year, state, figures_read from landing.submission") == [
        ("A", "popularisation", "2021", 2021, "accepted", 2)
    ]


def test_the_catalogue_that_checked_is_recorded(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10"]))
    query = "select distinct catalogue_version from landing.{}"
    assert _all(engine, query.format("submission")) == _all(engine, query.format("delivery")) == [(load().version,)]


def test_only_years_of_accepted_submissions_change(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2020 sp_activity_count 10", "A 2021 sp_activity_count x"]))
    assert list(_changed(engine)) == [2020]


def test_a_change_gets_a_fresh_number(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10"]))
    first = _changed(engine)[2021]
    send("A", ("a.csv", ["A 2021 sp_activity_count 11"]))
    (last,) = _all(engine, "select max(delivery_seq) from landing.delivery")[0]
    assert first < last < _changed(engine)[2021]  # type: ignore[operator]


def test_a_run_without_files_changes_nothing(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10"]))
    before = _changed(engine)
    assert send("A").outcomes.total() == 0
    assert _changed(engine) == before


def test_a_revision_replaces_the_whole_form(send: Send, engine: Engine, home: Home) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10", "A 2021 sp_lecture_count 2"]))
    send("A", ("a.csv", ["A 2021 sp_activity_count 11"]))
    assert _in_force(engine) == {"sp_activity_count": 11}
    assert "1 个数已撤下" in _receipts(home)["a.csv.回执(2).txt"]


def test_it_does_not_matter_whether_files_come_in_one_run_or_in_several(send: Send, engine: Engine) -> None:
    first = ("1.csv", ["A 2020 sp_activity_count 1"])
    second = ("2.csv", ["A 2021 sp_activity_count 9000"])
    third = ("3.csv", ["A 2021 sp_activity_count 9000", "A 2021 sp_lecture_count 1"])
    files = [first, second, second, third, second]
    together = send("A", *files)
    assert dict(together.outcomes) == {"accepted": 1, "held": 3, "duplicate": 1}
    query = "select outcome from landing.delivery order by delivery_seq"
    outcomes = _all(engine, query)
    _forget(engine)
    for file in files:
        send("A", file)
    assert _all(engine, query) == outcomes


def test_one_file_at_which_the_program_fails_stops_no_other(
    send: Send, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = readers.read

    def fail(name: str, data: bytes, catalogue: object) -> FileContent:
        if name == "poison.csv":
            raise ZeroDivisionError("a defect of ours")
        return read(name, data, catalogue)  # type: ignore[arg-type]

    monkeypatch.setattr(readers, "read", fail)
    figure = ["A 2021 sp_activity_count 10"]
    report = send("A", ("good.csv", figure), ("poison.csv", figure), ("also good.csv", ["A 2020 sp_activity_count 10"]))
    assert dict(report.outcomes) == {"accepted": 2, "rejected": 1}
    assert "系统未能处理这个文件" in _receipts(home)["poison.csv.回执.txt"]
    assert "a defect of ours" in (home.logs / "collect.log").read_text(encoding="utf-8")
    assert "系统未能处理" not in _receipts(home)["good.csv.回执.txt"]


def test_a_figure_the_database_cannot_hold_stops_no_other(
    send: Send, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = readers.read

    def with_nul(name: str, data: bytes, catalogue: object) -> FileContent:
        content = read(name, data, catalogue)  # type: ignore[arg-type]
        if name == "nul.csv":
            content.readings = [reading._replace(note="\0") for reading in content.readings]
        return content

    monkeypatch.setattr(readers, "read", with_nul)
    report = send("A", ("nul.csv", ["A 2021 sp_activity_count 1"]), ("good.csv", ["A 2020 sp_activity_count 1"]))
    assert dict(report.outcomes) == {"rejected": 1, "accepted": 1}
    assert list(_receipts(home)) == ["good.csv.回执.txt", "nul.csv.回执.txt"]


# ---- withdrawing


def test_a_withdrawn_submission_counts_as_never_sent(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10"]))
    send("A", ("b.csv", ["A 2021 sp_activity_count 11"]))
    before = _changed(engine)[2021]
    (last,) = _all(engine, "select max(submission_id) from landing.submission")[0]
    assert withdraw(engine, last) == 2021  # type: ignore[arg-type]
    assert _in_force(engine) == {"sp_activity_count": 10}
    assert _changed(engine)[2021] > before  # type: ignore[operator]


def test_withdrawn_bytes_sent_again_are_a_submission(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10"]))
    withdraw(engine, 1)
    assert dict(send("A", ("a.csv", ["A 2021 sp_activity_count 10"])).outcomes) == {"accepted": 1}
    assert _in_force(engine) == {"sp_activity_count": 10}


def test_what_cannot_be_withdrawn_is_refused_in_one_sentence(send: Send, engine: Engine) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10", "A 2020 sp_activity_count x"]))
    rejected, accepted = (
        _all(engine, f"select submission_id from landing.submission where state = '{state}'")[0][0]
        for state in ("rejected", "accepted")
    )
    with pytest.raises(UserError, match="There is no submission 999"):
        withdraw(engine, 999)
    with pytest.raises(UserError, match="was rejected"):
        withdraw(engine, rejected)  # type: ignore[arg-type]
    withdraw(engine, accepted)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="already withdrawn"):
        withdraw(engine, accepted)  # type: ignore[arg-type]


# ---- receipts


def test_a_receipt_says_what_was_taken_what_not_and_what_to_do(send: Send, home: Home) -> None:
    send(
        "C",
        ("甲市.csv", ["A 2021 sp_activity_count 10", "B 2021-Q3 sp_activity_count 多", "C 2021 sp_activity_count 7"]),
    )
    (receipt,) = _receipts(home, "C").values()
    assert receipt.splitlines()[2:] == [
        "文件：甲市.csv",
        "报送单位：甲市科协（C）",
        next(line for line in receipt.splitlines() if line.startswith("收到时间：") and line.endswith("（北京时间）")),
        next(line for line in receipt.splitlines() if line.startswith("受理编号：")),
        "受理结果：部分受理：2 张报表收下，1 张退回，有误之处见下。",
        "下一步：请改正有误之处后重新报送；已收下的报表不需要再报。",
        "",
        "各报表受理情况",
        "1. 甲县科协（A），科普活动与科技志愿服务情况表，2021 年：收下 1 个数（报送编号 1）。",
        "2. 乙县科协（B），科普活动与科技志愿服务情况表，2021 年第三季度：退回，1 个数未收。",
        "3. 甲市科协（C），科普活动与科技志愿服务情况表，2021 年：收下 1 个数（报送编号 3）。",
        "",
        "必须改正的问题（1 条）",
        "1. 第 3 行：“科普(宣传)活动场次”填的“多”不是数字。请只填数字，如 1200 或 1200.5，不带单位和“余、约、万”等字；"
        "没有此项填“-”，不便公开填“**”，没有统计就留空。",
    ]


def test_a_receipt_opens_in_notepad(send: Send, home: Home) -> None:
    send("A", ("a.csv", ["A 2021 sp_activity_count 10"]))
    data = (Path(home.outbox.path) / "A" / "a.csv.回执.txt").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n") > 0


def test_an_older_receipt_is_never_overwritten(send: Send, home: Home) -> None:
    for value in (1, 2, 3):
        send("A", ("a.csv", [f"A 2021 sp_activity_count {value}"]))
    assert list(_receipts(home)) == ["a.csv.回执(2).txt", "a.csv.回执(3).txt", "a.csv.回执.txt"]


def test_every_outcome_has_its_receipt(send: Send, home: Home, engine: Engine, tmp_path: Path) -> None:
    figure = ["A 2021 sp_activity_count 10"]
    (tmp_path / "2021 工作总结.txt").write_text("办了十场活动。", encoding="utf-8")
    submit(home, [tmp_path / "2021 工作总结.txt"], "A")
    send(
        "A",
        ("a.csv", figure),
        ("b.csv", figure),
        ("c.csv", ["A 2022 sp_activity_count 90000"]),
        ("d.csv", ["B 2021 x 1"]),
    )
    results = {name: text.splitlines()[6] for name, text in _receipts(home).items()}
    assert results == {
        "2021 工作总结.txt.回执.txt": "受理结果：已全部受理。",
        "a.csv.回执.txt": "受理结果：已全部受理。",
        "b.csv.回执.txt": "受理结果：与现行有效的报送完全相同，数据没有变化。",
        "c.csv.回执.txt": "受理结果：已受理，其中 1 个数待说明原因，说明之前暂不计入汇总。",
        "d.csv.回执.txt": "受理结果：已退回，文件里的数都没有收下。",
    }
    assert _all(engine, "select count(*) from landing.delivery where receipt_written_at is null") == [(0,)]


def test_a_receipt_that_could_not_be_written_is_written_next_time(send: Send, home: Home) -> None:
    blocked = Path(home.outbox.path) / "B"
    blocked.write_text("a file where the folder should be")
    report = send("B", ("a.csv", ["B 2021 sp_activity_count 10"]))
    assert len(report.left) == 1
    assert report.left[0].startswith("receipt B/a.csv.回执.txt cannot be written")
    blocked.unlink()
    assert send("B").left == []
    assert list(_receipts(home, "B")) == ["a.csv.回执.txt"]


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("2021.xlsx", "2021.xlsx"),
        ('a/b\\c:d*e?f"g<h>i|j.csv', "a_b_c_d_e_f_g_h_i_j.csv"),
        ("..", "_"),
        ("报表\u202e\n.csv", "报表__.csv"),
        ("长" * 200 + ".csv", "长" * 58 + ".csv"),
    ],
)
def test_the_name_of_a_receipt_is_safe_everywhere(file_name: str, name: str) -> None:
    assert receipts.safe_name(file_name) == name
    assert len(f"{name}.回执(999).txt".encode()) < 255


def test_a_receipt_lists_only_so_many_findings(send: Send, home: Home) -> None:
    send("A", ("a.csv", [f"A 2021-{month:02} sp_activity_count x" for month in range(1, 13)] * 25))
    (receipt,) = _receipts(home).values()
    assert "必须改正的问题（300 条）" in receipt
    assert "另有 100 条" in receipt
