#!/usr/bin/env python3
"""Records on their way through relays: A gives to B, B to C, C to D."""
import json
import os
import sqlite3
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_RED, equal, indicator, main, settled, wait_for, with_net,
    write_lines)
from relays import (  # noqa: E402
    connect, held, line_up, publish, write_policy)


def label_of(inst, record):
    """The fields of the label as it was sealed."""
    text = inst.ask('show', record)['label']
    return dict(line.split('=', 1) for line in text.splitlines()[1:])


@with_net(4, introduced=False)
def test_hops_count_down(net):
    a, b, c, d = net.all
    line_up(net, ['cap: {hops: 2}', 'transit: true', 'transit: true',
                  'transit: true'])
    objects = [indicator(i) for i in range(600)]
    want = {o['id'] for o in objects}
    publish(net, a, objects)
    wait_for(lambda: held(b, a) == want, 60, 'B has them')
    wait_for(lambda: held(c, b) == want, 60, 'C has them')
    wait_for(lambda: held(d, c) == want, 60, 'D has them')
    equal(d.ask('show', objects[3]['id'])['sealed_by'], a.id, 'originator')
    equal(d.ask('show', objects[3]['id'])['object'], json.dumps(objects[3]),
          'bytes')
    for inst in net.all:
        for other in inst.peers().values():
            equal(other['refused'], 0, 'refused by %s' % inst.id)
    # Two hops were given: D may have it and nobody behind D.
    text = d.ctl('why', objects[3]['id'], b.id)
    assert 'hops' in text, text
    # Nothing came back, and nobody got anything twice.
    equal(a.ids('--source', b.id), [], 'echo at A')
    for inst in (b, c, d):
        equal(inst.ask('status')['store']['records'], 600, inst.id)


@with_net(3, introduced=False)
def test_hops_end(net):
    a, b, c = net.all
    line_up(net, ['cap: {hops: 0}', 'transit: true', 'transit: true'])
    publish(net, a, [indicator(1)])
    own = indicator(1, seed='b')
    wait_for(lambda: len(held(b, a)) == 1, 60, 'B has it')
    publish(net, b, [own])
    wait_for(lambda: held(c, b) == {own['id']}, 60, "B's own goes on")
    wait_for(lambda: b.peers()[c.id]['lag'] == 0, 60, 'B is done')
    equal(held(c, b), {own['id']}, "A's does not")
    assert 'hops' in b.ctl('why', indicator(1)['id'], c.id)


@with_net(3, introduced=False)
def test_transit_only_where_stated(net):
    a, b, c = net.all
    line_up(net, ['cap: {hops: 3}', 'cap: {hops: 7}', 'transit: true'])
    objects = [indicator(i) for i in range(300)]
    want = {o['id'] for o in objects}
    publish(net, a, objects)
    wait_for(lambda: held(b, a) == want, 60, 'B has them')
    wait_for(lambda: b.peers()[c.id]['lag'] == 0, 60, 'B is done')
    equal(held(c, b), set(), 'transit without the word')
    assert 'transit' in b.ctl('why', objects[0]['id'], c.id)
    write_policy(net, 1, 'transit: true')
    wait_for(lambda: held(c, b) == want, 60, 'what waited flows')
    write_policy(net, 1, 'cap: {hops: 7}')
    publish(net, a, [indicator(1000)], 'late.jsonl')
    wait_for(lambda: len(held(b, a)) == 301, 60, 'B has the late one')
    wait_for(lambda: b.peers()[c.id]['lag'] == 0, 60, 'B is done again')
    equal(held(c, b), want, 'stops at once')


@with_net(4, introduced=False)
def test_recall_reaches_every_hop(net):
    """L-11: what an originator takes back is gone two hops away too."""
    a, b, c, d = net.all
    line_up(net, ['cap: {hops: 3}', 'transit: true', 'transit: true',
                  'transit: true'])
    objects = [indicator(i) for i in range(3)]
    want = {o['id'] for o in objects}
    publish(net, a, objects)
    wait_for(lambda: held(d, c) == want, 60, 'D has them')
    # One hop is away when it happens and hears of it later.
    c.stop()
    a.ctl('recall', objects[1]['id'], '--reason', 'not ours', '--yes')
    left = want - {objects[1]['id']}
    wait_for(lambda: held(b, a) == left, 60, 'B')
    equal(held(d, c), want, 'D cannot know yet')
    c.start()
    c.wait_ready()
    wait_for(lambda: held(c, b) == left, 60, 'C')
    wait_for(lambda: held(d, c) == left, 60, 'D')
    # Nor does it come back by publishing it anew at a relay.
    path = write_lines(os.path.join(net.dir, 'again.jsonl'), [objects[1]])
    r = json.loads(d.ctl('--json', 'publish', path, ok=(0, 7)))
    equal(r['refused'][0]['reason'], 'recalled', 'published anew')


