#!/usr/bin/env python3
"""The demonstration of contrib/quickstart, after the build.

usage: demo.py BUILD run|stop [--once] [--json] [FILE...]

cert-xa publishes; cert-xb, cert-xc and cert-xd get what cert-xa's policy
gives them.  What crossed is compared with what the policy alone says should
have (comityctl policy expect).
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from instance import Failed, Instance, free_ports  # noqa: E402
from fronts import desks_of, make_fronts, write_taxii  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DEMO = 'demo'  # in the current directory
SAMPLE = os.path.join(ROOT, 'contrib/sample/indicators.stix.jsonl.gz')
POLICIES = os.path.join(ROOT, 'config/examples/demo')
CERTS = {
    'cert-xa': ('CERT XA (you)', 'XA', ['ops=secops', 'liaison=law']),
    'cert-xb': ('CERT XB', 'XB', ['ops=secops', 'lea=law']),
    'cert-xc': ('CERT XC', 'XC', ['ops=secops']),
    'cert-xd': ('CERT XD', 'XD', ['ops=secops', 'fusion=intel']),
}
COUNTS = ('delivered', 'redacted', 'consulted', 'denied', 'forbidden')
OUTCOMES = {'permit': 'delivered', 'redact': 'redacted',
            'consult': 'consulted', 'deny': 'denied', 'forbid': 'forbidden'}
STALL_SECONDS = 120


class Demo:
    def __init__(self, build, talk):
        self.talk_to = talk
        self.all = [Instance(build, os.path.join(DEMO, name))
                    for name in CERTS]
        self.us, self.others = self.all[0], self.all[1:]
        self.started = []

    def talk(self, text, end='\n'):
        print(text, end=end, file=self.talk_to, flush=True)

    # setting up

    def make(self):
        missing = [i for i in self.all if not i.exists()]
        desks = {i.id: desks_of(CERTS[i.id][2]) for i in missing}
        ports = free_ports(sum(1 + len(d) for d in desks.values()))
        for inst in missing:
            port = ports.pop(0)
            shutil.rmtree(inst.dir, ignore_errors=True)
            inst.init(port, *CERTS[inst.id])
            make_fronts(inst, desks[inst.id],
                        [ports.pop(0) for _ in desks[inst.id]])
            # One peer may fill the store of another here, at once.
            inst.set_options(peer_rate=100000, peer_burst=10000000,
                             peer_daily=100000000,
                             disk_free='64MiB', disk_free_percent=1,
                             reconnect_max='5s')
            shutil.copy(os.path.join(POLICIES, inst.id + '.yaml'),
                        inst.path('config', 'policy.yaml'))
            self.talk('made %s on 127.0.0.1:%d' % (inst.id, port))

    def start(self):
        for inst in self.all:
            if inst.start():
                self.started.append(inst)
        for inst in self.all:
            inst.wait_ready()
        self.talk('four daemons run' + (
            '' if self.started else ' already'))

    def show_fronts(self):
        path = os.path.join(DEMO, 'taxii.json')
        n = len(write_taxii(path, self.all))
        self.talk('%d desks have a TAXII server, see %s' % (n, path))

    def introduce(self):
        """Exchange the cards of those whose policies name each other."""
        for inst in self.all:
            with open(inst.path('config', 'policy.yaml'),
                      encoding='utf-8') as f:
                policy = f.read()
            for other in self.all:
                if other is not inst and other.id in policy:
                    inst.add_peer(other)
        end = time.monotonic() + 60
        while True:
            peers = self.us.peers()
            waiting = [o.id for o in self.others
                       if peers.get(o.id, {}).get('state') != 'ready']
            if not waiting:
                break
            if time.monotonic() > end:
                raise Failed('not connected after 60 s: %s\n%s' % (
                    ', '.join('%s (%s)' % (
                        w, peers.get(w, {}).get('reason', 'no reason known'))
                        for w in waiting), self.us.log_tail()))
            time.sleep(0.1)
        self.talk('cards exchanged, cert-xa is connected to %s' %
                  ', '.join(o.id for o in self.others))

    # the exchange

    def remember(self, files):
        """Keep a copy: later runs must expect these records too."""
        kept = os.path.join(DEMO, 'published')
        os.makedirs(kept, exist_ok=True)
        for path in files:
            with open(path, 'rb') as f:
                name = hashlib.file_digest(f, 'sha256').hexdigest()[:16]
            copy = os.path.join(kept, name)
            if not os.path.exists(copy):
                shutil.copy(path, copy + '.new')
                os.rename(copy + '.new', copy)
        return [os.path.join(kept, n) for n in sorted(os.listdir(kept))
                if not n.endswith('.new')]

    def crossed(self, peers):
        return sum(peers[o.id]['delivered'] + peers[o.id]['redacted']
                   for o in self.others)

    def show_progress(self, peers, seconds, last):
        terminal = self.talk_to.isatty()
        if not terminal and seconds - last < 5:
            return last
        line = '  '.join('%s %d, %d to go' % (
            o.id, peers[o.id]['delivered'] + peers[o.id]['redacted'],
            peers[o.id]['lag']) for o in self.others)
        self.talk(('\r\033[K' if terminal else '') +
                  '%5.1f s  %s' % (seconds, line),
                  end='' if terminal else '\n')
        return seconds

    def exchange(self, files):
        before = self.crossed(self.us.peers())
        start = time.monotonic()
        with tempfile.TemporaryFile() as out, \
                tempfile.TemporaryFile() as err:
            publisher = subprocess.Popen(
                [self.us.comityctl, '-C', os.path.relpath(self.us.dir),
                 '--json', 'publish'] + files, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err)
            try:
                peers, seconds, converged = self.watch(start, publisher)
            finally:
                if publisher.poll() is None:
                    publisher.kill()
                publisher.wait()
            out.seek(0)
            err.seek(0)
            said = err.read().decode('utf-8', 'replace')
            if publisher.returncode not in (0, 7):
                raise Failed('publish: exit %d\n%s' % (
                    publisher.returncode, said))
            sys.stderr.write(said)
            result = json.loads(out.read())
        crossed = self.crossed(peers) - before
        return {
            'published': result['published'],
            'unchanged': result['unchanged'],
            'refused': len(result['refused']),
            'converged': converged,
            'seconds': round(seconds, 3),
            'records_per_second': round(crossed / max(seconds, 0.001), 1),
            'peers': {o.id: {c: peers[o.id][c] for c in COUNTS}
                      for o in self.others}}

    def watch(self, start, publisher):
        """Until nothing is left to send, or nothing has moved for long."""
        shown, moved, last_state = -5, start, None
        while True:
            done = publisher.poll() is not None
            peers = self.us.peers()
            now = time.monotonic()
            state = json.dumps([[peers[o.id][k] for k in
                                 COUNTS + ('lag',)] for o in self.others])
            if state != last_state:
                last_state, moved = state, now
            shown = self.show_progress(peers, now - start, shown)
            lag = sum(peers[o.id]['lag'] for o in self.others)
            if done and lag == 0:
                self.end_progress()
                return peers, now - start, True
            if now - moved > STALL_SECONDS:
                self.end_progress()
                return peers, now - start, False
            time.sleep(0.05 if now - start < 5 else 0.5)

    def end_progress(self):
        if self.talk_to.isatty():
            self.talk('')

    # the check

    def expected(self, files):
        text = self.us.ctl(
            '--json', 'policy', 'expect', *files, '--policy',
            self.us.path('config', 'policy.yaml'), '--desk', 'ops',
            timeout=600)
        return json.loads(text)['peers']

    def is_alone(self, expected):
        """Has nothing else been published at cert-xa, say by a tool?"""
        ours = set(self.us.ids('--source', 'own'))
        files = {r['id'] for e in expected.values() for r in e['records']}
        if ours <= files:
            return True
        self.talk('cert-xa has more than these files: it is left out of '
                  'the comparison')
        return False

    def verify(self, files, peers):
        """A list of what is not as the policy says."""
        wrong = []
        expected = self.expected(files)
        alone = self.is_alone(expected)
        for o in self.others:
            want = {r['there'] for r in expected[o.id]['records']
                    if 'there' in r}
            rows = o.ask('records', '--source', self.us.id)['records']
            versions = [(r['id'], r['modified']) for r in rows]
            held = {r['id'] for r in rows}
            if not alone:
                held &= {r[k] for r in expected[o.id]['records']
                         for k in ('id', 'there') if k in r}
            if len(set(versions)) != len(versions):
                wrong.append('%s holds a record twice' % o.id)
            for name in sorted(want - held)[:5]:
                wrong.append('%s lacks %s' % (o.id, name))
            for name in sorted(held - want)[:5]:
                wrong.append('%s must not have %s' % (o.id, name))
            for outcome, count in expected[o.id]['counts'].items():
                got = peers[o.id][OUTCOMES[outcome]]
                if alone and got != count:
                    wrong.append('%s: %d %s, the policy says %d' % (
                        o.id, got, OUTCOMES[outcome], count))
        return wrong

    # the end

    def table(self, r):
        self.talk('')
        self.talk('%-8s' % 'PEER' + ''.join('%12s' % c.upper()
                                            for c in COUNTS))
        for name, counts in r['peers'].items():
            self.talk('%-8s' % name + ''.join('%12d' % counts[c]
                                              for c in COUNTS))
        self.talk('')
        self.talk('published %d (unchanged %d, refused %d) in %.1f s; '
                  '%.0f records/s crossed' % (
                      r['published'], r['unchanged'], r['refused'],
                      r['seconds'], r['records_per_second']))

    def suggest(self):
        record = 'ID'
        for r in self.others[0].ask('records', '--limit', '500')['records']:
            if r['type'] == 'indicator' and r['source'] == self.us.id:
                record = r['id']
        ctl = os.path.relpath(self.us.comityctl)
        self.talk('\nThe daemons go on running.  To try next:')
        self.talk('  %s -C demo/cert-xa status' % ctl)
        self.talk('  %s -C demo/cert-xa why %s cert-xd' % (ctl, record))
        self.talk('  %s -C demo/cert-xb show %s' % (ctl, record))
        self.talk('contrib/quickstart --stop ends them.')

    def stop(self, which):
        for inst in which:
            if inst.pid() is not None:
                ended = inst.stop()
                self.talk('%s %s' % (inst.id, 'ended' if ended else
                                     'had to be killed'))


def run(demo, files, once, as_json):
    demo.make()
    demo.start()
    demo.introduce()
    demo.show_fronts()
    result = demo.exchange(files)
    wrong = demo.verify(demo.remember(files), result['peers'])
    demo.table(result)
    if result['published'] + result['unchanged'] == 0:
        wrong.append('nothing in %s could be published' % ', '.join(files))
    if not result['converged']:
        wrong.insert(0, 'not everything was sent')
    for line in wrong:
        demo.talk('WRONG: ' + line)
    if not wrong:
        demo.talk('What crossed is exactly what the policy allows.')
    if once:
        demo.stop(demo.all)
    else:
        demo.suggest()
    result['correct'] = not wrong
    if as_json:
        print(json.dumps(result))
    return 1 if wrong else 0


def on_terminate(_signal, _frame):
    raise KeyboardInterrupt


def main():
    build, what, *rest = sys.argv[1:]
    once, as_json = '--once' in rest, '--json' in rest
    files = [a for a in rest if a not in ('--once', '--json')] or [SAMPLE]
    demo = Demo(build, sys.stderr if as_json else sys.stdout)
    # Also where a shell has us started with interrupts ignored.
    signal.signal(signal.SIGINT, on_terminate)
    signal.signal(signal.SIGTERM, on_terminate)
    if what == 'stop':
        demo.stop(demo.all)
        return 0
    try:
        return run(demo, files, once, as_json)
    except (Failed, OSError, subprocess.TimeoutExpired) as e:
        demo.talk('\nquickstart: %s' % e)
        code = 1
    except KeyboardInterrupt:
        demo.talk('\nquickstart: interrupted')
        code = 130
    demo.stop(demo.all if once else demo.started)
    return code


sys.exit(main())
