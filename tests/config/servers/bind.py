"""BIND: the generated text as named.conf; its options are in it."""
PACKAGE = "bind9"
POLICIES = ("modern",)
ENDPOINTS = ["dot:853"]


def start(s):
    s.own("bind")
    s.private("bind")
    conf = s.write("named.conf", s.generated.replace("options {", 'options {\n\tdirectory "%s";\n\tpid-file none;\n'
                   '\tsession-keyfile none;\n\trecursion no;\n' % s.dir, 1))
    s.run("named-checkconf", conf)
    return ["named", "-g", "-u", "bind", "-c", conf]
