#!/usr/bin/python3
"""Prints docs/DIAGNOSE.md: each staged failure, what diagnose says of it, and what `curl -v`,
`openssl s_client` and `nmap -sV` of Debian 13 (the room's) say of the same, run on the same stage.

    tests/diagnose/table.py PROGRAM > docs/DIAGNOSE.md      (needs root; ten minutes)
    tests/diagnose/table.py PROGRAM NAME…                   (the rows of those cases alone)
"""

import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario"), str(HERE.parent)]

from cases import CASES, Pki  # noqa: E402
from stage import Stage  # noqa: E402

AT_ONCE = 6
STARTTLS = {25: "smtp", 587: "smtp", 143: "imap", 110: "pop3", 21: "ftp", 389: "ldap"}
URLS = {25: "smtp", 587: "smtp", 465: "smtps", 143: "imap", 993: "imaps", 110: "pop3", 995: "pop3s", 21: "ftp",
        990: "ftps", 389: "ldap", 636: "ldaps", 80: "https"}
# What a script of a port alone would be; the peers get the question as their manuals put it.
DEFAULTS = {"imaps": 993, "imap": 143, "ldaps": 636, "ldap": 389, "https": 443, "smtp": 25}


def aim(target):
    """host and port of a target, as the other tools want them."""
    scheme, _, rest = target.rpartition("://")
    rest = rest.split("/")[0]
    host, colon, port = rest.rpartition(":")
    return (host, int(port)) if colon else (rest, DEFAULTS.get(scheme, 443))


def commands(case):
    host, port = aim(case.target)
    url = f"{URLS.get(port, 'https')}://{host}:{port}/"
    reqd = " --ssl-reqd" if port in STARTTLS else ""
    start = f" -starttls {STARTTLS[port]}" if port in STARTTLS else ""
    name = "" if re.fullmatch(r"[0-9.]+", host) else f" -servername {host}"
    return {
        "curl": f"curl -v -m 12 --cacert /ca/ca.pem{reqd} {shlex.quote(url)}",
        "openssl": f"openssl s_client -connect {host}:{port}{name}{start} -CAfile /ca/ca.pem"
                   f" -verify_return_error -verify_hostname {host}",
        "nmap": f"nmap -sV -Pn -p {port} {host}",
    }


def short(text, most=150):
    text = re.sub(r"\s+", " ", text).strip().replace("|", "\\|")
    text = re.sub(r"^[0-9A-F]{12,16}:", "", text)
    text = re.sub(r":\.\./[\w/.]+:\d+:", "", text)          # where in OpenSSL's source
    return text if len(text) <= most else text[:most - 1].rstrip() + "…"


def curl_words(out, code):
    lines = out.splitlines()
    for line in reversed(lines):
        if line.startswith("curl: ("):
            return line
    said = [line for line in lines if line.startswith("< ")]
    return "works: " + said[0][2:] if said else f"status {code}"


def openssl_words(out, code):
    wanted = [line for line in out.splitlines()
              if re.search(r":error:|^connect|errno|[Vv]erif.* error|Didn't find|^CONNECT_CR|BIO_|ssl_client_execute", line)]
    verdict = [line for line in out.splitlines() if "Verify return code" in line or "Verification" in line]
    if code == 124:
        return "hangs (ended after 15 s)" + ("; before: " + wanted[0] if wanted else "")
    best = [line for line in wanted if "error" in line.lower()] or wanted
    if best:
        return best[-1] if not verdict or "ok" in verdict[-1].lower() else f"{best[-1]}; {verdict[-1].strip()}"
    return verdict[-1].strip() if verdict else f"status {code}, no word of why"


def nmap_words(out, code):
    for line in out.splitlines():
        if re.match(r"\d+/tcp", line):
            return line
    for line in out.splitlines():
        if "resolve" in line or "down" in line or "rror" in line:
            return line
    return "hangs (ended after 60 s)" if code == 124 else f"status {code}"


WORDS = {"curl": curl_words, "openssl": openssl_words, "nmap": nmap_words}
LIMITS = {"curl": 20, "openssl": 15, "nmap": 60}


def ask_peers(stage, case, ca):
    said = {}
    for tool, command in commands(case).items():
        done = subprocess.run([*stage.prefix, str(HERE.parent / "room" / "room"), "run", "--bind", f"{ca}:/ca",
                               "timeout", str(LIMITS[tool]), "sh", "-c", command + " 2>&1 </dev/null"],
                              capture_output=True, text=True, errors="replace")
        said[tool] = short(WORDS[tool](done.stdout, done.returncode))
    return said


def play(case, pki, program, ca):
    with Stage() as stage:
        case.stage(stage, pki)
        done = subprocess.run([*stage.prefix, program, "diagnose", "--json", "--ca", f"{ca}/ca.pem", *case.options,
                               case.target], capture_output=True, text=True)
        o = json.loads(done.stdout.splitlines()[-1])
        if not case.peers:
            return o, dict.fromkeys(WORDS, "–")
        return o, ask_peers(stage, case, ca)


HEAD = """# What diagnose says, and what others say of the same

Each row is a failure that `tests/diagnose/cases.py` stages, in network namespaces of its own: firewalls and packet thieves on the way are nftables, servers are
scripted or real. Beside the cause that `tlswright diagnose` names (and how sure it is) stands the telling line of `curl -v`, `openssl s_client` and
`nmap -sV` (those of Debian 13), run on the same stage. Made by `tests/diagnose/table.py`; the tests hold diagnose to the cause in each row, in words and in JSON.
"""


def main(program, names):
    pki = Pki()
    cases = [case for case in CASES if not names or case.name in names]
    with tempfile.TemporaryDirectory(prefix="tlswright-table-", dir="/tmp") as ca:
        pathlib.Path(ca).chmod(0o755)
        pathlib.Path(ca, "ca.pem").write_bytes(pki.ca.pem)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            coming = [(case, pool.submit(play, case, pki, program, ca)) for case in cases]
            print(HEAD) if not names else None
            print("| staged | asked | `tlswright diagnose` | `curl -v` | `openssl s_client` | `nmap -sV` |")
            print("| --- | --- | --- | --- | --- | --- |")
            for case, future in coming:
                o, said = future.result()
                print(f"| {case.name} ({case.kind}) | `{case.target}` | **{o['cause']}** ({o['sure']}): "
                      f"{short(o['sentence'], 400)} | {said['curl']} | {said['openssl']} | {said['nmap']} |", flush=True)


main(sys.argv[1], sys.argv[2:])
