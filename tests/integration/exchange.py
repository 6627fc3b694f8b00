#!/usr/bin/env python3
"""Two and four daemons exchange records; what administrators do to them."""
import gzip
import json
import os
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_RED, Failed, equal, indicator, main, settled, wait_for, with_net,
    write_lines)


def publish(inst, path, ok=(0,)):
    return json.loads(inst.ctl('--json', 'publish', path, ok=ok))


@with_net(2)
def test_exchange_two_daemons(net):
    a, b = net.all
    objects = [indicator(i) for i in range(2000)]
    objects += [indicator(i, tlp=TLP_RED, seed='r') for i in range(100)]
    path = write_lines(os.path.join(net.dir, 'in.jsonl'), objects)
    with open(path, 'rb') as f, gzip.open(path + '.gz', 'wb') as g:
        g.write(f.read())
    r = publish(a, path + '.gz')
    equal((r['published'], r['unchanged'], len(r['refused'])),
          (2100, 0, 0), 'counts')
    wait_for(lambda: settled(a), 120, 'everything is settled')

    want = {o['id'] for o in objects[:2000]}
    held = b.ids('--source', a.id)
    equal(len(held), 2000, 'number at the peer')
    equal(set(held), want, 'records at the peer')
    peer = a.peers()[b.id]
    equal((peer['delivered'], peer['denied']), (2000, 100), 'outcomes')
    equal(b.peers()[a.id]['received'], 2000, 'received')

    # The bytes of a record stay the bytes of the producer.
    shown = b.ask('show', objects[7]['id'])
    equal(shown['object'], json.dumps(objects[7]), 'bytes')
    equal(shown['sealed_by'], a.id, 'seal')

    # Nothing twice: no record, no delivery, no echo.
    r = publish(a, path)
    equal((r['published'], r['unchanged']), (0, 2100), 'published again')
    equal(a.peers()[b.id]['delivered'], 2000, 'delivered again')
    equal(a.ids('--source', b.id), [], 'echo')

    found = b.ask('lookup', 'h7.example.net')['records']
    equal([f['id'] for f in found], [objects[7]['id']], 'lookup')
    text = a.ctl('why', objects[2050]['id'], b.id)
    assert 'deny' in text, text
    assert len(text.splitlines()) <= 24, text

    # It survives a restart of both, and nothing is sent again.
    for inst in net.all:
        assert inst.stop(), '%s did not end in time' % inst.id
    net.start()
    wait_for(lambda: settled(a), 60, 'settled after the restart')
    equal(set(b.ids('--source', a.id)), want, 'after the restart')
    equal(b.ask('status')['store']['records'], 2000, 'store')


@with_net(2)
def test_publish_bad_among_good(net):
    a = net.all[0]
    objects = [indicator(i, seed='g') for i in range(1000)]
    bad = dict(indicator(1, seed='bad'), created='yesterday')
    objects[500] = bad
    path = os.path.join(net.dir, 'bundle.json')
    with open(path, 'w', encoding='utf-8') as f:
        json.dump({'type': 'bundle', 'id': 'bundle--6f5c3a0e-2f6e-4f2b-8f0a-'
                   '3d2b1a0c9e8f', 'objects': objects}, f)
    r = publish(a, path, ok=(7,))
    equal(r['published'], 999, 'the good ones')
    equal(len(r['refused']), 1, 'refused')
    equal(r['refused'][0]['index'], 500, 'its index')
    equal(r['refused'][0]['id'], bad['id'], 'its id')
    assert r['refused'][0]['text'], 'its reason'

    lines = [json.dumps(indicator(1, seed='l')), '{"type":', '[' * 100000,
             '{"a":1,"a":2}', json.dumps(indicator(2, seed='l'))]
    r = publish(a, write_lines(os.path.join(net.dir, 'l.jsonl'), lines),
                ok=(7,))
    equal(r['published'], 2, 'good lines')
    equal(len(r['refused']), 3, 'bad lines')

    with open(os.path.join(net.dir, 'big.json'), 'w',
              encoding='utf-8') as f:
        f.write(json.dumps(indicator(3, seed='big',
                                     description='x' * 50000000)))
    r = publish(a, f.name, ok=(7,))
    equal((r['published'], r['refused'][0]['reason']), (0, 'limit'),
          'a 50 MB object')
    conflict = dict(indicator(0, seed='g'), name='other bytes')
    r = publish(a, write_lines(os.path.join(net.dir, 'c.jsonl'),
                               [conflict]), ok=(7,))
    equal(r['refused'][0]['reason'], 'conflict', 'other bytes')


