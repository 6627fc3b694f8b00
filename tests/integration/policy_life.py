#!/usr/bin/env python3
"""A change of policy does exactly what diff and simulate said it would."""
import gzip
import json
import os
import shutil
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    ROOT, TLP_RED, equal, indicator, main, settled, wait_for, with_net,
    write_lines)

SAMPLE = os.path.join(ROOT, 'contrib/sample/indicators.stix.jsonl.gz')
COUNTS = ('delivered', 'redacted', 'consulted', 'denied', 'forbidden')
# Of the test policy: what is red may go to cert-xb, botnets to nobody but
# cert-xb, victims lose their names, and cert-xc must be asked about malware.
OPEN = '''  - {id: out-red, out: {peer: cert-xb}, kind: technical, for: [secops],
     tlp: <=red, cap: {hops: 0}}
'''
LIMITS = '''limits:
  - {id: no-botnet, out: {peer: cert-xc}, kind: [botnet], level: deny}
  - {id: hide-victim, out: any, kind: [victim], level: redact,
     redact: [victim.name]}
'''


def publish_everything(net, a):
    path = write_lines(
        os.path.join(net.dir, 'in.jsonl'),
        [indicator(i, seed='g') for i in range(300)] +
        [indicator(i, seed='r', tlp=TLP_RED) for i in range(200)] +
        [indicator(i, seed='b', labels=('botnet',)) for i in range(150)] +
        [indicator(i, seed='v', labels=('victim',)) for i in range(100)])
    with gzip.open(SAMPLE, 'rb') as f, open(
            os.path.join(net.dir, 'sample.jsonl'), 'wb') as out:
        out.write(f.read())
    a.ctl('publish', path, out.name, ok=(0, 7))
    wait_for(lambda: settled(a), 120, 'settled')


def counts(inst):
    return {i: {k: p[k] for k in COUNTS} for i, p in inst.peers().items()}


def simulate(a, *args):
    r = a.ask('policy', 'simulate', a.path('config', 'next.yaml'), *args)
    return {p['id']: p for p in r['peers']}


def change(net, a, more, expect_pending):
    """Simulate, then apply: what was said and what came of it."""
    policy, following = (a.path('config', n)
                         for n in ('policy.yaml', 'next.yaml'))
    with open(policy, encoding='utf-8') as f:
        old = f.read()
    net.write_policy(0, more)
    os.rename(policy, following)
    with open(policy, 'w', encoding='utf-8') as f:
        f.write(old)
    before = counts(a)
    ids = {i: set(net.all[n].ids('--source', a.id))
           for n, i in ((1, 'cert-xb'), (2, 'cert-xc'))}
    told = simulate(a)
    diff = a.ask('policy', 'diff', policy, following)
    equal(counts(a), before, 'simulating changed something')
    os.rename(following, policy)
    r = net.apply(a)
    assert r['policy'] == 'in-force', r
    equal(diff['opens'] > 0, expect_pending, 'openings')
    wait_for(lambda: settled(a), 120, 'settled')
    after = counts(a)
    for peer, p in told.items():
        equal(after[peer], p['after'], peer + ' as it was foretold')
    for n, i in ((1, 'cert-xb'), (2, 'cert-xc')):
        new = set(net.all[n].ids('--source', a.id)) - ids[i]
        redacted = after[i]['redacted'] - before[i]['redacted']
        equal(len(new) + (redacted if i not in ids else 0),
              told[i]['flow'], i + ' got')
        for s in told[i]['samples']:
            if s['after'] == 'permit':
                assert s['id'] in new, s
    return told, diff


