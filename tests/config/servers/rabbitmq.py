"""RabbitMQ: the generated rabbitmq.conf, with a node of its own."""
PACKAGE = "rabbitmq-server"
LAYER = "erlang"
POLICIES = ("modern",)
ENDPOINTS = ["amqps:5671"]


def start(s):
    s.write("/etc/rabbitmq/rabbitmq.conf", s.generated)
    s.write("/etc/rabbitmq/rabbitmq-env.conf", "NODENAME=rabbit@localhost\n")
    return ["rabbitmq-server"]
