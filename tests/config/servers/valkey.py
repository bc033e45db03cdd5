"""Valkey: the generated lines alone; it has no check but to start."""
PACKAGE = "valkey-server"
POLICIES = ("modern",)
ENDPOINTS = ["rediss:6379"]


def start(s):
    conf = s.write("valkey.conf", s.generated + "\nsave \"\"\ndir %s\n" % s.dir)
    return ["valkey-server", conf]
