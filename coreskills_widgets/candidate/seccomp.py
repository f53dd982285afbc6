"""The system calls no learner program needs and every escape does: refused with EPERM."""

from __future__ import annotations

import errno
import platform
import struct

from coreskills_widgets.candidate import kernel_calls

# Numbers by machine, from the kernel's tables. x86_64, aarch64.
_REFUSED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "quotactl": (179, 60),
    "acct": (163, 89), "swapon": (167, 224), "swapoff": (168, 225), "fanotify_init": (300, 262),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),  # memory that no limit of ours counts
}  # fmt: skip
_MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}
_CLONE3 = 435
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_X32_BIT = 0x40000000


_SHMGET = (29, 194)


def program(machine: str, *, shared_memory: bool) -> bytes:
    """Assemble the filter for one machine type.

    Args:
        shared_memory: Allow System V segments.

    ``clone3`` answers ENOSYS, so that libc falls back to ``clone``, whose flags a filter can read.
    """
    column, arch, clone = _MACHINES[machine]
    refuse = _record(_RET, 0, 0, _ERRNO | errno.EPERM)
    code = [_record(_LOAD, 0, 0, 4), _record(_JEQ, 1, 0, arch), _record(_RET, 0, 0, _KILL), _record(_LOAD, 0, 0, 0)]
    if machine == "x86_64":
        code += [_record(_JGE, 0, 1, _X32_BIT), refuse]
    for numbers in (*_REFUSED.values(), *(() if shared_memory else (_SHMGET,))):
        code += [_record(_JEQ, 0, 1, numbers[column]), refuse]
    code += [_record(_JEQ, 0, 1, _CLONE3), _record(_RET, 0, 0, _ERRNO | errno.ENOSYS)]
    code += [_record(_JEQ, 0, 3, clone), _record(_LOAD, 0, 0, 16), _record(_JSET, 0, 1, _namespaces()), refuse]
    code.append(_record(_RET, 0, 0, _ALLOW))
    return b"".join(code)


def install(*, shared_memory: bool) -> bool:
    """Filter this process and all it starts; ``False`` where the machine type is unknown to us."""
    if platform.machine() not in _MACHINES:
        return False
    kernel_calls.install_filter(program(platform.machine(), shared_memory=shared_memory))
    return True


def _namespaces() -> int:
    k = kernel_calls
    return k.NEWUSER | k.NEWNS | k.NEWPID | k.NEWNET | k.NEWIPC | k.NEWUTS | k.NEWCGROUP


def _record(code: int, jump_true: int, jump_false: int, value: int) -> bytes:
    return struct.pack("HBBI", code, jump_true, jump_false, value)
