#!/usr/bin/env python3
"""Evidence from the running system changes bands, and bands what flows."""
import os
import sqlite3
import struct
import sys
import time
from xml.etree import ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, edit_policy, equal, indicator, main, publish, wait_for, with_net)

WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'
IN_FROM_C = ('kind: technical, for: [secops]}',
             'kind: technical, for: [secops], reliability: ">=C"}')
START_AT_C = ('trust: {initial: {default: {reliability: C, '
              'discretion: B}}}\n')
START_AT_B = 'trust: {initial: {default: {discretion: B}}}\n'


def scores(inst, peer):
    return inst.ask('trust', 'show', peer.id)['peer']['scores']


def kinds(inst, peer):
    return {i['kind'] for i in inst.ask('trust', 'history',
                                        peer.id)['items']}


@with_net(2)
def test_l_22_false_positives_stop_a_flow(net):
    a, b = net.all
    edit_policy(net, b, ('bands:', WORD + 'bands:'), IN_FROM_C,
                ('grants:', START_AT_C + 'grants:'))
    equal(scores(b, a)['reliability']['band'], 'C', 'by the policy')
    publish(net, a, [indicator(i) for i in range(5)])
    wait_for(lambda: len(b.ids('--source', a.id)) == 5, 30, 'there')
    trial = b.ask('trust', 'what-if', a.id, 'false-positive', '2')
    equal(trial['what_if']['score']['band'], 'D', 'it would')
    equal(scores(b, a)['reliability']['band'], 'C', 'nothing was kept')
    for i in range(2):
        b.ask('sight', indicator(i)['id'], '--false-positive')
    # The same again is the same fact.
    b.ask('sight', indicator(0)['id'], '--false-positive')
    wait_for(lambda: scores(b, a)['reliability']['band'] == 'D', 30, 'band')
    now = scores(b, a)['reliability']
    for name in ('band', 'b', 'd'):
        equal(now[name][:5], trial['what_if']['score'][name][:5], name)
    assert 1.999 < float(now['s']) <= 2, now
    items = [i for i in b.ask('trust', 'history', a.id)['items']
             if i['kind'] == 'false-positive']
    equal(len(items), 2, 'items')
    equal({i['record'] for i in items},
          {indicator(i)['id'] for i in range(2)}, 'about')
    wait_for(lambda: b.peers()[a.id]['trust']['reliability'] == 'D', 30,
             'the gate knows')
    assert any(e['event'] == 'trust' and e['peer'] == a.id
               for e in b.ask('log', 'tail', '--limit', '50')['entries'])
    # L-22: what trust does is said, not only done.
    publish(net, b, [indicator(50, seed='b')])
    assert 'reliability is D by evidence, and C in the policy' in b.ctl(
        'why', indicator(50, seed='b')['id'], a.id), 'why'
    publish(net, a, [indicator(100)])
    wait_for(lambda: b.peers()[a.id]['refused'] >= 1, 30, 'it is refused')
    equal(len(b.ids('--source', a.id)), 5, 'nothing more comes in')
    # The items are counted again from the store, to the same figures.
    crash(b)
    again = scores(b, a)['reliability']
    equal(again['band'], 'D', 'band after a crash')
    equal(len(b.ask('trust', 'history', a.id)['items']) >= 2, True, 'kept')


@with_net(2)
def test_receipts_and_stale_records(net):
    a, b = net.all
    publish(net, a, [indicator(1), indicator(2, valid_from=(
        '2020-01-02T00:00:00Z'), valid_until=(
        '2021-01-02T00:00:00Z'))])
    wait_for(lambda: len(b.ids('--source', a.id)) == 2, 30, 'there')
    wait_for(lambda: 'receipt' in kinds(a, b), 30, 'B signed for it')
    wait_for(lambda: 'stale' in kinds(b, a), 30, 'one came late')
    row = [p for p in b.ask('trust', 'list')['peers'] if p['id'] == a.id][0]
    equal(row['scores']['reliability']['s'][:4] in ('0.25', '0.24'), True,
          'weight')
    text = b.ctl('trust', 'explain', a.id)
    assert 'stale: 1' in text and 'r / (r + s + 2)' in text, text
    assert 'stale' in b.ctl('trust', 'list'), 'list'
    assert 'valid_until' in b.ctl('trust', 'history', a.id), 'history'
    picture = os.path.join(net.dir, 'a.svg')
    plot = b.ctl('trust', 'history', a.id, '--plot', '--svg', picture)
    assert 'reliability, b' in plot and '0.0 +---' in plot, plot
    with open(picture, encoding='utf-8') as f:
        ElementTree.fromstring(f.read())
    assert 'discretion after 4 more of audit-opened' in a.ctl(
        'trust', 'what-if', b.id, 'audit-opened', '4'), 'what-if'
    for name in ('duty', 'director'):
        equal(net.run_as(b, name, 'trust', 'lift', a.id, '--reason',
                         'none').returncode, 4, 'there is none')
    equal(b.ctl_run('trust', 'lift', a.id).returncode, 2, 'without reason')
    for args, code in ((['show', 'nobody'], 4), (['show'], 2),
                       (['what-if', a.id, 'nonsense'], 2),
                       (['what-if', a.id, 'vouch'], 2),
                       (['what-if', a.id, 'stale', '0'], 2),
                       (['what-if', a.id, 'stale', '1001'], 2)):
        equal(b.ctl_run('trust', *args).returncode, code, str(args))


LOOSENED = 16


def put_evidence(inst, peer, kind):
    """As if a stopped daemon had counted that about a peer."""
    def text(form, t):
        return struct.pack(form, len(t)) + t.encode()
    value = struct.pack('>BQQQB', 1, int(time.time() * 1000), 77, 6 << 48,
                        kind) + text('>B', peer) + text('>B', '') + b''.join(
                            text('>H', t) for t in ('r', 'proof x', 'why'))
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    db.execute('INSERT INTO setting (space, name, value) VALUES (?, ?, ?)', (
        'evidence', '%s/%016x' % (peer, 77), value))
    db.commit()
    db.close()


@with_net(2)
def test_hard_gate_takes_two_to_lift(net):
    a, b = net.all
    edit_policy(net, b, ('grants:', START_AT_B + 'grants:'))
    equal(scores(b, a)['discretion']['band'], 'B', 'at first')
    assert b.stop()
    put_evidence(b, a.id, LOOSENED)
    b.start()
    b.wait_ready()
    now = scores(b, a)['discretion']
    assert now['band'] in 'DE' and 'gated_until' in now, now
    assert 'at most D until' in b.ctl('trust', 'show', a.id), 'shown'
    equal(b.peers()[a.id]['trust']['discretion'] in 'DE', True, 'the gate')
    lift = ('trust', 'lift', a.id, '--reason', 'a test system')
    equal(net.do_as(b, 'duty', *lift)['state'], 'proposed', 'one')
    equal(net.run_as(b, 'duty', *lift).returncode, 1, 'the same person')
    assert 'gated_until' in scores(b, a)['discretion'], 'it takes two'
    crash(b)
    equal(net.do_as(b, 'director', *lift)['state'], 'lifted', 'two')
    crash(b)
    assert 'gated_until' not in scores(b, a)['discretion'], 'lifted'
    text = b.ctl('trust', 'history', a.id)
    assert 'duty' in text and 'director' in text, text


if __name__ == '__main__':
    main(globals())