@with_net(3)
def test_simulate_and_diff_foretell(net):
    a = net.all[0]
    publish_everything(net, a)

    told, diff = change(net, a, OPEN, True)
    equal(told['cert-xb']['flow'], told['cert-xb']['after']['delivered'] -
          counts(a)['cert-xb']['delivered'] + told['cert-xb']['flow'],
          'cert-xb')
    assert told['cert-xb']['flow'] >= 200, told['cert-xb']
    equal((told['cert-xc']['flow'], told['cert-xc']['stop']), (0, 0),
          'cert-xc')
    assert all(s['desks'] == 'cert-xb/ops' for s in diff['sets']), diff
    assert any(s['change'] == 'opens' and 'red' in s['tlp']
               for s in diff['sets']), diff

    # What only takes away needs one person, and recalls nothing.
    told, diff = change(net, a, OPEN + LIMITS, False)
    equal(told['cert-xc']['stop'] >= 150, True, 'botnets stop')
    equal(told['cert-xb']['flow'], 0, 'nothing new')
    assert {s['change'] for s in diff['sets']} == {'closes'}, diff
    have = set(net.all[2].ids('--source', a.id))
    a.ctl('publish', write_lines(
        os.path.join(net.dir, 'late.jsonl'),
        [indicator(i, seed='late', labels=('botnet',)) for i in range(9)]))
    wait_for(lambda: settled(a), 60, 'settled')
    equal(set(net.all[2].ids('--source', a.id)), have, 'no botnet more')


@with_net(2)
def test_simulate_since(net):
    a = net.all[0]
    a.ctl('publish', write_lines(os.path.join(net.dir, 'in.jsonl'), [
        indicator(i, tlp=TLP_RED) for i in range(40)]))
    wait_for(lambda: settled(a), 60, 'settled')
    policy = a.path('config', 'policy.yaml')
    with open(policy, encoding='utf-8') as f:
        text = f.read()
    with open(a.path('config', 'next.yaml'), 'w', encoding='utf-8') as f:
        f.write(text + OPEN)
    equal(simulate(a)['cert-xb']['flow'], 40, 'all')
    equal(simulate(a, '--since', '1h')['cert-xb']['flow'], 40, 'an hour')
    equal(simulate(a, '--since', '1ms')['cert-xb']['records'], 0, 'now')
    p = a.ctl_run('policy', 'simulate', a.path('config', 'next.yaml'),
                  '--since', 'yesterday')
    equal(p.returncode, 2, p.stderr)
    with open(a.path('config', 'next.yaml'), 'w', encoding='utf-8') as f:
        f.write(text.replace('cap: {hops: 0, ttl: 90d}, ', '')
                .replace('onward: []', 'onward: [c]') + 'circles: {c: {'
                'members: [cert-xb], foci: [ioc], charter: "sha256:aa"}}\n'
                'alow: 1\n')
    p = a.ctl_run('policy', 'simulate', a.path('config', 'next.yaml'))
    assert p.returncode != 0 and b'alow' in p.stderr, p.stderr
    equal(json.loads(a.ctl('--json', 'status'))['state'], 'ready', 'state')


def shadow_changes(a):
    return {(c['peer'], c['direction'], c['before'], c['after'],
             c['after_by']): c['records']
            for c in a.ask('policy', 'shadow')['changes']}


