"""Java's security properties: a Tomcat that is told to take every version and suite its Java has."""
import re

PACKAGE = "openjdk-21-jre-headless"
LAYER = "java"
POLICIES = ("modern",)
ENDPOINTS = ["mqtts:8883"]


def start(s):
    s.write("/etc/ssl/tls.security", s.part("tls.security"))
    options = re.search(r'^JAVA_TOOL_OPTIONS="(.*)"$', s.part("environment"), re.M).group(1)
    s.write("conf/server.xml", """
<Server port="-1"><Service name="Catalina">
<Connector port="8883" protocol="org.apache.coyote.http11.Http11NioProtocol" SSLEnabled="true"
  sslImplementationName="org.apache.tomcat.util.net.jsse.JSSEImplementation">
<SSLHostConfig protocols="all" ciphers="ALL"><Certificate certificateFile="%s" certificateKeyFile="%s"
  certificateChainFile="%s"/></SSLHostConfig>
</Connector>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
</Service></Server>
""" % (s.cert, s.key, s.chain))
    home = "/usr/share/tomcat10"
    return ["env", "JAVA_TOOL_OPTIONS=" + options, "java", "-Xmx64m", "-cp",
            "%s/bin/bootstrap.jar:%s/bin/tomcat-juli.jar" % (home, home), "-Dcatalina.home=" + home,
            "-Dcatalina.base=" + s.dir, "-Djava.io.tmpdir=" + s.dir, "org.apache.catalina.startup.Bootstrap", "start"]
