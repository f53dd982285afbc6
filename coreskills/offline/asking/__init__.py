"""Reading a request: from a prompt to a task. One file per thing that is looked for."""
