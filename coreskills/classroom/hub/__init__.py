"""JupyterHub for one machine: configuration, login, and a wall around each learner's server."""
