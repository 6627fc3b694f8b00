#!/usr/bin/env python3
"""A new peer: what goes to it, what not, and what would change that."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import equal, main, with_net  # noqa: E402

# Two sponsors begin at B; cert-xb at nothing, and some need more.
INITIAL = '''trust: {initial: {cert-xc: {discretion: B, reliability: B},
                  cert-xd: {discretion: B, reliability: B}}}
grants:
  - {id: out-known, out: {type: [national]}, kind: [botnet, ioc],
     for: [secops], tlp: <=amber, discretion: ">=C"}
  - {id: out-close, out: {type: [national]}, kind: [malware],
     for: [secops], tlp: <=green, discretion: ">=A"}
  - {id: in-known, in: {type: [national]}, kind: victim, for: [secops],
     reliability: ">=C"}
'''
OLD_OUT = 'kind: technical, for: [secops],\n     tlp: <=green'
NEW_OUT = 'kind: [vuln, advisory], for: [secops],\n     tlp: <=green'
OLD_IN = 'kind: technical, for: [secops]}'
NEW_IN = 'kind: [botnet, ioc], for: [secops]}'


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


def new_policy(net, inst):
    edit_policy(net, inst, ('grants:\n', INITIAL), (OLD_OUT, NEW_OUT),
                (OLD_IN, NEW_IN))


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
                'botnet': ('C', None, False, 'amber'),
                'ioc': ('C', None, False, 'amber'),
                'malware': ('A', None, False, 'green')}, 'to it')
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
