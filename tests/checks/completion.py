"""The completion scripts are what their shells take, and they complete."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import tree


def run(argv, **kw):
    return subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, **kw)


def complete_in_bash(script, words):
    """What bash would offer for the last of words."""
    out = run(["bash", "--norc", "-c",
               '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tlswright; '
               'printf "%s\\n" "${COMPREPLY[@]}"', "bash", script, *words])
    return out.stdout.split("\n") if not out.stderr else ["stderr: " + out.stderr]


def complete_in_fish(script, line):
    out = run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line],
              env=dict(os.environ, HOME=os.path.dirname(script)))
    return [row.split("\t")[0] for row in out.stdout.split("\n")] + \
        (["stderr: " + out.stderr] if out.stderr else [])


def main(program):
    bad = []

    def want(shell, line, word, offered):
        if word not in offered:
            bad.append("%s: `%s` does not offer %s but: %s" % (shell, line, word, offered[:8]))

    with tempfile.TemporaryDirectory() as folder:
        for shell in ("bash", "fish", "zsh"):
            script = os.path.join(folder, shell)
            out = run([program, "--completion", shell])
            if out.returncode or not out.stdout:
                bad.append("--completion %s: status %d %s" % (shell, out.returncode, out.stderr))
                continue
            with open(script, "w", encoding="utf-8") as f:
                f.write(out.stdout)
            if shutil.which(shell) is None:
                bad.append("%s is not here to try its script" % shell)
                continue
            syntax = run([shell, "-n", script])
            if syntax.returncode:
                bad.append("%s does not take its script: %s" % (shell, syntax.stderr))
            # Each option of each verb's help stands in each script.
            for verb in re.findall(r"^  ([a-z]+)  ", run([program, "--help"]).stdout, re.M):
                for option in re.findall(r"--([a-z][a-z0-9-]+)",
                                         run([program, verb, "--help"]).stdout):
                    if not re.search(r"(--|-l |,)%s\b" % option, out.stdout):
                        bad.append("%s: %s --%s is missing" % (shell, verb, option))
        bash, fish = os.path.join(folder, "bash"), os.path.join(folder, "fish")
        if not bad:
            want("bash", "tlswright au", "audit", complete_in_bash(bash, ["tlswright", "au"]))
            want("bash", "tlswright audit --js", "--json",
                 complete_in_bash(bash, ["tlswright", "audit", "--js"]))
            want("bash", "tlswright audit --fail-on = cr", "critical",
                 complete_in_bash(bash, ["tlswright", "audit", "--fail-on", "=", "cr"]))
            want("bash", "tlswright audit --fail-on cr", "critical",
                 complete_in_bash(bash, ["tlswright", "audit", "--fail-on", "cr"]))
            want("bash", "tlswright audit --from /etc/host", "/etc/hosts",
                 complete_in_bash(bash, ["tlswright", "audit", "--from", "/etc/host"]))
            want("bash", "tlswright explain tls10", "tls10-offered",
                 complete_in_bash(bash, ["tlswright", "explain", "tls10"]))
            want("fish", "tlswright au", "audit", complete_in_fish(fish, "tlswright au"))
            want("fish", "tlswright audit --js", "--json",
                 complete_in_fish(fish, "tlswright audit --js"))
            want("fish", "tlswright audit --fail-on cr", "critical",
                 complete_in_fish(fish, "tlswright audit --fail-on cr"))
    tree.end(bad)


main(sys.argv[3])
