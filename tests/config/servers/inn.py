"""INN: the generated parts of inn.conf and readers.conf; innd on 119 hands readers to nnrpd, a second one is on 563."""
import re

from server import as_user

PACKAGE = "inn2"
ENDPOINTS = ["nntp:119", "nntps:563"]


def start(s):
    s.private("news")
    with open("/etc/news/inn.conf", encoding="utf-8") as f:
        rest = f.read()
    generated = s.part("inn.conf")
    for name in ["pathhost", "domain", "nnrpdloadlimit", *re.findall(r"^(\w+):", generated, re.M)]:
        rest = re.sub(r"^#?%s:.*\n" % name, "", rest, flags=re.M)
    s.write("/etc/news/inn.conf", "%spathhost: %s\ndomain: lab.test\nnnrpdloadlimit: 0\n%s" % (rest, s.host, generated))
    s.write("/etc/news/readers.conf", s.part("readers.conf"))
    s.own("news", s.folder("/run/news"))
    s.run(*as_user("news", ["/usr/lib/news/bin/inncheck"]))
    s.background("/usr/lib/news/bin/nnrpd", "-D", "-f", "-p", "563", "-S")
    return as_user("news", ["/usr/lib/news/bin/innd", "-d", "-f"])
