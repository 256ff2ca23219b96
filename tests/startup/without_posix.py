"""Takes away what only POSIX systems have, and lets files behave as on Windows: for processes that tests start.

`sys.platform` and `os.name` stay, since libraries choose by them which of their compiled parts to load. So what must know
that it is on Linux is imported before: asyncio, and psutil, which reads /proc. There is no `msvcrt` here: without `fcntl`
filelock has its lock that is made of plain files, in the place of Windows' own; it warns of that. There is no uvloop
on Windows.
"""

import asyncio  # noqa: F401
import contextlib
import errno
import importlib.util
import os
import shutil
import signal
import sys
import warnings
from multiprocessing import context
from pathlib import Path

if importlib.util.find_spec("psutil"):
    import psutil  # noqa: F401

for _module in ("fcntl", "resource", "grp", "pwd", "termios", "tty", "pty", "uvloop"):
    for _name in [name for name in sys.modules if name == _module or name.startswith(f"{_module}.")]:
        del sys.modules[_name]
    sys.modules[_module] = None
warnings.filterwarnings("ignore", "only soft file lock is available", UserWarning)
os.environ.setdefault("USERNAME", "somebody")  # `getpass` asks `pwd` where no variable has the name

for _name in (
    "sched_getaffinity", "sched_setaffinity", "fork", "forkpty", "posix_spawn", "sysconf", "confstr",
    "nice", "getpriority", "setpriority", "pread", "pwrite", "preadv", "pwritev", "sendfile", "getuid", "getgid",
    "getgroups", "getpgid", "getsid", "setsid", "setpgid", "killpg", "mkfifo", "mknod", "chown", "fchown", "fchmod", "chroot",
    "statvfs", "fstatvfs", "getloadavg", "sync", "wait", "wait3", "wait4", "posix_fadvise", "posix_fallocate",
):  # fmt: skip
    delattr(os, _name)
for _name in (
    "pthread_sigmask", "pthread_kill", "sigwait", "sigwaitinfo", "sigtimedwait", "sigpending", "siginterrupt", "pause",
    "alarm", "setitimer", "getitimer", "SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK", "SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2",
    "SIGCHLD", "SIGALRM", "SIGQUIT", "SIGSTOP", "SIGCONT", "SIGPIPE",
):  # fmt: skip
    delattr(signal, _name)
for _name in ("fork", "forkserver"):
    del context._concrete_contexts[_name]
context._default_context._default_context = context._concrete_contexts["spawn"]

_open, _fsync, _utime, _kill = os.open, os.fsync, os.utime, os.kill
_FD, _MAPS = Path("/proc/self/fd"), Path("/proc/self/maps")


def _open_files():
    """The files that this process has open or mapped."""
    found = set()
    for handle in _FD.iterdir():
        with contextlib.suppress(OSError):  # the one of the listing
            found.add(str(handle.readlink()))
    return found | {
        line.split(maxsplit=5)[5] for line in _MAPS.read_text(encoding="utf-8").splitlines() if line.count(" /")
    }


def _by_filelock():
    """Whether filelock is the caller, which takes this system for Linux."""
    frame = sys._getframe(2)
    while frame is not None and not frame.f_globals.get("__name__", "").startswith("filelock"):
        frame = frame.f_back
    return frame is not None


def _refuse_open(*paths):
    """Windows moves, replaces and removes no file that is open, and no folder with such a file."""
    wanted = [os.path.realpath(path) for path in paths]
    for path in _open_files():
        if any(path == one or path.startswith(f"{one}{os.sep}") for one in wanted):
            raise PermissionError(errno.EACCES, "The process cannot access the file: it is being used", path)


def _moving(function, *, replaces):
    def moved(source, target, **places):
        if not _by_filelock():
            if not replaces and os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", target)
            _refuse_open(source, target)
        return function(source, target, **places)

    return moved


def _removing(function):
    def removed(path, **places):
        if not _by_filelock():
            _refuse_open(path)
        return function(path, **places)

    return removed


def _open_no_folder(path, flags, *arguments, **places):
    if Path(path).is_dir() and not _by_filelock():
        raise PermissionError(errno.EACCES, "Permission denied", path)
    return _open(path, flags, *arguments, **places)


def _sync_written(handle):
    number = handle if isinstance(handle, int) else handle.fileno()
    mode = int(Path(f"/proc/self/fdinfo/{number}").read_text(encoding="utf-8").split("flags:")[1].split()[0], 8)
    if mode & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "Bad file descriptor")
    _fsync(handle)


def _utime_of_a_path(path, *arguments, **options):
    if isinstance(path, int):
        raise TypeError("utime: path should be string, bytes or os.PathLike, not int")
    _utime(path, *arguments, **options)


def _kill_at_once(pid, number):
    """`os.kill` is TerminateProcess there: no handler is called. By 0 filelock asks whether a process runs."""
    _kill(pid, 9 if number else 0)


os.open, os.fsync, os.utime, os.kill = _open_no_folder, _sync_written, _utime_of_a_path, _kill_at_once
os.replace, os.rename = _moving(os.replace, replaces=True), _moving(os.rename, replaces=False)
os.unlink = os.remove = _removing(os.unlink)
os.rmdir = _removing(os.rmdir)
shutil._use_fd_functions = False
