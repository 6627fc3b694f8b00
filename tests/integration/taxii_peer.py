#!/usr/bin/env python3
"""Peers that are TAXII servers: polled and pushed to, well and badly."""
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import taxii_server as bad  # noqa: E402
from daemons import (  # noqa: E402
    TLP_GREEN, TLP_RED, Net, equal, indicator, main, parts, take_ports,
    set_in_force, wait_for,
    write_lines)

FEED = '''  feed.example: {country: XF, type: vendor, gov-tie: arms-length,
            wall: attested, onward: [], desks: {ops: [secops]},
            default-label: {tlp: green, pap: green}}
postures:'''
MORE = '''  - {id: in-feed, in: {peer: feed.example}, kind: [botnet, ioc],
     for: [secops]}
  - {id: out-feed, out: {peer: feed.example}, kind: [botnet],
     for: [secops], tlp: <=green, cap: {hops: 0}}
  - {id: out-feed-bound, out: {peer: feed.example}, kind: [ioc],
     for: [secops], tlp: <=green, cap: {hops: 0}, oblige: [purpose-bound]}
'''


class World:
    """Two CERTs; the first polls a server of the test's."""

    def __init__(self, build, n=1):
        self.net = Net(build, n, MORE)
        self.a = self.net.all[0]
        for inst in self.net.all:
            path = inst.path('config', 'policy.yaml')
            with open(path, encoding='utf-8') as f:
                text = f.read()
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text.replace('postures:', FEED, 1))
        for name, host in (('server', '127.0.0.1'), ('other', 'other.test'),
                           ('named', 'localhost')):
            self.key('front', name, '--host', host)
        self.key('client', 'tool')
        self.port = take_ports(1)[0]
        self.server = None
        self.serve()
        self.entry()

    def file(self, name):
        return self.a.path('config', name)

    def key(self, *args):
        subprocess.run(
            [self.a.comityctl, '-C', self.a.dir, 'key', 'generate', args[0],
             self.file(args[1]), *args[2:]], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def serve(self, cert='server', ca=None):
        if self.server:
            self.server.stop()
        self.server = bad.Server(self.port, self.file(cert + '.crt'),
                                 self.file(cert + '.key'), ca)

    def entry(self, **more):
        row = {'peer': 'feed.example', 'poll': '[all]', 'interval': '1s',
               'url': '"https://127.0.0.1:%d/api"' % self.port,
               'ca': 'server.crt'}
        row.update(more)
        self.a.set_options(taxii_peers='[{%s}]' % ', '.join(
            '%s: %s' % (k.replace('_', '-'), v) for k, v in row.items()
            if v is not None))

    def peer(self):
        return self.a.peers()['feed.example']

    def wait_state(self, state, text='', seconds=40):
        def holds():
            p = self.peer()
            return p['state'] == state and text in p.get('reason', '')
        try:
            wait_for(holds, seconds, '%s %s' % (state, text))
        except AssertionError:
            print(self.peer())
            raise

    def wait_ids(self, *objects):
        want = sorted(o['id'] for o in objects)
        wait_for(lambda: sorted(self.a.ids()) == want, 30,
                 '%d records' % len(want))

    def client(self):
        for pid in parts(self.a.pid()):
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                if f.read().startswith(b'comity-client\0'):
                    return pid
        return None

    def publish(self, *objects):
        path = os.path.join(self.net.dir, 'publish.jsonl')
        write_lines(path, objects)
        return self.a.ctl('publish', path, ok=(0, 1, 7))

    def start(self):
        self.net.start()
        return self


def with_world(function):
    def run(build):
        w = World(build)
        failed = True
        try:
            function(w)
            failed = False
        finally:
            w.server.stop()
            crashes = w.net.close(failed)
        equal(crashes, [], 'crashes')
    run.__name__ = function.__name__
    return run


@with_world
def test_poll_and_label(w):
    objects = [indicator(i) for i in range(30)]
    w.server.page = 7
    w.server.add('all', *objects)
    # Nothing says what it may be used for but the policy's entry.
    w.server.add('all', indicator(100, TLP_RED),
                 indicator(101, labels=['victim']), {'type': 'nonsense'})
    w.start()
    red = indicator(100, TLP_RED)
    w.wait_ids(*objects, red)
    w.wait_state('waiting')
    p = w.peer()
    equal((p['received'], p['refused']), (31, 2), 'counts')
    for o, tlp in ((objects[0], 'green'), (red, 'red')):
        label = json.dumps(w.a.ask('show', o['id']))
        assert 'feed.example' in label and tlp in label, label


@with_world
def test_nothing_twice_nothing_lost(w):
    w.server.page = 10
    objects = [indicator(i) for i in range(200)]
    w.server.add('all', *objects[:100])
    w.start()
    for i in range(4):
        time.sleep(0.4)
        pid = w.client()
        if pid:
            os.kill(pid, signal.SIGKILL)
    w.a.stop(kill=True)
    w.server.add('all', *objects[100:])
    w.a.start()
    w.a.wait_ready()
    w.wait_ids(*objects)
    w.wait_state('waiting')
    w.a.stop()
    before = len(w.server.gets('all'))
    w.a.start()
    w.a.wait_ready()
    w.wait_state('waiting')
    later = w.server.gets('all')[before:]
    last = max(r[0] for r in w.server.collections['all'])
    equal([r[2].get('added_after') for r in later if 'next' not in r[2]][0],
          last, 'it goes on where it was')
    equal(w.peer()['received'], 0, 'nothing twice')


@with_world
def test_push(w):
    w.entry(poll='[]', push='in')
    w.start()
    good = [indicator(i, labels=['botnet']) for i in range(5)]
    w.server.refuse = {good[4]['id']}
    w.server.pending = 2
    w.publish(*good, indicator(50, TLP_RED, labels=['botnet']),
              indicator(51))     # a session would carry its terms
    wait_for(lambda: w.peer()['delivered'] == 4, 40, 'delivered')
    p = w.peer()
    equal((p['refused_by_peer'], p['under_way']), (1, 0), 'counts')
    sent = json.loads(w.server.posted[0])['objects']
    equal(sorted(o['id'] for o in sent), sorted(o['id'] for o in good),
          'what went')
    equal(len(w.server.posted), 1, 'posts')
    equal(p['denied'], 2, 'denied')
    # Not again after a restart; what is new goes.
    w.a.stop(kill=True)
    w.a.start()
    w.a.wait_ready()
    more = indicator(60, labels=['botnet'])
    w.publish(more)
    wait_for(lambda: w.peer()['delivered'] == 5, 40, 'delivered')
    equal([json.loads(p)['objects'][0]['id'] for p in w.server.posted[1:]],
          [more['id']], 'the new one alone')
    # It is down for a while: later.
    w.server.bad = bad.status(503)
    w.publish(indicator(61, labels=['botnet']))
    w.wait_state('failing', '503')
    w.server.bad = None
    wait_for(lambda: w.peer()['delivered'] == 6, 60, 'delivered later')


@with_world
def test_no_echo(w):
    theirs = indicator(1, labels=['botnet'])
    w.server.add('all', theirs)
    w.entry(push='in')
    w.start()
    w.wait_ids(theirs)
    ours = indicator(2, labels=['botnet'])
    w.publish(ours)
    wait_for(lambda: w.peer()['delivered'] == 1, 30, 'delivered')
    equal([o['id'] for p in w.server.posted
           for o in json.loads(p)['objects']], [ours['id']], 'what went')
    # And they may not change what is ours.
    w.server.add('all', dict(ours, modified='2026-02-01T00:00:00.000Z'),
                 at='2026-03-01T00:00:00.000000Z')
    wait_for(lambda: w.peer()['refused'] == 1, 30, 'refused')
    # Nor a desk of ours what is theirs.
    w.publish(dict(theirs, modified='2026-02-01T00:00:00.000Z'))
    equal(len(w.a.ids()), 2, 'records')


BAD = [
    (bad.broken, 'JSON is broken'),
    (bad.not_envelope, 'JSON is broken'),
    (bad.html, 'Content-Type'),
    (bad.cut, ''),
    (bad.headers, 'larger than'),
    (bad.endless, 'larger than'),
    (bad.endless_pages, 'sends nothing'),
    (bad.circles, 'circles'),
    (bad.status(401), '401'),
    (bad.status(500), '500'),
]


@with_world
def test_wrong_answers(w):
    good = [indicator(1)]
    w.server.add('all', *good)
    w.server.bad = BAD[0][0]
    w.start()
    for how, text in BAD:
        w.server.bad = how
        # The back-off would make this long.
        w.a.stop()
        w.a.start()
        w.a.wait_ready()
        w.wait_state('failing', text)
    equal(w.a.ids(), [], 'nothing came in')
    steps = w.a.ask('peer', 'check', 'feed.example', ok=(0, 1))['steps']
    equal([s['ok'] for s in steps if s['step'] == 'taxii'], [False], 'check')
    w.server.bad = None
    w.wait_ids(*good)


@with_world
def test_slow(w):
    w.server.add('all', indicator(1))
    w.server.bad = bad.slow
    w.start()
    w.wait_state('failing', 'too slow', 60)
    # Nobody else waited for it.
    begin = time.monotonic()
    w.a.ask('status')
    assert time.monotonic() - begin < 2
    w.server.bad = None
    w.wait_ids(indicator(1))


@with_world
def test_redirect_is_not_followed(w):
    port = take_ports(1)[0]
    there = bad.Server(port, w.file('server.crt'), w.file('server.key'))
    there.add('all', indicator(1))
    try:
        w.server.bad = bad.status(
            302, Location='https://127.0.0.1:%d/api/' % port)
        w.start()
        w.wait_state('failing', 'redirects to')
        assert str(port) in w.peer()['reason'], w.peer()
        equal(there.log, [], 'what was asked there')
        equal(w.a.ids(), [], 'records')
    finally:
        there.stop()


@with_world
def test_certificates(w):
    w.server.add('all', indicator(1))
    w.serve('other')
    w.entry(ca='other.crt')         # trusted, and for another name
    w.start()
    w.wait_state('failing', 'subject name')
    equal(w.server.log, [], 'requests')
    w.entry()                       # a certificate nobody vouches for
    w.a.ctl('reload')
    w.wait_state('failing', 'certificate')
    equal(w.server.log, [], 'requests')
    w.serve('server', ca=w.file('tool.crt'))
    w.server.add('all', indicator(1))
    w.entry(certificate='tool.crt', key='tool.key')
    w.a.ctl('reload')
    w.wait_ids(indicator(1))
    w.wait_state('waiting')


@with_world
def test_names_and_authorities(w):
    """By name, through the system's resolver; and whom the system trusts."""
    w.serve('named')
    w.server.add('all', indicator(1))
    w.entry(url='"https://localhost:%d/api/"' % w.port, ca='named.crt')
    w.start()
    w.wait_ids(indicator(1))
    w.entry(url='"https://localhost:%d/api/"' % w.port, ca=None)
    w.a.ctl('reload')
    w.wait_state('failing', 'certificate')
    assert 'setting' not in w.peer()['reason'], w.peer()
    w.entry(url='"https://nowhere.invalid/api/"')
    w.a.ctl('reload')
    w.wait_state('failing', 'resolve')


@with_world
def test_logins(w):
    with open(w.file('secret'), 'w', encoding='ascii') as f:
        f.write('s3cret\n')
    w.server.add('all', indicator(1))
    w.server.login = 'Bearer s3cret'
    w.start()
    w.wait_state('failing', '401')
    w.entry(secret_file='secret')
    w.a.ctl('reload')
    w.wait_ids(indicator(1))
    w.server.login = 'Basic ' + base64.b64encode(b'u:s3cret').decode()
    w.server.add('all', indicator(2), at='2026-02-01T00:00:00Z')
    w.entry(secret_file='secret', user='u')
    w.a.ctl('reload')
    w.wait_ids(indicator(1), indicator(2))
    assert 's3cret' not in w.a.log_tail(100000), 'the secret is in the log'


@with_world
def test_retry_after(w):
    w.server.add('all', indicator(1))
    w.server.bad = bad.status(429, Retry_After='6')
    w.entry(poll='[all, more]')
    w.start()
    w.wait_state('failing', '429')
    n = len(w.server.log)
    w.server.bad = None
    time.sleep(4)
    equal(len(w.server.log), n, 'requests before it may')
    equal(n, 1, 'requests, of any collection')
    w.server.add('more')
    w.wait_ids(indicator(1))


@with_world
def test_wall_and_posture_hold(w):
    """They count for it as for every other peer."""
    path = w.a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace(
            'onward: [], desks: {ops: [secops]},\n            default-label',
            'onward: [], desks: {war: [intel]},\n            default-label'))
    w.server.add('all', indicator(1))
    w.entry(push='in')
    w.start()
    wait_for(lambda: w.peer()['refused'] == 1, 20, 'refused')
    w.publish(indicator(2, labels=['botnet']))
    wait_for(lambda: w.peer()['forbidden'] + w.peer()['denied'] == 1, 20,
             'it stays here')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    set_in_force(w.a, {'XF': 'suspended'})
    w.net.apply(w.a)
    w.server.add('all', indicator(3), at='2026-02-01T00:00:00Z')
    wait_for(lambda: w.peer()['refused'] >= 2, 20, 'refused')
    time.sleep(1)
    equal(w.server.posted, [], 'what went')
    set_in_force(w.a, {})
    w.net.apply(w.a)
    wait_for(lambda: w.peer()['delivered'] == 1, 20, 'delivered')
    # What other policies kept out is asked for again, also that of long ago.
    w.wait_ids(indicator(1), indicator(2), indicator(3))


