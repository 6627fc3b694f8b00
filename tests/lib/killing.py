"""kill -9 of what comityd started, and work that goes on meanwhile."""
import json
import os
import random
import signal
import subprocess
import threading
import time

from daemons import Failed, equal, indicator, settled, write_lines

PATIENCE = 120


def chance(kills):
    """A source of chance; COMITY_SEED repeats a run."""
    seed = os.environ.get('COMITY_SEED') or str(time.time_ns())
    print('COMITY_SEED=%s COMITY_KILLS=%d' % (seed, kills), flush=True)
    return random.Random(seed)


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


def revive(net):
    for inst in net.all:
        if inst.pid() is None:
            inst.start()


def is_settled(net):
    revive(net)
    try:
        return all(settled(inst) for inst in net.all)
    except (Failed, subprocess.TimeoutExpired):
        return False


class Worker(threading.Thread):
    """Does its work again and again until told to stop."""

    def __init__(self):
        super().__init__()
        self.running = True
        self.error = None

    def run(self):
        n = 0
        try:
            while self.running:
                self.work(n)
                n += 1
        except Exception as e:  # pylint: disable=broad-except
            self.error = e

    def work(self, n):
        """One piece of work; it may take PATIENCE and then fails."""
        raise NotImplementedError

    def until(self, attempt, what):
        """Call attempt until it returns what is not None: that."""
        end = time.monotonic() + PATIENCE
        why = 'no answer'
        while True:
            try:
                got = attempt()
                if got is not None:
                    return got
            except (Failed, subprocess.TimeoutExpired) as e:
                why = str(e)
            if time.monotonic() > end:
                raise AssertionError('%s: not within %d s: %s' % (
                    what, PATIENCE, why))
            time.sleep(0.1)


class Publisher(Worker):
    """Publishes batches at one daemon, with pauses in seconds."""

    def __init__(self, inst, directory, batch=200, pause=0):
        super().__init__()
        self.pause = pause
        self.inst, self.directory, self.batch = inst, directory, batch
        self.acknowledged = set()
        self.all = set()

    def work(self, n):
        objects = [indicator(n * self.batch + i, seed='k')
                   for i in range(self.batch)]
        path = write_lines(os.path.join(self.directory, 'batch.jsonl'),
                           objects)
        ids = {o['id'] for o in objects}
        self.all |= ids
        r = self.until(lambda: json.loads(self.inst.ctl(
            '--json', 'publish', path)), 'published')
        equal(r['published'] + r['unchanged'], self.batch, 'answered')
        self.acknowledged |= ids
        time.sleep(self.pause)


def kill_at_work(net, rng, kills, workers):
    """Kill so many processes of the daemons while the workers work."""
    killed = {}
    for w in workers:
        w.start()
    try:
        done = 0
        while done < kills and not any(w.error for w in workers):
            time.sleep(rng.uniform(0.0, 1.0))
            revive(net)
            victims = [p for inst in net.all for p in processes(inst)]
            if not victims:
                continue
            pid = rng.choice(victims)
            name = name_of(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed[name] = killed.get(name, 0) + 1
            done += 1
    finally:
        for w in workers:
            w.running = False
        # Work in progress must be able to end.
        for w in workers:
            while w.is_alive():
                revive(net)
                w.join(0.2)
    print('killed', killed, flush=True)
    for w in workers:
        if w.error is not None:
            raise AssertionError('%s: %r' % (type(w).__name__, w.error))
