#!/usr/bin/env python3
"""A peer sees how it is scored, from what, and answers on the record."""
import os
import sqlite3
import struct
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, edit_policy, equal, indicator, main, publish, wait_for, with_net)
from hostile import Hostile, silence  # noqa: E402

WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'
HOPS = 'default-label: {tlp: green, pap: clear, hops: 7}}'
START_AT_B = ('trust: {initial: {default: {reliability: B, '
              'discretion: B}}}\n')


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


def put_values(inst, space, rows):
    """Into the store of a stopped daemon."""
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    db.executemany('INSERT INTO setting (space, name, value) VALUES (?, ?, '
                   '?)', [(space,) + row for row in rows])
    db.commit()
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
                    ('cap: {hops: 0', 'cap: {hops: 2'))
    publish(net, a, [indicator(i) for i in range(3)])
    for inst in (b, c):
        wait_for(lambda i=inst: len(i.ids('--source', a.id)) == 3, 30,
                 'there')
    # Only now: else one might have been quicker by way of the other.
    edit_policy(net, c, ('cap: {hops: 2', 'transit: true, cap: {hops: 2'))
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


def answers(inst, peer):
    return inst.ask('trust', 'show', peer.id)['answers']


def answer_state(inst, peer, key):
    said = [i for i in inst.ask('trust', 'mine', peer.id)['answers']
            if i['key'] == key]
    return said[0]['state'] if said else None


@with_net(2)
def test_an_answer_is_kept_beside_the_evidence(net):
    a, b = net.all
    key = false_positive(net, a, b)
    before = b.ask('trust', 'show', a.id)['peer']['scores']
    said = a.ask('trust', 'answer', b.id, key, 'it was a sinkhole of ours')
    equal(said['answer']['state'], 'waits', 'at first')
    wait_for(lambda: answers(b, a), 15, 'B has it')
    got = answers(b, a)[0]
    equal((got['key'], got['kind'], got['record'], got['text']),
          (key, 'false-positive', indicator(0)['id'],
           'it was a sinkhole of ours'), 'beside the evidence')
    wait_for(lambda: answer_state(a, b, key) == 'taken', 15, 'A knows')
    now = b.ask('trust', 'show', a.id)['peer']['scores']
    for d in before:
        equal(now[d]['band'], before[d]['band'], 'no score changed')
        equal(now[d]['d'][:4], before[d]['d'][:4], 'no score changed')
    for words in ('show', 'explain', 'history'):
        text = b.ctl('trust', words, a.id)
        assert 'answered 20' in text and 'a sinkhole of ours' in text, text
    items = b.ask('trust', 'history', a.id)['items']
    equal([i['kind'] for i in items if i['key'] == key],
          ['false-positive'], 'the key in the history')
    text = b.ctl('trust', 'show', a.id)
    assert 'evidence 1, last change 20' in text, text
    assert 'over time' in text and '\u2581' in text, text
    # One a key: the later one; and one to all.
    a.ctl('trust', 'answer', b.id, key, 'no: a honeypot')
    a.ctl('trust', 'answer', b.id, 'all', 'we changed our sandbox')
    wait_for(lambda: {x['text'] for x in answers(b, a)} == {
        'no: a honeypot', 'we changed our sandbox'}, 15, 'both')
    for inst in (a, b):
        events = [e for e in inst.ask('log', 'tail', '--limit', '200')[
            'entries'] if e['event'] == 'answer']
        equal(len(events), 3, 'all of them in the log')
    wait_for(lambda: answer_state(a, b, key) == 'taken', 15, 'taken')
    for inst in (a, b):
        crash(inst)
    equal({x['text'] for x in answers(b, a)}, {
        'no: a honeypot', 'we changed our sandbox'}, 'after a crash')
    text = a.ctl('trust', 'mine', b.id)
    assert 'our answer to ' + key + ', taken' in text, text
    assert 'our answer to all, taken' in text, text


@with_net(2)
def test_an_answer_waits_for_its_reader(net):
    a, b = net.all
    key = false_positive(net, a, b)
    assert b.stop()
    a.ctl('trust', 'answer', b.id, key, 'while nobody listens')
    crash(a)
    equal(answer_state(a, b, key), 'waits', 'on disk')
    b.start()
    b.wait_ready()
    wait_for(lambda: answers(b, a), 30, 'it came')
    wait_for(lambda: answer_state(a, b, key) == 'taken', 30, 'taken')


@with_net(2)
def test_an_answer_to_no_evidence_is_refused(net):
    a, b = net.all
    key = false_positive(net, a, b)
    assert b.stop()
    a.ctl('trust', 'answer', b.id, key, 'too late')
    db = sqlite3.connect(b.path('state', 'comity.db'))
    db.execute("DELETE FROM setting WHERE space = 'evidence'")
    db.commit()
    db.close()
    b.start()
    b.wait_ready()
    wait_for(lambda: answer_state(a, b, key) == 'refused', 30, 'refused')
    text = a.ctl('trust', 'mine', b.id)
    assert 'no evidence with that key: too late' in text, text
    equal(answers(b, a), [], 'nothing is kept')


