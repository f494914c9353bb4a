"""The reasons why a server cannot be used: each with a sentence, and with what to do about it."""

from enum import Enum

_WHICH_PORT = "docker compose ps   # does kafka run, and which port of this machine leads to it?"
_CORRECT_NAME = (
    "correct bootstrap_servers; if the name belongs to a Docker network, read inside that network:",
    "behave features/ -D stack=attached -D project=…   # its name: docker compose ls",
    "or use the port of this machine that leads to the broker: docker compose ps",
)


class Problem(Enum):
    """Why a server cannot be used from this machine.

    Attributes:
        sentence: a template; `advice` fills it in.
        steps: what to do, in lines that can be typed; templates too.
    """

    UNRESOLVED = "the name of {server} does not resolve on {here}: {detail}", *_CORRECT_NAME
    ELSEWHERE = "{server} means {here} itself, not the broker's machine", *_CORRECT_NAME
    REFUSED = (
        "{server} refuses connections from {here}",
        _WHICH_PORT,
        "then correct bootstrap_servers, or start it: docker compose up -d kafka",
    )
    UNREACHABLE = (
        "{server} does not answer {here}: {detail}",
        "look for a firewall between here and there, or for a machine that is down",
    )
    CLOSED = (
        "{server} accepts connections and closes them at once",
        "docker compose logs kafka   # is it still starting, does its port lead to a listener?",
    )
    SILENT = (
        "{server} accepts connections, but sends nothing that a Kafka broker would send",
        _WHICH_PORT,
        "then correct bootstrap_servers, or restart a broker that hangs",
    )
    NOT_KAFKA = (
        "{server} is not a Kafka broker: its response begins with “{detail}”",
        _WHICH_PORT,
        "then correct bootstrap_servers: Kafka's usual port is 9092",
    )
    CONTROLLER = (
        "{server} is the port of a controller, which serves brokers and not clients",
        _WHICH_PORT,
        "then correct bootstrap_servers: a broker's usual port is 9092, a controller's 9093",
    )
    REQUIRES_TLS = (
        "{server} speaks TLS, which security_protocol={protocol} does not",
        "-D security_protocol={with_tls}   # and -D ssl_ca=… for an authority of your own",
        "or use the broker's listener without TLS",
    )
    NO_TLS = (
        "{server} does not speak TLS, which security_protocol={protocol} requires",
        "-D security_protocol={without_tls}",
        "or use the broker's listener with TLS",
    )
    UNTRUSTED = (
        "the certificate of {server} is not trusted: {detail}",
        "-D ssl_ca=…   # a PEM file of the authority that issued it; now: {authority}",
        "or, if it has expired, have the broker's certificate renewed",
    )
    WRONG_NAME = (
        "the certificate of {server} is for {detail}, not for {host}",
        "use a name that the certificate is for",
        "or have the certificate issued for {host} too",
    )
    REQUIRES_CERTIFICATE = (
        "{server} does not accept this client, whose certificate is {certificate}: {detail}",
        "-D ssl_certificate=… -D ssl_key=…   # issued by an authority that the broker trusts",
    )
    REQUIRES_SASL = (
        "{server} requires a login by SASL, and security_protocol={protocol} has none",
        "-D security_protocol={with_sasl} -D sasl_mechanism=… -D sasl_username=…",
        "the password: BDD_SASL_PASSWORD in the environment, or -D sasl_password_file=…",
    )
    NO_SASL = (
        "{server} has no login by SASL, and security_protocol={protocol} requires one",
        "-D security_protocol={without_sasl}",
        "or use the broker's listener with SASL",
    )
    MECHANISM = (
        "{server} does not offer sasl_mechanism={mechanism}; it offers: {detail}",
        "-D sasl_mechanism=…   # one of those that it offers",
    )
    AUTHENTICATION = (
        "{server} refuses the credentials of the user “{user}” ({mechanism}): {detail}",
        "correct sasl_username, and BDD_SASL_PASSWORD or the file that sasl_password_file names;",
        "a SCRAM user exists for each mechanism separately, so check sasl_mechanism too",
    )
    NO_METADATA = (
        "{server} accepts connections, but returns no metadata: {detail}",
        "docker compose logs kafka   # what did it log at this moment?",
    )

    def __init__(self, sentence: str, *steps: str) -> None:
        self.sentence = sentence
        self.steps = steps

    @property
    def of_network(self) -> bool:
        """Whether no TCP connection leads to the broker, so that a listener or a client elsewhere is needed."""
        return self in {Problem.UNRESOLVED, Problem.ELSEWHERE, Problem.REFUSED, Problem.UNREACHABLE}

    @property
    def certain(self) -> bool:
        """Whether librdkafka cannot succeed either; a busy broker, for instance, may be silent for a while."""
        return self not in {Problem.CLOSED, Problem.SILENT, Problem.UNTRUSTED, Problem.REQUIRES_CERTIFICATE}
