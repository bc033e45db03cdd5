"""config --check: existing configurations against the policy, as the servers' own dumps have them."""

import functools
import json
import pathlib
import re
import subprocess

import pytest

import run as runner

ROOM = pathlib.Path(__file__).resolve().parents[1] / "room" / "room"
SERVERS = {     # versions to make configuration for: old, in Debian, new
    "nginx": ("1.18.0", "1.26.3", "1.30.4"), "nginx-mail": ("1.18.0", "1.30.4"),
    "nginx-stream": ("1.18.0", "1.30.4"), "apache": ("2.4.7", "2.4.41", "2.4.71"),
    "postfix": ("3.4.13", "3.6.4", "3.10.5"), "dovecot": ("2.3.4", "2.3.21", "2.4.1"),
    "haproxy": ("2.0.29", "2.4.24", "3.0.11"),
}


def check(text, *argv, path="-"):
    return runner.run("config", "--check", path, *argv, stdin=text.encode() if path == "-" else b"", keep="\n\t")


def found(text, *argv):
    """{(line, id)} of a text."""
    result = check(text, "--json", *argv)
    assert result.code == (1 if result.stdout else 0), result
    return {(o["line"], o["id"]) for o in result.objects}


@pytest.mark.parametrize("server,version", [(s, v) for s in SERVERS for v in SERVERS[s]])
def test_what_config_prints_checks_clean(server, version):
    for openssl, policy in (("1.1.1", "intermediate"), ("3.0.15", "tlswright"), ("3.5.4", "tlswright"),
                            ("3.5.4", "modern")):
        made = runner.run("config", server, "--version", version, "--openssl", openssl, "-p", policy, keep="\n\t")
        if made.code == 2:      # too old for this policy
            continue
        assert made.code == 0, made
        told = check(made.stdout, "-p", policy)     # the text says which server and which versions
        assert told.code == 0 and "nothing contradicts" in told.stdout, told
        assert version in told.stdout and openssl in told.stdout, told


@pytest.mark.parametrize("server,version", [(s, SERVERS[s][-1]) for s in SERVERS])
def test_an_exception_is_what_contradicts(server, version):
    made = runner.run("config", server, "--version", version, "--openssl", "3.5.4", "--allow", "tls1.0", "--network",
                      "10.1.2.0/24", "--until", "2027-06-30", "--reason", "scales", keep="\n\t")
    ids = {o["id"] for o in check(made.stdout, "--json").objects}
    assert {"tls10-offered", "cbc-sha1-suite"} <= ids, (made, ids)


NGINX = """\
# configuration file /etc/nginx/nginx.conf:
events {}
http {
    ssl_protocols TLSv1 TLSv1.2;
    include /etc/nginx/sites-enabled/*;
}
# configuration file /etc/nginx/sites-enabled/a:

server {
    listen 443 ssl;
    server_name a.test;
    ssl_ciphers RC4-SHA:AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256;
}
"""


def test_said_with_file_and_line_and_what_mends_it():
    result = check(NGINX, "--version", "1.26.3", "--openssl", "3.0.15")
    assert result.code == 1, result
    said = result.stdout
    assert "/etc/nginx/nginx.conf:3, server a.test\n    ssl_protocols TLSv1 TLSv1.2\n" in said, result
    assert "/etc/nginx/sites-enabled/a:5, server a.test\n    ssl_ciphers RC4-SHA" in said, result
    assert "mended by: ssl_protocols TLSv1.2 TLSv1.3;" in said and "mended by: ssl_ciphers ECDHE-ECDSA" in said, result
    objects = check(NGINX, "--json", "--version", "1.26.3", "--openssl", "3.0.15").objects
    by_id = {o["id"]: o for o in objects}
    assert set(by_id) == {"tls10-offered", "tls13-missing", "rc4-suite", "static-rsa-suite", "cbc-sha1-suite",
                          "hsts-missing"}, objects
    assert by_id["tls10-offered"]["severity"] == "high" and by_id["tls10-offered"]["set"] is True
    missing = by_id["hsts-missing"]
    assert (missing["set"], missing["directive"], missing["file"], missing["line"]) == (
        False, None, "/etc/nginx/sites-enabled/a", 2), missing