@with_net(3, introduced=False)
def test_revocation_and_labels_reach_every_hop(net):
    """L-09, L-11: a new version, a revocation, another label."""
    a, b, c = net.all
    line_up(net, ['cap: {hops: 3}', 'transit: true', None])
    later = '2026-02-01T00:00:00.000Z'
    objects = [indicator(i) for i in range(3)]
    publish(net, a, objects)
    wait_for(lambda: len(held(c, b)) == 3, 60, 'C has them')
    publish(net, a, [dict(objects[0], modified=later, name='corrected'),
                     dict(objects[1], modified=later, revoked=True)],
            'later.jsonl')

    def shown(i):
        return json.loads(c.ask('show', objects[i]['id'])['object'])
    wait_for(lambda: shown(0)['name'] == 'corrected', 60, 'new version')
    wait_for(lambda: shown(1).get('revoked'), 60, 'revocation')
    equal(label_of(c, objects[2]['id'])['seq'], '0', 'first label')
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('pap: clear, hops: 7', 'pap: green, hops: 7'))
    a.ctl('reload')
    r = json.loads(a.ctl('--json', 'publish', write_lines(
        os.path.join(net.dir, 'same.jsonl'), [objects[2]])))
    equal((r['published'], r['unchanged']), (1, 0), 'another label')
    wait_for(lambda: label_of(c, objects[2]['id'])['seq'] == '1', 60,
             'the label at C')
    equal(label_of(c, objects[2]['id'])['pap'], 'green', 'what it says')
    equal(c.ids().count(objects[2]['id']), 1, 'it is there once')


@with_net(3, introduced=False)
def test_recall_before_the_record(net):
    """The recall overtakes the record: it is refused when it comes."""
    a, b, c = net.all
    write_policy(net, 0, 'cap: {hops: 3}')
    write_policy(net, 1, 'transit: true')
    write_policy(net, 2, 'transit: true')
    connect(a, b)
    o = indicator(1)
    publish(net, a, [o])
    wait_for(lambda: len(held(b, a)) == 1, 60, 'B has it')
    # C hears from A before it meets B; B does not hear of the recall.
    b.stop()
    connect(a, c)
    wait_for(lambda: settled_with(a, c), 60, 'A and C')
    a.ctl('recall', o['id'], '--reason', 'wrong', '--yes')
    wait_for(lambda: held(c, a) == set(), 60, 'C deleted it')
    a.stop()
    b.start()
    b.wait_ready()
    connect(b, c)
    wait_for(lambda: b.peers()[c.id]['lag'] == 0, 60, 'B offered it')
    equal(held(c, b), set(), 'it does not come back through B')


def settled_with(inst, other):
    p = inst.peers()[other.id]
    return p['lag'] == 0 and p['state'] == 'ready' and \
        len(held(other, inst)) > 0


def report(refs, seed='r', tlp=None):
    o = indicator(0, seed=seed)
    del o['pattern'], o['pattern_type'], o['valid_from']
    o.update(type='report', id=o['id'].replace('indicator--', 'report--'),
             published=o['created'], object_refs=refs)
    if tlp:
        o['object_marking_refs'] = [tlp]
    return o


@with_net(2)
def test_closure_over_a_publication(net):
    """What a report refers to comes last, and may not go: nor may it."""
    a, b = net.all
    secret = indicator(0, tlp=TLP_RED, seed='secret')
    fill = [indicator(i) for i in range(5000)]
    free = report([fill[4999]['id']], seed='free')
    bound = report([fill[0]['id'], secret['id']], seed='bound')
    publish(net, a, [free, bound] + fill + [secret])
    wait_for(lambda: settled(a) and a.peers()[b.id]['delivered'] == 5001,
             120, 'all is decided')
    equal(held(b, a), {o['id'] for o in fill + [free]}, 'at the peer')
    equal(a.peers()[b.id]['denied'], 2, 'report and indicator')
    assert 'tlp' in a.ctl('why', bound['id'], b.id) or \
        'deny' in a.ctl('why', bound['id'], b.id)


@with_net(2)
def test_closure_of_a_publication_that_ends_early(net):
    """A client that is killed holds nothing back."""
    a, b = net.all
    publish(net, a, [report([indicator(7, seed='never')['id']])])
    wait_for(lambda: len(held(b, a)) == 1, 60, 'what will not come')


def tamper(inst, change):
    """Change what a stopped relay has stored of how its records came."""
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    rows = db.execute('SELECT rowid, proof FROM seal').fetchall()
    changed = [(change(p), r) for r, p in rows if p and change(p) != p]
    assert changed, 'nothing to change'
    db.executemany('UPDATE seal SET proof = ? WHERE rowid = ?', changed)
    db.commit()
    db.close()


