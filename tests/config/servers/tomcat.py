"""Tomcat: the generated connectors in Debian's server.xml, the rest in its web.xml."""
import os
import re

PACKAGE = "tomcat10"
LAYER = "java"
POLICIES = ("modern",)
ENDPOINTS = ["https:8443"]
BASE = "/var/lib/tomcat10"


def insert(s, file, after, text):
    with open(file, encoding="utf-8") as f:
        before, found, behind = f.read().partition(after)
    s.write(file, before + found + "\n" + text + behind if found == after else "")


def start(s):
    insert(s, BASE + "/conf/server.xml", '<Service name="Catalina">', s.part("server.xml"))
    insert(s, BASE + "/conf/web.xml", re.search("<web-app[^>]*>", open(BASE + "/conf/web.xml").read()).group(),
           s.part("web.xml"))
    environment = ["env", "CATALINA_BASE=" + BASE, "CATALINA_HOME=/usr/share/tomcat10", 
                   "JRE_HOME=" + os.path.dirname(os.path.dirname(os.path.realpath("/usr/bin/java")))]
    if "legacy.security" in s.generated:
        environment.append("CATALINA_OPTS=-Djava.security.properties=" +
                           s.write("legacy.security", s.part("legacy.security")))
    s.run(*environment, "/usr/share/tomcat10/bin/catalina.sh", "configtest")
    return [*environment, "/usr/share/tomcat10/bin/catalina.sh", "run"]


def ask(s):
    """The first handshake of a JVM takes long."""
    s.run("timeout", "60", "openssl", "s_client", "-connect", "localhost:8443")
