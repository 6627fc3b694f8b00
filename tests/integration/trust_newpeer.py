#!/usr/bin/env python3
"""A new peer: what goes to it, what not, and what would change that."""
import base64
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, edit_policy, equal, indicator, main, publish, wait_for, with_net,
    write_lines)

# Sponsors begin at B, cert-xc and cert-xe as one group; cert-xb at nothing.
INITIAL = '''trust: {initial: {cert-xc: {discretion: B, reliability: B},
                  cert-xd: {discretion: B, reliability: B}%s}%s}
grants:
  - {id: out-met, out: {type: [national]}, kind: [botnet],
     for: [secops], tlp: <=amber, discretion: ">=D", oblige: [receipt]}
  - {id: out-known, out: {type: [national]}, kind: [ioc],
     for: [secops], tlp: <=amber, discretion: ">=C", oblige: [receipt]}
  - {id: out-close, out: {type: [national]}, kind: [victim],
     for: [secops], tlp: <=green, discretion: ">=A"}
  - {id: in-known, in: {type: [national]}, kind: victim, for: [secops],
     reliability: ">=C"}
'''
OLD_OUT = 'kind: technical, for: [secops],\n     tlp: <=green'
NEW_OUT = 'kind: [vuln, advisory], for: [secops],\n     tlp: <=green'
OLD_IN = 'kind: technical, for: [secops]}'
NEW_IN = 'kind: [botnet, ioc], for: [secops]}'


def new_policy(net, inst, initial='', groups=''):
    edit_policy(net, inst, ('grants:\n', INITIAL % (initial, groups)),
                (OLD_OUT, NEW_OUT), (OLD_IN, NEW_IN))


def rows(reply, direction, outcome=('permit',)):
    """kind: bands it needs (or now), for what flows at some band."""
    return {k: (f.get('discretion'), f.get('reliability'), f['now'],
                f['tlp']) for f in reply['flows']
            if f['direction'] == direction and f['outcome'] in outcome
            for k in f['kinds']}


def way(reply, dimension, *ways):
    found = [r for r in reply['raise'] if r['dimension'] == dimension and
             r['ways'] == list(ways)]
    equal(len(found), 1, str(ways))
    return found[0]


@with_net(4)
def test_expect_says_what_goes_and_what_would_raise_it(net):
    a, b = net.all[:2]
    new_policy(net, a)
    r = a.ask('peer', 'expect', b.id)
    equal(r['discretion'], {'band': 'E', 'b': '0.000000'}, 'at first')
    out, into = rows(r, 'out'), rows(r, 'in')
    equal(out, {'vuln': (None, None, True, 'green'),
                'advisory': (None, None, True, 'green'),
                'botnet': ('D', None, False, 'amber'),
                'ioc': ('C', None, False, 'amber'),
                'victim': ('A', None, False, 'green')}, 'to it')
    equal(into['victim'][:3], (None, 'C', False), 'from it')
    equal(into['botnet'][:3], (None, None, True), 'from it, now')
    # Both sponsors may vouch; the engine says what that is worth.
    equal({s['id'] for s in r['sponsors'] if s['may']},
          {'cert-xc', 'cert-xd'}, 'sponsors')
    vouched = way(r, 'discretion', 'vouch')
    equal((vouched['days']['D'], vouched['days']['C'],
           vouched['known_sponsors']), (0, None, 2), 'two vouches')
    equal(way(r, 'discretion', 'receipt')['days']['C'], None, 'receipts')
    equal(way(r, 'discretion', 'vouch', 'receipt')['days']['C'], 0, 'both')
    text = a.ctl('peer', 'expect', b.id)
    assert '--> ops/secops  permit       discretion C' in text, text
    assert 'two sponsors vouch for it' in text, text
    assert 'cert-xc (XC), cert-xd (XD)' in text, text
    lines = text.splitlines()
    assert len(lines) <= 24 and max(len(l) for l in lines) <= 80, text
    for args, code in ((['nobody'], 4), ([a.id], 1), ([], 2),
                       (['./none.json'], 4)):
        equal(a.ctl_run('peer', 'expect', *args).returncode, code,
              str(args))


def countersign(net, by, card, name, *args):
    """The card with one more vouch on it, as a new file."""
    out = os.path.join(net.dir, name)
    command = ('card', 'countersign', card, '--out', out, '--yes') + args
    if net.do_as(by, 'duty', *command)['state'] == 'proposed':
        assert not os.path.exists(out), 'it takes two'
        equal(net.do_as(by, 'director', *command)['state'], 'signed', 'two')
    return out


def vouches(inst, card, *args):
    """What became of each vouch: sponsor, whether it counts, why not."""
    return [(v['from'], v['counts'], v.get('why', '')) for v in
            inst.ask('peer', 'add', card, '--yes', *args)['vouches']]


def changed(card, name, *changes):
    """The card with other texts in the place of its vouches."""
    with open(card, encoding='utf-8') as f:
        text = f.read()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    out = os.path.join(os.path.dirname(card), name)
    with open(out, 'w', encoding='utf-8') as f:
        f.write(text)
    return out


