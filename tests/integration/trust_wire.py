#!/usr/bin/env python3
"""What CERTs sign about one another: vouches, referrals, attestations."""
import os
import sqlite3
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, wait_for, with_net, write_lines)
from hostile import Hostile, silence  # noqa: E402
from relays import connect, held, write_policy  # noqa: E402

FIGURES = ('r', 's', 'b', 'd', 'u', 'E', 'band', 'letter')


def set_initial(net, inst, trust):
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        lines = [l for l in f if not l.startswith('trust:')]
    with open(path, 'w', encoding='utf-8') as f:
        f.write(''.join(lines).replace('grants:', trust + 'grants:', 1))
    net.apply(inst)


def freeze(inst, days):
    """Give its engine a moment that many days ahead, and no other."""
    assert inst.stop()
    inst.set_options(trust_clock="'%s'" % time.strftime(
        '%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + days * 86400)))
    inst.start()
    inst.wait_ready()


def publish(net, inst, objects):
    inst.ctl('publish', write_lines(os.path.join(net.dir, 'in'), objects))


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
    set_initial(net, r, presume(a, b))
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
    freeze(r, 1)
    same_figures(net, r, c)
    r.ctl('peer', 'remove', b.id, '--yes')
    wait_for(lambda: items(r, c).count('sponsor-left') == 2, 30, 'removed')
    equal(scores(r, c)['discretion']['r'], '0.000000', 'without b')
    crash(r)
    equal(scores(r, c)['discretion']['r'], '0.000000', 'after a crash')


def same_figures(net, inst, peer):
    """What trust replay makes of the evidence is what the daemon has."""
    path = os.path.join(net.dir, 'evidence.jsonl')
    text = inst.ctl('trust', 'evidence')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    replayed = inst.ask('trust', 'replay', path)
    equal([n for n in replayed['notes'] if n['refused']], [], 'it counts')
    now = scores(inst, peer)
    for d in ('reliability', 'discretion'):
        row = [x for x in replayed['scores'] if x['peer'] == peer.id and
               x['dimension'] == d][0]
        equal([row[f] for f in FIGURES], [now[d][f] for f in FIGURES], d)
    return text


def answers(hostile, scenario):
    """What the other side answers to that, and how it ends."""
    return [line.split(' ', 3)[2:] for line in hostile.run(
        'ready-statement-' + scenario).splitlines()
        if line.startswith('frame STATEMENT_TAKEN')]


COUNTED, KEPT, REFUSED = '1', '2', '3'
NEUTRAL = [KEPT, 'it counts nothing here now']


@with_net(3)
def test_what_is_no_evidence(net):
    """From the future, forged, of nobody, stale, of another key, twice."""
    a, b, r = net.all
    set_initial(net, r, presume(a))
    silence(net)
    hostile = Hostile(net)
    hostile.about = [b.id, b.path('state', 'identity.key')]
    equal(answers(hostile, 'future'),
          [[REFUSED, 'it is dated in the future']], 'from the future')
    # Neither what others said nor whom we know is told from the answer.
    equal(answers(hostile, 'forged'), [NEUTRAL], 'over other bytes')
    equal(answers(hostile, 'stranger'), [NEUTRAL], 'of nobody')
    equal(said(r), [], 'nothing of it is kept')
    for scenario, why in (('stale', '180 days'), ('key', 'identity key'),
                          ('brief', 'less than 30 days')):
        equal(answers(hostile, scenario), [NEUTRAL], scenario)
        assert why in r.ctl('trust', 'statements', b.id), scenario
    equal(items(r, b), [], 'no evidence')
    equal(answers(hostile, 'twice'), [[COUNTED, '']] * 4, 'twice')
    equal(items(r, b), ['vouch'], 'once')
    out = hostile.run('ready-statement-itself')
    assert 'STATEMENT_TAKEN' not in out and 'frame ERROR' in out, out
    # What is beyond 60 a minute is not answered, and not kept.
    got = answers(hostile, 'many')
    assert 0 < len(got) <= 60 and NEUTRAL in got, len(got)
    assert len(said(r)) <= 60 + 2, len(said(r))
    equal(items(r, b), ['vouch'], 'nothing more')
    crash(r)
    equal(items(r, b), ['vouch'], 'still')


@with_net(4)
def test_rings_groups_and_standing(net):
    a, b, c, r = net.all
    set_initial(net, r, presume(a))
    # B has no standing: its vouch is kept until it has.
    two(net, b, 'trust', 'vouch', c.id, '--to', r.id)
    wait_for(lambda: told(b, c, r) == 'kept', 30, 'it has no standing')
    assert 'the witness has no standing' in r.ctl(
        'trust', 'statements', c.id), 'why'
    equal(items(r, c), [], 'nothing')
    # A ring: A for C, and then C for A.
    two(net, a, 'trust', 'vouch', c.id, '--to', r.id)
    wait_for(lambda: told(a, c, r) == 'counted', 30, 'one')
    two(net, c, 'trust', 'vouch', a.id, '--to', r.id)
    wait_for(lambda: told(c, a, r) == 'kept', 30, 'no ring')
    equal(items(r, a), [], 'nothing about A')
    equal(scores(r, c)['discretion']['r'], '0.000000', 'one of two')
    # The policy gives B standing: it counts without being said again.
    set_initial(net, r, presume(a, b))
    wait_for(lambda: told(b, c, r) == 'counted', 30, 'now it counts')
    assert float(scores(r, c)['discretion']['r']) > 1, 'two'
    # Two of one group are one; how many of them there are is the same.
    set_initial(net, r, presume(a, b).replace(
        'trust: {', 'trust: {groups: {same: [%s, %s]}, ' % (a.id, b.id)))
    wait_for(lambda: scores(r, c)['discretion']['r'] == '0.000000', 30,
             'of one group')
    for _ in range(3):
        two(net, b, 'trust', 'vouch', c.id)
    wait_for(lambda: told(b, c, r) == 'kept', 30, 'of the same group')
    assert 'of the same stakeholder group' in r.ctl(
        'trust', 'statements', c.id), 'why'
    equal(scores(r, c)['discretion']['r'], '0.000000', 'nothing')
    set_initial(net, r, presume(a, b))
    wait_for(lambda: float(scores(r, c)['discretion']['r']) > 1, 80, 'two')
    # A sponsor that falls below B takes its vouch with it.
    set_initial(net, r, presume(a))
    wait_for(lambda: scores(r, c)['discretion']['r'] == '0.000000', 30,
             'B fell')
    wait_for(lambda: counted(r, c) == [(a.id, 'vouch')], 30, 'only A')
    # Another key of C inherits nothing.
    left = items(r, c).count('sponsor-left')
    os.mkdir(os.path.join(net.dir, 'new'))
    other = type(c)(net.build, os.path.join(net.dir, 'new', c.id))
    other.init(net.ports[2], 'Test ' + c.id, 'XC', ['ops=secops'])
    r.add_peer(other)
    wait_for(lambda: counted(r, c) == [], 30, 'another key')
    equal(items(r, c).count('sponsor-left'), left + 1, 'it left')
    assert 'another identity key' in r.ctl('trust', 'statements', c.id)


@with_net(4)
def test_referral_attestation_and_replay(net):
    """They count, are handed on, end, and count the same in a file."""
    a, b, c, r = net.all
    set_initial(net, r, presume(a, b, reliability='B'))
    publish(net, c, [indicator(1)])
    equal(a.ctl_run('trust', 'refer', c.id).returncode, 2, 'to whom')
    equal(a.ctl_run('trust', 'refer', c.id, '--to', r.id).returncode, 4,
          'nothing to say')
    wait_for(lambda: a.ids('--source', c.id), 30, 'there')
    a.ask('sight', indicator(1)['id'])
    wait_for(lambda: float(scores(a, c)['reliability']['b']) > 0, 30, 'seen')
    s = a.ask('trust', 'refer', c.id, '--to', b.id)['statement']
    equal(s['b'], scores(a, c)['reliability']['b'], 'our own view')
    wait_for(lambda: told(a, c, b) == 'kept', 30, 'no standing at B')
    # B hands it on as it is; R looks at who signed it.
    b.ask('trust', 'hand-on', a.id, c.id, '--to', r.id)
    wait_for(lambda: counted(r, c) == [(a.id, 'referral')], 30, 'counts')
    wait_for(lambda: said(b, c.id)[0]['told'] and
             said(b, c.id)[0]['told'][0]['state'] == 'kept', 30,
             'who hands it on is not told')
    equal(float(scores(r, c)['reliability']['r']) > 0, True, 'something')
    # The same again adds nothing for 30 days.
    r_then = float(scores(r, c)['reliability']['r'])
    a.ask('trust', 'refer', c.id, '--to', r.id)
    wait_for(lambda: told(a, c, r) == 'kept', 30, 'too soon')
    assert float(scores(r, c)['reliability']['r']) <= r_then, 'the same'
    assert 'less than 30 days ago' in r.ctl('trust', 'statements'), 'why'
    equal(b.ctl_run('trust', 'hand-on', c.id, a.id, '--to',
                    r.id).returncode, 4, 'there is none')
    # An attestation of the wall, by two people who say the same.
    day = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 60 * 86400))
    equal(a.ctl_run('trust', 'attest', c.id).returncode, 2, 'until when')
    equal(net.run_as(a, 'duty', 'trust', 'attest', c.id, '--until',
                     '2020-01-01').returncode, 1, 'it is over')
    args = ('trust', 'attest', c.id, '--to', r.id, '--until')
    equal(net.do_as(a, 'duty', *args, day)['state'], 'proposed', 'one')
    equal(net.run_as(a, 'duty', *args, day).returncode, 1, 'the same')
    assert b'proposed' in net.run_as(a, 'director', *args,
                                     '2099-01-01').stderr, 'another day'
    crash(a)
    equal(net.do_as(a, 'director', *args, day)['state'], 'said', 'two')
    wait_for(lambda: told(a, c, r) and (a.id, 'attestation') in
             counted(r, c), 60, 'attested')
    equal(scores(r, c)['discretion']['r'][:4] in ('2.00', '1.99'), True,
          scores(r, c))
    # A file of the evidence gives the same figures to the last digit.
    freeze(r, 1)
    text = same_figures(net, r, c)
    assert '"until"' in text and '"b":"0.' in text, text
    now = scores(r, c)
    # It ends: the discretion of C is D at most.
    equal(now['discretion']['capped'], False, 'it holds')
    freeze(r, 61)
    equal(scores(r, c)['discretion']['capped'], True, 'it has ended')


