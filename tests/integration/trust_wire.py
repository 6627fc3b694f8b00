#!/usr/bin/env python3
"""What CERTs sign about one another: vouches, referrals, attestations."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, wait_for, with_net, write_lines)


def edit_policy(net, inst, trust):
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('grants:', trust + 'grants:', 1))
    net.apply(inst)


def presume(*insts, reliability='E', discretion='B'):
    return 'trust: {initial: {%s}}\n' % ', '.join(
        '%s: {reliability: %s, discretion: %s}' % (
            i.id, reliability, discretion) for i in insts)


def scores(inst, peer):
    return inst.ask('trust', 'show', peer.id)['peer']['scores']


def items(inst, peer):
    return [i['kind'] for i in inst.ask('trust', 'history',
                                        peer.id)['items']]


def two(net, inst, *args):
    equal(net.do_as(inst, 'duty', *args)['state'], 'proposed', str(args))
    return net.do_as(inst, 'director', *args)['statement']


def said(inst, *args):
    return inst.ask('trust', 'statements', *args)['statements']


def told(inst, about, to):
    for s in said(inst, about.id):
        for t in s['told']:
            if s['ours'] and s['about'] == about.id and t['to'] == to.id:
                return t['state']
    return None


def counted(inst, about):
    """From whom what counts here comes, and what it is."""
    return sorted((s['from'], s['kind']) for s in said(inst, about.id)
                  if not s['ours'] and s['about'] == about.id
                  and s['counts'])


@with_net(4)
def test_two_sponsors(net):
    a, b, c, r = net.all
    edit_policy(net, r, presume(a, b))
    equal(scores(r, c)['discretion']['b'], '0.000000', 'at first')
    s = two(net, a, 'trust', 'vouch', c.id, '--reason', 'a joint exercise')
    equal((s['from'], s['about'], s['kind']), (a.id, c.id, 'vouch'), 'said')
    wait_for(lambda: told(a, c, r) == 'counted', 30, 'the first counts')
    equal(scores(r, c)['discretion']['r'], '0.000000', 'one is not enough')
    two(net, b, 'trust', 'vouch', c.id, '--to', r.id)
    wait_for(lambda: told(b, c, r) == 'counted', 30, 'the second counts')
    equal(told(b, c, a), None, 'only who is named')
    both = sum(float(scores(r, i)['discretion']['E']) for i in (a, b))
    for d in ('reliability', 'discretion'):
        now = scores(r, c)[d]
        assert abs(float(now['r']) - min(both, 1.6)) < 0.001, (now, both)
    equal(scores(r, c)['judgement']['r'], '0.000000', 'not that')
    # About itself it is shown, and counts nothing.
    wait_for(lambda: said(c, c.id), 30, 'told')
    equal(counted(c, c), [], 'nothing')
    assert 'it is about us' in c.ctl('trust', 'statements'), 'why'
    # Nothing of it is counted again, whatever ends and comes again.
    crash(r)
    crash(a)
    wait_for(lambda: r.peers()[a.id]['state'] == 'ready', 30, 'again')
    assert a.ctl('trust', 'statements'), 'still there'
    equal(told(a, c, r), 'counted', 'after a crash')
    equal(items(r, c).count('vouch'), 2, 'items')
    now = scores(r, c)['discretion']
    assert abs(float(now['r']) - min(both, 1.6)) < 0.001, now
    equal(counted(r, c), [(a.id, 'vouch'), (b.id, 'vouch')], 'counted')
    # A sponsor that leaves takes all of it away: it takes two.
    a.ask('trust', 'unvouch', c.id)
    wait_for(lambda: told(a, c, r) == 'counted' and
             items(r, c).count('sponsor-left') == 1, 30, 'it left')
    equal(scores(r, c)['discretion']['r'], '0.000000', 'one is left')
    two(net, a, 'trust', 'vouch', c.id)
    wait_for(lambda: float(scores(r, c)['discretion']['r']) > 1, 30, 'back')
    r.ctl('peer', 'remove', b.id, '--yes')
    wait_for(lambda: items(r, c).count('sponsor-left') == 2, 30, 'removed')
    equal(scores(r, c)['discretion']['r'], '0.000000', 'without b')
    crash(r)
    equal(scores(r, c)['discretion']['r'], '0.000000', 'after a crash')


if __name__ == '__main__':
    main(globals())