@with_world
def test_people_are_asked(w):
    path = w.a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('kind: [botnet, ioc],\n     for: [secops]}',
                             'kind: [botnet, ioc],\n     for: [secops], '
                             'via: consult}'))
    w.server.add('all', indicator(1))
    w.start()
    wait_for(lambda: w.a.ask('consult', 'list')['cases'], 20, 'a case')
    case = w.a.ask('consult', 'list')['cases'][0]
    equal(case['peer'], 'feed.example', 'whose')
    equal(w.a.ids(), [], 'records seen')


@with_world
def test_another_server(w):
    """A new url, or one that the policy does not name."""
    w.server.add('all', indicator(1), at='2026-05-01T00:00:00Z')
    w.start()
    w.wait_ids(indicator(1))
    w.server.collections['all'] = []
    w.server.add('all', indicator(2))       # earlier than the last time
    w.entry(url='"https://127.0.0.1:%d/other/"' % w.port)
    w.a.ctl('reload')
    w.wait_ids(indicator(1), indicator(2))
    w.entry(peer='unknown.example')
    w.a.ctl('reload')
    wait_for(lambda: 'unknown.example' in w.a.peers() and
             w.a.peers()['unknown.example']['refused'] == 1, 20, 'refused')
    equal([t for t in w.a.ask('status')['warnings'] if 'unknown' in t], [
        'unknown.example is a TAXII server that the policy does not name: '
        'nothing of it is taken'], 'warnings')
    w.entry(key='gone.key', certificate='gone.crt')
    w.a.ctl('reload')
    w.wait_state('starting')
    assert 'gone.crt' in w.a.log_tail(50)


