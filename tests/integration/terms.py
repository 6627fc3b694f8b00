#!/usr/bin/env python3
"""What daemons agree on: agreements, circles, definitions, versions."""
import datetime
import hashlib
import os
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    equal, indicator, main, wait_for, with_net, write_lines)

TLP_AMBER = 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'
NEXT_YEAR = '%d-06-30' % (datetime.date.today().year + 2)


def agreement(peer, ours='', theirs='', sha='c0de', until=NEXT_YEAR):
    """A grant on an agreement, up to AMBER; both with this peer."""
    side = '{purposes: [secops], kinds: [%s], tlp: %s, hops: 1}'
    return ('  - {id: bilat, out: {agreement: A-1}, kind: technical, for: '
            '[secops], tlp: <=red}\n'
            'agreements:\n'
            '  - {id: A-1, with: %s, until: "%s", digest: "sha256:%s",\n'
            '     ours: %s,\n     theirs: %s}\n' % (
                peer, until, sha, side % (ours or 'botnet, ioc', 'amber'),
                theirs or side % ('botnet, ioc', 'amber')))


def circle(members, charter='7c1e', quorum=2, foci='botnet, ioc', more=''):
    return ('  - {id: ring, out: {circle: secret-ring}, kind: technical, '
            'for: [secops], tlp: <=amber}\n%s'
            'circles:\n'
            '  secret-ring: {members: [%s], foci: [%s], charter: '
            '"sha256:%s", quorum: %d}\n' % (
                more, ', '.join(members), foci, charter, quorum))


def publish(net, inst, objects):
    path = write_lines(os.path.join(net.dir, 'in.jsonl'), objects)
    inst.ctl('publish', path)


def amber(n, label='ioc', seed='t'):
    return indicator(n, tlp=TLP_AMBER, seed=seed, labels=(label,))


def term(inst, peer, name='A-1'):
    found = [t for t in inst.ask('peer', 'show', peer.id)['terms']
             if t['id'] == name]
    equal(len(found), 1, '%s of %s with %s' % (name, inst.id, peer.id))
    return found[0]


def counts(inst, peer, name='A-1'):
    return term(inst, peer, name)['counts']


def settled(inst, peer):
    """Everything is decided and delivered; what was denied stays so."""
    p = inst.peers()[peer.id]
    return p['state'] == 'ready' and p['lag'] == 0 and not p['under_way']


def policy(net, texts):
    """A policy for each, in force."""
    for i, text in enumerate(texts):
        if text is not None:
            net.write_policy(i, text)
            net.apply(net.all[i])


def warnings(inst):
    return '\n'.join(inst.ask('status')['warnings'])


def log_of(inst):
    with open(inst.log, encoding='utf-8', errors='replace') as f:
        return f.read()


@with_net(2)
def test_digests_differ(net):
    a, b = net.all
    policy(net, [agreement(b.id, sha='aaaa'), agreement(a.id, sha='bbbb')])
    wait_for(lambda: 'theirs' in term(a, b) and 'theirs' in term(b, a), 20,
             'terms are exchanged')
    for me, other, ours, theirs in ((a, b, 'aaaa', 'bbbb'),
                                    (b, a, 'bbbb', 'aaaa')):
        t = term(me, other)
        equal((t['ours'], t['theirs']),
              ('sha256:' + ours, 'sha256:' + theirs), 'both digests')
        equal((t['equal'], t['counts']), (False, False), 'it counts')
        assert 'A-1' in warnings(me), warnings(me)
        wait_for(lambda i=me: 'terms-differ' in log_of(i) and
                 'agreement=A-1' in log_of(i), 10, 'it is logged')
        text = me.ctl('peer', 'show', other.id)
        assert 'does not count' in text and theirs in text, text
    publish(net, a, [amber(1)])
    wait_for(lambda: a.peers()[b.id]['denied'] == 1, 20, 'it is denied')
    equal(b.ids('--source', a.id), [], 'nothing flows')
    why = a.ctl('why', amber(1)['id'], b.id)
    assert 'agreement A-1 does not count' in why, why

    # Once both hold the same text, what waited flows by itself.
    policy(net, [None, agreement(a.id, sha='aaaa')])
    wait_for(lambda: counts(a, b) and counts(b, a), 20, 'it counts')
    wait_for(lambda: len(b.ids('--source', a.id)) == 1, 30, 'it flows')
    assert 'A-1' not in warnings(a), warnings(a)


