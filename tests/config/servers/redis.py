"""Redis: the generated lines alone; it has no check but to start."""
PACKAGE = "redis-server"
POLICIES = ("modern",)
ENDPOINTS = ["rediss:6379"]


def start(s):
    conf = s.write("redis.conf", s.generated + "\nsave \"\"\ndir %s\n" % s.dir)
    return ["redis-server", conf]
