"""The kernelspec is installed with the package, and light to look at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import KernelProvisionerFactory

from coreskills_widgets.kernel import warm
from coreskills_widgets.kernel.provisioner import WarmProvisioner

SOURCE = Path(warm.__file__).parent / "spec"


def test_kernelspec_is_found_and_is_the_source() -> None:
    """Jupyter lists "CoreSkills (Python 3)", as it stands in the package."""
    spec = KernelSpecManager().get_kernel_spec("coreskills")
    assert spec.display_name == "CoreSkills (Python 3)"
    assert json.loads((Path(spec.resource_dir) / "kernel.json").read_text()) == json.loads(
        (SOURCE / "kernel.json").read_text()
    )


def test_kernelspec_starts_what_the_provisioner_may_fork() -> None:
    """The command in the kernelspec is the one that forks stand in for; otherwise every start were cold."""
    spec = KernelSpecManager().get_kernel_spec("coreskills")
    assert spec.argv == ["python", *warm.COMMAND, "-f", "{connection_file}"]
    factory = KernelProvisionerFactory.instance()
    assert isinstance(factory.create_provisioner_instance("an-id", spec, None), WarmProvisioner)


def test_server_side_stays_light() -> None:
    """The Jupyter server, which loads the provisioner, does not load ipykernel or a lab's library with it."""
    code = (
        "import sys, coreskills_widgets.kernel.provisioner, coreskills_widgets.kernel.warm\n"
        "print([name for name in ('ipykernel', 'IPython', 'anthropic', 'openai', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
