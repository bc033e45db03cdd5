#!/usr/bin/python3
"""Clients of Python's own library, run in the room: client.py FUNCTION CA. Its arguments are JSON on
standard input, and JSON is what it prints."""
import imaplib
import json
import poplib
import smtplib
import socket
import ssl
import sys

CONTEXT = ssl.create_default_context(cafile=sys.argv[2])


def read_all(sock):
    data = b""
    try:
        while more := sock.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


def talk(host, port, text):
    """All at once, in the clear: what came back until the other side closed."""
    with socket.create_connection((host, port), 20) as s:
        s.sendall(text.encode())
        return read_all(s).decode(errors="replace")


def talk_from(source, host, port, text):
    with socket.create_connection((host, port), 20, (source, 0)) as s:
        try:
            s.sendall(text.encode())
        except OSError:
            return ""
        return read_all(s).decode(errors="replace")


def in_turn(host, port, *lines):
    """Each line when the one before it has been answered: what came, until the other side closed."""
    with socket.create_connection((host, port), 20) as s:
        came = s.recv(1000)
        for line in lines:
            s.sendall(line.encode() + b"\r\n")
            came += s.recv(1000)
        s.shutdown(socket.SHUT_WR)
        return (came + read_all(s)).decode(errors="replace")


def mail(host, port, user, sender, to, text, mode="explicit"):
    """One mail by smtplib. What refused it is returned as [code, words]."""
    client = smtplib.SMTP_SSL(host, port, timeout=20, context=CONTEXT) if mode == "implicit" else smtplib.SMTP(
        host, port, timeout=20)
    with client:
        before = None
        if mode == "explicit":
            client.ehlo("client.example")
            before = client.has_extn("starttls")
            client.starttls(context=CONTEXT)
        client.ehlo("client.example")
        try:
            if user:
                client.login(*user)
            client.sendmail(sender, [to], text.encode())
        except smtplib.SMTPRecipientsRefused as e:
            code, words = e.recipients[to]
            return {"refused": [code, words.decode()]}
        except smtplib.SMTPResponseException as e:
            return {"refused": [e.smtp_code, e.smtp_error.decode()]}
        return {"offered": before, "inside": sorted(client.esmtp_features)}


def lmtp(host, port, certificate, sender, to, text):
    CONTEXT.load_cert_chain(*certificate)
    with smtplib.LMTP(host, port, timeout=20) as client:
        client.starttls(context=CONTEXT)
        return client.sendmail(sender, [to], text.encode())


def imap(host, port, user, mode="explicit", box="INBOX", append=None, search=None):
    """Logs in, perhaps appends, and fetches what is there: {capabilities, mails}; or {refused}."""
    client = imaplib.IMAP4_SSL(host, port, ssl_context=CONTEXT, timeout=20) if mode == "implicit" else imaplib.IMAP4(
        host, port, timeout=20)
    before = client.capabilities
    if mode == "explicit":
        client.starttls(CONTEXT)
    inside = client.capability()[1][-1].decode().split()
    try:
        client.login(*user)
    except imaplib.IMAP4.error as e:
        return {"refused": str(e), "before": before, "inside": inside}
    if append is not None:
        assert client.append(box, None, None, append.encode())[0] == "OK"
    assert client.select(box)[0] == "OK"
    numbers = client.search(None, *(search or ["ALL"]))[1][0].split()
    mails = [client.fetch(n.decode(), "(BODY.PEEK[])")[1][0][1].decode() for n in numbers]
    client.logout()
    return {"before": before, "inside": inside, "mails": mails}


def pop3(host, port, user, mode="explicit"):
    client = poplib.POP3_SSL(host, port, context=CONTEXT, timeout=20) if mode == "implicit" else poplib.POP3(
        host, port, timeout=20)
    before = sorted(client.capa())
    if mode == "explicit":
        client.stls(CONTEXT)
    inside = sorted(client.capa())
    try:
        client.user(user[0])
        client.pass_(user[1])
    except poplib.error_proto as e:
        return {"refused": str(e), "before": before, "inside": inside}
    count = len(client.list()[1])
    mails = [b"\r\n".join(client.retr(i + 1)[1]).decode() for i in range(count)]
    client.quit()
    return {"before": before, "inside": inside, "mails": mails}


def main():
    print(json.dumps(globals()[sys.argv[1]](*json.load(sys.stdin))))


main()
