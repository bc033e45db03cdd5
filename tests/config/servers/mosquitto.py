"""Mosquitto: the generated listener; it has no check but to start."""
PACKAGE = "mosquitto"
POLICIES = ("modern",)
ENDPOINTS = ["mqtts:8883"]


def start(s):
    s.private("mosquitto")
    s.write("/etc/mosquitto/passwd", "", 0o600)
    s.own("mosquitto", "/etc/mosquitto/passwd")
    conf = s.write("mosquitto.conf", "user mosquitto\n" + s.generated)
    return ["mosquitto", "-c", conf]
