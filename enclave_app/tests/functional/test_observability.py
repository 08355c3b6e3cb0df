"""What a node says of itself: the documentation against the source, alerts and dashboard against a real Prometheus that
scrapes a real node."""

import json
import re
import socket
import subprocess
import urllib.parse

import pytest

from cache import CACHE
from node import SOURCE, get, wait_until

ROOT = SOURCE.parent
BROKER = SOURCE / "src" / "host" / "broker"
DOCUMENT = (ROOT / "docs" / "observability.md").read_text()
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text())
UNPACKED = CACHE / "prometheus"


def table(title):
    """The rows of the first table below a heading."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in DOCUMENT[DOCUMENT.index(title):].splitlines() if line.startswith("|")]
    end = next((i for i, row in enumerate(rows) if i > 1 and row[0] == "name"), len(rows))
    return rows[2:end]


def call_text(text, start):
    """The arguments of a call, up to its closing bracket."""
    depth, end = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[start:end - 1]


def events_of_the_source():
    """Event: level and fields, of every place that writes a line."""
    found = {}
    for path in BROKER.glob("*.cpp"):
        text = path.read_text()
        for place in re.finditer(r"\blog_?\.(debug|info|warn|error)\(", text):
            call = call_text(text, place.end())
            names = re.findall(r'^\s*"([a-z-]+)"', call)
            if call.strip() == "event":  # offer() is told which
                names = re.findall(r'offer\([^;]*?"([a-z-]+)"\)', text)
            for name in names:
                level, fields = found.setdefault(name, (place[1], []))
                assert level == place[1], name
                fields += [field for field in re.findall(r'\{"([a-z0-9_]+)",', call) if field not in fields]
    return found


def test_every_event_and_field_of_the_log_is_documented_and_no_other():
    documented = {row[0].strip("`"): (row[1], sorted(filter(None, row[2].split(", ")))) for row in table("## Log lines")}
    source = {name: (level, sorted(fields)) for name, (level, fields) in events_of_the_source().items()}
    assert len(source) >= 40
    assert documented == source


def test_every_metric_is_documented_with_its_unit_and_no_other():
    text = (BROKER / "metrics.cpp").read_text()
    emf = dict(re.findall(r'add\("(\w+)", "([A-Za-z/]+)"', text))
    assert {row[0].strip("`"): row[1] for row in table("## Metrics for CloudWatch")} == emf
    shown = {f"ben_{name}": kind for name, kind in re.findall(r'add_(?:number|family)\(text, "(\w+)", "(\w+)"', text)}
    shown["ben_request_seconds"] = "histogram"
    documented = {row[0].strip("`"): row[1] for row in table("## Metrics for Prometheus")}
    assert documented == shown


# With Prometheus.


@pytest.fixture(scope="module")
def prometheus():
    """Debian's prometheus and promtool, unpacked into the cache: apt would start a service."""
    done = subprocess.run([ROOT / "scripts" / "unpack-debs", UNPACKED, "bookworm", "prometheus"], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"Debian's prometheus cannot be had: {done.stderr.strip().splitlines()[-1:]}")
    return UNPACKED / "usr" / "bin"


def promtool(prometheus, *arguments, cwd=None):
    done = subprocess.run([prometheus / "promtool", *arguments], capture_output=True, text=True, timeout=60, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expressions():
    """Every expression of the dashboard, its variables filled in as Grafana fills them."""
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [text.replace("$__rate_interval", "1m").replace("$instance", ".*") for text in found]


def test_rules_and_configuration_are_clean_and_each_alert_fires_on_what_it_is_for(prometheus):
    folder = ALERTS.parent
    assert "SUCCESS" in promtool(prometheus, "check", "rules", ALERTS)
    promtool(prometheus, "check", "config", folder / "prometheus.yml")
    promtool(prometheus, "test", "rules", "alerts_test.yml", cwd=folder)
    names = re.findall(r"alert: (\w+)", ALERTS.read_text())
    tests = (folder / "alerts_test.yml").read_text()
    for name in names:
        assert f"alertname: {name}}}" in tests, f"{name}: no test that it is quiet"
        assert re.search(rf"alertname: {name}\n\s+exp_alerts", tests), f"{name}: no test that it fires"


def test_alerts_and_dashboard_name_no_metric_that_a_node_does_not_show():
    documented = {row[0].strip("`") for row in table("## Metrics for Prometheus")}
    for text in [ALERTS.read_text(), *expressions()]:
        for name in re.findall(r"\bben_\w+", text):
            assert re.sub(r"_bucket$", "", name) in documented, name


def test_a_real_prometheus_scrapes_a_node_and_answers_every_panel(armed_node, prometheus, folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = (ALERTS.parent / "prometheus.yml").read_text().replace("15s", "1s").replace("alerts.yml", str(ALERTS))
    (folder / "prometheus.yml").write_text(config.replace("127.0.0.1:8080", armed_node.url.removeprefix("http://")))
    with open(folder / "prometheus.log", "w") as log:
        server = subprocess.Popen(
            [prometheus / "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=subprocess.STDOUT, cwd=folder)

    def ask(path, **parameters):
        status, body = get(f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        return json.loads(body)["data"] if status == 200 else None

    def samples(expression):
        answer = ask("query", query=expression)
        return answer and answer["result"]

    try:
        wait_until(lambda: samples('up{job="bitcoin-enclave-node"} == 1'), "Prometheus to scrape the node")
        armed_node.rpc("get_info")
        armed_node.rpc("no_such_method")
        wait_until(lambda: samples('ben_refusals_total > 0') and samples("rate(ben_requests_total[1m]) > 0"), "the requests to show")
        assert samples("ben_ready")[0]["value"][1] == "1"
        for expression in expressions():
            result = samples(expression)
            assert result is not None, f"not understood: {expression}"
            assert result or "ALERTS" in expression, f"shows nothing: {expression}"
        rules = ask("rules")["groups"][0]["rules"]
        assert [rule["name"] for rule in rules] == re.findall(r"alert: (\w+)", ALERTS.read_text())
        wait_until(lambda: all(rule["health"] == "ok" for rule in ask("rules")["groups"][0]["rules"]), "every rule to be evaluated")
        assert not [rule for rule in rules if rule["state"] == "firing"]
    finally:
        server.terminate()
        server.wait(30)
