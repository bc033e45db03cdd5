"""stunnel: the generated text before a web server that is not there."""
PACKAGE = "stunnel4"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]


def start(s):
    return ["stunnel4", s.write("stunnel.conf", "foreground = yes\npid =\n" + s.generated)]
