"""The CoreSkills kernel: an ordinary IPython kernel that starts warm, has a key, and says what each cell cost.

``provisioner``, ``warm`` and ``grants`` live in the Jupyter server; ``parent`` is the process that kernels fork from;
``app``, ``extension``, ``note``, ``magic`` and ``calls`` live in the kernel.
"""
