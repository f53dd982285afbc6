"""The files for many machines: checked offline, and consistent with each other and with the code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from coreskills.classroom.settings import STORES, Run

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PINNED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)


def tool(name: str) -> str:
    found = Path(sys.executable).with_name(name)
    return str(found) if found.exists() else str(shutil.which(name))


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def test_the_container_recipe_is_clean() -> None:
    """hadolint has nothing to say."""
    said = subprocess.run([tool("hadolint"), str(DEPLOY / "Containerfile")], capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "")


@pytest.mark.parametrize("path", sorted((DEPLOY / "k8s").glob("*.yaml")), ids=lambda path: path.stem)
def test_manifests_hold_against_kubernetes_own_schema(path: Path) -> None:
    """kubernetes-validate --strict: no unknown field, no wrong type."""
    said = subprocess.run([tool("kubernetes-validate"), "--strict", str(path)], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr


def test_nobody_runs_as_root_and_every_pod_is_bounded() -> None:
    """Each pod says non-root, no added right, a memory limit."""
    for path in (DEPLOY / "k8s").glob("*.yaml"):
        for document in documents(path):
            if document["kind"] != "Deployment":
                continue
            pod = document["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True
            for container in pod["containers"]:
                assert container["securityContext"]["allowPrivilegeEscalation"] is False
                assert "memory" in container["resources"]["limits"]
    recipe = (DEPLOY / "Containerfile").read_text()
    users = re.findall(r"^(FROM .* AS (?:learner|service|hub)|USER \d+)$", recipe, re.M)
    assert [user for user in users if user.startswith("USER")][-1] == "USER 1000"


def test_versions_in_recipes_are_the_constraints() -> None:
    """What the images install by hand is what everything else installs."""
    recipe = (DEPLOY / "Containerfile").read_text()
    named = re.findall(r"([a-z0-9-]+)(?:\[[a-z]+\])?==([\w.]+)", recipe)
    wrong = {name: version for name, version in named if PINNED.get(name) != version}
    assert named
    assert wrong == {}


def test_the_run_file_in_the_cluster_is_one_that_the_service_reads(tmp_path: Path) -> None:
    """Both copies load as a Run, and kernels are sent to the service's own name."""
    (config,) = [d for d in documents(DEPLOY / "k8s" / "course.yaml") if d["metadata"]["name"] == "course-run"]
    path = tmp_path / "run.json"
    path.write_text(config["data"]["run.json"])
    for each in (path, DEPLOY / "run.json"):
        run = Run.load(each)
        assert (run.service_url, run.bind) == ("http://course:10101/services/course", "0.0.0.0")


@pytest.mark.parametrize("files", [("values.yaml",), ("values.yaml", "lti.yaml")], ids=["alone", "with-lti"])
def test_zero_to_jupyterhub_takes_the_values(files: tuple[str, ...]) -> None:
    """The chart's own schema: no unknown key, no wrong type. What the chart's defaults fill in may be missing."""
    schema = json.loads(Path(__file__).with_name("z2jh-4.4.0-values.schema.json").read_text())
    chart = jsonschema.Draft202012Validator(schema)
    for name in files:
        found = chart.iter_errors(yaml.safe_load((DEPLOY / name).read_text()))
        assert [(list(each.path), each.message) for each in found if each.validator != "required"] == []
    assert "--version 4.4.0" in (DEPLOY / "values.yaml").read_text()
    assert "jupyterhub/k8s-hub:4.4.0" in (DEPLOY / "Containerfile").read_text()


def test_learners_reach_the_course_service_only() -> None:
    """No internet, no private address but the service's port; and the service lets them in on that port."""
    values = yaml.safe_load((DEPLOY / "values.yaml").read_text())
    policy = values["singleuser"]["networkPolicy"]
    assert not any(policy["egressAllowRules"].values())
    (rule,) = policy["egress"]
    assert [port["port"] for port in rule["ports"]] == [10101]
    assert rule["to"] == [{"podSelector": {"matchLabels": {"app": "course"}}}]


def test_every_store_can_be_moved_off_the_machine() -> None:
    """Each store of the classroom is set in the cluster, by configuration or by secret."""
    environment: set[str] = set()
    for path in ("course.yaml", "secrets.example.yaml"):
        for document in documents(DEPLOY / "k8s" / path):
            environment |= set(document.get("data", {})) | set(document.get("stringData", {}))
    assert set(STORES) <= environment
    assert all("CHANGE" in value for value in _secrets() if not value.startswith("redis://"))


def _secrets() -> list[str]:
    found: list[str] = []
    for document in documents(DEPLOY / "k8s" / "secrets.example.yaml"):
        found += document["stringData"].values()
    return found
