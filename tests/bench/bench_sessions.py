#!/usr/bin/env python3
"""What idle peer sessions cost, and how fast all of them are back.

  bench_sessions.py BUILD [--sessions N]

One daemon, N peers that prove themselves and then say nothing (the test
program hostile_peer, in its honest scenario).  Prints the proportional memory
of a session process and of supervisor plus vault, then ends every connection
at once and measures until all are ready again.  Callers that are turned away
call again at once, as real peers do after their back-off.
"""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import Net  # noqa: E402
from instance import Instance  # noqa: E402

WAIT_S = 35		# hostile_peer stays for 40


def proportional_kib(pid):
    with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as f:
        for line in f:
            if line.startswith('Pss:'):
                return int(line.split()[1])
    return 0


def processes(inst):
    """name -> [pids] of the daemon's processes."""
    found, todo = {}, [inst.pid()]
    while todo:
        pid = todo.pop()
        try:
            with open('/proc/%d/comm' % pid, encoding='ascii') as f:
                found.setdefault(f.read().strip(), []).append(pid)
            with open('/proc/%d/task/%d/children' % (pid, pid),
                      encoding='ascii') as f:
                todo += [int(c) for c in f.read().split()]
        except OSError:
            pass
    return found


class Caller:
    """One peer: its keys, and the process that holds its connection."""

    def __init__(self, net, n):
        self.net = net
        self.inst = Instance(net.build, os.path.join(net.dir,
                                                     'peer-%d' % n))
        self.inst.init(1, 'Peer %d' % n, 'XZ', ['ops=secops'])
        net.all[0].add_peer(self.inst)
        self.process = None

    def call(self):
        """Call unless a call is going on."""
        if self.process is not None and self.process.poll() is None:
            return
        state = [self.inst.path('state', f) for f in (
            'tls.crt', 'tls.key', 'identity.key')]
        self.process = subprocess.Popen(
            [os.path.join(self.net.build, 'tests/integration/hostile_peer'),
             str(self.net.ports[0]), 'good', *state, self.inst.id,
             self.net.all[0].id],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def hang_up(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def ready(net):
    return sum(p['state'] == 'ready' for p in net.all[0].peers().values())


def all_ready(net, callers):
    """Seconds until every caller is connected and proved."""
    begin = time.monotonic()
    while True:
        for c in callers:
            c.call()
        if ready(net) == len(callers):
            return time.monotonic() - begin
        if time.monotonic() > begin + WAIT_S:
            raise AssertionError('%d of %d are ready' % (ready(net),
                                                         len(callers)))
        time.sleep(0.05)


def run(build, n):
    net = Net(build, 2)
    failed, callers = True, []
    try:
        # Nobody answers where these peers are said to listen.
        net.all[0].set_options(reconnect_min='5m', reconnect_max='10m',
                               unproved_start=256, unproved_max=1024)
        net.all[0].start()
        net.all[0].wait_ready()
        callers = [Caller(net, i) for i in range(n)]
        time.sleep(1)
        first = all_ready(net, callers)
        found = processes(net.all[0])
        each = [proportional_kib(p) for p in found['comity-session']]
        rest = sum(proportional_kib(p) for name in ('comityd',
                   'comity-vault') for p in found[name])
        for c in callers:
            c.hang_up()
        again = all_ready(net, callers)
        failed = False
    finally:
        for c in callers:
            c.hang_up()
        net.close(failed)
    mib = sum(each) / len(each) / 1024
    print('%d sessions: %.2f MiB proportional each (goal <= 1.2) %s' % (
        len(each), mib, 'PASS' if mib <= 1.2 else 'MISS'))
    print('supervisor and vault: %.1f MiB (goal <= 40 with 100,000 '
          'records)' % (rest / 1024))
    print('all ready: at first %.1f s, after all were cut %.1f s (goal <= 5 '
          'at 200) %s' % (first, again, 'PASS' if again <= 5 else 'MISS'))


if __name__ == '__main__':
    count = 20
    if '--sessions' in sys.argv:
        count = int(sys.argv[sys.argv.index('--sessions') + 1])
    run(sys.argv[1], count)
