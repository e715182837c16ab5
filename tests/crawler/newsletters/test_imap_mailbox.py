"""Mailboxes on a real IMAP server over TLS, and what servers do that are slow, wrong or too talkative."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.config.mailbox_address import MailboxAddress, parse_mailbox_address
from crawler.newsletters import imap_mailbox
from crawler.newsletters.imap_mailbox import MailboxError, MailConnection, fetch_unseen, mark_messages
from pipelines.alerts.errors import SecretError
from tests.fixtures.imap_server import PASSWORD, USER, ImapServer
from tests.fixtures.newsletter_desk import mailbox_secret, write_message
from tests.fixtures.own_certificate import load_server_tls, write_certificate

SENDERS = ("@instituto-andino.test",)
LETTERS = 30
MAX_BYTES = 20_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mail server's certificate."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "both.pem", "localhost")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[ImapServer]:
    """A server with more unseen newsletters than one reading takes; the last is larger than MAX_BYTES."""
    folder = tmp_path_factory.mktemp("mail")
    for number in range(LETTERS):
        write_message(folder / f"{number:03}", f"<p>{number}</p>")
    write_message(folder / "999", "x" * (2 * MAX_BYTES))
    running = ImapServer(certificate, folder)
    yield running
    running.close()


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def address(server: ImapServer) -> MailboxAddress:
    """The address of the mailbox."""
    return parse_mailbox_address(mailbox_secret(server.port))


@pytest.mark.usefixtures("trusted")
def test_the_newest_are_fetched_and_marked_when_they_are_stored(
    server: ImapServer, address: MailboxAddress, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_mailbox, "MAX_MESSAGE_BYTES", MAX_BYTES)
    mail = fetch_unseen(address, SENDERS, MailConnection())
    assert [message.uid for message in mail.messages] == list(range(LETTERS + 100, LETTERS + 80, -1))
    assert mail.too_large == 1
    assert mail.left == LETTERS - len(mail.messages)
    assert not set().union(*server.flags(certificate))
    uids = [message.uid for message in mail.messages]
    mark_messages(address, mail.uid_validity + 1, seen=uids, flagged=[], connection=MailConnection())
    assert not set().union(*server.flags(certificate)), "the numbers are others' messages now"
    mark_messages(address, mail.uid_validity, seen=uids, flagged=uids[:1], connection=MailConnection())
    flags = server.flags(certificate)
    assert flags[-2] == {"\\Seen", "\\Flagged"}
    assert [index for index, flag in enumerate(flags) if flag] == list(range(LETTERS - 20, LETTERS))
    assert max(message.uid for message in fetch_unseen(address, SENDERS, MailConnection()).messages) == uids[-1] - 1


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("change", "code"),
    [({"password": "equivocada"}, "login"), ({"folder": "Nada"}, "folder"), ({"port": 1}, "refused")],
)
def test_what_the_server_refuses_is_told_without_the_address(
    address: MailboxAddress, change: dict[str, str], code: str
) -> None:
    with pytest.raises(MailboxError) as told:
        fetch_unseen(dataclasses.replace(address, **change), SENDERS, MailConnection())
    assert told.value.code == code
    assert not [secret for secret in (USER, PASSWORD, "equivocada") if secret in str(told.value)]


def test_a_certificate_that_nobody_vouches_for_is_refused(address: MailboxAddress) -> None:
    with pytest.raises(MailboxError, match="no password was sent"):
        fetch_unseen(address, SENDERS, MailConnection())


Listener = Callable[[bytes], MailboxAddress]


@pytest.fixture
def listener(certificate: Path) -> Iterator[Listener]:
    """Start a TLS server that says these bytes, then nothing; gives its address."""
    context = load_server_tls(certificate)
    opened: list[socket.socket] = []

    def listen(said: bytes) -> MailboxAddress:
        opened.append(socket.create_server(("127.0.0.1", 0)))

        def answer() -> None:
            connection, _ = opened[0].accept()
            with contextlib.suppress(OSError):  # the client has left
                opened.append(context.wrap_socket(connection, server_side=True))
                opened[-1].sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        return MailboxAddress(host="localhost", port=opened[0].getsockname()[1], user="u", password="p")

    yield listen
    for one in opened:
        one.close()


@pytest.mark.usefixtures("trusted")
def test_a_server_that_says_nothing_is_left(listener: Listener) -> None:
    with pytest.raises(MailboxError, match="no answer in time"):
        fetch_unseen(listener(b""), SENDERS, MailConnection(answer_seconds=0.2))


@pytest.mark.usefixtures("trusted")
def test_a_reading_ends_when_another_thread_ends_its_connection(listener: Listener) -> None:
    connection = MailConnection()
    address = listener(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
    ended: list[MailboxError] = []

    def read() -> None:
        try:
            fetch_unseen(address, SENDERS, connection)
        except MailboxError as error:
            ended.append(error)

    reading = threading.Thread(target=read)
    reading.start()
    while reading.is_alive():
        connection.abort()
        reading.join(0.05)
    assert ended


@pytest.mark.usefixtures("trusted")
def test_a_server_that_announces_more_than_may_come_is_left(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_mailbox, "MAX_SESSION_BYTES", 1_000_000)
    with pytest.raises(MailboxError, match="more than 1 MB"):
        fetch_unseen(listener(b"* OK ready\r\n* 1 FETCH (BODY[] {99999999999}\r\n"), SENDERS, MailConnection())


@dataclasses.dataclass
class Dialogue:
    """A server that speaks line by line: `answers` by how a command begins; what it was told is in `heard`."""

    answers: dict[str, str]
    heard: list[str] = dataclasses.field(default_factory=list)

    def hold(self, connection: ssl.SSLSocket) -> None:
        connection.sendall(self.answers[""].encode())
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                tag, command = line.decode().strip().split(" ", 1)
                self.heard.append(command)
                known = [told for begin, told in self.answers.items() if begin and command.startswith(begin)]
                said = known[0] if known else "TAG OK done\r\n"
                connection.sendall(said.replace("TAG", tag).encode())


Host = Callable[[Dialogue], MailboxAddress]


@pytest.fixture
def host(certificate: Path) -> Iterator[Host]:
    """Start a TLS server that holds a dialogue with one client; gives its address."""
    context = load_server_tls(certificate)
    with contextlib.ExitStack() as stack:

        def start(dialogue: Dialogue) -> MailboxAddress:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def answer() -> None:
                connection, _ = listening.accept()
                with contextlib.suppress(OSError):  # the client has left
                    dialogue.hold(context.wrap_socket(connection, server_side=True))

            threading.Thread(target=answer, daemon=True).start()
            return MailboxAddress(host="localhost", port=listening.getsockname()[1], user="u", password="p")

        yield start


def greet(*capabilities: str) -> dict[str, str]:
    told = " ".join(("IMAP4rev1", *capabilities))
    return {"": f"* OK [CAPABILITY {told}] ready\r\n", "CAPABILITY": f"* CAPABILITY {told}\r\nTAG OK done\r\n"}


SELECTED = "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] numbers\r\nTAG OK [READ-ONLY] open\r\n"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("said", ["TAG OK done\r\n", "TAG BAD what?\r\n"])
def test_a_server_that_asks_for_it_is_told_which_program_reads(host: Host, said: str) -> None:
    dialogue = Dialogue(greet("ID") | {"ID ": said, "EXAMINE": SELECTED})
    assert fetch_unseen(host(dialogue), SENDERS, MailConnection()).uid_validity == 7
    begins = [command.split(" ")[0] for command in dialogue.heard]
    assert begins[1:4] == ["LOGIN", "ID", "EXAMINE"]
    assert dialogue.heard[2].startswith('ID ("name" "Vigia" "version"')


@pytest.mark.usefixtures("trusted")
def test_numbers_of_messages_are_read_from_several_lines(host: Host) -> None:
    found = "* SEARCH 5\r\n* SEARCH\r\n* SEARCH 9 6\r\nTAG OK done\r\n"
    dialogue = Dialogue(greet() | {"EXAMINE": SELECTED, "UID SEARCH": found})
    fetch_unseen(host(dialogue), SENDERS, MailConnection())
    assert dialogue.heard[-2].startswith("UID FETCH 9,6,5 ")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"": "* BYE too many connections\r\n"}, "it is busy"),
        (greet("LOGINDISABLED", "AUTH=XOAUTH2"), "takes no passwords"),
        (greet() | {"SELECT": SELECTED}, "for reading only"),
        (greet() | {"SELECT": "TAG OK [READ-WRITE] open\r\n", "UID STORE": "TAG NO full\r\n"}, "did not obey STORE"),
    ],
    ids=["busy", "no passwords", "read only", "no marks"],
)
def test_what_a_server_does_not_allow_is_told(host: Host, answers: dict[str, str], told: str) -> None:
    with pytest.raises(MailboxError, match=told):
        mark_messages(host(Dialogue(answers)), 0, seen=[1], flagged=[], connection=MailConnection())


def give_messages(*uids: int) -> dict[str, str]:
    """Answers of a server that has these messages, each from one of SENDERS."""
    header = "From: x@instituto-andino.test\r\n\r\n"
    item = f"{{{len(header)}}}\r\n{header})\r\n"
    listed = "".join(f"* 1 FETCH (UID {uid} RFC822.SIZE 40 BODY[HEADER.FIELDS (FROM)]<0> {item}" for uid in uids)
    numbers = sorted(uids, reverse=True)
    return greet() | {
        "EXAMINE": SELECTED,
        "UID SEARCH": f"* SEARCH {' '.join(map(str, uids))}\r\nTAG OK done\r\n",
        f"UID FETCH {','.join(map(str, numbers))} (RFC": f"{listed}TAG OK done\r\n",
        **{f"UID FETCH {uid} (BODY": f"* 1 FETCH (UID {uid} BODY[] {item}TAG OK done\r\n" for uid in uids},
    }


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("refusal", ["TAG NO server error\r\n", "TAG BAD error 10\r\n"])
def test_a_message_that_the_server_refuses_is_passed_over(host: Host, refusal: str) -> None:
    answers = give_messages(5, 6, 7) | {"UID FETCH 7 (BODY": refusal}
    mail = fetch_unseen(host(Dialogue(answers)), SENDERS, MailConnection())
    assert [message.uid for message in mail.messages] == [6, 5]
    assert (mail.not_given, mail.left, mail.broken) == (1, 0, None)


@pytest.mark.usefixtures("trusted")
def test_messages_before_one_at_which_the_server_breaks_off_are_read(host: Host) -> None:
    torn = {"UID FETCH 6 (BODY": "* 1 FETCH (UID 6 BODY[] {99999999}\r\nFrom"}
    mail = fetch_unseen(host(Dialogue(give_messages(5, 6, 7) | torn)), SENDERS, MailConnection())
    assert [message.uid for message in mail.messages] == [7]
    assert (mail.left, mail.broken) == (2, "the mail server sent more than 40 MB")
    with pytest.raises(MailboxError, match="more than 40 MB"):
        fetch_unseen(host(Dialogue(give_messages(6) | torn)), SENDERS, MailConnection())


@pytest.mark.usefixtures("trusted")
def test_no_further_message_is_asked_for_when_the_time_is_over(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_mailbox, "MAX_FETCH_SECONDS", 0)
    mail = fetch_unseen(host(Dialogue(give_messages(5, 6, 7))), SENDERS, MailConnection())
    assert ([message.uid for message in mail.messages], mail.left) == ([7], 2)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Listas/China", "Listas/China"),
        ("Bolet%C3%ADn", "Bolet&AO0-n"),
        ("%E8%AE%A2%E9%98%85", "&i6KWBQ-"),
        ("%E2%89%A0%F0%9F%98%80", "&ImDYPd4A-"),
        ("Bolet&AO0-n", "Bolet&AO0-n"),
        ("I%20&%20D", "I &- D"),
    ],
)
def test_a_folder_is_named_in_the_letters_of_imap(written: str, sent: str) -> None:
    assert parse_mailbox_address(f"imaps://u:p@correo.test/{written}").folder == sent


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("imap://u:clave@correo.test", "unencrypted"),
        ("https://u:clave@correo.test", "is not the address of a mailbox"),
        ("imaps://correo.test/INBOX", "is not the address of a mailbox"),
        ("imaps://u:clave@[::1", "is not the address of a mailbox"),
        ("imaps://u:clave%0d%0aA1@correo.test", "can't take"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(secret: str, part: str) -> None:
    with pytest.raises(SecretError, match=part) as told:
        parse_mailbox_address(secret)
    assert "clave" not in str(told.value)


def test_the_address_of_a_mailbox_is_read() -> None:
    assert parse_mailbox_address("imaps://ana%40correo.test:a%3Ab@imap.correo.test/Listas") == MailboxAddress(
        host="imap.correo.test", port=993, user="ana@correo.test", password="a:b", folder="Listas"
    )
