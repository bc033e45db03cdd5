"""unbound: the generated server clause with what keeps it in its folder."""
PACKAGE = "unbound"
POLICIES = ("modern",)
ENDPOINTS = ["dot:853"]


def start(s):
    s.private("unbound")
    conf = s.write("unbound.conf", s.generated + '\nserver:\n    chroot: ""\n    directory: "%s"\n    pidfile: ""\n'
                   '    do-daemonize: no\n    use-syslog: no\n    access-control: 0.0.0.0/0 allow\n' % s.dir)
    s.run("unbound-checkconf", conf)
    return ["unbound", "-d", "-c", conf]
