#!/usr/bin/env python3
"""Four CERTs: one sends what must not be blocked, and what becomes of it."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_GREEN, equal, indicator, main, publish, wait_for, with_net)

PAP_GREEN = 'marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9'
AT_FIRST = 'trust: {initial: {default: {reliability: B, discretion: B}}}\n'
RESOLVERS = {'name': 'List of known public resolvers', 'type': 'string',
             'version': 1, 'matching_attributes': ['ip-src', 'ip-dst'],
             'list': ['9.9.9.9', '149.112.112.112', '1.1.1.1']}


def address(n, value):
    return indicator(n, pattern="[ipv4-addr:value = '%s']" % value,
                     object_marking_refs=[TLP_GREEN, PAP_GREEN])


def blocked(inst):
    """The addresses that inst's desk would block, and the summary."""
    path = os.path.join(inst.dir, 'set.nft')
    r = inst.ask('export', '--format', 'nftables', '--desk', 'ops',
                 '--output', path)
    with open(path, encoding='utf-8') as f:
        text = f.read()
    return {v for v in ADDRESSES if v in text}, r


GOOD_A = ['45.155.205.%d' % i for i in range(1, 4)]
GOOD_C = ['193.32.162.%d' % i for i in range(1, 4)]
ADDRESSES = GOOD_A + GOOD_C + RESOLVERS['list']


def reliability(inst, peer):
    return inst.ask('trust', 'show', peer.id)['peer']['scores'][
        'reliability']


def band(inst, peer, want):
    wait_for(lambda: reliability(inst, peer)['band'] == want, 30,
             '%s in band %s' % (peer.id, want))


def set_clock(inst, shift):
    inst.set_options(trust_clock="'%s'" % shift)
    inst.ask('reload')


@with_net(4, more=AT_FIRST)
def test_a_fall_and_a_recovery(net):
    a, b, c, d = net.all
    os.mkdir(b.path('config', 'lists'))
    with open(b.path('config', 'lists', 'resolvers.json'), 'w',
              encoding='utf-8') as f:
        json.dump(RESOLVERS, f)
    b.set_options(warning_lists='lists')
    b.ask('reload')
    publish(net, a, [address(i, v) for i, v in enumerate(GOOD_A)])
    publish(net, c, [address(10 + i, v) for i, v in enumerate(GOOD_C)])
    for inst in (b, d):
        wait_for(lambda i=inst: len(i.ids('--source', a.id)) == 3 and
                 len(i.ids('--source', c.id)) == 3, 30, 'there')
    equal(reliability(b, a)['band'], 'B', 'at first')
    equal(blocked(b)[0], set(GOOD_A + GOOD_C), 'all is blocked')

    # It sends the addresses of resolvers: one is enough.
    listed = address(20, RESOLVERS['list'][0])
    publish(net, a, [listed])
    band(b, a, 'D')
    got, r = blocked(b)
    equal(got, set(GOOD_C), 'nothing of it is blocked any more')
    assert any('reliab' in reason or 'trust' in reason
               for reason in r['left_out']), r
    # Those who keep no such list have seen nothing.
    equal(reliability(d, a)['band'], 'B', 'at cert-xd')
    wait_for(lambda: b.peers()[a.id]['trust']['reliability'] == 'D', 30,
             'the gate knows')

    # It sees why, and answers on the record.
    def seen():
        told = a.ask('trust', 'mine', b.id)['peers'][0]
        return [i for i in told.get('inputs', [])
                if i['kind'] == 'warning-listed']
    wait_for(lambda: len(seen()) == 1, 30, 'it is told')
    equal(seen()[0]['record'], listed['id'], 'about which record')
    equal(a.ctl_run('trust', 'answer', b.id, seen()[0]['key'],
                    'A resolver of a customer; withdrawn.').returncode, 0,
          'it answers')
    wait_for(lambda: 'A resolver of a customer' in b.ctl(
        'trust', 'history', a.id), 30, 'the answer is there')
    equal(reliability(b, a)['band'], 'D', 'which changes nothing')

    # What is against it wears off: half of it in 180 days.
    set_clock(b, '+180d')
    band(b, a, 'C')
    equal(blocked(b)[0], set(GOOD_A + GOOD_C), 'it is blocked again')
    # ... and what it sends is seen here, which it could not have made up.
    set_clock(b, '+360d')
    for i in range(2):
        b.ask('sight', indicator(i)['id'])
    band(b, a, 'B')
    assert 'reliability, b' in b.ctl('trust', 'history', a.id, '--plot')


if __name__ == '__main__':
    main(globals())
