"""Formgrader's links to files stay on the server that shows them."""

from __future__ import annotations

from coreskills_widgets.server.formgrader_links import find_script, lead


def test_links_of_nbgraders_script_get_the_servers_address() -> None:
    """Folders, notebooks and files open in the JupyterLab of whoever clicks; the rest of the script is nbgrader's."""
    script = find_script()
    assert script is not None
    before, after = script.read_text(), lead(script.read_text(), "/user/iris/")
    assert after.count('"/user/iris/lab/tree/"') == 3
    assert [place for place in ("/notebooks/", "/edit/", "/tree/") if f'"{place}"' in after] == []
    assert len(after.splitlines()) == len(before.splitlines())