@with_net(2)
def test_narrower_terms_bind(net):
    a, b = net.all
    policy(net, [agreement(b.id), agreement(a.id, ours='botnet')])
    wait_for(lambda: counts(a, b) and counts(b, a), 20, 'it counts')
    wait_for(lambda: 'kinds botnet tlp' in term(a, b)['in_force'], 20,
             'the narrower side is in force')
    equal(term(a, b)['in_force'], term(b, a)['in_force'],
          'in force on both sides')
    publish(net, a, [amber(i) for i in range(3)] +
            [amber(i, 'botnet', 'b') for i in range(2)])
    wait_for(lambda: len(b.ids('--source', a.id)) == 2 and settled(a, b),
             30, 'what both allow')
    equal({r['kind'] for r in b.ask('records', '--source', a.id)['records']},
          {'botnet'}, 'kinds at the peer')
    # The other side allows more: the rest follows.
    policy(net, [None, agreement(a.id)])
    wait_for(lambda: len(b.ids('--source', a.id)) == 5, 30, 'the rest')


@with_net(2)
def test_widening_terms_count_for_nothing(net):
    a, b = net.all
    wide = '{purposes: [secops], kinds: [botnet], tlp: amber, hops: 0}'
    policy(net, [agreement(b.id, theirs=wide),
                 agreement(a.id, ours='botnet, ioc, malware')])
    wait_for(lambda: 'wider' in term(a, b), 20, 'the widening is seen')
    t = term(a, b)
    for word in ('ioc', 'malware', 'hops=1'):
        assert word in t['wider'], t
    equal(t['counts'], True, 'it still counts')
    assert 'kinds botnet tlp <=amber hops 0' in t['in_force'], t
    wait_for(lambda: 'terms-wider' in log_of(a), 10, 'it is logged')
    assert 'states more than we hold' in warnings(a), warnings(a)
    publish(net, a, [amber(1), amber(2, 'botnet')])
    wait_for(lambda: len(b.ids('--source', a.id)) == 1 and settled(a, b),
             30, 'what is recorded counts')
    # Terms that are said again after a restart are the same evidence.
    assert b.stop()
    equal(counts(a, b), True, 'what was said is kept')
    b.start()
    b.wait_ready()
    wait_for(lambda: settled(a, b), 30, 'connected again')
    equal(len(b.ids('--source', a.id)), 1, 'nothing more flows')


@with_net(2)
def test_agreement_ends(net):
    a, b = net.all
    soon = (datetime.date.today() + datetime.timedelta(days=9)).isoformat()
    past = (datetime.date.today() - datetime.timedelta(days=2)).isoformat()
    policy(net, [agreement(b.id, until=soon), agreement(a.id)])
    wait_for(lambda: counts(a, b), 20, 'it counts')
    assert soon in term(b, a)['in_force'], 'the earliest end is in force'
    assert 'ends in 9 days' in warnings(a), warnings(a)
    wait_for(lambda: 'attention' in log_of(a) and 'ends in 9 days' in
             log_of(a), 10, 'it is logged')
    p = a.ctl_run('config', 'check')
    assert b'ends in 9 days' in p.stderr, p.stderr
    # A card that ends soon is said, too.
    a.ctl('card', 'sign', '--days', '9')
    b.add_peer(a)
    wait_for(lambda: 'the card of cert-xa ends in' in warnings(b), 10,
             'the card')
    wait_for(lambda: counts(a, b), 20, 'it counts on the new connection')
    # The other side says that it is over.
    policy(net, [None, agreement(a.id, until=past)])
    wait_for(lambda: not counts(a, b), 20, 'it has ended')
    publish(net, a, [amber(1)])
    wait_for(lambda: a.peers()[b.id]['denied'] == 1, 20, 'it is denied')
    assert 'ended' in term(a, b)['problem'], term(a, b)


@with_net(2)
def test_definitions(net):
    """Members who differ over what a word means ask people."""
    a, b = net.all
    more = ('limits:\n  - {id: undef-term, out: any, definition: unshared, '
            'level: consult}\ndefinitions: {ioc: "sha256:%s"}\n')
    policy(net, [more % 'aa', more % 'bb'])
    wait_for(lambda: 'theirs' in term(a, b, 'ioc'), 20, 'definitions')
    publish(net, a, [indicator(1), indicator(2, labels=('botnet',))])
    wait_for(lambda: a.peers()[b.id]['consulted'] == 1, 30, 'consulted')
    equal(len(b.ids('--source', a.id)), 1, 'the undisputed word')
    policy(net, [None, more % 'aa'])
    wait_for(lambda: len(b.ids('--source', a.id)) == 2, 30,
             'one definition on both sides')