def signed(card):
    with open(card, encoding='utf-8') as f:
        return json.load(f).get('vouches', [])


ONE_GROUP = (', cert-xe: {discretion: B}',
             ', groups: {treaty: [cert-xc, cert-xe]}')


@with_net(5)
def test_two_sponsors_make_flow_what_was_foretold(net):
    a, b, c, d, e = net.all
    new_policy(net, a, *ONE_GROUP)
    a.ctl('publish', write_lines(os.path.join(net.dir, 'in'), [
        indicator(1, labels=('botnet',)), indicator(2),
        indicator(3, labels=('victim',))]))
    card = b.path('state', 'card.json')
    told = rows(a.ask('peer', 'expect', b.id), 'out')
    equal([told[k][0] for k in ('botnet', 'ioc', 'victim')],
          ['D', 'C', 'A'], 'foretold')
    trial = way(a.ask('peer', 'expect', b.id), 'discretion', 'vouch')
    # One sponsor is none, and two of one group are one.
    card = countersign(net, c, card, 'c.json', '--reason', 'met in May')
    equal(vouches(a, card), [(c.id, True, 'waits for a second sponsor')],
          'one')
    card = countersign(net, e, card, 'e.json')
    equal(vouches(a, card), [
        (c.id, True, 'counted before'), (e.id, False,
         'the witness is of the same stakeholder group')], 'of one group')
    equal(a.ask('peer', 'expect', b.id)['discretion']['b'], '0.000000',
          'nothing yet')
    equal(b.ids(), [], 'nothing goes')
    # The second of another group: what was foretold for D flows, no more.
    card = countersign(net, d, card, 'd.json')
    equal(vouches(a, card, '--check')[2][:2], (d.id, True), 'it would')
    equal(b.ids(), [], 'nothing goes after --check')
    said = a.ctl('peer', 'add', card, '--yes')
    assert 'vouch of cert-xd: counts' in said, said
    assert 'vouch of cert-xe: does not count' in said, said
    equal(a.ask('peer', 'expect', b.id)['discretion']['band'],
          [x for x in 'ABCD' if trial['days'][x] == 0][0], 'band')
    # A receipt may have come since, of 0.1.
    got = float(a.ask('peer', 'expect', b.id)['discretion']['b'])
    assert 0 <= got - float(trial['b']) < 0.02, (got, trial)
    wait_for(lambda: b.ids() == [indicator(1)['id']], 30, 'the botnet')
    now = rows(a.ask('peer', 'expect', b.id), 'out')
    equal([now[k][2] for k in ('botnet', 'ioc', 'victim')],
          [True, False, False], 'now')
    # Adding it again is the same fact; nothing is refreshed by that.
    equal({v[2] for v in vouches(a, card)[::2]}, {'counted before'}, 'again')
    equal(len([i for i in a.ask('trust', 'history', b.id)['items']
               if i['kind'] == 'vouch']), 2, 'items')
    # With receipts besides: C, as foretold.
    a.ctl('publish', write_lines(os.path.join(net.dir, 'more'), [
        indicator(i, labels=('botnet',)) for i in range(10, 14)]))
    wait_for(lambda: indicator(2)['id'] in b.ids(), 30, 'C')
    assert indicator(3)['id'] not in b.ids(), 'A is far'
    # Who ends its vouch is not brought back by the card.
    net.do_as(d, 'duty', 'trust', 'unvouch', b.id, '--to', a.id)
    wait_for(lambda: vouches(a, card)[2][1:] == (
        False, 'a newer one is held'), 30, 'it ended')
    r = a.ask('peer', 'expect', b.id)
    equal([s['id'] for s in r['sponsors'] if s['vouches']], [c.id], 'left')
    shown = b.ctl('card', 'show', card)
    assert 'vouched by     cert-xc' in shown and 'met in May' in shown, shown