@with_world
def test_vault_is_killed(w):
    """Between any page and its cursor: nothing lost, nothing twice."""
    w.server.page = 5
    objects = [indicator(i) for i in range(150)]
    # All of one moment: no cursor can tell them apart.
    w.server.add('all', *objects, at='2026-01-01T00:00:00.000000Z')
    w.start()
    for i in range(2):
        time.sleep(0.3)
        for pid in parts(w.a.pid()):
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                if b'comity-vault' in f.read():
                    os.kill(pid, signal.SIGKILL)
        time.sleep(1)
    wait_for(lambda: w.a.ctl_run('status').returncode == 0, 30, 'it is up')
    w.wait_ids(*objects)
    equal(len(w.a.ids()), 150, 'records')


def on_small_disk(w, function):
    """Run it with a store that has 40 MB."""
    state, kept = w.a.path('state'), w.a.path('state.kept')
    os.rename(state, kept)
    os.mkdir(state)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=40m,mode=0700',
                       'tmpfs', state], check=False).returncode != 0:
        print('SKIP: no tmpfs here')
        return
    try:
        for name in os.listdir(kept):
            if not name.startswith('comity.db'):
                shutil.copy2(os.path.join(kept, name), state)
        w.a.set_options(disk_free='1MiB', disk_free_percent=0)
        w.start()
        function(os.path.join(state, 'ballast'))
    finally:
        w.a.stop()
        subprocess.run(['umount', '-l', state], check=True)