@with_net(2)
def test_reload(net):
    a, b = net.all
    path = write_lines(os.path.join(net.dir, 'in.jsonl'),
                       [indicator(i, seed='p', tlp=TLP_RED)
                        for i in range(50)])
    publish(a, path)
    wait_for(lambda: settled(a), 60, 'settled')
    equal(b.ids('--source', a.id), [], 'RED')
    before = a.ask('status')['policy']['digest']

    with open(a.path('config', 'policy.yaml'), 'a', encoding='utf-8') as f:
        f.write('alow: 1\n')
    p = a.ctl_run('reload')
    assert p.returncode != 0, 'a broken policy was taken'
    assert b'policy.yaml:' in p.stderr, p.stderr
    equal(a.ask('status')['policy']['digest'], before, 'policy in force')

    # What is newly permitted flows by itself.
    net.write_policy(0, '  - {id: out-red, out: {peer: cert-xb}, '
                     'kind: technical, for: [secops], tlp: <=red, '
                     'cap: {hops: 0}}\n')
    net.apply(a)
    wait_for(lambda: len(b.ids('--source', a.id)) == 50, 60, 'backfill')


@with_net(2)
def test_recall(net):
    a, b = net.all
    o = indicator(1, seed='recall')
    publish(a, write_lines(os.path.join(net.dir, 'in.jsonl'), [o]))
    wait_for(lambda: b.ids('--source', a.id) == [o['id']], 60, 'arrival')
    a.ctl('recall', o['id'], '--reason', 'false positive', '--yes')
    wait_for(lambda: b.ids('--source', a.id) == [], 60, 'recall')
    equal(a.ids('--source', 'own'), [], 'here')


@with_net(2)
def test_admin_commands(net):
    a, b = net.all
    path = write_lines(os.path.join(net.dir, 'in.jsonl'),
                       [indicator(i) for i in range(10)])
    publish(a, path)
    wait_for(lambda: settled(a), 60, 'settled')
    r = a.ask('peer', 'check', b.id)
    assert r['passed'], r
    equal([s['step'] for s in r['steps']], ['name', 'reachability', 'tls',
                                            'pins', 'identity', 'terms',
                                            'clock'], 'steps')
    equal(a.ask('peer', 'add', b.path('state', 'card.json'),
                '--yes')['changed'], False, 'the same card')
    p = a.ctl_run('show', 'indicator--00000000-0000-4000-8000-000000000000')
    equal(p.returncode, 4, 'exit status of what is not there')
    assert b'hint:' in p.stderr or p.stderr.count(b'\n') == 1, p.stderr
    backup = os.path.join(net.dir, 'backup.db')
    a.ctl('backup', backup)
    assert os.path.getsize(backup) > 0
    for words in (['status'], ['peer', 'list'], ['peer', 'show', b.id],
                  ['consult', 'list'], ['log', 'tail'], ['records'],
                  ['version'], ['key', 'show'], ['card', 'show'],
                  ['config', 'check']):
        a.ask(*words)
        a.ctl(*words)
    a.ctl('peer', 'remove', b.id, '--yes')
    assert b.id not in a.peers()
    try:
        a.ctl('peer', 'show', b.id)
        raise AssertionError('a removed peer is shown')
    except Failed as e:
        equal(e.code, 4, 'exit status')


