"""Checks what no other tool does: that Kubernetes would take the manifests and that their parts find each
other, that dashboards ask what Prometheus understands, and that settings which are named exist."""

import ctypes
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate.utils
import yaml

TOOLS = pathlib.Path(sys.argv[1]).resolve()
DEPLOY = pathlib.Path(__file__).resolve().parents[2]

# The versions that the manifests are meant for: the oldest that has all of it, and the newest schemas.
KUBERNETES = ["1.27", "1.37"]

# Kinds of operators, whose schemas no package brings. What they are is read by people.
OPERATORS = {"Cluster", "RabbitmqCluster", "ScaledObject"}

# What is made by whoever installs, or by an operator.
SECRETS = {
    "errata": {"database-url", "amqp-url", "redis-url", "secret-key"},
    "errata-postgres-app": {"uri"},
    "errata-rabbitmq-default-user": {"username", "password"},
    "errata-edge-tls": {"tls-combined.pem"},
}

# It would read all definitions again for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)

problems = []


def check(holds, text):
    if not holds:
        problems.append(text)


def kustomize(folder):
    """What `kustomize build` makes of a folder."""
    library = ctypes.CDLL(str(next((TOOLS / "kustomize").rglob("libpykustomize.so"))))
    library.pykustomize_last_error.restype = ctypes.c_char_p
    result = ctypes.c_char_p()
    if library.pykustomize_build(str(folder).encode(), b"{}", ctypes.byref(result)):
        sys.exit(f"{folder}: {library.pykustomize_last_error().decode()}")
    return list(yaml.safe_load_all(result.value.decode()))


def walk(value, path=()):
    """Every mapping below a value, with the way to it."""
    if isinstance(value, dict):
        yield path, value
        for key, below in value.items():
            yield from walk(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from walk(below, (*path, number))


class Overlay:
    def __init__(self, folder):
        self.name = folder.name
        self.objects = kustomize(folder)
        self.pods = {}
        for thing in self.objects:
            template = thing.get("spec", {}).get("template")
            if template:
                self.pods[thing["kind"], thing["metadata"]["name"]] = template

    def check(self):
        names = [(thing["kind"], thing["metadata"]["name"]) for thing in self.objects]
        check(len(names) == len(set(names)), f"{self.name}: two objects have one name")
        for thing in self.objects:
            self.schema(thing)
            self.selectors(thing)
            self.target(thing)
            self.unique(thing)
        for (kind, name), template in self.pods.items():
            self.pod(f"{self.name}: {kind} {name}", template)

    def schema(self, thing):
        if thing["kind"] in OPERATORS:
            return
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                problems.append(f"{self.name}: {thing['kind']} {thing['metadata']['name']} ({version}): {error.message}")

    def matching(self, labels):
        return [
            name for name, template in self.pods.items()
            if labels.items() <= template["metadata"]["labels"].items()
        ]

    def selectors(self, thing):
        """Whatever selects pods selects some."""
        kind, spec = thing["kind"], thing.get("spec", {})
        if kind == "Service":
            labels = spec["selector"]
        elif kind in {"PodDisruptionBudget", "Deployment", "StatefulSet"}:
            labels = spec["selector"]["matchLabels"]
        elif kind == "NetworkPolicy":
            labels = spec["podSelector"].get("matchLabels", {})
            components = {template["metadata"]["labels"].get("app.kubernetes.io/component") for template in self.pods.values()}
            for expression in spec["podSelector"].get("matchExpressions", []):
                for value in expression["values"]:
                    check(value in components, f"{self.name}: {kind} {thing['metadata']['name']}: no pod is a {value}")
        else:
            return
        found = self.matching(labels)
        check(found, f"{self.name}: {kind} {thing['metadata']['name']} selects no pod by {labels}")
        if kind == "Service":
            names = {port["name"] for pod in found for c in self.pods[pod]["spec"]["containers"] for port in c.get("ports", [])}
            for port in spec["ports"]:
                check(port["targetPort"] in names, f"{self.name}: Service {thing['metadata']['name']} leads to no port {port['targetPort']}")

    def target(self, thing):
        """What scales scales something."""
        reference = thing.get("spec", {}).get("scaleTargetRef")
        if reference:
            target = (reference.get("kind", "Deployment"), reference["name"])
            check(target in self.pods, f"{self.name}: {thing['kind']} {thing['metadata']['name']} scales {target}, which is not there")

    def unique(self, thing):
        """Lists whose items have names have each once."""
        for path, value in walk(thing):
            for key, items in value.items():
                if isinstance(items, list) and items and all(isinstance(item, dict) and "name" in item for item in items):
                    names = [item["name"] for item in items]
                    check(len(names) == len(set(names)), f"{self.name}: {thing['kind']} {thing['metadata']['name']}: {key} names one twice: {names}")

    def pod(self, title, template):
        spec = template["spec"]
        check(spec.get("automountServiceAccountToken") is False, f"{title} gets a token of the cluster")
        check(spec["securityContext"].get("runAsNonRoot") is True, f"{title} may run as root")
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        for volume in spec.get("volumes", []):
            if "secret" in volume:
                check(volume["secret"]["secretName"] in SECRETS, f"{title} mounts an unknown secret")
            if "configMap" in volume:
                self.exists("ConfigMap", volume["configMap"]["name"], title)
        for claims in (thing["spec"].get("volumeClaimTemplates", []) for thing in self.objects if thing["kind"] == "StatefulSet"):
            volumes |= {claim["metadata"]["name"] for claim in claims}
        for container in spec.get("initContainers", []) + spec["containers"]:
            self.container(f"{title}, {container['name']}", container, volumes)

    def container(self, title, container, volumes):
        context = container["securityContext"]
        check(context.get("readOnlyRootFilesystem") is True, f"{title} may write to its image")
        check(context.get("allowPrivilegeEscalation") is False, f"{title} may become more than it is")
        check(context.get("capabilities", {}).get("drop") == ["ALL"], f"{title} keeps capabilities")
        image, _, tag = container["image"].partition(":")
        check(tag not in {"", "latest"}, f"{title}: {image} has no version")
        check("memory" in container["resources"]["limits"], f"{title} has no bound of memory")
        for mount in container.get("volumeMounts", []):
            check(mount["name"] in volumes, f"{title} mounts {mount['name']}, which is no volume")
        for source in container.get("envFrom", []):
            self.exists("ConfigMap", source["configMapRef"]["name"], title)
        for variable in container.get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                check(reference["key"] in SECRETS.get(reference["name"], ()), f"{title}: {variable['name']} is in no secret that is known")
        if image == "errata":
            settings = {variable["name"] for variable in container.get("env", [])} - {"AMQP_USERNAME", "AMQP_PASSWORD"}
            unknown_settings(title, settings)
        ports = {port["name"] for port in container.get("ports", [])}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = container.get(kind, {})
            port = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
            check(port is None or port in ports, f"{title}: the {kind} asks no port of it")

    def exists(self, kind, name, title):
        found = any((thing["kind"], thing["metadata"]["name"]) == (kind, name) for thing in self.objects)
        check(found, f"{title} needs {kind} {name}, which is not there")


EXAMPLE = (DEPLOY.parent / ".env.example").read_text()
SETTINGS = set(re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE))

