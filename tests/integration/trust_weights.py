#!/usr/bin/env python3
"""What evidence weighs is the policy's, in the order that the proof asks."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, wait_for, with_net, write_lines)

FIGURES = ('r', 's', 'b', 'd', 'u', 'E', 'band', 'letter')
DIMENSIONS = ('reliability', 'discretion', 'judgement')
INITIAL = 'initial: {default: {reliability: B, discretion: B}}'
AT_FIRST = 'trust: {%s}\n' % INITIAL
HEAVY = ('trust: {half-life: {good: 90d, bad: 365d}, '
         'weights: {false-positive: -3.5, stale: -0.5}, %s}\n' % INITIAL)
REFUSED = '''trust-order fails: a weaker harm weighs more than a harder one
  false-positive    -5.0    policy.yaml:%d
  warning-listed    -4.0    not stated
  at r 8 s 0, one false-positive makes b 0.533333, one warning-listed 0.571429
  smallest repairs: false-positive -4.0 | warning-listed -5.0
'''


def scores(inst, peer):
    return inst.ask('trust', 'show', peer.id)['peer']['scores']


def policy_of(inst):
    return inst.path('config', 'policy.yaml')


def give_evidence(net, a, b):
    a.ctl('publish', write_lines(os.path.join(net.dir, 'in'),
                                 [indicator(i) for i in range(3)]))
    wait_for(lambda: len(b.ids('--source', a.id)) == 3, 30, 'there')
    b.ask('sight', indicator(0)['id'], '--false-positive')
    wait_for(lambda: float(scores(b, a)['reliability']['s']) > 0, 30,
             'evidence')


def counted(inst, kind):
    return [float(i['counted']) for i in
            inst.ask('trust', 'history', kind[0].id)['items']
            if i['kind'] == kind[1]]


def frozen(inst, at):
    """Its scores and the file that gives them, at one moment."""
    inst.set_options(trust_clock="'%s'" % at)
    inst.start()
    inst.wait_ready()
    path = os.path.join(inst.dir, 'evidence.jsonl')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(inst.ctl('trust', 'evidence'))
    return path


@with_net(2, more=AT_FIRST)
def test_weights_apply(net):
    a, b = net.all
    give_evidence(net, a, b)
    before = scores(b, a)['reliability']
    equal((before['s'][:4] in ('1.00', '0.99'), before['band']),
          (True, 'C'), 'by the usual weights')
    net.write_policy(1, HEAVY)
    diff = b.ask('policy', 'diff', policy_of(b))
    assert ('evidence false-positive weighs -3.5, was -1.0'
            in diff['facts']), diff
    # Harm that weighs more only takes away: one person is enough.
    r = net.do_as(b, 'duty', 'policy', 'apply')
    equal(r['policy'], 'in-force', 'one person')
    now = scores(b, a)['reliability']
    assert 3.49 < float(now['s']) <= 3.5, now
    assert now['band'] > 'C', now
    equal(b.peers()[a.id]['trust']['reliability'], now['band'], 'the gate')
    wait_for(lambda: any(
        e['event'] == 'trust' and e['peer'] == a.id
        for e in b.ask('log', 'tail', '--limit', '50')['entries']), 20,
             'the change of the band is in the log')
    equal(counted(b, (a, 'false-positive')), [3.5], 'as it counts now')
    text = b.ctl('trust', 'explain', a.id)
    assert '90d good, 180d vouched, 365d bad' in text, text
    # Counted again from the store, and by anybody who has file and policy.
    crash(b)
    assert 3.49 < float(scores(b, a)['reliability']['s']) <= 3.5
    assert a.stop() and b.stop()
    path = frozen(b, '2031-01-01T00:00:00Z')
    shown = scores(b, a)
    again = {s['dimension']: s for s in b.ask(
        'trust', 'replay', path, '--policy', policy_of(b))['scores']
             if s['peer'] == a.id}
    for d in DIMENSIONS:
        equal([again[d][f] for f in FIGURES], [shown[d][f] for f in FIGURES],
              d)
    usual = [s for s in b.ask('trust', 'replay', path)['scores']
             if (s['peer'], s['dimension']) == (a.id, 'reliability')][0]
    assert usual['s'] != shown['reliability']['s'], usual
    # Back is opening.
    net.write_policy(1, AT_FIRST)
    equal(net.do_as(b, 'duty', 'policy', 'apply')['policy'], 'pending',
          'two people')
    r = b.ask('policy', 'pending')['pending']
    assert 'stale' in r['opens'] or 'false-positive' in r['opens'], r


@with_net(2, more=AT_FIRST)
def test_broken_order_is_refused(net):
    a, b = net.all
    give_evidence(net, a, b)
    before = scores(b, a)['reliability']['band']
    digest = b.ask('status')['policy']['digest']
    net.write_policy(1, 'trust:\n  weights:\n    false-positive: -5.0\n')
    with open(policy_of(b), encoding='utf-8') as f:
        line = f.read().split('\n').index('    false-positive: -5.0') + 1
    r = net.run_as(b, 'duty', 'policy', 'apply')
    equal(r.returncode, 1, 'refused')
    said = r.stderr.decode().replace('\\x0a', '\n')
    assert REFUSED % line in said, said
    r = b.ctl_run('policy', 'prove', policy_of(b))
    equal(r.returncode, 1, 'prove')
    assert (REFUSED % line) in r.stdout.decode(), r
    assert ['trust-order', 'FAILS'] in [
        row.split() for row in r.stdout.decode().split('\n')], r
    r = b.ctl_run('trust', 'replay', os.devnull, '--policy', policy_of(b))
    equal(r.returncode, 1, 'nothing is counted by it')
    equal(b.ask('status')['policy']['digest'], digest, 'what was in force')
    equal(scores(b, a)['reliability']['band'], before, 'counts')
    # Nor does a daemon take it at its start.
    crash(b)
    equal(b.ask('status')['policy']['digest'], digest, 'after a restart')


@with_net(3)
def test_groups(net):
    a, b, c = net.all

    def groups():
        return b.ask('trust', 'evidence')['groups']
    countries = groups()
    assert countries[a.id] != countries[c.id], countries
    net.write_policy(1, 'trust: {groups: {gov: [%s, %s]}, %s}\n' % (
        a.id, c.id, INITIAL))
    equal(net.do_as(b, 'duty', 'policy', 'apply')['policy'], 'pending',
          'another group may open')
    net.apply(b)
    wait_for(lambda: groups()[a.id] == 'gov', 20, 'in force')
    equal((groups()[c.id], groups()[b.id]), ('gov', countries[b.id]),
          'and who is in none')
    # Who is of one group confirms nothing, here or from a file.
    path = write_lines(os.path.join(net.dir, 'confirmed.jsonl'), [
        {'peer': a.id, 'group': 'XA'}, {'peer': c.id, 'group': 'XC'},
        {'peer': c.id, 'dimension': 'reliability', 'initial': 'B'},
        {'at': '2026-01-01T00:00:00Z', 'peer': a.id, 'by': c.id,
         'kind': 'confirmed', 'record': 'one'},
        {'at': '2026-01-01T00:00:00Z', 'peer': a.id, 'print': True}])
    equal(b.ask('trust', 'replay', path)['notes'], [], 'by country')
    notes = b.ask('trust', 'replay', path, '--policy', policy_of(b))['notes']
    equal([(n['line'], n['refused'], n['note']) for n in notes],
          [(4, True, 'the witness is of the same stakeholder group')],
          'by the policy')


BANDS = ('bands: {A: 0.80, B: 0.65, C: 0.45, D: 0.25}',
         'bands: {A: 0.80, B: 0.65, C: 0.30, D: 0.25}')
OUT = ('kind: technical, for: [secops],\n     tlp: <=green, cap',
       'kind: [botnet], for: [secops],\n     tlp: <=green, cap')
MORE = '''  - {id: out-ioc, out: {type: [national]}, kind: [ioc],
     for: [secops], tlp: <=green, discretion: ">=C", cap: {hops: 0},
     oblige: [receipt]}
trust: {%sinitial: {default: {discretion: D, reliability: B}}}
'''


def write(net, path, weights):
    """A policy by which some records take a little more discretion."""
    net.write_policy(0, MORE % weights)
    mine = policy_of(net.all[0])
    with open(mine, encoding='utf-8') as f:
        text = f.read()
    for old, new in (BANDS, OUT):
        assert old in text, (old, text)
        text = text.replace(old, new, 1)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


@with_net(2)
def test_simulate_counts_by_the_weights(net):
    a, b = net.all
    write(net, policy_of(a), '')
    net.apply(a)
    a.ctl('publish', write_lines(
        os.path.join(net.dir, 'in'),
        [indicator(0, labels=('botnet',))] +
        [indicator(i) for i in range(1, 4)]))
    wait_for(lambda: counted(a, (b, 'receipt')), 30, 'B signed for one')
    equal((len(b.ids('--source', a.id)),
           scores(a, b)['discretion']['band']), (1, 'D'), 'only that')
    path = a.path('config', 'next.yaml')
    write(net, path, 'weights: {receipt: +0.5}, ')
    told = {p['id']: p for p in a.ask('policy', 'simulate', path)['peers']}
    equal((told[b.id]['flow'], told[b.id]['stop']), (3, 0), 'foretold')
    equal(scores(a, b)['discretion']['band'], 'D', 'nothing was kept')
    os.rename(path, policy_of(a))
    net.apply(a)
    wait_for(lambda: len(b.ids('--source', a.id)) == 4, 30, 'it flows')
    equal(scores(a, b)['discretion']['band'], 'C', 'by more weight')


if __name__ == '__main__':
    main(globals())
