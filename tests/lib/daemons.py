"""Real daemons in temporary directories, for the integration tests.

A test is a Python program that gets the build directory as its argument;
its functions test_* run in order.  Standard library only.
"""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'contrib', 'lib'))
from instance import Failed, Instance  # noqa: E402,F401
from ports import take_ports  # noqa: E402,F401

SKIP = 77
TLP_GREEN = 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb'
TLP_RED = 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1'
# Signs that a process did not end as it should; kill -9 is ours.
CRASH = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error:|'
                   r'double free|corrupt|assertion|signal=(?!9\b)\d',
                   re.I)
NAMESPACE = uuid.UUID('3f6e5c1d-8a52-5c6b-9d0f-2f1f6f0b7a11')

POLICY = '''policy: 1
self: {org: %(id)s, country: %(country)s, desks: {ops: [secops]}}
purposes:
  secops: [detect, block, remediate, notify]
  intel:  [attribute, collect, target]
kinds:
  technical: [botnet, ioc, malware, vuln, victim, advisory]
classify:
  - {when: {label: [victim]}, kind: victim}
  - {when: {label: [botnet]}, kind: botnet}
  - {when: {type: [indicator, report]}, kind: ioc}
bands: {A: 0.80, B: 0.65, C: 0.45, D: 0.25}
walls:
  - {id: W-SEP, keep: [secops], out-of: [intel], why: they stay apart}
peers:
%(peers)spostures:
  normal:    {}
  strained:  {keep: [botnet, victim, ioc], others: consult}
  suspended: {keep: [], others: deny}
grants:
  - {id: out-all, out: {type: [national]}, kind: technical, for: [secops],
     tlp: <=green, cap: {hops: 0, ttl: 90d}, oblige: [receipt, purpose-bound]}
  - {id: in-all, in: {type: [national]}, kind: technical, for: [secops]}
%(more)s'''
PEER = '''  %(id)s: {country: %(country)s, type: national, gov-tie: arms-length,
            wall: attested, onward: [], desks: {ops: [secops]}}
'''


def country(i):
    return 'X' + 'ABCDEFGHIJKLMNOP'[i]


class Net:
    """Some CERTs that all know each other: cert-xa, cert-xb, ..."""

    DESKS = {}      # of those that have more than `ops`

    def __init__(self, build, n, more=''):
        # Socket addresses are short: not below a long build directory.
        self.dir = tempfile.mkdtemp(prefix='comity-')
        self.build = build
        self.all = [Instance(build, os.path.join(
            self.dir, 'cert-x' + 'abcdefghijklmnop'[i])) for i in range(n)]
        self.ports = take_ports(n)
        for i, inst in enumerate(self.all):
            inst.init(self.ports[i], 'Test ' + inst.id, country(i),
                      self.DESKS.get(inst.id, ['ops=secops']))
            # Everybody is on one address here, and restarts are many.
            inst.set_options(unproved_per_address=64,
                             unproved_per_minute=100000,
                             reconnect_min='100ms',
                             reconnect_max='2s', peer_rate=100000,
                             peer_burst=10000000, disk_free='16MiB',
                             disk_free_percent=1)
            self.operators(inst, 'duty', 'director')
            self.write_policy(i, more)

    def write_policy(self, i, more=''):
        text = POLICY % {
            'id': self.all[i].id, 'country': country(i), 'more': more,
            'peers': ''.join(PEER % {'id': o.id, 'country': country(k)}
                             for k, o in enumerate(self.all) if k != i)}
        with open(self.all[i].path('config', 'policy.yaml'), 'w',
                  encoding='utf-8') as f:
            f.write(text)

    def operators(self, inst, *names):
        """Give it operators by key, each in the role of its name."""
        rows = []
        for name in names:
            public = inst.ask('key', 'generate', 'operator',
                              self.key(inst, name))['key']
            rows.append('{name: %s, key: "%s", roles: [%s]}' % (
                name, public, name))
        inst.set_options(operators='[%s]' % ', '.join(rows))

    def key(self, inst, name):
        return os.path.join(self.dir, '%s-%s.key' % (inst.id, name))

    def run_as(self, inst, name, *args, **kw):
        """comityctl as an operator: the finished process."""
        return inst.ctl_run('--as', self.key(inst, name), *args, **kw)

    def do_as(self, inst, name, *args, **kw):
        """The same: its answer with --json; Failed unless it works."""
        return inst.ask('--as', self.key(inst, name), *args, **kw)

    def apply(self, inst):
        """Put the policy on disk into force, by two people if need be."""
        r = self.do_as(inst, 'duty', 'policy', 'apply')
        if r['policy'] == 'pending':
            r = self.do_as(inst, 'director', 'policy', 'approve',
                           r['pending']['digest'])
        if r['policy'] not in ('same', 'in-force'):
            raise AssertionError('%s: %r' % (inst.id, r))
        return r

    def start(self):
        for inst in self.all:
            inst.start()
        for inst in self.all:
            inst.wait_ready()

    def introduce(self):
        for inst in self.all:
            for other in self.all:
                if other is not inst:
                    inst.add_peer(other)
        for inst in self.all:
            for other in self.all:
                if other is not inst:
                    wait_for(lambda i=inst, o=other: i.peers()[o.id]
                             ['state'] == 'ready', 60,
                             '%s is connected to %s' % (inst.id, other.id))

    def close(self, failed):
        """End the daemons; what their logs hold of crashes is returned."""
        crashes = []
        for inst in self.all:
            if not inst.stop():
                crashes.append('%s did not end when asked to' % inst.id)
            crashes += ['%s: %s' % (inst.id, line.strip())
                        for line in inst.log_tail(100000).splitlines()
                        if CRASH.search(line)]
        for inst in self.all:
            if failed or crashes:
                print('--- %s\n%s' % (inst.log, inst.log_tail(60)))
        shutil.rmtree(self.dir, ignore_errors=True)
        return crashes


