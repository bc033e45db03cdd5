"""Jetty: the generated files in a base of its own."""
PACKAGE = "jetty12"
LAYER = "java"
POLICIES = ("modern",)
ENDPOINTS = ["https:8443"]


def start(s):
    s.write("start.d/tls.ini", s.part("tls.ini"))
    s.write("etc/tls.xml", s.part("tls.xml"))
    # Debian's starter has no library of log messages with it.
    return ["java", "-cp", "/usr/share/jetty12/start.jar:/usr/share/java/slf4j-api.jar:/usr/share/java/slf4j-simple.jar",
            "org.eclipse.jetty.start.Main", "jetty.home=/usr/share/jetty12", "jetty.base=" + s.dir]


def ask(s):
    """The first handshake of a JVM takes long."""
    s.run("timeout", "60", "openssl", "s_client", "-connect", "localhost:8443")