def test_what_is_not_set_depends_on_the_version():
    text = "server { listen 443 ssl; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256; }\n"
    assert (1, "tls10-offered") in found(text, "nginx", "--version", "1.27.2")
    assert (1, "tls10-offered") not in found(text, "nginx", "--version", "1.27.3")
    told = check(text, "nginx", "--version", "1.24.0")
    assert "ssl_protocols is not set: the own value of nginx 1.24.0 is TLSv1 TLSv1.1 TLSv1.2 TLSv1.3" in told.stdout, told


def test_a_file_is_read_and_left_alone(tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text("frontend a\n  bind :443 ssl crt x ssl-min-ver TLSv1.0\n")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    result = check("", "--version", "3.0.11", path=path)
    assert result.code == 1 and f"{path}:2, bind :443\n    ssl-min-ver TLSv1.0" in result.stdout, result
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("text,server,says", [
    ("", (), "does not show which server"), ("\0\xff\n", (), "does not show"), ("{}", ("nginx",), "no name"),
    ("server {", ("nginx",), "never ends"), ("a" * 70000, ("nginx",), "no \";\""), ("x\n", ("exim",), "only that of"),
    ("server { \x1b[31m", ("nginx",), "no \";\""), ("a b", ("no-such",), "no server is called"),
])
def test_refused_kindly(text, server, says):
    result = check(text, *server)
    assert result.code == 2 and says in result.stderr and result.stderr.count("\n") == 1, result


def test_unreadable(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        result = check("", path=path)
        assert result.code == 2 and str(path) in result.stderr, result


def test_hostile_words_are_escaped_and_bounded():
    text = "server { listen 443 ssl; server_name \x1b[2J\u202e; ssl_protocols TLSv1\x1b[31m SSLv3; }\n" * 50
    result = check(text, "nginx")
    assert result.code == 1 and "\\u001B" in result.stdout.replace("\\u001b", "\\u001B"), result
    many = "http { ssl_ciphers ALL;" + "server { listen 1 ssl; ssl_ciphers HIGH:x; }" * 2000 + "}"
    result = check(many, "nginx", "--json")
    assert result.code == 1 and result.seconds < 20, result
    loop = "# configuration file /a:\nhttp { include a; }\n# configuration file /b:\ninclude /b; include /b;\n"
    assert check(loop, "nginx").code in (0, 2)


# ---- the real servers' own dumps ----

@functools.cache
def room():
    """Where the room can be entered, its command; else why not."""
    if not runner.os.path.exists(ROOM) or runner.os.geteuid() != 0:
        pytest.skip("the room needs root")
    where = subprocess.run([ROOM, "path"], capture_output=True, text=True).stdout.strip()
    if not where or not pathlib.Path(where).is_dir():
        pytest.skip("there is no room yet: tests/room/room make")
    return [str(ROOM), "run"]


def dump(tmp_path, files, command):
    """What the real server says of a configuration of ours."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([*room(), "--bind", f"{tmp_path}:/tmp/dump", "sh", "-c", "PATH=/usr/sbin:/usr/bin:/sbin:/bin; " + command],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    return done.stdout


def test_real_postconf(tmp_path):
    files = {"main.cf": "compatibility_level = 3.6\nsmtpd_tls_security_level = may\nsmtpd_sasl_auth_enable = yes\n"
                        "smtpd_tls_mandatory_protocols = >=TLSv1.2\n",
             "master.cf": "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n"
                          "  -o smtpd_tls_security_level=encrypt\n  -o smtpd_tls_mandatory_protocols=>=TLSv1\n"}
    whole = dump(tmp_path, files, "postconf -c /tmp/dump; postconf -c /tmp/dump -P")
    lines = whole.splitlines()
    result = check(whole, "--json")
    named = {(lines[o["line"] - 1].split(" ")[0], o["id"]) for o in result.objects if o["set"]}
    assert ("smtpd_tls_protocols", "tls10-offered") in named, result
    assert ("smtpd_tls_auth_only", "plaintext-auth-accepted") in named, result
    assert ("submission/inet/smtpd_tls_mandatory_protocols", "tls10-offered") in named, result
    assert ("smtpd_tls_mandatory_protocols", "tls10-offered") not in named, result
    # What `postconf -n` leaves out is the same by the version's own values.
    short = check(dump(tmp_path, files, "postconf -c /tmp/dump -n"), "--json", "--version",
                  re.search(r"^mail_version = (\S+)", whole, re.M).group(1))
    of_whole = {(o["name"], o["id"]) for o in check(dump(tmp_path, files, "postconf -c /tmp/dump"), "--json").objects}
    assert {(o["name"], o["id"]) for o in short.objects} == of_whole or {
        i for _, i in of_whole} == {o["id"] for o in short.objects}, (short, of_whole)


def test_real_doveconf(tmp_path):
    files = {"d.conf": "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nssl_min_protocol = TLSv1\n"
                       "auth_allow_cleartext = yes\nprotocol imap {\n  ssl_cipher_list = AES128-SHA\n}\n"}
    text = dump(tmp_path, files, "doveconf -n -c /tmp/dump/d.conf")
    ids = {o["id"]: o for o in check(text, "--json").objects}
    assert {"tls10-offered", "plaintext-auth-accepted", "static-rsa-suite"} <= set(ids), (text, ids)
    assert "ssl_min_protocol" in text.splitlines()[ids["tls10-offered"]["line"] - 1]
    assert ids["static-rsa-suite"]["context"].startswith("protocol imap"), ids


def test_real_nginx_dump(tmp_path):
    files = {"n.conf": "pid /tmp/n.pid;\nevents {}\nhttp {\n  include /tmp/dump/s/*.conf;\n}\n",
             "s/a.conf": "ssl_protocols TLSv1.1 TLSv1.2;\n",
             "s/b.conf": "server {\n  listen 127.0.0.1:9 ssl;\n  ssl_certificate $ssl_server_name;\n  ssl_certificate_key $ssl_server_name;\n"
                         "  ssl_ciphers HIGH;\n}\n"}
    text = dump(tmp_path, files, "nginx -T -c /tmp/dump/n.conf 2>&1")
    where = {(o["file"], o["line"], o["id"]) for o in check(text, "--json", "--version", "1.26.3").objects}
    assert ("/tmp/dump/s/a.conf", 1, "tls11-offered") in where, where
    assert ("/tmp/dump/s/b.conf", 5, "static-rsa-suite") in where, where


def test_real_apache_dump(tmp_path):
    modules = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in
                      ("mpm_event", "authz_core", "ssl", "info"))
    files = {"a.conf": "ServerRoot /tmp\nErrorLog /tmp/e.log\nPidFile /tmp/a.pid\nServerName x\n" + modules +
                       "<IfModule ssl_module>\nSSLProtocol all \\\n -TLSv1.1\n</IfModule>\nListen 127.0.0.1:9\n"
                       "<VirtualHost *:9>\nSSLEngine on\nInclude /tmp/dump/b.conf\n</VirtualHost>\n",
             "b.conf": "# x\nSSLCompression on\n"}
    text = dump(tmp_path, files, "openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/dump/k -out /tmp/dump/c -days 2"
                " -subj /CN=x 2>/dev/null; printf 'SSLCertificateFile /tmp/dump/c\\nSSLCertificateKeyFile /tmp/dump/k\\n'"
                " >> /tmp/dump/b.conf; apache2 -f /tmp/dump/a.conf -t -D DUMP_CONFIG")
    where = {(o["file"], o["id"]): o for o in check(text, "--json").objects}
    assert where[("/tmp/dump/b.conf", "crime")]["line"] == 2, where
    tls10 = where[("/tmp/dump/a.conf", "tls10-offered")]
    assert tls10["directive"].startswith("SSLProtocol all") and tls10["line"] in (10, 11), tls10
    assert ("/tmp/dump/a.conf", "tls11-offered") not in where, where


def test_json_lines_are_whole():
    for o in check(NGINX, "--json").objects:
        assert set(o) == {"server", "version", "openssl", "policy", "file", "line", "context", "contexts", "name", "set",
                          "directive", "default", "id", "severity", "title", "evidence", "mend"}, o
        assert o["severity"] in runner.SEVERITIES and all(isinstance(x, str) for x in o["mend"]), json.dumps(o)
