"""HAProxy: the generated text behind nothing but a backend that is not there."""
PACKAGE = "haproxy"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]
BAD = """
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
frontend bad
    bind :443 ssl crt {{bundle}} ssl-min-ver TLSv1.0 ciphers AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0
    default_backend web
backend web
    server web 127.0.0.1:8080
"""


def start(s):
    conf = s.write("haproxy.cfg", s.generated)
    s.run("haproxy", "-c", "-f", conf)
    return ["haproxy", "-db", "-f", conf]
