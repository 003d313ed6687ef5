"""The receipt of each delivery: a plain Chinese text that says what was taken, what was not, and what to do next.

A receipt is written from the database alone, after the outcome is on record and under the name recorded with it. So
one that a crash prevented is written later, and one that a crash left unrecorded is written again over itself. Once its
figures are published it is written a second time, with what they became.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.model import NARRATIVE, Catalogue, Severity
from ingestion import wording
from ingestion.disk import force_to_disk
from ingestion.lock import only_writer
from ingestion.observations import Place
from ingestion.receipt_figures import Followed, followed_up, published_figures
from ingestion.tree import Tree, stored
from kexie.home import Home

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem  # type: ignore[import-untyped]
    from sqlalchemy import Connection, Engine

BATCH = 200
LISTED = 200
"""The most findings of one severity that a receipt lists."""

LONGEST_NAME = 180
"""Bytes of a name; file systems allow 255, and a number and the ending come on top."""

RESULTS = {
    "accepted": "已全部受理。",
    "held": "已受理，其中 {held} 个数待说明原因，说明之前暂不计入汇总。",
    "partly_rejected": "部分受理：{accepted} 张报表收下，{rejected} 张退回，有误之处见下。",
    "rejected": "已退回，文件里的数都没有收下。",
    "duplicate": "与现行有效的报送完全相同，数据没有变化。",
    "kept": "已收存，暂不读数。",
}
NEXT_STEPS = {
    "accepted": "不需要再做什么。以后发现数字有误，改正后重新报送整张报表即可，后报的替换先报的。",
    "held": "请核对待说明的数：有误的改正，无误的写明原因，然后重新报送整张报表。",
    "partly_rejected": "请改正有误之处后重新报送；已收下的报表不需要再报。",
    "rejected": "请按下列问题逐条改正，然后重新报送。",
    "duplicate": "不需要再做什么。",
    "kept": "需要计入汇总的数字，请用报表填报。",
}
CONFIRM = "请打开随附的识读页核对；有错的、没有准确数的、待说明的，在随附的工作簿里改好、补全后报送。"
"""What comes next where a narrative was taken."""

AGAIN = "（系统更新后重新核对受理编号 {before} 的原件，以本回执为准）"
SECTIONS = {
    Severity.ERROR: "必须改正的问题",
    Severity.EXPLAIN: "需要说明原因的数",
    Severity.WARNING: "提示（不影响受理，请核对）",
    Severity.INFO: "告知",
}
TOGETHER = 4
"""So many remarks that end with the same advice are listed last, and the advice given once."""

TO_MEND = (Severity.ERROR, Severity.EXPLAIN)
"""What a clerk must do something about: a workbook with such a cell is given back, in a sixth of a second each."""

UNTIL_APPROVED = {"keep_out": "审核完毕之前暂不计入汇总", "mark": "审核完毕之前计入汇总并注明未审核"}
"""What becomes of figures that wait for an approval, as landing.approval_rule calls it."""

BY_TICK = ("REST_IS_ZERO", "REST_IS_ZERO_AFTER_FIGURE")
"""Findings of figures that one tick declared: the receipt names each of them, however many there are."""


class File(NamedTuple):
    """A file for the outbox that goes with a receipt; `about` says there what it is."""

    name: str
    data: bytes
    about: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the text of one receipt is made of; rows are as the queries below return them.

    `beside` are the files that go with it, `figures` what its figures became where they are published.
    """

    delivery: Any
    submissions: Sequence[Any]
    findings: Sequence[Any]
    beside: Sequence[File] = ()
    figures: Sequence[Followed] = ()


class Names:
    """Free names in the outbox. A name that exists there is never used again."""

    def __init__(self, home: Home) -> None:
        self._outbox = home.outbox
        self._taken: dict[str, set[str]] = {}

    def free(self, submitter: str, file_name: str, kind: str = "回执") -> str:
        """A name for the receipt of a file, or for what else is written about it, taken from now on."""
        if submitter not in self._taken:
            self._taken[submitter] = self._existing(submitter)
        taken, base = self._taken[submitter], safe_name(file_name)
        name, number = f"{base}.{kind}.txt", 1
        while name in taken:
            number += 1
            name = f"{base}.{kind}({number}).txt"
        taken.add(name)
        return name

    def _existing(self, submitter: str) -> set[str]:
        try:
            listed = self._outbox.fs.ls((self._outbox / submitter).path, detail=False)
        except FileNotFoundError:
            return set()
        return {PurePosixPath(path).name for path in listed}