# Those of the services, without those of `make up` alone.
OF_SERVICES = set(re.findall(r"^#([A-Z_]+)=", EXAMPLE[EXAMPLE.index("--- Services ---"):], re.MULTILINE))


def unknown_settings(title, names):
    """A setting that nobody reads is a setting that was meant to do something."""
    for name in names:
        check(name in SETTINGS, f"{title}: no service reads {name}")


def check_settings():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    passed = set()
    for name, service in compose["services"].items():
        if service["image"].startswith("errata:"):
            unknown_settings(f"compose.yaml: {name}", service["environment"])
            passed |= service["environment"].keys()
    for name in sorted(OF_SERVICES - passed):
        check(False, f"compose.yaml passes {name} to no service")
    lines = (DEPLOY / "systemd/errata.env").read_text().splitlines()
    unknown_settings("systemd/errata.env", {line.partition("=")[0] for line in lines if line and not line.startswith("#")})
    for overlay in (DEPLOY / "kubernetes").rglob("kustomization.yaml"):
        for generator in yaml.safe_load(overlay.read_text()).get("configMapGenerator", []):
            unknown_settings(str(overlay), {literal.partition("=")[0] for literal in generator.get("literals", [])})


def check_dashboards():
    expressions, uids = [], set()
    for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        dashboard = json.loads(path.read_text())
        check(path.stem == dashboard["uid"], f"{path.name} has the uid {dashboard['uid']}")
        uids.add(dashboard["uid"])
        ids = [panel["id"] for panel in dashboard["panels"]]
        check(len(ids) == len(set(ids)), f"{path.name}: two panels have one id")
        taken = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            check(not cells & taken and place["x"] + place["w"] <= 24, f"{path.name}: {panel['title']} lies over another")
            taken |= cells
            check(panel["targets"], f"{path.name}: {panel['title']} shows nothing")
            expressions += [target["expr"] for target in panel["targets"]]
        expressions += [note["expr"] for note in dashboard["annotations"]["list"]]
    # Prometheus itself reads them, as rules.
    rules = [{"record": f"panel:{number}", "expr": text.replace("$__rate_interval", "1m")} for number, text in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)
        file.flush()
        result = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True)
    check(result.returncode == 0, result.stdout + result.stderr)
    return len(expressions)


def main():
    overlays = [Overlay(folder) for folder in sorted((DEPLOY / "kubernetes/overlays").iterdir())]
    for overlay in overlays:
        overlay.check()
    check_settings()
    expressions = check_dashboards()
    if problems:
        sys.exit("\n".join(problems))
    counts = ", ".join(f"{overlay.name} {len(overlay.objects)} objects" for overlay in overlays)
    print(f"  {counts}; {expressions} expressions of dashboards")


main()
