"""coturn: the generated text as turnserver.conf."""
PACKAGE = "coturn"
ENDPOINTS = ["turns:5349"]


def start(s):
    conf = s.write("turnserver.conf", s.generated + "\nlistening-ip=192.0.2.1\nrelay-ip=192.0.2.1\nno-cli\nlog-file=stdout\npidfile=%s/pid\n" % s.dir)
    return ["turnserver", "-c", conf]
