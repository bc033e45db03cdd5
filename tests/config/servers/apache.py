"""Apache: the generated virtual hosts as Debian's only site."""
PACKAGE = "apache2"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]
BAD = """
<VirtualHost *:443>
    ServerName {{name}}
    SSLEngine on
    SSLCertificateFile {{cert}}
    SSLCertificateKeyFile {{key}}
    SSLProtocol all
    SSLCipherSuite AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0
    SSLHonorCipherOrder on
</VirtualHost>
"""


def start(s):
    s.run("a2enmod", "-q", "ssl", "headers", "http2", "rewrite", "socache_shmcb")
    s.run("a2dissite", "-q", "000-default")
    s.write("/etc/apache2/conf-enabled/name.conf", "ServerName %s\n" % s.host)
    s.write("/etc/apache2/sites-enabled/generated.conf", s.generated)
    s.run("apachectl", "configtest")
    return ["apachectl", "-D", "FOREGROUND"]