@with_world
def test_disk_full(w):
    """What is not stored is not passed over."""
    first = indicator(0)
    w.server.add('all', first)
    objects = [indicator(i, description='x' * 10000)
               for i in range(1, 1001)]

    def run(ballast):
        w.wait_ids(first)
        with open(ballast, 'wb') as f:
            try:
                while True:
                    f.write(b'x' * (1 << 16))
                    f.flush()
            except OSError:
                pass
        w.server.page = 300
        w.server.add('all', *objects, at='2026-02-01T00:00:00Z')
        wait_for(lambda: w.a.ask('status')['store']['full'], 20, 'full')
        time.sleep(1)
        assert len(w.a.ids()) < 1001
        os.unlink(ballast)
        w.wait_ids(first, *objects)
    on_small_disk(w, run)


@with_world
def test_large_objects(w):
    """A page that would be too large is asked for in smaller ones."""
    big = [indicator(i, description='x' * 200000) for i in range(100)]
    w.server.add('all', *big, indicator(200, description='x' * 300000))
    w.start()
    w.wait_ids(*big)


def test_front_of_another_cert(build):
    """Our client at our own front: polled, pushed to, nothing comes back."""
    w = World(build, 2)
    b = w.net.all[1]
    port, = take_ports(1)
    failed = True
    try:
        subprocess.run(
            [b.comityctl, '-C', b.dir, 'key', 'generate', 'front',
             b.path('config', 'front'), '--host', '127.0.0.1'], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        b.set_options(fronts='[{desk: ops, listen: "127.0.0.1:%d", '
                      'certificate: front.crt, key: front.key}]' % port)
        w.entry(url='"https://127.0.0.1:%d/ops/"' % port, push='inbox',
                poll='[all]', secret_file='token',
                ca=b.path('config', 'front.crt'))
        with open(w.file('token'), 'w', encoding='ascii') as f:
            f.write('none\n')
        w.start()
        token = b.ask('token', 'add', 'xa', '--desk', 'ops')['token']
        with open(w.file('token'), 'w', encoding='ascii') as f:
            f.write(token + '\n')
        w.a.ctl('reload')
        theirs = [indicator(i, labels=['botnet']) for i in range(20)]
        ours = [indicator(100 + i, labels=['botnet']) for i in range(5)]
        path = os.path.join(w.net.dir, 'theirs.jsonl')
        write_lines(path, theirs)
        b.ctl('publish', path)
        w.publish(*ours)
        w.wait_ids(*theirs, *ours)
        wait_for(lambda: len(b.ids()) == 25, 30, 'they have ours')
        wait_for(lambda: w.peer()['delivered'] == 5, 20, 'delivered')
        time.sleep(2.5)
        p = w.peer()
        equal((p['delivered'], p['received']), (5, 20), 'no echo')
        failed = False
    finally:
        w.server.stop()
        crashes = w.net.close(failed)
    equal(crashes, [], 'crashes')


@with_world
def test_no_card_beside(w):
    w.start()
    p = w.a.ctl_run('peer', 'remove', 'feed.example', '--yes')
    assert p.returncode != 0 and b'taxii-peers' in p.stderr, p
    w.a.ctl('peer', 'show', 'feed.example')
    w.a.set_options(taxii_peers='[]')
    w.a.ctl('reload')
    wait_for(lambda: 'feed.example' not in w.a.peers(), 20, 'gone')
    wait_for(lambda: w.client() is None, 20, 'its process too')


if __name__ == '__main__':
    main(globals())
