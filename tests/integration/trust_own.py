#!/usr/bin/env python3
"""A peer sees how it is scored, from what, and answers on the record."""
import os
import sqlite3
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, wait_for, with_net, write_lines)

WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'
HOPS = 'default-label: {tlp: green, pap: clear, hops: 7}}'
START_AT_B = ('trust: {initial: {default: {reliability: B, '
              'discretion: B}}}\n')


def edit_policy(net, inst, *changes):
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
    inst.ctl('publish', write_lines(os.path.join(net.dir, 'in'), objects))


def mine(inst, peer):
    peers = inst.ask('trust', 'mine', peer.id)['peers']
    equal([p['id'] for p in peers], [peer.id], 'one peer')
    return peers[0]


def inputs(inst, peer, kind='false-positive'):
    return [i for i in mine(inst, peer).get('inputs', [])
            if i['kind'] == kind]


def kept(inst, space):
    """What a stopped daemon has in a space of its store."""
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    try:
        return dict(db.execute('SELECT name, value FROM setting WHERE '
                               'space = ?', (space,)))
    finally:
        db.close()


def false_positive(net, a, b):
    """B says that a record of A was none; A's key for that."""
    publish(net, a, [indicator(i) for i in range(3)])
    wait_for(lambda: len(b.ids('--source', a.id)) == 3, 30, 'there')
    b.ask('sight', indicator(0)['id'], '--false-positive')
    wait_for(lambda: inputs(a, b), 15, 'A is told')
    return inputs(a, b)[0]['key']


def opinion(about):
    o = indicator(7, seed='opinion', labels=())
    for name in ('pattern', 'pattern_type', 'valid_from', 'labels'):
        o.pop(name, None)
    o.update(type='opinion', id=o['id'].replace('indicator', 'opinion'),
             opinion='strongly-disagree', object_refs=[about],
             explanation='a secret word of C')
    return o


@with_net(2)
def test_a_peer_sees_its_own_score(net):
    a, b = net.all
    false_positive(net, a, b)
    told = inputs(a, b)[0]
    equal((told['seen_by'], told['record'], told['counted']),
          ('the peer', indicator(0)['id'], '1.000000'), 'the input')
    there = b.ask('trust', 'show', a.id)['peer']['scores']
    here = mine(a, b)['scores']
    for d in ('reliability', 'discretion', 'judgement'):
        equal(here[d]['band'], there[d]['band'], d)
        for name in ('b', 'd', 'E', 'upper'):
            equal(here[d][name][:4], there[d][name][:4], d + name)
    text = a.ctl('trust', 'mine', b.id)
    assert told['key'] in text and 'false-positive' in text, text
    assert b.id in a.ctl('trust', 'mine'), 'list'
    equal(a.ctl_run('trust', 'mine', 'nobody').returncode, 4, 'no such')
    # It is what was said last, whoever was killed in between.
    crash(a)
    equal(inputs(a, b)[0]['key'], told['key'], 'after a crash')
    crash(b)
    b.ask('sight', indicator(1)['id'], '--false-positive')
    wait_for(lambda: len(inputs(a, b)) == 2, 30, 'after a crash there')
    equal(inputs(a, b)[1]['key'], told['key'], 'a key stays what it is')


@with_net(3)
def test_a_third_party_is_not_named(net):
    a, b, c = net.all
    for inst in net.all:
        edit_policy(net, inst, ('bands:', WORD + 'bands:'),
                    ('grants:', START_AT_B + 'grants:'),
                    ('{ops: [secops]}}', '{ops: [secops]}, ' + HOPS),
                    ('cap: {hops: 0', 'transit: true, cap: {hops: 2'))
    publish(net, a, [indicator(i) for i in range(3)])
    for inst in (b, c):
        wait_for(lambda i=inst: len(i.ids('--source', a.id)) == 3, 30,
                 'there')
    publish(net, c, [opinion(indicator(0)['id'])])
    wait_for(lambda: [i for i in b.ask('trust', 'history', a.id)['items']
                      if i.get('by') == c.id], 30, 'C told B')
    wait_for(lambda: inputs(a, b), 15, 'A is told')
    told = inputs(a, b)[0]
    equal(told['seen_by'], 'another', 'but not who')
    assert 'secret word' not in a.ctl('--json', 'trust', 'mine', b.id)
    assert told['at'].endswith('T00:00:00.000Z'), 'nor when'
    assert c.id not in a.ctl('trust', 'mine', b.id), 'text'
    assert c.id not in a.ctl('--json', 'trust', 'mine', b.id), 'JSON'
    assert a.stop()
    assert c.id.encode() not in kept(a, 'standing')[b.id], 'on the wire'


if __name__ == '__main__':
    main(globals())
