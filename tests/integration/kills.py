#!/usr/bin/env python3
"""kill -9 of any process of any daemon at random moments of an exchange.

Every acknowledged record is there, none twice, and the delivery state agrees
with the stores.  COMITY_KILLS says how many kills (default 20);
COMITY_SEED repeats a run.
"""
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    Failed, equal, indicator, main, settled, wait_for, with_net, write_lines)

KILLS = int(os.environ.get('COMITY_KILLS', '20'))
BATCH = 200


def processes(inst):
    """The supervisor and what it started."""
    pid = inst.pid()
    if pid is None:
        return []
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        try:
            with open('/proc/%d/task/%d/children' % (p, p),
                      encoding='ascii') as f:
                todo += [int(c) for c in f.read().split()]
        except OSError:
            pass
    return found


def name_of(pid):
    try:
        with open('/proc/%d/comm' % pid, encoding='ascii') as f:
            return f.read().strip()
    except OSError:
        return 'gone'


class Publisher(threading.Thread):
    """Publishes batches at one daemon until told to stop."""

    def __init__(self, inst, directory):
        super().__init__()
        self.inst, self.directory = inst, directory
        self.running = True
        self.acknowledged = set()
        self.all = set()
        self.error = None

    def run(self):
        n = 0
        try:
            while self.running:
                objects = [indicator(n * BATCH + i, seed='k')
                           for i in range(BATCH)]
                path = write_lines(os.path.join(self.directory,
                                                'batch.jsonl'), objects)
                self.publish(path, {o['id'] for o in objects})
                n += 1
        except Exception as e:  # pylint: disable=broad-except
            self.error = e

    def publish(self, path, ids):
        """Again and again until the daemon has acknowledged all of it."""
        self.all |= ids
        end = time.monotonic() + 120
        while True:
            try:
                p = self.inst.ctl_run('--json', 'publish', path)
            except subprocess.TimeoutExpired:
                p = None
            if p is not None and p.returncode == 0:
                r = json.loads(p.stdout)
                equal(r['published'] + r['unchanged'], BATCH, 'answered')
                self.acknowledged |= ids
                return
            if time.monotonic() > end:
                raise AssertionError('not published in 120 s: %s' % (
                    p.stderr if p else 'no answer'))
            time.sleep(0.1)


def revive(net):
    for inst in net.all:
        if inst.pid() is None:
            inst.start()


@with_net(2)
def test_kill_any_process(net):
    a, b = net.all
    seed = os.environ.get('COMITY_SEED') or str(time.time_ns())
    print('COMITY_SEED=%s COMITY_KILLS=%d' % (seed, KILLS), flush=True)
    chance = random.Random(seed)
    publisher = Publisher(a, net.dir)
    publisher.start()
    killed = {}
    try:
        done = 0
        while done < KILLS and publisher.error is None:
            time.sleep(chance.uniform(0.0, 1.0))
            revive(net)
            victims = [p for inst in net.all for p in processes(inst)]
            if not victims:
                continue
            pid = chance.choice(victims)
            name = name_of(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed[name] = killed.get(name, 0) + 1
            done += 1
    finally:
        publisher.running = False
        # A publication in progress must be able to end.
        while publisher.is_alive():
            revive(net)
            publisher.join(0.5)
    print('killed', killed, 'published', len(publisher.acknowledged),
          flush=True)
    if publisher.error is not None:
        raise AssertionError('publisher: %r' % publisher.error)
    check(net, publisher)


def is_settled(net):
    revive(net)
    try:
        return settled(net.all[0])
    except Failed:
        return False


def versions(inst, source):
    rows = inst.ask('records', '--source', source)['records']
    return [(r['id'], r['modified']) for r in rows]


def check(net, publisher):
    a, b = net.all
    wait_for(lambda: is_settled(net), 180, 'settled after the kills', 0.5)
    own, got = versions(a, 'own'), versions(b, a.id)
    equal(len(own), len(set(own)), 'a record twice at the publisher')
    equal(len(got), len(set(got)), 'a record twice at the peer')
    ids = {i for i, _ in own}
    equal(publisher.acknowledged - ids, set(), 'acknowledged and lost')
    equal(ids - publisher.all, set(), 'never published')
    equal(set(got) ^ set(own), set(), 'publisher and peer differ')
    peer = a.peers()[b.id]
    equal(peer['delivered'], len(own), 'delivered as the bitmap says')
    for inst in net.all:
        equal(inst.ask('status')['store']['records'], len(own),
              'records in the store of ' + inst.id)


main(globals())