@with_net(3, introduced=False)
def test_relay_that_loosens(net):
    """B says that A allows more than it did: refused, and kept."""
    a, b, c = net.all
    for i, out in enumerate(['cap: {hops: 1}', 'transit: true', None]):
        write_policy(net, i, out)
    c.add_peer(a)
    connect(a, b)
    publish(net, a, [indicator(i) for i in range(5)])
    wait_for(lambda: len(held(b, a)) == 5, 60, 'B has them')
    assert b.stop()
    tamper(b, lambda p: p.replace(b'\nhops=1\n', b'\nhops=6\n'))
    b.start()
    b.wait_ready()
    connect(b, c)
    wait_for(lambda: b.peers()[c.id]['refused_by_peer'] == 5, 60, 'refused')
    equal(held(c, b), set(), 'at C')
    equal(c.peers()[b.id]['proofs'], 1, 'proofs of one batch')
    kept = c.ask('proof', 'list')
    equal(kept['total'], 1, 'in all')
    proof = c.ask('proof', 'show', kept['proofs'][0]['name'])['proof']
    equal((proof['peer'], proof['originator'], proof['last']),
          (b.id, a.id, 1), 'who')
    assert 'signature' in proof['fault'], proof
    equal([(x['from'], x['to']) for x in proof['links']],
          [(a.id, b.id), (b.id, c.id)], 'links')
    assert 'hops=6' in proof['links'][0]['terms'], proof
    text = c.ctl('proof', 'list') + c.ctl('proof', 'show', 'cert-xb/00')
    assert 'cert-xb/00' in text and 'hops=6' in text, text
    assert any(e['event'] == 'proof' for e in
               c.ask('log', 'tail')['entries']), 'not in the log'
    equal(c.ctl_run('proof', 'show', 'cert-xb/01').returncode, 4, 'no such')


def without_chain(proof):
    """What stands beside a seal, as it was before there were chains."""
    n, = struct.unpack_from('>H', proof)
    indices = struct.unpack_from('>%dH' % n, proof, 2)
    at = 2 + 2 * n + 32 * sum(i >> 15 for i in indices)
    hashes, = struct.unpack_from('>H', proof, at)
    return proof[:at + 2 + 32 * hashes]


@with_net(3, introduced=False)
def test_relay_that_does_not_know(net):
    """How a record came is not known: it stays, and nobody is to blame."""
    a, b, c = net.all
    for i, out in enumerate(['cap: {hops: 1}', 'transit: true', None]):
        write_policy(net, i, out)
    c.add_peer(a)
    connect(a, b)
    publish(net, a, [indicator(i) for i in range(5)])
    wait_for(lambda: len(held(b, a)) == 5, 60, 'B has them')
    assert b.stop()
    tamper(b, without_chain)
    b.start()
    b.wait_ready()
    connect(b, c)
    wait_for(lambda: b.peers()[c.id]['denied'] == 5, 60, 'denied')
    equal((held(c, b), c.peers()[b.id]['proofs']), (set(), 0), 'at C')


CIRCLES = '''circles:
  clean: {members: [%s], foci: [ioc], charter: "sha256:%s", quorum: 1}
postures:
'''
IN_CIRCLE = '''  - {id: out-all, out: {circle: clean}, kind: technical,
     for: [secops], tlp: <=green, %s}
'''


def write_circle(net, i, out, members, charter):
    """As write_policy; gives to the circle with those other members."""
    write_policy(net, i, None, reload=False)
    path = net.all[i].path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    text = text.replace('postures:\n', CIRCLES % (', '.join(
        net.all[k].id for k in members), charter), 1)
    text = text.replace('  - {id: in-all', IN_CIRCLE % out +
                        '  - {id: in-all', 1)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    net.apply(net.all[i])


@with_net(3, introduced=False)
def test_member_removed(net):
    """L-01: who left the circle gets nothing more through another member."""
    a, b, c = net.all
    write_circle(net, 0, 'cap: {hops: 1}', (1, 2), 'aa')
    write_circle(net, 1, 'transit: true', (0, 2), 'aa')
    write_circle(net, 2, 'transit: true', (0, 1), 'aa')
    c.add_peer(a)
    connect(a, b)
    connect(b, c)
    first = [indicator(i) for i in range(20)]
    publish(net, a, first)
    want = {o['id'] for o in first}
    wait_for(lambda: held(c, b) == want, 60, 'C has the first ones')
    # A alone removes it: until B did too, they have no circle in common.
    write_circle(net, 0, 'cap: {hops: 1}', (1,), 'bb')
    second = [indicator(i, seed='s') for i in range(20)]
    publish(net, a, second, 'second.jsonl')
    wait_for(lambda: a.peers()[b.id]['denied'] == 20, 60, 'A gives nothing')
    equal(held(b, a), want, 'B gets nothing new')
    # B removes it: what waited flows to B, and stays there.
    write_circle(net, 1, 'transit: true', (0,), 'bb')
    both = want | {o['id'] for o in second}
    wait_for(lambda: held(b, a) == both, 60, 'B has all')
    wait_for(lambda: b.peers()[c.id]['lag'] == 0, 60, 'B is done')
    equal(held(c, b), want, 'C has nothing new')
    assert 'circle' in b.ctl('why', second[0]['id'], c.id) or \
        'deny' in b.ctl('why', second[0]['id'], c.id)


main(globals())
