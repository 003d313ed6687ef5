"""A province of four units in a database of its own, whose files come in when a test says so."""

from collections import Counter
from pathlib import Path

from sqlalchemy import text

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.receipts import follow_up
from ingestion.units import load as load_units
from ingestion.withdraw import withdraw
from kexie.database import acting, ready
from kexie.home import Home
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import run_once

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C,甲市科协,city,territorial,P,2000-01-01,
A,甲一县科协,county,territorial,C,2000-01-01,
B,甲二县科协,county,territorial,C,2000-01-01,
"""
HEADER = "unit_code,form,period,indicator_code,scope,value\n"


class Office:
    """Sends, collects and runs as clerks and the data team do; `engine` is the owner's, who sees everything."""

    def __init__(self, home: Home, units: str = UNITS) -> None:
        self.home = home
        self.engine = ready(home)
        self._write("units.csv", units)
        with acting(home, Role.INGEST) as engine:
            load_units(engine, home.root)

    def send(self, unit: str, *figures: str) -> None:
        """One file of the unit, a figure each line, as `2021 sp_lecture_count 10`; it is collected at once."""
        rows = (figure.split() for figure in figures)
        lines = (f"{unit},,{period},{indicator},own,{value}\n" for period, indicator, value in rows)
        outcomes = self.file(unit, HEADER + "".join(lines))
        assert set(outcomes) == {"accepted"}, outcomes

    def file(self, unit: str, content: str) -> Counter[str]:
        """One CSV file of the unit, collected at once; what became of it."""
        return self.tell(unit, f"{unit}.csv", content)

    def tell(self, unit: str, name: str, content: str | bytes) -> Counter[str]:
        """One file of the unit under its name, collected at once; what became of it."""
        file = self.home.root / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        submit(self.home, [file], unit)
        with acting(self.home, Role.INGEST) as engine:
            return collect(self.home, engine, load_catalogue(), quietly).outcomes

    def take_back(self, unit: str, period: str, form: str) -> None:
        """Withdraw the last submission of the unit's form."""
        last = text(
            "select max(submission_id) from landing.submission "
            "where unit_code = :unit and period = :period and form = :form"
        )
        with self.engine.connect() as connection:
            number: int = connection.execute(last, {"unit": unit, "period": period, "form": form}).scalar_one()
        with acting(self.home, Role.INGEST) as engine:
            withdraw(engine, number)

    def receipts(self, unit: str) -> list[str]:
        """The texts of the unit's receipts, in the order of what they answer."""
        answered = text("select receipt_name from landing.delivery where submitter_code = :unit order by delivery_seq")
        with self.engine.connect() as connection:
            names = connection.scalars(answered, {"unit": unit}).all()
        return [(self.home.outbox / unit / name).read_text(encoding="utf-8-sig") for name in names]

    def codes(self, unit: str) -> list[list[str]]:
        """The codes of the findings about each of the unit's files, in the order of landing."""
        found = text(
            """
            select coalesce(array_agg(finding.code order by finding.finding_id) filter (where finding.code <> ''), '{}')
            from landing.delivery left join landing.finding using (delivery_seq)
            where submitter_code = :unit group by delivery_seq order by delivery_seq
            """
        )
        with self.engine.connect() as connection:
            return list(connection.scalars(found, {"unit": unit}).all())

    def run(self, *asked: int) -> None:
        run_once(self.home, asked, Run.now("tests"), quietly)

    def follow_up(self) -> None:
        """Have the receipts written again whose figures have been published since."""
        with acting(self.home, Role.INGEST) as engine:
            assert follow_up(self.home, engine, load_catalogue()) == []

    def _write(self, name: str, content: str) -> Path:
        file = self.home.root / name
        file.write_text(content, encoding="utf-8")
        return file


def quietly(_line: str) -> None:
    """Tests want no progress."""
