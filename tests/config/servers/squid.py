"""Squid: the generated text before a web server that is not there."""
PACKAGE = "squid-openssl"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]


def start(s):
    s.own("proxy", s.folder("run"))
    conf = s.write("squid.conf", "%s\npid_filename %s\ncache_log /dev/stderr\naccess_log none\n"
                   % (s.generated, s.path("run/pid")))
    s.private("proxy")
    s.run("squid", "-k", "parse", "-f", conf)
    return ["squid", "-N", "-f", conf]