@with_net(2)
def test_charter_changed_under_the_daemon(net):
    a, b = net.all
    text = '# What the members of this circle promise each other\n'
    sha = hashlib.sha256(text.encode()).hexdigest()
    for inst in (a, b):
        os.mkdir(inst.path('config', 'charters.d'))
        with open(inst.path('config', 'charters.d', 'secret-ring.md'), 'w',
                  encoding='utf-8') as f:
            f.write(text)
    policy(net, [circle([b.id], sha), circle([a.id], sha)])
    wait_for(lambda: counts(a, b, 'secret-ring'), 20, 'it counts')
    with open(a.path('config', 'charters.d', 'secret-ring.md'), 'a',
              encoding='utf-8') as f:
        f.write('and something that nobody agreed to\n')
    for words in (('reload',), ('config', 'check')):
        p = a.ctl_run(*words)
        assert p.returncode != 0, words
        assert b'charters.d/secret-ring.md' in p.stderr and \
            b'policy.yaml:' in p.stderr, p.stderr
    equal(counts(a, b, 'secret-ring'), True, 'the running charter stays')
    with open(a.path('config', 'charters.d', 'secret-ring.md'), 'w',
              encoding='utf-8') as f:
        f.write(text)
    a.ctl('reload')


def found_circle(net, insts, name):
    """Version 1, signed by all of insts and held by the first."""
    path = os.path.join(net.dir, name)
    insts[0].ctl('circle', 'propose', 'secret-ring', '--out', path)
    for inst in insts[1:]:
        inst.ctl('circle', 'sign', path)
    insts[0].ctl('circle', 'accept', path)
    for inst in insts[1:]:
        wait_for(lambda i=inst: version(i) == 1, 20,
                 'the document reaches ' + inst.id)


def version(inst):
    return inst.ask('circle', 'show', 'secret-ring').get(
        'document', {'version': 0})['version']


@with_net(4)
def test_l_01_l_02_l_05_member_is_removed(net):
    a, b, c, d = net.all
    ids = [i.id for i in net.all]
    policy(net, [circle([i for i in ids[:3] if i != me]) for me in ids[:3]])
    found_circle(net, (a, b, c), 'v1')
    wait_for(lambda: counts(a, c, 'secret-ring') and
             counts(b, c, 'secret-ring'), 20, 'it counts')
    publish(net, a, [amber(1)])
    wait_for(lambda: len(c.ids('--source', a.id)) == 1 and
             len(b.ids('--source', a.id)) == 1, 30, 'members get it')
    equal(d.ids('--source', a.id), [], 'who is no member')

    # What is published while it is away waits for it.
    assert c.stop()
    publish(net, a, [amber(i, seed='queued') for i in range(5)])
    wait_for(lambda: len(b.ids('--source', a.id)) == 6, 30, 'b has it')

    # L-02: one member alone removes nobody, here or elsewhere.
    path = os.path.join(net.dir, 'v2')
    a.ctl('circle', 'propose', 'secret-ring', '--remove', c.id, '--out',
          path)
    p = a.ctl_run('circle', 'accept', path)
    assert p.returncode != 0 and b'1 of the 3 members' in p.stderr, p.stderr
    p = d.ctl_run('circle', 'sign', path)
    assert p.returncode != 0, 'a stranger signs'
    equal(version(a), 1, 'version after a refusal')
    b.ctl('circle', 'sign', path)
    a.ctl('circle', 'accept', path)
    wait_for(lambda: version(b) == 2, 20, 'it spreads to b')
    assert 'no member by its document' in term(b, c, 'secret-ring')[
        'problem'], term(b, c, 'secret-ring')

    # L-01: nothing reaches it: not what was queued, not by the third.
    c.start()
    c.wait_ready()
    wait_for(lambda: settled(a, c) and settled(b, c), 60, 'c is back')
    publish(net, b, [amber(1, seed='of-b')])
    publish(net, a, [amber(2, seed='later'), indicator(9, seed='green')])
    wait_for(lambda: len(c.ids('--source', a.id)) == 2, 30, 'green flows')
    wait_for(lambda: settled(a, c) and settled(b, c), 30, 'decided')
    equal(c.ids('--source', b.id), [], 'from b')
    equal(len(b.ids('--source', a.id)), 8, 'who stays gets all')
    equal(version(c), 1, 'it is not told of what it is no part of')

    # An older version and one that leaves out signatures are refused.
    p = a.ctl_run('circle', 'accept', os.path.join(net.dir, 'v1'))
    assert p.returncode != 0 and b'not newer' in p.stderr, p.stderr

    # L-05: no trace of the circle at who is no member.
    for path in (d.log, d.path('state', 'comity.db'),
                 d.path('state', 'comity.db-wal')):
        if os.path.exists(path):
            with open(path, 'rb') as f:
                assert b'secret-ring' not in f.read(), path
    equal(d.ask('circle', 'list')['circles'], [], 'circles that d knows')
    # Who claims to be one learns no more than of any invented name.
    net.write_policy(3, circle([a.id]).replace('secret-ring', 'no-such'))
    net.apply(d)
    wait_for(lambda: 'problem' in term(d, a, 'no-such'), 20, 'terms')
    net.write_policy(3, circle([a.id]))
    net.apply(d)
    wait_for(lambda: 'problem' in term(d, a, 'secret-ring'), 20, 'terms')
    t = term(d, a, 'secret-ring')
    equal((t['counts'], t['problem'], t.get('theirs')),
          (False, 'the other side does not state it', None), 'what d sees')
    p = d.ctl_run('circle', 'sign', os.path.join(net.dir, 'v2'))
    assert p.returncode != 0, 'a stranger signs'


