#!/usr/bin/env python3
"""Peers that stall, lie or are not who they say they are.

Each gets a reason and loses its connection, and an honest peer notices
nothing.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    equal, indicator, main, wait_for, with_net, write_lines)
from hostile import Hostile, silence  # noqa: E402

# scenario: what the other side must have said before it closed; None: it
# need not say anything.
REFUSED = {
    'lying-length': 'limit',
    'unknown-type': 'protocol',
    'channel-type': 'protocol',
    'reserved': 'protocol',
    'garbage': None,
    'out-of-order': 'order',
    'same-id': 'same-id',
    'other-id': 'unknown-peer',
    'skew': 'skew',
    'replay': 'identity',
    'expired': 'certificate-expired',
    'ready-subscribe': 'order',
    'ready-terms-forged': 'signature',
    'ready-terms-garbage': 'protocol',
    'ready-terms-flood': 'limit',
    'ready-circle-garbage': 'protocol',
    'ready-circle-forged': 'protocol',
}
STALLED = ('silent-tcp', 'half-tls', 'silent-hello', 'silent-prove')


@with_net(3)
def test_refused_with_reason(net):
    silence(net)
    hostile = Hostile(net)
    wrong = []
    for scenario, reason in REFUSED.items():
        out = hostile.run(scenario)
        if reason is not None and ' %s ' % reason not in out:
            wrong.append('%s: want %s, got %s' % (scenario, reason, out))
        check_alive(net, scenario)
    equal(wrong, [], 'reasons')


@with_net(3)
def test_stalled(net):
    silence(net)
    hostile = Hostile(net)
    running = [(s, hostile.start(s)) for s in STALLED]
    check_alive(net, 'stalled')
    for scenario, p in running:
        out = p.communicate(timeout=90)[0].decode()
        equal(p.returncode, 0, '%s: not closed: %s' % (scenario, out))
        ms = int(out.split()[-1])
        assert ms <= 21000, '%s took %d ms' % (scenario, ms)


@with_net(2)
def test_certificate_not_pinned(net):
    silence(net)
    hostile = Hostile(net)
    new_certificate(hostile, net.dir, 365)
    out = hostile.run('good')
    assert 'tls-failed' in out or ' pin ' in out, out
    text = net.all[-1].ctl('peer', 'check', net.all[0].id, ok=(0, 1))
    assert 'FAIL' in text, text


def new_certificate(hostile, directory, days):
    """Another key that names the same CERT."""
    hostile.cert = os.path.join(directory, 'other.crt')
    hostile.key = os.path.join(directory, 'other.key')
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
         'ec_paramgen_curve:P-256', '-nodes', '-keyout', hostile.key,
         '-out', hostile.cert, '-days', str(days), '-subj', '/CN=x',
         '-addext', 'subjectAltName=URI:comity://' + hostile.us.id],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@with_net(2)
def test_good_peer_is_proved(net):
    """The same program without a fault: the reasons above are not chance."""
    silence(net)
    p = Hostile(net).start('good')
    try:
        wait_for(lambda: net.all[-1].peers()[net.all[0].id]['state'] ==
                 'ready', 30, 'proved')
    finally:
        p.kill()
        p.communicate()


@with_net(2, introduced=False)
def test_two_daemons_one_id(net):
    a, b = net.all
    p = a.ctl_run('peer', 'add', a.path('state', 'card.json'), '--yes')
    assert p.returncode not in (0, 3), 'our own card was taken: %s' % p.stderr
    with open(b.path('state', 'card.json'), 'rb') as f:
        card = bytearray(f.read())
    # The last digit of the port: still a card, but not the one signed.
    at = card.index(b'127.0.0.1:') + len('127.0.0.1:17600') - 1
    card[at] ^= 1
    changed = os.path.join(net.dir, 'changed.json')
    with open(changed, 'wb') as f:
        f.write(card)
    p = a.ctl_run('peer', 'add', changed, '--yes')
    equal(p.returncode, 1, 'a card changed by one bit')
    assert b'signature' in p.stderr, p.stderr


def check_alive(net, what):
    """The honest peer between them still gets its records."""
    honest, target = net.all[1], net.all[-1]
    check_alive.n = getattr(check_alive, 'n', 0) + 1
    path = write_lines(os.path.join(net.dir, 'honest.jsonl'),
                       [indicator(check_alive.n, seed='honest')])
    honest.ctl('publish', path)
    before = check_alive.n
    wait_for(lambda: honest.peers()[target.id]['lag'] == 0, 30,
             'the honest peer is served beside %s (%d)' % (what, before))


main(globals())