@with_net(3)
def test_countersignatures_that_are_wrong(net):
    a, b, c = net.all
    edit_policy(net, a, ('grants:\n', 'trust: {initial: {cert-xc: '
                                      '{discretion: B}}}\ngrants:\n'))
    card = b.path('state', 'card.json')
    good = countersign(net, c, card, 'good.json')
    mine = countersign(net, a, card, 'mine.json')
    equal(vouches(a, mine)[0][1:], (
        False, 'we ourselves: what we say is no evidence for us'), 'us')
    vouch = signed(good)[0]
    raw = bytearray(base64.b64decode(vouch))
    raw[-1] ^= 1
    bad = changed(good, 'bad.json', (vouch, base64.b64encode(raw).decode()))
    (who, counts, why), = vouches(a, bad)
    assert (who, counts) == (c.id, False) and 'altered' in why, why
    # A forged one before it takes no place from the good one.
    both = changed(good, 'both.json', ('["' + vouch, '["%s","%s' % (
        base64.b64encode(raw).decode(), vouch)))
    equal([v[:2] for v in vouches(a, both)], [(c.id, False), (c.id, True)],
          'both')
    # Of another card.
    other = countersign(net, b, c.path('state', 'card.json'), 'other.json')
    moved = changed(good, 'moved.json', (vouch, signed(other)[0]))
    equal(vouches(a, moved)[0][1:], (False, 'it is about another CERT'),
          'moved')
    noise = changed(good, 'noise.json', (vouch, 'AAAA'))
    equal(vouches(a, noise)[0][1:], (False, 'it does not read'), 'noise')
    # A stranger to us.
    a.ctl('peer', 'remove', c.id, '--yes')
    equal(vouches(a, countersign(net, c, card, 'again.json'))[0][1:],
          (False, 'we hold no card of that sponsor'), 'a stranger')
    # Who signs is told what is wrong, and the card stays as it was.
    for args, text in (((c, c.path('state', 'card.json')), 'no peer'),
                       ((c, moved), 'another CERT'),
                       ((c, both), 'twice'),
                       ((c, noise), 'does not read')):
        inst, path = args
        with open(path, encoding='utf-8') as f:
            before = f.read()
        p = net.run_as(inst, 'duty', 'card', 'countersign', path, '--yes')
        equal(p.returncode == 0, False, path)
        assert text in p.stderr.decode(), p.stderr
        with open(path, encoding='utf-8') as f:
            equal(f.read(), before, path)
    # The text as a list twice, or the card formatted anew: no card.
    for name, change in (('twice.json', ('["' + vouch, '["%s","%s' % (
            vouch, vouch))), ('blank.json', (',"vouches"', ', "vouches"'))):
        p = a.ctl_run('peer', 'add', changed(good, name, change), '--yes')
        equal(p.returncode == 0, False, name)
    # Signing twice is one vouch, and our own card keeps what it has.
    again = countersign(net, c, good, 'again.json')
    equal(signed(again), signed(good), 'the same')
    for name in ('duty', 'director'):
        net.do_as(c, name, 'trust', 'vouch', b.id, '--to', b.id)
    again = countersign(net, c, good, 'renewed.json')
    equal(len(signed(again)), 1, 'renewed')
    assert signed(again) != signed(good), 'anew'
    with open(again, encoding='utf-8') as f:
        text = f.read()
    with open(card, 'w', encoding='utf-8') as f:
        f.write(text)
    b.ctl('card', 'sign', '--name', 'Another name')
    equal(signed(card), signed(again), 'kept')
    # Another identity key inherits none of it.
    old = signed(card)[0]
    b.ctl('key', 'generate', 'identity', '--replace')
    b.ctl('card', 'sign')
    equal(signed(card), [], 'another key')
    p = net.run_as(c, 'duty', 'card', 'countersign', card, '--yes')
    equal(p.returncode == 0, False, 'another key')
    assert 'another identity key than this card has' in p.stderr.decode()
    pasted = changed(card, 'pasted.json', ('"}', '","vouches":["%s"]}' % old))
    equal(vouches(a, pasted, '--check')[0][1:],
          (False, 'it is about another identity key'), 'pasted')


@with_net(4)
def test_a_card_that_is_new_and_vouched_for(net):
    a, b, c, d = net.all
    new_policy(net, a)
    card = b.path('state', 'card.json')
    for n, by in enumerate((c, d)):
        card = countersign(net, by, card, 'new%d.json' % n)
    a.ctl('peer', 'remove', b.id, '--yes')
    # Said before it is added, and nothing is kept of that.
    said = a.ask('peer', 'add', card, '--check')
    equal([v['counts'] for v in said['vouches']], [True, True], 'would')
    equal((said['changed'], said['expect']['discretion']['b']),
          (True, '0.000000'), 'before')
    said = a.ctl('peer', 'add', card, '--yes')
    assert said.count(': counts') == 2 and 'discretion D' in said, said
    crash(a)
    equal(a.ask('peer', 'expect', b.id)['discretion']['band'], 'D', 'kept')
    equal(vouches(a, card), [(i.id, True, 'counted before')
                             for i in (c, d)], 'after a crash')


@with_net(2)
def test_peer_add_says_what_the_policy_lacks(net):
    a, b = net.all
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    at = text.index('  %s: {' % b.id)
    end = text.index('postures:')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text[:at].replace('peers:\n', '') + text[end:])
    net.apply(a)
    card = b.path('state', 'card.json')
    p = a.ctl_run('peer', 'add', card, '--yes')
    equal(p.returncode, 0, 'known already')
    said = p.stdout.decode()
    assert 'does not name it: nothing will flow' in said, said
    r = a.ask('peer', 'add', card, '--yes')['expect']
    equal((r['in_policy'], r['flows']), (False, []), 'nothing')
    lines = r['policy_lines']
    assert all(l in said for l in lines), said
    # These lines make it so.
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('postures:', '\n'.join(lines) +
                             '\npostures:', 1))
    net.apply(a)
    r = a.ask('peer', 'expect', card)
    assert r['in_policy'] and rows(r, 'out')['ioc'][2], r
    assert '--> ops/secops' in a.ctl('peer', 'add', card, '--yes')


if __name__ == '__main__':
    main(globals())
