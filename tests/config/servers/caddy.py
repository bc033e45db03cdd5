"""Caddy: the generated text as the whole Caddyfile."""
PACKAGE = "caddy"
POLICIES = ("modern",)
ENDPOINTS = ["https:443"]
LEFT = {
    "version-intolerance": "the TLS library of Go takes a client_version of the future, with no supported_versions"
                           " beside it, for TLS 1.3 (RFC 8446 4.2.1 wants TLS 1.2)",
}


def start(s):
    conf = s.write("Caddyfile", s.generated)
    s.run("caddy", "validate", "--adapter", "caddyfile", "--config", conf)
    return ["env", "HOME=" + s.folder("home"), "caddy", "run", "--adapter", "caddyfile", "--config", conf]