@with_net(2)
def test_what_is_no_answer(net):
    a, b = net.all
    key = false_positive(net, a, b)
    for args, code, text in (
            ((b.id, '0123456789abcdef', 'x'), 4, 'no evidence with that'),
            ((b.id, '0' * 16, 'x'), 2, '16 digits'),
            ((b.id, 'nonsense', 'x'), 2, '16 digits'),
            (('cert-nobody', key, 'x'), 4, 'no peer'),
            ((b.id, key, ''), 1, '1 to 1000 bytes'),
            ((b.id, key, 'y' * 1001), 1, '1 to 1000 bytes'),
            ((b.id, key, 'a\x1b[2Jb'), 1, 'control characters'),
            ((b.id, key, b'caf\xe9'), 2, 'not UTF-8'),
            ((b.id, key), 2, 'missing')):
        r = a.ctl_run('trust', 'answer', *args)
        equal(r.returncode, code, str(args))
        assert text.encode() in r.stderr, (args, r.stderr)
    equal(answer_state(a, b, key), None, 'nothing was said')
    equal(answers(b, a), [], 'nor heard')


def answer_bytes(key, who, to):
    """ANSWER as it is kept; its signature was looked at when it came."""
    def text(form, t):
        return struct.pack(form, len(t)) + t.encode()
    return struct.pack('>QQ', key, 1) + text('>B', who.id) + text(
        '>B', to.id) + text('>H', 'w' * 1000) + bytes(64)


@with_net(2)
def test_no_more_answers_than_are_kept(net):
    a, b = net.all
    key = false_positive(net, a, b)
    rows = [answer_bytes(n, a, b) for n in range(1, 1001)]
    assert b.stop()
    put_values(b, 'answered', [('%s/%016x' % (a.id, n + 1), row)
                               for n, row in enumerate(rows)])
    b.start()
    b.wait_ready()
    a.ctl('trust', 'answer', b.id, key, 'one too many')
    wait_for(lambda: answer_state(a, b, key) == 'refused', 30, 'refused')
    assert 'no more answers of one peer' in a.ctl('trust', 'mine', b.id), 'why'
    # The same here: what is said is kept, all of it is listed, no more.
    assert a.stop()
    put_values(a, 'answer', [
        ('%s/%016x' % (b.id, n + 1), struct.pack('>BQHH', 1, 1, 0, len(row))
         + row) for n, row in enumerate(rows[:999])])
    a.start()
    a.wait_ready()
    equal(len(a.ask('trust', 'mine', b.id)['answers']), 1000, 'listed')
    a.ctl('trust', 'answer', b.id, key, 'instead of the other')
    r = a.ctl_run('trust', 'answer', b.id, 'all', 'another')
    equal(r.returncode, 1, 'over the limit')
    assert b'1000 answers' in r.stderr, r.stderr


@with_net(2)
def test_answers_that_are_not_its_own(net):
    silence(net)
    hostile = Hostile(net)
    for scenario, reason in (('score-forged', ' signature '),
                             ('score-other', ' identity '),
                             ('score-unknown', 'ANSWERED 0 there is no '
                                               'evidence with that key'),
                             ('score-flood', ' limit '),
                             ('standing-garbage', ' protocol '),
                             ('standing-flood', ' limit ')):
        out = hostile.run('ready-' + scenario)
        assert reason in out, (scenario, out)
    equal(answers(hostile.them, hostile.us), [], 'nothing is kept')


CANARY = 15


def put_evidence(inst, peer, n, kind):
    """As if a stopped daemon had counted that about a peer."""
    def text(form, t):
        return struct.pack(form, len(t)) + t.encode()
    value = struct.pack('>BQQQB', 1, int(time.time() * 1000) - 60000 + n, n,
                        1 << 48, kind) + text('>B', peer) + text(
                            '>B', '' if kind == CANARY else 'cert-secret') + b''.join(
                                text('>H', t) for t in (
                                    'indicator--%d' % kind, 'proof secret',
                                    'secret words'))
    return '%s/%016x' % (peer, n), value


@with_net(2)
def test_of_all_kinds_nothing_else_is_told(net):
    """Records only where the peer gave them: a canary stays one."""
    a, b = net.all
    assert b.stop()
    rows = [put_evidence(b, a.id, 1000 + kind, kind) for kind in range(23)]
    put_values(b, 'evidence', rows)
    b.start()
    b.wait_ready()
    wait_for(lambda: len(mine(a, b).get('inputs', [])) == 23, 30, 'told')
    told = mine(a, b)['inputs']
    equal({i['kind'] for i in told if 'record' in i}, {
        'confirmed', 'sighted', 'withdrawn', 'false-positive', 'stale',
        'warning-listed', 'own-constituency'}, 'records of these alone')
    equal({i['kind'] for i in told if i['counted'] == '0.000000'} >= {
        'vouch', 'referral'}, True, 'nor how a sponsor is scored')
    equal({i['counted'] for i in told if i['kind'] == 'canary'},
          {'4.000000'}, 'what weighs by itself')
    # No key is one of the store, from which a record might be guessed.
    assert not {i['key'] for i in told} & {
        '%016x' % (1000 + kind) for kind in range(23)}, told
    equal(len({i['key'] for i in told}), 23, 'each has its own')
    assert a.stop()
    assert b'secret' not in kept(a, 'standing')[b.id], 'on the wire'


if __name__ == '__main__':
    main(globals())