@with_net(2)
def test_shadow(net):
    a, b = net.all
    equal(a.ask('policy', 'shadow'), {'v': 1, 'ok': True, 'on': False},
          'before')
    equal(a.ctl_run('policy', 'shadow', '--off').returncode, 4, 'no shadow')
    policy, tried = (a.path('config', n) for n in ('policy.yaml', 'try.yaml'))
    with open(policy, encoding='utf-8') as f:
        text = f.read()
    with open(tried, 'w', encoding='utf-8') as f:
        f.write(text + OPEN + LIMITS.replace('cert-xc', 'cert-xb') +
                '  - {id: ask-in, in: any, kind: [ioc], level: consult}\n')
    digest = a.ask('status')['policy']['digest']
    r = a.ask('policy', 'shadow', tried)
    equal((r['on'], r['decisions'], r['differ']), (True, 0, 0), 'begun')
    assert r['digest'] != digest, r
    before = counts(a)
    a.ctl('publish', write_lines(
        os.path.join(net.dir, 'in.jsonl'),
        [indicator(i, seed='r', tlp=TLP_RED) for i in range(30)] +
        [indicator(i, seed='b', labels=('botnet',)) for i in range(20)] +
        [indicator(i, seed='g') for i in range(10)]))
    b.ctl('publish', write_lines(
        os.path.join(net.dir, 'from.jsonl'),
        [indicator(i, seed='f') for i in range(7)]))
    wait_for(lambda: settled(a) and settled(b), 60, 'settled')
    equal(shadow_changes(a), {
        ('cert-xb', 'to', 'deny', 'permit', 'out-red'): 30,
        ('cert-xb', 'to', 'permit', 'deny', 'no-botnet'): 20,
        ('cert-xb', 'from', 'permit', 'consult', 'ask-in'): 7}, 'counted')
    shadow = a.ask('status')['policy']['shadow']
    equal((shadow['decisions'], shadow['differ']), (67, 57), 'status')
    assert '57 of 67 decisions differ' in a.ctl('status')
    assert 'deny by default' in a.ctl('policy', 'shadow')
    # It decided nothing, and what was counted is what then happens.
    equal(counts(a)['cert-xb']['delivered'] -
          before['cert-xb']['delivered'], 30, 'only what is in force')
    equal(len(a.ids('--source', b.id)), 7, 'came in')
    # One that does not read or prove leaves it as it is.
    with open(tried, 'a', encoding='utf-8') as f:
        f.write('alow: 1\n')
    p = a.ctl_run('policy', 'shadow', tried)
    assert p.returncode != 0 and b'alow' in p.stderr, p.stderr
    with open(tried, 'w', encoding='utf-8') as f:
        f.write(text + 'prove:\n  - {never: {kind: [ioc], out: any, '
                'decide: [permit]}}\n')
    for command in ('shadow', 'simulate'):
        p = a.ctl_run('policy', command, tried)
        assert p.returncode == 1 and b'never' in p.stderr, p.stderr
    equal(a.ask('policy', 'shadow')['differ'], 57, 'still there')
    equal(a.ctl_run('policy', 'shadow', tried, '--off').returncode, 2, 'both')
    # Another policy in force: from zero, and what was not sent is decided
    # again.
    net.write_policy(0, LIMITS.replace('cert-xc', 'cert-xb'))
    net.apply(a)
    wait_for(lambda: settled(a), 60, 'settled')
    equal(shadow_changes(a), {
        ('cert-xb', 'to', 'deny', 'permit', 'out-red'): 30}, 'from zero')
    a.ctl('policy', 'shadow', '--off')
    equal(a.ask('policy', 'shadow')['on'], False, 'off')
    assert 'shadow' not in a.ask('status')['policy']


@with_net(2)
def test_diff_with_what_runs(net):
    a = net.all[0]
    policy = a.path('config', 'policy.yaml')
    with open(policy, encoding='utf-8') as f:
        text = f.read()
    p = a.ctl_run('policy', 'diff')
    assert p.returncode == 4 and b'no policy waits' in p.stderr, p
    equal(a.ask('policy', 'diff', policy)['sets'], [], 'what is in force')
    # The file is a proposal: what is in force is another one.
    net.write_policy(0, OPEN)
    equal(a.ask('policy', 'show')['files'],
          [{'name': 'policy.yaml', 'text': text}], 'in force')
    told = a.ask('policy', 'diff', policy)
    assert told['opens'] > 0, told
    r = net.do_as(a, 'duty', 'policy', 'apply')
    equal(r['policy'], 'pending', 'it opens')
    equal(a.ask('policy', 'diff'), told, 'what the second person reads')
    assert 'out-red' in net.run_as(
        a, 'director', 'policy', 'show', '--pending').stdout.decode()
    assert 'opens to cert-xb/ops' in a.ctl('policy', 'diff')


REQUEST, REPLY, FILES = 96, 97, 100


class Raw:
    """A client of the control socket that says what it likes."""

    def __init__(self, inst):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(20)
        self.s.connect(inst.path('state', 'control.sock'))

    def say(self, kind, payload):
        self.s.sendall(struct.pack('>IBxxx', len(payload), kind) + payload)

    def ask(self, command):
        self.say(REQUEST, json.dumps({'v': 1, 'command': command}).encode())

    def hear(self):
        """The next reply; None once the daemon has hung up."""
        head = self.s.recv(8, socket.MSG_WAITALL)
        if len(head) < 8:
            return None
        n, kind = struct.unpack('>IBxxx', head)
        equal(kind, REPLY, 'an answer')
        return json.loads(self.s.recv(n, socket.MSG_WAITALL))


def refusal(raw):
    r = raw.hear()
    equal(r['ok'], False, r)
    return r['code']