def safe_name(file_name: str) -> str:
    """A file name that every system can hold and no system reads as a path."""
    visible = "".join("_" if unicodedata.category(letter)[0] == "C" else letter for letter in file_name)
    name = re.sub(r'[\\/<>:"|?*]', "_", visible).strip(" .") or "_"
    path = PurePosixPath(name)
    stem = path.stem.encode()[: LONGEST_NAME - len(path.suffix.encode()[:20])].decode(errors="ignore")
    return f"{stem}{path.suffix[:20]}"


def follow_up(home: Home, engine: Engine, catalogue: Catalogue) -> list[str]:
    """Write again every receipt whose figures have been published since; a sentence for each that could not be."""
    with only_writer(engine):
        with engine.begin() as connection:
            tree = stored(connection)
        return write_missing(home, engine, catalogue, tree)


def write_missing(home: Home, engine: Engine, catalogue: Catalogue, tree: Tree) -> list[str]:
    """Write every receipt not known to be written as it now is; returns a sentence for each that could not be."""
    problems: list[str] = []
    last = 0
    while True:
        with engine.connect() as connection:
            receipts = _missing(connection, last, catalogue)
            if not receipts:
                return problems
            receipts = _with_files(home, connection, receipts, catalogue, tree, problems)
        last = receipts[-1].delivery.delivery_seq
        written = _write(home, receipts, catalogue, tree, problems)
        with engine.begin() as connection:
            _record(connection, written, [one.delivery.delivery_seq for one in receipts if one.delivery.is_published])


