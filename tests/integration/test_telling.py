"""The data team is told of each alert once, again when it changes or stays, by every channel that is up."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from kexie.database import acting, ready
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role
from notices import bots, settings
from notices.settings import Bot, Channels
from pipeline import telling
from pipeline.record import Run, Step, alert, has_ended_well_since, recorded
from pipeline.telling import tell, tell_directly
from tests.conftest import NewDatabase
from tests.integration.office import quietly
from tests.mail_server import Chat, MailServer, chat, mail_server

RED = "Build {} may not be published: 1 row is wrong. Put it right and run again."
TO = "team@kexie.example"


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    home = new_database()
    ready(home, Role.INGEST).dispose()
    return home


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    owner = ready(home)
    with owner.begin() as connection:
        connection.execute(text("truncate ops.alert, ops.alert_notice, ops.task_run"))
    owner.dispose()
    with acting(home, Role.INGEST) as engine:
        yield engine


@pytest.fixture
def letters() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def group() -> Iterator[Chat]:
    with chat() as server:
        yield server


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots, "BETWEEN_TRIES", 0.01)
    kinds = [replace(bots.kinds()[0], host="127.0.0.1"), *bots.kinds()]
    monkeypatch.setattr(bots, "kinds", lambda: kinds)


def by(letters: MailServer | None = None, group: Chat | None = None) -> Channels:
    environment = {
        "KEXIE_SMTP": letters.url if letters else "",
        "KEXIE_ALERT_MAIL": TO if letters else "",
        "KEXIE_ALERT_BOT": group.url if group else "",
    }
    return settings.channels(environment)


def fail(engine: Engine, build: int, task: str = "audit", year: int | None = None, why: str = RED) -> None:
    alert(engine, "failed", Run("collect_submissions", f"run {build}"), task, year, why.format(build))


def later(home: Home, minutes: float) -> None:
    """Let time pass for what was raised and told."""
    with acting(home, Role.OWNER) as owner, owner.begin() as connection:
        for table, column in (("alert", "raised_at"), ("alert_notice", "tried_at")):
            connection.execute(
                text(f"update ops.{table} set {column} = {column} - make_interval(secs => :seconds)"),
                {"seconds": minutes * 60},
            )


def notices(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("select channel, remark from ops.alert_notice order by notice_id"))
        return [(row.channel, row.remark) for row in rows]


def test_an_alert_is_told_by_mail_and_in_the_chat_with_the_sentence_that_says_what_to_do(
    engine: Engine, letters: MailServer, group: Chat
) -> None:
    fail(engine, 7, year=2021)
    assert tell(engine, by(letters, group), quietly) == 1
    (letter,) = letters.letters
    assert letter["To"] == TO
    assert str(letter["Subject"]).startswith("科协数仓告警：collect_submissions（2021 年） 步骤 audit 失败，自 ")
    assert RED.format(7) in letter.get_content()
    (said,) = group.said
    assert said["msgtype"] == "text"
    assert RED.format(7) in said["text"]["content"]


def test_a_failure_that_repeats_each_five_minutes_is_told_once_in_twelve_hours(
    home: Home, engine: Engine, letters: MailServer
) -> None:
    for build in range(7, 12):
        fail(engine, build)
        tell(engine, by(letters), quietly)
        later(home, 5)
    assert len(letters.letters) == 1
    later(home, 12 * 60)
    fail(engine, 12)
    tell(engine, by(letters), quietly)
    assert len(letters.letters) == 2
    assert "6 次" in letters.letters[1].get_content()


def test_it_is_told_again_when_it_says_something_else_and_when_it_comes_back(
    home: Home, engine: Engine, letters: MailServer
) -> None:
    fail(engine, 7)
    tell(engine, by(letters), quietly)
    fail(engine, 7, why="Build {} may not be published: 2 rows are wrong.")
    tell(engine, by(letters), quietly)
    assert len(letters.letters) == 2
    later(home, 1)
    with recorded(engine, Step(Run("collect_submissions", "well"), "audit")):
        pass
    assert tell(engine, by(letters), quietly) == 0
    fail(engine, 9)
    tell(engine, by(letters), quietly)
    assert len(letters.letters) == 3


def test_several_that_are_open_are_told_together(engine: Engine, group: Chat) -> None:
    for task in ("land", "check"):
        fail(engine, 1, task)
    assert tell(engine, by(group=group), quietly) == 2
    assert [said["text"]["content"].count("·") for said in group.said] == [2]


def test_a_channel_that_is_down_is_said_in_ops_and_the_log_keeps_no_other_silent_and_is_tried_again(
    home: Home, engine: Engine, letters: MailServer, group: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    group.answers = [(503, {})]
    fail(engine, 7)
    assert tell(engine, by(letters, group), quietly) == 1
    assert len(letters.letters) == 1
    assert len(group.said) == bots.TRIES
    assert notices(engine) == [("mail", ""), ("bot 127.0.0.1", "127.0.0.1 refused the message (HTTP 503)")]
    assert "1 alerts could not be told by bot 127.0.0.1: 127.0.0.1 refused the message (HTTP 503)." in caplog.text
    tell(engine, by(letters, group), quietly)
    assert len(group.said) == bots.TRIES
    later(home, telling.REST_MINUTES + 1)
    group.answers = [(200, {"errcode": 0})]
    assert tell(engine, by(letters, group), quietly) == 1
    assert len(letters.letters) == 1
    assert len(group.said) == bots.TRIES + 1


def test_a_mail_server_that_is_away_fails_nothing(engine: Engine) -> None:
    with mail_server() as server:
        gone = by(server)
    fail(engine, 7)
    assert tell(engine, gone, quietly) == 0
    ((channel, remark),) = notices(engine)
    assert channel == "mail"
    assert remark.startswith("the mail server 127.0.0.1:")
    assert "did not answer (Connection refused)" in remark


def test_without_channels_nobody_is_told_and_nothing_is_noted(engine: Engine) -> None:
    fail(engine, 7)
    assert tell(engine, Channels(), quietly) == 0
    assert notices(engine) == []


def test_without_the_database_it_is_told_directly_and_once(home: Home, letters: MailServer) -> None:
    for _ in range(2):
        tell_directly(home, by(letters), "collect_submissions land: The database did not answer.", quietly)
    assert [letter.get_content().splitlines()[1] for letter in letters.letters] == [
        "collect_submissions land: The database did not answer."
    ]


# ---- bots


def test_a_bot_that_answers_200_and_an_error_has_not_got_the_message(group: Chat) -> None:
    group.answers = [(200, {"errcode": 93000, "errmsg": "invalid webhook url, token chat-token"})]
    with pytest.raises(bots.NotPostedError, match=r"^127.0.0.1 refused the message \(errcode 93000\)$"):
        bots.post(Bot(group.url), "hello")
    assert len(group.said) == 1


def test_what_is_too_long_for_a_chat_is_cut_between_characters(group: Chat) -> None:
    bots.post(Bot(group.url), "数" * 5000)
    said = group.said[0]["text"]["content"]
    assert said.endswith("数……")
    assert len(said.encode()) <= bots.kinds()[0].max_bytes


def test_each_kind_of_bot_is_known_by_its_host_and_gets_its_own_json() -> None:
    hosts = {
        "wecom": "qyapi.weixin.qq.com",
        "dingtalk": "oapi.dingtalk.com",
        "feishu": "open.feishu.cn",
        "other": "x.cn",
    }
    for name, host in hosts.items():
        assert bots.kind_of(Bot(f"https://{host}/hook?key=1")).name == name
    assert bots._filled(bots.kind_of(Bot("https://open.feishu.cn/x")).body, "话") == {
        "msg_type": "text",
        "content": {"text": "话"},
    }


def test_a_message_to_dingtalk_is_signed_as_it_documents() -> None:
    bot = Bot("https://oapi.dingtalk.com/robot/send?access_token=x", "SEC1")
    assert bots._signed(bot, bots.kind_of(bot), 1_700_000_000.0) == (
        "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1700000000000"
        "&sign=ukR4%2BWoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio%3D"
    )


# ---- secrets


def test_no_secret_is_in_any_log_notice_or_error(
    engine: Engine, letters: MailServer, group: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = letters.url.replace("://", "://robot:mail-secret@")
    known = settings.channels(
        {
            "KEXIE_SMTP": url,
            "KEXIE_ALERT_MAIL": TO,
            "KEXIE_ALERT_BOT": group.url,
            "KEXIE_ALERT_BOT_SECRET": "sign-secret",
        }
    )
    group.answers = [(400, {"errmsg": "chat-token"})]
    fail(engine, 7)
    tell(engine, known, quietly)
    assert letters.logins == ["robot"]
    told = f"{caplog.text} {notices(engine)} {known!r}"
    assert ("mail", f"the mail server 127.0.0.1:{letters.port} let nobody in (SMTPAuthenticationError 535)") in notices(
        engine
    )
    assert not [secret for secret in ("mail-secret", "chat-token", "sign-secret") if secret in told]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"KEXIE_SMTP": "mail.example.org"}, "KEXIE_SMTP is no address of a mail server"),
        ({"KEXIE_SMTP": "smtp://u:secret@host:port?from=a@b.example"}, "KEXIE_SMTP is no address of a mail server"),
        ({"KEXIE_SMTP": "smtp://u:secret@host"}, "KEXIE_SMTP is no address of a mail server"),
        ({"KEXIE_ALERT_MAIL": "team"}, "KEXIE_ALERT_MAIL holds 'team', which is no mail address"),
        (
            {"KEXIE_ALERT_BOT": "http://chat.example/secret"},
            "The alert bot at chat.example must be reached by https://",
        ),
        ({"KEXIE_ALERT_BOT": "secret"}, "The address of an alert bot is none"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_without_repeating_a_secret(
    environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UserError) as error:
        settings.channels(environment)
    assert str(error.value).startswith(sentence)
    assert "secret" not in str(error.value)


# ---- late runs


def test_a_late_run_whose_work_a_later_run_of_its_year_has_done_is_no_alert(engine: Engine) -> None:
    with engine.connect() as connection:
        moment = connection.scalar(text("select clock_timestamp()"))
    run = Run("yearly", "1")
    for other, year in (("1", 2021), ("2", 2020)):
        with recorded(engine, Step(Run("yearly", other), "publish", year=year)):
            pass
    assert not has_ended_well_since(engine, run, 2021, moment)
    with recorded(engine, Step(Run("yearly", "3"), "publish", year=2021)):
        pass
    assert has_ended_well_since(engine, run, 2021, moment)
