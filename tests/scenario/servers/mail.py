"""SMTP, LMTP, IMAP, POP3, ManageSieve, NNTP up to STARTTLS, with the ways in
which they go wrong. `then` gets the connection when TLS begins."""


def _words(line):
    return line.strip().upper().split()


def taken_back(conn, answer):
    """A login begun is taken back before any name or password; anything else would be one that fails."""
    said = conn.recv_line()
    assert said == b"*\r\n", said
    conn.send(answer)


def smtp(then, greeting="220 mail.example ESMTP", delay=0, hello=("EHLO", "HELO"),
         capabilities=("PIPELINING", "STARTTLS", "8BITMIME"), answer="220 go ahead",
         injected=b"", close_after_answer=False, auth=None):
    """answer: to STARTTLS; `then` follows one that begins with 220. auth: to AUTH with a mechanism and no more."""
    def handler(conn):
        conn.sleep(delay)
        conn.send(greeting.encode("utf-8", "surrogateescape") + b"\r\n")
        if not greeting.startswith("220"):
            return
        while True:
            words = _words(conn.recv_line())
            if not words:
                conn.send(b"500 empty\r\n")
            elif words[0] == b"QUIT":
                conn.send(b"221 bye\r\n")
                return
            elif words[0].decode("latin-1") in hello:
                lines = ["mail.example", *capabilities]
                for i, text in enumerate(lines):
                    mark = " " if i == len(lines) - 1 else "-"
                    conn.send(f"250{mark}{text}\r\n".encode("utf-8", "surrogateescape"))
            elif words[0] == b"AUTH" and auth is not None:
                assert len(words) == 2, words
                conn.send(auth.encode() + b"\r\n")
                if auth.startswith("3"):
                    taken_back(conn, b"501 5.7.0 cancelled\r\n")
            elif words[0] == b"STARTTLS":
                conn.send(answer.encode("utf-8", "surrogateescape") + b"\r\n" + injected)
                if close_after_answer:
                    return
                if answer.startswith("220"):
                    then(conn)
                    return
            else:
                conn.send(b"502 no\r\n")
    return handler


def lmtp(then, **knobs):
    knobs.setdefault("greeting", "220 mail.example LMTP")
    return smtp(then, hello=("LHLO",), **knobs)


def imap(then, greeting="* OK IMAP4rev1 ready", capabilities="IMAP4rev1 STARTTLS LOGINDISABLED",
         answer="OK begin", injected=b"", auth=None):
    def handler(conn):
        conn.send(greeting.encode("utf-8", "surrogateescape") + b"\r\n")
        if greeting.startswith("* BYE"):
            return
        while True:
            words = conn.recv_line().strip().split()
            if len(words) < 2:
                conn.send(b"* BAD\r\n")
                continue
            tag, word = words[0], words[1].upper()
            if word == b"CAPABILITY":
                conn.send(f"* CAPABILITY {capabilities}\r\n".encode("utf-8", "surrogateescape")
                          + tag + b" OK done\r\n")
            elif word == b"LOGOUT":
                conn.send(b"* BYE\r\n" + tag + b" OK done\r\n")
                return
            elif word == b"AUTHENTICATE" and auth is not None:
                assert words[2:] == [b"PLAIN"], words
                conn.send((auth if auth.startswith("+") else tag.decode() + " " + auth).encode() + b"\r\n")
                if auth.startswith("+"):
                    taken_back(conn, tag + b" BAD cancelled\r\n")
            elif word == b"STARTTLS":
                if greeting.startswith("* PREAUTH"):
                    conn.send(tag + b" BAD not now\r\n")
                    continue
                conn.send(tag + b" " + answer.encode() + b"\r\n" + injected)
                if answer.startswith("OK"):
                    then(conn)
                    return
            else:
                conn.send(tag + b" BAD no\r\n")
    return handler


def pop3(then, greeting="+OK POP3 ready <1.2@mail.example>", capabilities=("UIDL", "STLS"),
         answer="+OK begin", injected=b"", user=None):
    def handler(conn):
        conn.send(greeting.encode("utf-8", "surrogateescape") + b"\r\n")
        while True:
            words = _words(conn.recv_line())
            word = words[0] if words else b""
            if word == b"CAPA":
                conn.send(b"+OK list\r\n" + "".join(f"{c}\r\n" for c in capabilities).encode()
                          + b".\r\n")
            elif word == b"QUIT":
                conn.send(b"+OK bye\r\n")
                return
            elif word == b"USER" and user is not None:
                conn.send(user.encode() + b"\r\n")
                said = conn.recv_line()
                assert said == b"QUIT\r\n", said
                conn.send(b"+OK bye\r\n")
                return
            elif word == b"STLS":
                conn.send(answer.encode() + b"\r\n" + injected)
                if answer.startswith("+OK"):
                    then(conn)
                    return
            else:
                conn.send(b"-ERR no\r\n")
    return handler


def sieve(then, capabilities=('"IMPLEMENTATION" "scripted"', '"SASL" ""', '"STARTTLS"'),
          answer="OK begin", injected=b""):
    def listing():
        return "".join(f"{c}\r\n" for c in capabilities).encode() + b'OK "ready"\r\n'

    def handler(conn):
        conn.send(listing())
        while True:
            words = _words(conn.recv_line())
            word = words[0] if words else b""
            if word == b"CAPABILITY":
                conn.send(listing())
            elif word == b"LOGOUT":
                conn.send(b"OK\r\n")
                return
            elif word == b"STARTTLS":
                conn.send(answer.encode() + b"\r\n" + injected)
                if answer.startswith("OK"):
                    then(conn)
                    return
            else:
                conn.send(b"NO\r\n")
    return handler


def nntp(then, greeting="200 news.example ready", capabilities=("VERSION 2", "READER", "STARTTLS"),
         answer="382 go on", injected=b"", user=None):
    def handler(conn):
        conn.send(greeting.encode() + b"\r\n")
        while True:
            words = _words(conn.recv_line())
            word = words[0] if words else b""
            if word == b"CAPABILITIES":
                conn.send(b"101 list\r\n" + "".join(f"{c}\r\n" for c in capabilities).encode()
                          + b".\r\n")
            elif word == b"QUIT":
                conn.send(b"205 bye\r\n")
                return
            elif word == b"AUTHINFO" and user is not None:
                conn.send(user.encode() + b"\r\n")
                said = conn.recv_line()
                assert said == b"QUIT\r\n", said
                return
            elif word == b"STARTTLS":
                conn.send(answer.encode() + b"\r\n" + injected)
                if answer.startswith("382"):
                    then(conn)
                    return
            else:
                conn.send(b"500 no\r\n")
    return handler