@with_net(2)
def test_lookups_pass_the_gate(net):
    """A desk sees what its uses allow; the rest is as if it were not."""
    a = net.all[0]
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('desks: {ops: [secops]}}',
                             'desks: {ops: [secops], lab: [intel]}}', 1))
    net.apply(a)
    o = indicator(1, seed='desk')
    publish(a, write_lines(os.path.join(net.dir, 'in.jsonl'), [o]))
    equal(a.ids('--source', 'own'), [o['id']], 'every desk')
    equal(a.ids('--desk', 'ops'), [o['id']], 'ops')
    equal(a.ids('--desk', 'lab'), [], 'lab')
    equal(a.ask('show', o['id'], '--desk', 'ops')['id'], o['id'], 'show')
    nothing = 'indicator--00000000-0000-4000-8000-000000000000'
    hidden = a.ctl_run('show', o['id'], '--desk', 'lab')
    absent = a.ctl_run('show', nothing, '--desk', 'lab')
    equal((hidden.returncode, hidden.stderr.replace(
        o['id'].encode(), nothing.encode())),
          (absent.returncode, absent.stderr), 'hidden and absent')
    name = 'h1desk.example.net'
    equal(a.ctl_run('lookup', name, '--desk', 'lab').returncode, 4, 'lab')
    equal(a.ctl_run('lookup', name, '--desk', 'ops').returncode, 0, 'ops')
    assert a.ctl_run('lookup', name, '--desk', 'x').returncode != 0


CTL_REQUEST, CTL_REPLY = 96, 97


def control(inst, command, **arguments):
    """A request as comityctl would never write it: the reply."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(os.path.relpath(inst.path('state', 'control.sock')))
        text = json.dumps({'v': 1, 'command': command,
                           'arguments': arguments}).encode()
        s.sendall(struct.pack('>IBxxx', len(text), CTL_REQUEST) + text)
        f = s.makefile('rb')
        n, kind = struct.unpack('>IBxxx', f.read(8))
        equal(kind, CTL_REPLY, 'kind of frame')
        return json.loads(f.read(n))


@with_net(2)
def test_l_08_filters_never_mean_all(net):
    """L-08: what cannot be applied is an error."""
    a, b = net.all
    publish(a, write_lines(os.path.join(net.dir, 'in.jsonl'),
                           [indicator(i, seed='l08') for i in range(3)]))
    equal(len(a.ids()), 3, 'all')
    # A peer that has sent nothing: nobody's records, not everybody's.
    equal(a.ids('--source', b.id), [], 'from the peer')
    for args, want in ((('--source', 'cert-q'), 'cert-q: no CERT of that '
                        'name is known here'),
                       (('--source', ''), 'no CERT of that name'),
                       (('--since', 'yesterday'), 'since yesterday: not '
                        'where a page ended'),
                       (('--since', 'c1 or so'), 'not where a page ended'),
                       (('--since', ''), 'not where a page ended'),
                       (('--desk', 'nobody'), 'no desk nobody')):
        p = a.ctl_run('records', '--ids', *args)
        equal(p.stdout, b'', args)
        assert p.returncode != 0, args
        assert want in p.stderr.decode(), p.stderr
    for name in ('source', 'since', 'desk'):
        for value in (7, ['own'], {'x': 1}, True, None):
            r = control(a, 'records', **{name: value})
            assert not r['ok'] and 'records' not in r, (name, value, r)
    equal(len(control(a, 'records', source='own')['records']), 3, 'own')


@with_net(2)
def test_refused_is_offered_again(net):
    """What a peer refused comes once its own policy takes it."""
    a, b = net.all
    deny = ('limits:\n  - {id: no-victims, in: any, kind: [victim], '
            'level: deny}\n')
    net.write_policy(1, deny)
    net.apply(b)
    objects = [indicator(i, seed='again', labels=('victim',))
               for i in range(5)]
    publish(a, write_lines(os.path.join(net.dir, 'in.jsonl'), objects))
    wait_for(lambda: a.peers()[b.id]['refused_by_peer'] == 5, 30, 'refused')
    equal(b.ids(), [], 'refused')
    net.write_policy(1)
    net.apply(b)
    wait_for(lambda: len(b.ids('--source', a.id)) == 5, 60, 'taken now')
    equal(a.peers()[b.id]['refused_by_peer'], 0, 'refused')
    equal(a.peers()[b.id]['delivered'], 5, 'delivered')


@with_net(4)
def test_exchange_four_daemons(net):
    for n, inst in enumerate(net.all):
        publish(inst, write_lines(
            os.path.join(net.dir, inst.id + '.jsonl'),
            [indicator(i, seed=inst.id) for i in range(100 + n)]))
    for inst in net.all:
        wait_for(lambda i=inst: settled(i), 120, inst.id + ' is settled')
    for inst in net.all:
        for n, other in enumerate(net.all):
            if other is not inst:
                equal(len(inst.ids('--source', other.id)), 100 + n,
                      '%s from %s' % (inst.id, other.id))


main(globals())