@with_net(3)
def test_l_01_removed_in_the_middle_of_a_stream(net):
    a, b, c = net.all
    ids = [i.id for i in net.all]
    policy(net, [circle([i for i in ids if i != me]) for me in ids])
    found_circle(net, (a, b, c), 'v1')
    wait_for(lambda: counts(a, c, 'secret-ring'), 20, 'it counts')
    v2 = os.path.join(net.dir, 'v2')
    a.ctl('circle', 'propose', 'secret-ring', '--remove', c.id, '--out', v2)
    b.ctl('circle', 'sign', v2)
    accepted = threading.Event()
    total = 0

    def publish():
        nonlocal total
        last = False
        while not last:
            # The last batch begins when the change has been accepted.
            last = accepted.is_set()
            a.ctl('publish', write_lines(
                os.path.join(net.dir, 'many.jsonl'),
                [amber(total + i, seed='m') for i in range(2000)]))
            total += 2000

    publishing = threading.Thread(target=publish)
    publishing.start()
    wait_for(lambda: a.peers()[c.id]['delivered'] > 100, 30, 'it begins',
             0.01)
    a.ctl('circle', 'accept', v2)
    # What was on its way when it was accepted may arrive; no more than it.
    decided = a.peers()[c.id]
    accepted.set()
    publishing.join()
    wait_for(lambda: settled(a, b) and settled(a, c), 120, 'all is decided')
    p = a.peers()[c.id]
    equal(p['delivered'] + p['denied'], total, 'decided for c')
    assert p['delivered'] <= decided['delivered'] + decided['under_way'] \
        and p['delivered'] < total, (decided, p)
    wait_for(lambda: a.peers()[b.id]['delivered'] == total, 60, 'b has all')


@with_net(3)
def test_member_is_added(net):
    """Who joins is sent the version that names it and takes it by hand."""
    a, b, c = net.all
    policy(net, [circle([b.id, c.id]), circle([a.id, c.id]), None])
    path = os.path.join(net.dir, 'v1')
    # Founded by two: the policy of the first names them only for now.
    net.write_policy(0, circle([b.id]))
    net.apply(a)
    a.ctl('circle', 'propose', 'secret-ring', '--out', path)
    b.ctl('circle', 'sign', path)
    a.ctl('circle', 'accept', path)
    wait_for(lambda: version(b) == 1, 20, 'founded')
    net.write_policy(0, circle([b.id, c.id]))
    net.apply(a)
    policy(net, [None, None, circle([a.id, b.id])])
    equal(term(a, c, 'secret-ring')['counts'], False, 'not a member yet')
    path = os.path.join(net.dir, 'v2')
    a.ctl('circle', 'propose', 'secret-ring', '--add', c.id, '--out', path)
    b.ctl('circle', 'sign', path)
    a.ctl('circle', 'accept', path)
    wait_for(lambda: c.ask('circle', 'list')['offered'], 20, 'it is sent')
    c.ctl('circle', 'accept', 'secret-ring')
    equal(version(c), 2, 'version of the newcomer')
    wait_for(lambda: counts(a, c, 'secret-ring') and
             counts(c, b, 'secret-ring'), 20, 'it counts')
    graph = a.ctl('peers', '--graph')
    assert 'secret-ring: we, cert-xb, cert-xc; carries botnet, ioc; ' \
        'version 2' in graph, graph
    publish(net, a, [amber(1)])
    wait_for(lambda: len(c.ids('--source', a.id)) == 1, 30, 'it flows')


