#!/usr/bin/env python3
"""Evidence from the running system: who confirms whom, and what is missed."""
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_GREEN, crash, edit_policy, equal, indicator, main, publish, settled,
    wait_for, with_net)
from killing import name_of, processes  # noqa: E402

WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'
AT_FIRST = 'trust: {initial: {default: {reliability: B, discretion: B}}}\n'
ONE_GROUP = AT_FIRST.replace('}}}\n', '}}, groups: {isp: [cert-xa, '
                            'cert-xc]}}\n')


def about(n, value, seed, **more):
    return indicator(n, seed=seed, pattern="[domain-name:value = '%s']"
                     % value, **more)


def items(inst, peer, kind):
    return [i for i in inst.ask('trust', 'history', peer.id)['items']
            if i['kind'] == kind]


def arrived(inst, ids):
    wait_for(lambda: set(ids) <= set(inst.ids()), 30, 'there')


@with_net(4, more=AT_FIRST)
def test_another_root_and_group_confirms(net):
    a, b, c, d = net.all
    ids = publish(net, a, [about(i, 'h%d.example.org' % i, 'a')
                            for i in range(6)])
    arrived(b, ids)
    # Who comes later confirms who was first; the value is written otherwise.
    later = publish(net, c, [about(0, 'H0.Example.ORG', 'c'),
                    about(1, 'h1.example.org', 'c')])
    arrived(b, later)
    wait_for(lambda: len(items(b, a, 'confirmed')) == 2, 30, 'confirmed')
    equal({(i['record'], i['by'], i['source'])
           for i in items(b, a, 'confirmed')},
          {(ids[0], c.id, later[0]), (ids[1], c.id, later[1])}, 'who')
    assert c.id + ' reports the same in ' + later[0] in b.ctl(
        'trust', 'history', a.id), 'why'
    equal(items(b, c, 'confirmed'), [], 'who came later')
    # One record is confirmed once, by whomever; and three count in a day.
    more = publish(net, d, [about(i, 'h%d.example.org' % i, 'd')
                             for i in range(6)])
    arrived(b, more)
    wait_for(lambda: len(items(b, a, 'confirmed')) == 3, 30, 'three a day')
    # Who repeats what was known is confirmed by nobody.
    equal(items(b, c, 'confirmed'), [], 'who came second')
    # What is known is not found out again.
    crash(b)
    last = publish(net, d, [about(9, 'h9.example.org', 'd')])
    arrived(b, last)
    wait_for(lambda: b.peers()[a.id]['state'] == 'ready', 30, 'up')
    equal(len(items(b, a, 'confirmed')), 3, 'after a crash')


@with_net(4, more=ONE_GROUP)
def test_the_same_hand_or_group_confirms_nothing(net):
    a, b, c, d = net.all
    hand = 'identity--%s' % indicator(0)['id'].split('--')[1]
    ids = publish(net, a, [about(0, 'h0.example.org', 'a',
                                created_by_ref=hand),
                  about(1, 'h1.example.org', 'a')])
    arrived(b, ids)
    # A flood of one group, and a copy of what another one made.
    flood = publish(net, c, [about(i, 'h1.example.org', 'c')
                              for i in range(10, 30)])
    copy = publish(net, d, [about(2, 'h0.example.org', 'd',
                                 created_by_ref=hand)])
    arrived(b, flood + copy)
    mark = publish(net, d, [about(3, 'h1.example.org', 'd')])
    arrived(b, mark)
    wait_for(lambda: [i['by'] for i in items(b, a, 'confirmed')] == [d.id],
             30, 'one, of another group')


@with_net(3, more=AT_FIRST)
def test_a_fact_is_known_after_a_restart(net):
    a, b, c = net.all
    first = publish(net, c, [about(0, 'h0.example.org', 'c')])
    arrived(b, first)
    b.ask('sight', first[0], '--false-positive')
    second = publish(net, a, [about(1, 'h1.example.org', 'a')])
    arrived(b, second)
    b.ask('sight', second[0], '--false-positive')
    for inst in (a, c):
        wait_for(lambda i=inst: len(items(b, i, 'false-positive')) == 1, 30,
                 'it counts')
    crash(b)
    for record in (first[0], second[0]):
        b.ask('sight', record, '--false-positive')
    for inst in (a, c):
        equal(len(items(b, inst, 'false-positive')), 1, 'once')


@with_net(3, more=AT_FIRST)
def test_word_about_what_never_came_counts_nothing(net):
    a, b, c = net.all
    for inst in (b, c):
        edit_policy(net, inst, ('bands:', WORD + 'bands:'))
    mine = publish(net, c, [about(0, 'h0.example.org', 'c')])
    arrived(b, mine)
    stamp = '2026-01-01T00:00:00.000Z'
    common = {'spec_version': '2.1', 'created': stamp, 'modified': stamp,
              'object_marking_refs': [TLP_GREEN]}
    unknown = indicator(99)['id']
    said = publish(
        net, c, [
        dict(common, type='sighting', sighting_of_ref=unknown,
             id='sighting--' + unknown.split('--')[1]),
        dict(common, type='opinion', opinion='strongly-disagree',
             object_refs=[unknown],
             id='opinion--' + unknown.split('--')[1])])
    arrived(b, said)
    arrived(b, publish(net, a, [about(1, 'h1.example.org', 'a')]))
    for peer in (a, c):
        equal([i['kind'] for i in b.ask('trust', 'history', peer.id)['items']
               if i['kind'] not in ('receipt',)], [], peer.id)