def edit_store(inst, table, key, column, change):
    """Change what a stopped daemon has stored."""
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    rows = db.execute('SELECT %s, %s FROM %s' % (key, column,
                                                 table)).fetchall()
    changed = [(change(v), k) for k, v in rows if v]
    assert changed, table
    db.executemany('UPDATE %s SET %s = ? WHERE %s%s = ?' % (
        table.split()[0], column,
        "space = 'proof' AND " if 'proof' in table else '', key), changed)
    db.commit()
    db.close()


FAULT_LOOSER = 6


def loosen(relay):
    """As if that stopped relay had been given its records for longer."""
    edit_store(relay, 'seal', 'rowid', 'proof',
               lambda p: p.replace(b'\nhops=1\n', b'\nhops=6\n'))


@with_net(5, introduced=False)
def test_sponsors_answer(net):
    """Whom they vouched for hits a hard gate: it is their judgement."""
    a, b, c, d, e = net.all
    for i, out in enumerate(['cap: {hops: 1}', 'transit: true'] +
                            [None] * 3):
        write_policy(net, i, out)
    set_initial(net, c, presume(d, e))
    c.add_peer(a)
    for sponsor in (d, e):
        sponsor.add_peer(b)
        connect(sponsor, c)
        two(net, sponsor, 'trust', 'vouch', b.id, '--to', c.id)
    # It is kept until we know whom it is about, and counts then.
    wait_for(lambda: [told(i, b, c) for i in (d, e)] == ['kept'] * 2, 30,
             'of a stranger')
    connect(a, b)
    publish(net, a, [indicator(1)])
    wait_for(lambda: len(held(b, a)) == 1, 60, 'B has it')
    assert b.stop()
    loosen(b)
    b.start()
    b.wait_ready()
    connect(b, c)
    wait_for(lambda: [told(i, b, c) for i in (d, e)] == ['counted'] * 2, 30,
             'its card is here')
    wait_for(lambda: c.peers()[b.id]['proofs'] == 1, 60, 'it is caught')
    # What it signed there was looser, and not only another text.
    assert c.stop()
    edit_store(c, "setting WHERE space = 'proof'", 'name', 'value',
               lambda v: v[:9 + v[8]] + bytes([FAULT_LOOSER]) +
               v[10 + v[8]:])
    publish(net, a, [indicator(2)])
    wait_for(lambda: len(held(b, a)) == 2, 60, 'one more')
    assert b.stop()
    loosen(b)
    for inst in (c, b):
        inst.start()
        inst.wait_ready()
    wait_for(lambda: 'gated_until' in scores(c, b)['discretion'], 60, 'gate')
    for sponsor in (d, e):
        equal(items(c, sponsor).count('vouched-gated'), 1, sponsor.id)
        equal(scores(c, sponsor)['judgement']['s'][:4] in ('1.00', '0.99'),
              True, 'its judgement')
    crash(c)
    equal(items(c, d).count('vouched-gated'), 1, 'once')


if __name__ == '__main__':
    main(globals())