@with_net(2)
def test_bad_files(net):
    a = net.all[0]
    # Pieces: whether it is the last one, why (none), and bytes.
    raw = Raw(a)
    raw.say(FILES, b'\1\0abc')
    equal(refusal(raw), 'ERR_ORDER', 'nobody asked')
    for command in ('policy simulate', 'policy shadow start'):
        for payload, code in ((b'', 'ERR_ORDER'), (b'\2', 'ERR_ORDER'),
                              (b'\1\0', 'ERR_CONF'),
                              (b'\1\0' + b'x' * 1000, 'ERR_CONF')):
            raw = Raw(a)
            raw.ask(command)
            raw.say(FILES, payload)
            equal(refusal(raw), code, (command, payload[:4]))
            # The connection goes on.
            raw.ask('policy shadow')
            equal(raw.hear()['on'], False, command)
        raw = Raw(a)
        raw.ask(command)
        for _ in range(40):
            try:
                raw.say(FILES, b'\0\0' + b'x' * 1000000)
            except OSError:
                break
        equal(refusal(raw), 'ERR_LIMIT', 'too much')
        # Gone in the middle.
        raw = Raw(a)
        raw.ask(command)
        raw.say(FILES, b'\0\0abc')
        raw.s.close()
    equal(a.ask('status')['state'], 'ready', 'it runs on')


# Changes of the demonstration's policy of cert-xa, one after the other: what
# stands there, what comes instead, and whether that opens anything.
DEMO_CHANGES = [
    ('in-force:  {XB: strained}', 'in-force:  {}', True),
    ('kind: [vuln], for: [secops], tlp: <=amber,\n'
     '     discretion: ">=C", via: consult,',
     'kind: [vuln], for: [secops], tlp: <=amber,\n'
     '     discretion: ">=C",', True),
    ('redact: [victim.name, victim.contact, source]}',
     'redact: [victim.name, victim.contact, source]}\n'
     '  - {id: ask-malware, out: any, kind: [malware], level: consult}',
     False),
    ('  - {id: hide-victim, out: any', '  - {id: hide-victim, out: {peer: '
     'cert-xd}', True),
    ('  - {id: out-clean, out: {circle: clean-net}, kind: [botnet, ioc, '
     'malware], for: [secops], tlp: <=green',
     '  - {id: out-clean, out: {circle: clean-net}, kind: [botnet, ioc, '
     'malware], for: [secops], tlp: <=amber', True),
    ('wall: none', 'wall: attested', True),
]


@with_net(4)
def test_demonstration_foretold(net):
    a = net.all[0]
    for inst in net.all:
        shutil.copy(os.path.join(ROOT, 'config/examples/demo',
                                 inst.id + '.yaml'),
                    inst.path('config', 'policy.yaml'))
        net.apply(inst)
    a.ctl('publish', SAMPLE, ok=(0, 7))
    wait_for(lambda: settled(a), 120, 'settled')
    policy, following = (a.path('config', n)
                         for n in ('policy.yaml', 'next.yaml'))
    moved = 0
    for old, new, opens in DEMO_CHANGES:
        with open(policy, encoding='utf-8') as f:
            text = f.read()
        assert old in text, old
        with open(following, 'w', encoding='utf-8') as f:
            f.write(text.replace(old, new, 1))
        before = counts(a)
        told = simulate(a)
        diff = a.ask('policy', 'diff', policy, following)
        equal(diff['people'], 2 if opens else 1, new)
        assert any(w in ' '.join(diff['facts']) for w in ('XB is', 'with XB')
                   ) == ('in-force' in old), diff
        os.rename(following, policy)
        r = net.do_as(a, 'duty', 'policy', 'apply')
        equal(r['policy'], 'pending' if opens else 'in-force', new)
        net.apply(a)
        wait_for(lambda: settled(a), 120, 'settled')
        after = counts(a)
        for peer, p in told.items():
            equal(after[peer], p['after'], '%s: %s' % (new, peer))
            equal(sum(after[peer][k] - before[peer][k]
                      for k in ('delivered', 'redacted')) >= 0, True, peer)
        moved += before != after
    assert moved >= 4, moved


main(globals())