@with_net(2, more=AT_FIRST)
def test_taken_back_before_harm(net):
    a, b = net.all
    objects = [about(i, 'h%d.example.org' % i, 'a') for i in range(4)]
    ids = publish(net, a, objects)
    arrived(b, ids)
    b.ask('sight', ids[1], '--false-positive')
    b.ask('sight', ids[3], '--false-positive')
    wait_for(lambda: len(items(b, a, 'false-positive')) == 2, 30, 'harm')
    # Recalled or revoked; what did harm before is not made good.
    for i in (0, 1):
        a.ask('recall', ids[i], '--reason', 'a mistake',
              '--yes')
    publish(net, a, [dict(o, revoked=True, modified=(
        '2026-02-01T00:00:00.000Z')) for o in objects[2:]])
    publish(net, a, [about(9, 'h9.example.org', 'a', revoked=True)])
    wait_for(lambda: settled(a), 30, 'there')
    wait_for(lambda: {i['record'] for i in items(b, a, 'withdrawn')} ==
             {ids[0], ids[2]}, 30, 'taken back')
    equal({i['reason'] for i in items(b, a, 'withdrawn')},
          {'it recalled the record', 'it revoked the record'}, 'why')


def discretion(inst, peer):
    return inst.ask('trust', 'show', peer.id)['peer']['scores']['discretion']


@with_net(2, more=AT_FIRST)
def test_ties_and_walls_of_the_policy(net):
    a, b = net.all
    wait_for(lambda: discretion(a, b)['band'] == 'B', 30, 'at first')
    # Whom it answers to has changed: at most D, until it is attested again.
    edit_policy(net, a, ('gov-tie: arms-length', 'gov-tie: close'))
    wait_for(lambda: discretion(a, b)['band'] == 'D', 10, 'capped')
    assert discretion(a, b)['capped'], 'and says so'
    equal([i['reason'] for i in items(a, b, 'gov-tie-changed')],
          ['gov-tie was arms-length and is close'], 'why')
    crash(a)
    equal(discretion(a, b)['band'], 'D', 'after a crash')
    equal(len(items(a, b, 'gov-tie-changed')), 1, 'once')
    edit_policy(net, a, ('wall: attested', 'wall: declared'))
    wait_for(lambda: [i['reason'] for i in items(
        a, b, 'attestation-lapsed')] == ['its wall is no longer attested'],
             10, 'no wall')
    edit_policy(net, a, (
        'wall: declared', 'wall: attested, attested-until: 2029-12-31'))
    wait_for(lambda: discretion(a, b)['band'] in 'AB', 10, 'attested')
    equal(len(items(a, b, 'attested')), 1, 'by the policy')
    # What was attested ends on its day.
    a.set_options(trust_clock="'2030-01-02T00:00:00Z'")
    a.ask('reload')
    wait_for(lambda: len(items(a, b, 'attestation-lapsed')) == 2, 30, 'ended')
    assert discretion(a, b)['capped'], discretion(a, b)


@with_net(2, more=AT_FIRST)
def test_a_clock_steps_back_a_day(net):
    a, b = net.all
    ids = publish(net, a, [about(i, 'h%d.example.org' % i, 'a')
                            for i in range(3)])
    arrived(b, ids)
    b.set_options(trust_clock='+1d')
    b.ask('reload')
    b.ask('sight', ids[0], '--false-positive')
    wait_for(lambda: len(items(b, a, 'false-positive')) == 1, 30, 'counted')
    before = b.ask('trust', 'show', a.id)['peer']['scores']['reliability']
    b.set_options(trust_clock="''")
    b.ask('reload')
    # Nothing is lost or counted twice, and what comes is not refused.
    crash(b)
    b.ask('sight', ids[0], '--false-positive')
    b.ask('sight', ids[1], '--false-positive')
    wait_for(lambda: len(items(b, a, 'false-positive')) == 2, 30, 'both')
    times = [i['at'] for i in items(b, a, 'false-positive')]
    equal(len(set(times)), 1, 'no earlier than what was counted')
    now = b.ask('trust', 'show', a.id)['peer']['scores']['reliability']
    equal((before['s'][:5], now['s']), ('1.000', '2.000000'), 'sums')
    path = os.path.join(net.dir, 'evidence.jsonl')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(b.ctl('trust', 'evidence'))
    equal(b.ask('trust', 'replay', path)['notes'], [], 'it counts anywhere')


@with_net(2, more=AT_FIRST)
def test_a_receipt_that_does_not_come(net):
    a, b = net.all
    a.set_options(receipt_deadline='1s')
    a.ask('reload')
    arrived(b, publish(net, a, [about(0, 'h0.example.org', 'a')]))
    wait_for(lambda: len(items(a, b, 'receipt')) == 1, 30, 'in time')
    vault = next(p for p in processes(b) if name_of(p) == 'comity-vault')
    os.kill(vault, signal.SIGSTOP)
    try:
        ids = publish(net, a, [about(1, 'h1.example.org', 'a')])
        wait_for(lambda: len(items(a, b, 'receipt-missing')) == 1, 30,
                 'it is late')
    finally:
        os.kill(vault, signal.SIGCONT)
    arrived(b, ids)
    wait_for(lambda: settled(a), 30, 'it is signed for')
    # Late is not in time; the next one is, and each is counted once.
    arrived(b, publish(net, a, [about(2, 'h2.example.org', 'a')]))
    wait_for(lambda: len(items(a, b, 'receipt')) == 2, 30, 'in time again')
    equal(len(items(a, b, 'receipt-missing')), 1, 'late once')
    assert 'no receipt within receipt-deadline' in a.ctl(
        'trust', 'history', b.id), 'why'


if __name__ == '__main__':
    main(globals())