@with_net(3)
def test_l_20_what_each_side_gets(net):
    a, b, c = net.all
    net.write_policy(0, agreement(b.id, theirs='{purposes: [secops], kinds: '
                                  '[victim], tlp: red, hops: 0}'
                                  ).replace('<=red', '<=red, cap: {hops: 0}')
                     .replace('botnet, ioc', 'victim') +
                     'limits:\n  - {id: no-vuln, out: any, kind: [vuln], '
                     'level: deny}\n')
    net.apply(a)
    p = a.ctl_run('peer', 'add', b.path('state', 'card.json'), '--check')
    text = p.stderr.decode()
    for words in ('it is known already',
                  '--> ops/secops: permit botnet, ioc, malware, victim, '
                  'advisory up to green',
                  '--> ops/secops: permit victim up to amber, once both hold '
                  'A-1',
                  '--> ops/secops: not vuln (deny by no-vuln)',
                  '<-- ops/secops: permit'):
        assert words in text, (words, text)
    graph = a.ctl('peers', '--graph')
    for words in ('+-- cert-xb', '+-- cert-xc', 'agreement A-1 (does not '
                  'count now)', '-->', '<--'):
        assert words in graph, (words, graph)
    nodes = {n['id']: n for n in a.ask('peers', '--graph')['nodes']}
    equal(set(nodes), {b.id, c.id}, 'nodes')
    assert any(f.get('needs') == ['A-1'] for f in nodes[b.id]['flows'])
    assert not any('needs' in f for f in nodes[c.id]['flows'])
    # Of somebody the policy does not name nothing flows, and it says so.
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        lines = f.read().split('\n')
    at = next(i for i, l in enumerate(lines) if l.startswith('  cert-xc:'))
    del lines[at:at + 2]
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines))
    net.apply(a)
    p = a.ctl_run('peer', 'add', c.path('state', 'card.json'), '--check')
    assert b'does not name it: nothing will flow' in p.stderr, p.stderr
    assert 'cert-xc has a card here' in a.ctl('peers', '--graph')


@with_net(2)
def test_l_05_made_up_circles(net):
    """A document somebody makes up changes nothing and is not answered."""
    a, b = net.all
    policy(net, [circle([b.id]), circle([a.id])])
    wait_for(lambda: counts(b, a, 'secret-ring'), 20, 'it counts')
    assert a.stop()
    p = subprocess.run(
        [os.path.join(net.build, 'tests/integration/hostile_peer'),
         str(net.ports[1]), 'ready-circle-forged',
         a.path('state', 'tls.crt'), a.path('state', 'tls.key'),
         a.path('state', 'identity.key'), a.id, b.id], timeout=90,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    out = p.stdout.decode()
    equal(p.returncode, 0, out)
    assert 'CIRCLE' not in out and 'ring' not in out, out
    equal(version(b), 0, 'version')
    equal(b.ask('circle', 'list')['offered'], [], 'offered')
    assert 'circle-refused' in log_of(b)
    # Who states no terms on a connection has none.
    equal(counts(b, a, 'secret-ring'), False, 'terms of the made up peer')


@with_net(2)
def test_l_23_minimum_version(net):
    a, b = net.all
    path = b.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('wall: attested,',
                             'wall: attested, minimum-version: "99.1",'))
    net.apply(b)
    assert b.stop()
    b.start()
    b.wait_ready()
    wait_for(lambda: 'version 99.1' in b.peers()[a.id].get('reason', '') or
             'version 99.1' in a.peers()[b.id].get('reason', ''), 30,
             'it is refused with the reason')
    assert a.peers()[b.id]['state'] != 'ready'


if __name__ == '__main__':
    main(globals())
