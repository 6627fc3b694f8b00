"""Loopback ports that no other test takes, also while a daemon is down.

A block of ports belongs to the process that holds the lock of its file.
They lie below the range that the kernel gives to connections.
"""
import fcntl
import os
import tempfile

from instance import free_ports

FIRST, SIZE, BLOCKS = 10000, 64, 340
HELD = []


def take_block():
    """The first port of a block that is ours until this process ends."""
    directory = os.path.join(tempfile.gettempdir(),
                             'comity-ports-%d' % os.getuid())
    os.makedirs(directory, exist_ok=True)
    for k in range(BLOCKS):
        block = (os.getpid() + k) % BLOCKS
        # pylint: disable=consider-using-with
        f = open(os.path.join(directory, str(block)), 'w', encoding='ascii')
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            f.close()
            continue
        HELD.append(f)
        return FIRST + block * SIZE
    raise AssertionError('no loopback ports are left')


class Ports:
    """Ports of one process, each given out once."""

    def __init__(self):
        self.next = self.end = 0

    def take(self, n):
        found = []
        while len(found) < n:
            if self.next == self.end:
                self.next = take_block()
                self.end = self.next + SIZE
            if free_ports(1, self.next)[0] == self.next:
                found.append(self.next)
            self.next += 1
        return found


PORTS = Ports()


def take_ports(n):
    """n ports that nobody listens on, and that no other test takes."""
    return PORTS.take(n)