def set_in_force(inst, postures):
    """Write the postures in force into the policy file."""
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        lines = [l for l in f if not l.startswith('  in-force:')]
    if postures:
        at = next(i for i, l in enumerate(lines)
                  if l.startswith('  suspended:')) + 1
        lines.insert(at, '  in-force:  {%s}\n' % ', '.join(
            '%s: %s' % p for p in postures.items()))
    with open(path, 'w', encoding='utf-8') as f:
        f.writelines(lines)


def wait_for(condition, seconds, what, step=0.1):
    """What condition() gives once it is true of anything."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError('not within %d s: %s' % (seconds, what))
        time.sleep(step)


def parts(pid):
    """The processes that comityd with that pid has started."""
    found = []
    for name in os.listdir('/proc'):
        try:
            with open('/proc/%s/stat' % name, encoding='ascii',
                      errors='replace') as f:
                if int(f.read().rsplit(')', 1)[1].split()[1]) == pid:
                    found.append(int(name))
        except (OSError, ValueError, IndexError):
            pass
    return found


def crash(inst, down=0):
    """kill -9 of all its processes; after a while, start it again."""
    pid = inst.pid()
    all_pids = [pid] + parts(pid)
    for p in all_pids:
        try:
            os.kill(p, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_for(lambda: inst.is_gone(pid) and not any(
        os.path.exists('/proc/%d' % p) for p in all_pids[1:]), 20,
        'everything is gone', 0.02)
    inst.stop(kill=True)
    time.sleep(down)
    inst.start()
    inst.wait_ready()


def settled(inst):
    """Nothing is left to send to any peer."""
    peers = inst.peers().values()
    return all(p['lag'] == 0 and p['state'] == 'ready' for p in peers)


def indicator(n, tlp=TLP_GREEN, seed='', labels=('ioc',), **more):
    created = '2026-01-01T00:00:00.000Z'
    name = 'h%d%s.example.net' % (n, seed)
    o = {'type': 'indicator', 'spec_version': '2.1',
         'id': 'indicator--%s' % uuid.uuid5(NAMESPACE, name),
         'created': created, 'modified': created, 'name': name,
         'pattern': "[domain-name:value = '%s']" % name,
         'pattern_type': 'stix', 'valid_from': created,
         'labels': list(labels), 'object_marking_refs': [tlp]}
    o.update(more)
    return o


def edit_policy(net, inst, *changes):
    """Replace texts in the policy, each once, and put it into force."""
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    for old, new in changes:
        assert old in text, (old, text)
        text = text.replace(old, new, 1)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    net.apply(inst)


def publish(net, inst, objects):
    """Publish them at inst; returns their ids."""
    inst.ctl('publish', write_lines(os.path.join(net.dir, inst.id + '.in'),
                                    objects))
    return [o['id'] for o in objects]


def write_lines(path, objects):
    with open(path, 'w', encoding='utf-8') as f:
        for o in objects:
            f.write((o if isinstance(o, str) else json.dumps(o)) + '\n')
    return path


def equal(got, want, what):
    if got != want:
        raise AssertionError('%s: got %r, want %r' % (what, got, want))


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def main(namespace, needs='daemon/supervisor/comityd'):
    """Run the test_* functions of a module; the exit status for meson."""
    build = sys.argv[1]
    if not os.path.exists(os.path.join(build, needs)):
        print('SKIP: %s is not built in %s' % (needs, build))
        sys.exit(SKIP)
    tests = [(n, f) for n, f in namespace.items() if n.startswith('test_')]
    only = sys.argv[2:]
    failed = 0
    for name, function in tests:
        if only and name not in only:
            continue
        start = time.monotonic()
        try:
            function(build)
            word = 'ok'
        except (AssertionError, Failed, OSError, KeyError,
                subprocess.TimeoutExpired):
            traceback.print_exc(file=sys.stdout)
            word = 'FAILED'
            failed += 1
        print('%s %s (%.1f s)' % (word, name, time.monotonic() - start),
              flush=True)
    sys.exit(1 if failed else 0)


def with_net(n, more='', introduced=True, kind=Net):
    """Decorator: run the test with a Net of n daemons that are up."""
    def wrap(function):
        def run(build):
            net = kind(build, n, more)
            failed = True
            try:
                net.start()
                if introduced:
                    net.introduce()
                function(net)
                failed = False
            finally:
                crashes = net.close(failed)
            equal(crashes, [], 'crashes')
        return run
    return wrap
