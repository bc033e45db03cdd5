"""Hitch: the generated text, and the user it wants to become; nothing is behind it."""
PACKAGE = "hitch"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]


def start(s):
    conf = s.write("hitch.conf", s.generated + 'user = "_hitch"\ngroup = "_hitch"\n')
    s.run("hitch", "--test", "--config=" + conf)
    return ["hitch", "--config=" + conf]