def render(receipt: Receipt, catalogue: Catalogue, tree: Tree) -> str:
    """The text of a receipt, lines ended by a line feed."""
    parts = (
        _head(receipt, tree),
        _submissions(receipt, catalogue, tree),
        _findings(receipt, catalogue),
        followed_up(receipt.figures, catalogue, lambda row: form_named(row, catalogue, tree)),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def beforehand(receipt: Receipt, catalogue: Catalogue, tree: Tree) -> Iterator[str]:
    """The lines of a receipt that a file would get if it were sent: without the numbers that it has not yet."""
    delivery = receipt.delivery
    yield f"文件：{wording.plain(delivery.file_name)}"
    yield f"报送单位：{unit_named(delivery.submitter_code, tree)}"
    yield f"若现在报送：{_result(receipt)}"
    yield from _submissions(receipt, catalogue, tree, with_numbers=False)
    yield from _findings(receipt, catalogue)


def _result(receipt: Receipt) -> str:
    states = [submission.state for submission in receipt.submissions]
    held = sum(found.severity == Severity.EXPLAIN and found.state != "rejected" for found in receipt.findings)
    accepted, rejected = states.count("accepted"), states.count("rejected")
    return RESULTS[receipt.delivery.outcome].format(held=held, accepted=accepted, rejected=rejected)


def _head(receipt: Receipt, tree: Tree) -> Iterator[str]:
    delivery = receipt.delivery
    yield "报送回执"
    yield ""
    yield f"文件：{wording.plain(delivery.file_name)}"
    yield f"报送单位：{unit_named(delivery.submitter_code, tree)}"
    yield f"收到时间：{delivery.received_at:%Y-%m-%d %H:%M}（北京时间）"
    yield f"受理编号：{delivery.delivery_seq}{AGAIN.format(before=delivery.replay_of) if delivery.replay_of else ''}"
    yield f"受理结果：{_result(receipt)}"
    is_to_confirm = receipt.beside and delivery.outcome in ("accepted", "held")
    yield f"下一步：{CONFIRM if is_to_confirm else NEXT_STEPS[delivery.outcome]}"
    for file in receipt.beside:
        yield f"随附：{file.name}（{file.about}）"


def _submissions(receipt: Receipt, catalogue: Catalogue, tree: Tree, *, with_numbers: bool = True) -> Iterator[str]:
    if not receipt.submissions:
        return
    held: dict[int | None, int] = defaultdict(int)
    for found in receipt.findings:
        held[found.submission_id] += found.severity == Severity.EXPLAIN
    yield ""
    yield "各报表受理情况"
    for number, submission in enumerate(receipt.submissions, start=1):
        what = form_named(submission, catalogue, tree)
        yield f"{number}. {what}：{_taken(submission, held[submission.submission_id], with_numbers=with_numbers)}"
        if submission.approvers:
            above = "、".join(unit_named(code, tree) for code in submission.approvers)
            yield f"   须经{above}依次审核，{UNTIL_APPROVED[submission.unapproved]}。"


def _taken(submission: Any, held: int, *, with_numbers: bool) -> str:  # noqa: ANN401 - a row of the query below
    if submission.state == "rejected":
        return f"退回，{submission.figures_read} 个数未收。"
    remark = f"，其中 {held} 个待说明" if held else ""
    number = f"（报送编号 {submission.submission_id}）" if with_numbers else ""
    return f"收下 {submission.figures_read} 个数{remark}{number}。"


def _findings(receipt: Receipt, catalogue: Catalogue) -> Iterator[str]:
    for severity, title in SECTIONS.items():
        found = [one for one in receipt.findings if one.severity == severity and one.code not in BY_TICK]
        if found:
            yield from ("", f"{title}（{len(found)} 条）", *_listed(found[:LISTED], catalogue))
        if len(found) > LISTED:
            yield f"另有 {len(found) - LISTED} 条，改正以上问题后重新报送时再列。"
    zeros = [one for one in receipt.findings if one.code in BY_TICK and one.state != "rejected"]
    if zeros:
        yield from ("", f"按“其余为0”记为 0 的（{len(zeros)} 项，请逐项核对）", *_listed(zeros, catalogue))


def _listed(found: Sequence[Any], catalogue: Catalogue) -> Iterator[str]:
    advised = [(finding, _advice(finding, catalogue)) for finding in found]
    times = Counter(advice for _, advice in advised if advice)
    many = [advice for advice, count in times.items() if count >= TOGETHER]
    single = [finding for finding, advice in advised if advice not in many]
    for number, finding in enumerate(single, start=1):
        yield f"{number}. {_where(finding)}{finding.sentence}"
    for number, advice in enumerate(many, start=len(single) + 1):
        yield f"{number}. 以下 {times[advice]} 条：{advice}"
        for finding in (one for one, its in advised if its == advice):
            yield f"   {_where(finding)}{finding.sentence.removesuffix(advice)}"


def _advice(finding: Any, catalogue: Catalogue) -> str:  # noqa: ANN401 - a row of the query below
    """How the sentence ends that every finding of this kind ends with; nothing where each has its own."""
    asks = catalogue.findings[finding.code].asks
    return asks if finding.sentence.endswith(asks) else ""


def _where(finding: Any) -> str:  # noqa: ANN401 - a row of the query below
    spot = Place(
        finding.sheet or "",
        finding.cell or "",
        finding.line,
        finding.span_start,
        finding.span_end,
        finding.quote or "",
    )
    where = wording.place(spot)
    return f"{where}：" if where else ""


def form_named(row: Any, catalogue: Catalogue, tree: Tree) -> str:  # noqa: ANN401 - a row of a query
    """Whose form of which period a row is about."""
    title = wording.plain(catalogue.form_title(row.form))
    return f"{unit_named(row.unit_code, tree)}，{title}，{wording.period(row.period)}"


def unit_named(unit_code: str, tree: Tree) -> str:
    """A unit's last name and its code; the code alone where nobody knows it."""
    spans = tree.spans.get(unit_code)
    code = wording.plain(unit_code)
    return f"{spans[-1].name}（{code}）" if spans else code


def _missing(connection: Connection, after: int, catalogue: Catalogue) -> list[Receipt]:
    from sqlalchemy import text

    deliveries = connection.execute(text(MISSING), {"after": after, "limit": BATCH}).all()
    seqs = {"seqs": [delivery.delivery_seq for delivery in deliveries]}
    submissions: dict[int, list[Any]] = defaultdict(list)
    findings: dict[int, list[Any]] = defaultdict(list)
    if deliveries:
        for row in connection.execute(text(SUBMISSIONS), seqs):
            submissions[row.delivery_seq].append(row)
        for row in connection.execute(text(FINDINGS), seqs):
            findings[row.delivery_seq].append(row)
    published = [delivery.delivery_seq for delivery in deliveries if delivery.is_published]
    figures = published_figures(connection, published, catalogue) if published else {}
    return [
        Receipt(
            delivery,
            submissions[delivery.delivery_seq],
            findings[delivery.delivery_seq],
            figures=figures.get(delivery.delivery_seq, ()),
        )
        for delivery in deliveries
    ]


def _with_files(
    home: Home,
    connection: Connection,
    receipts: Sequence[Receipt],
    catalogue: Catalogue,
    tree: Tree,
    problems: list[str],
) -> list[Receipt]:
    """The receipts with what goes beside them; where that cannot be made, the receipt goes alone."""
    answered: list[Receipt] = []
    for receipt in receipts:
        delivery = receipt.delivery
        try:
            is_first = delivery.receipt_written_at is None
            files = _files(home, connection, receipt, catalogue, tree) if is_first else _named_again(home, receipt)
        except Exception as error:
            files = ()
            name = f"{delivery.submitter_code}/{delivery.receipt_name}"
            problems.append(f"what goes beside receipt {name} cannot be made: {type(error).__name__}: {error}")
        answered.append(replace(receipt, beside=files))
    return answered


def _files(home: Home, connection: Connection, receipt: Receipt, catalogue: Catalogue, tree: Tree) -> Sequence[File]:
    """A narrative goes with the page that shows what was read, a workbook that must be mended with its cells marked."""
    delivery = receipt.delivery
    if delivery.kind == NARRATIVE:
        from ingestion.narrative_answers import files_for

        return files_for(connection, delivery, receipt.findings, catalogue, tree)
    if _is_given_back(receipt):
        from ingestion.workbook_answers import given_back

        return given_back(home, delivery, receipt.findings, list(_head(receipt, tree)))
    return ()


def _named_again(home: Home, receipt: Receipt) -> Sequence[File]:
    """What went with a receipt when it was first written, as far as it is still there; only its name is needed."""
    delivery = receipt.delivery
    if delivery.kind == NARRATIVE:
        from ingestion.narrative_answers import names_beside
    elif _is_given_back(receipt):
        from ingestion.workbook_answers import names_beside
    else:
        return ()
    folder = home.outbox / delivery.submitter_code
    could_be = names_beside(delivery.receipt_name)
    return [File(name, b"", about) for name, about in could_be.items() if (folder / name).exists()]


def _is_given_back(receipt: Receipt) -> bool:
    """Whether a workbook has a cell that its clerk must do something about."""
    is_workbook = receipt.delivery.kind == "workbook"
    return is_workbook and any(one.cell and one.severity in TO_MEND for one in receipt.findings)


def _write(home: Home, receipts: Sequence[Receipt], catalogue: Catalogue, tree: Tree, problems: list[str]) -> list[int]:
    """Write receipts, safe from a power cut; returns the deliveries that have theirs."""
    outbox, fs = home.outbox, home.outbox.fs
    drafts: list[tuple[int, str, str]] = []
    for receipt in receipts:
        delivery = receipt.delivery
        folder = (outbox / delivery.submitter_code).path
        # The receipt comes last: whoever sees it finds what it names. What went with it the first time may have been
        # worked on since, and is not written again.
        files = [(file.name, file.data) for file in receipt.beside if delivery.receipt_written_at is None]
        files.append((delivery.receipt_name, for_notepad(render(receipt, catalogue, tree))))
        written = []
        try:
            fs.makedirs(folder, exist_ok=True)
            for number, (name, data) in enumerate(files):
                draft = f"{folder}/.{delivery.delivery_seq}.{number}.part"
                fs.pipe_file(draft, data)
                written.append((delivery.delivery_seq, draft, f"{folder}/{name}"))
        except OSError as error:
            problems.append(f"receipt {delivery.submitter_code}/{delivery.receipt_name} cannot be written: {error}")
            continue
        drafts += written
    put_in_place(fs, drafts)
    return list(dict.fromkeys(delivery_seq for delivery_seq, _, _ in drafts))


def for_notepad(text: str) -> bytes:
    """A text as Notepad on older Windows needs it: with byte order mark and carriage returns."""
    return text.replace("\n", "\r\n").encode("utf-8-sig", "replace")


def put_in_place(fs: AbstractFileSystem, drafts: Sequence[tuple[int, str, str]]) -> None:
    """Give drafts (number, draft, name) their names, safe from a power cut."""
    is_local = "local" in fs.protocol
    if is_local:
        force_to_disk(draft for _, draft, _ in drafts)
    for _, draft, name in drafts:
        fs.mv(draft, name)
    if is_local:
        force_to_disk({name.rsplit("/", 1)[0] for _, _, name in drafts})


def _record(connection: Connection, written: Sequence[int], published: Sequence[int]) -> None:
    from sqlalchemy import text

    query = """
        update landing.delivery
        set receipt_written_at = clock_timestamp(),
            figures_told_at = case when delivery_seq = any(:published) then clock_timestamp() end
        where delivery_seq = any(:written)
    """
    connection.execute(text(query), {"written": list(written), "published": list(published)})


# A receipt is due when it was never written, and once more when all that was accepted of the file is published, and
# whenever what became of it has changed since. A year that did not change then need not have been published again.
MISSING = """
    with unanswered as (
        select delivery_seq
        from landing.delivery
        where receipt_written_at is null and receipt_name is not null
        union
        select delivery_seq
        from landing.delivery
        where figures_told_at is null and outcome in ('accepted', 'held', 'partly_rejected')
    ),
    due as (
        select delivery.delivery_seq, delivery.submitter_code, delivery.file_name, delivery.sha256, delivery.size_bytes,
            delivery.kind, delivery.outcome, delivery.received_at, delivery.receipt_name, delivery.receipt_written_at,
            delivery.replay_of,
            exists (
                select 1 from landing.submission
                where submission.delivery_seq = delivery.delivery_seq and submission.state = 'accepted'
            ) and not exists (
                select 1
                from landing.submission
                left join landing.year_change as change on change.year = submission.year
                where submission.delivery_seq = delivery.delivery_seq and submission.state = 'accepted'
                    and coalesce(change.published_seq, 0) < case
                        when delivery.figures_changed_seq is null then delivery.delivery_seq
                        else greatest(delivery.delivery_seq, least(delivery.figures_changed_seq, change.changed_seq))
                    end
            ) as is_published
        from unanswered
        join landing.delivery on delivery.delivery_seq = unanswered.delivery_seq
        where delivery.delivery_seq > :after and delivery.receipt_name is not null
    )
    select *
    from due
    where receipt_written_at is null or is_published
    order by delivery_seq
    limit :limit
"""

SUBMISSIONS = """
    select submission.submission_id, submission.delivery_seq, submission.unit_code, submission.form, submission.period,
        submission.state, submission.figures_read, ladder.approvers, ladder.unapproved
    from landing.submission as submission
    left join lateral (
        select array_agg(step.approver_code order by step.position) as approvers, min(step.unapproved) as unapproved
        from landing.approval_ladder as step
        where step.submission_id = submission.submission_id
    ) as ladder on true
    where submission.delivery_seq = any(:seqs)
    order by submission.submission_id
"""

FINDINGS = """
    select finding.delivery_seq, finding.submission_id, finding.code, finding.severity, finding.sentence,
        finding.sheet, finding.cell, finding.line, finding.span_start, finding.span_end, finding.quote, submission.state
    from landing.finding as finding
    left join landing.submission as submission on submission.submission_id = finding.submission_id
    where finding.delivery_seq = any(:seqs)
    order by finding.finding_id
"""
