"""Caddy: the generated text as the whole Caddyfile."""
PACKAGE = "caddy"
POLICIES = ("modern",)
ENDPOINTS = ["https:443"]


def start(s):
    conf = s.write("Caddyfile", s.generated)
    s.run("caddy", "validate", "--adapter", "caddyfile", "--config", conf)
    return ["env", "HOME=" + s.folder("home"), "caddy", "run", "--adapter", "caddyfile", "--config", conf]
