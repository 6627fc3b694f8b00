#!/usr/bin/env python3
"""How a policy comes into force: two people, a way back, and accidents."""
import os
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_RED, Failed, crash, equal, indicator, main, parts, settled,
    wait_for, with_net, write_lines)

OPEN = ('  - {id: out-red, out: {peer: cert-xb}, kind: technical, '
        'for: [secops], tlp: <=red, cap: {hops: 0}}\n')
NARROW = ('limits:\n  - {id: no-vuln, out: any, kind: [vuln], level: deny, '
          'why: not now}\n')


def in_force(inst):
    return inst.ask('status')['policy']['digest']


def publish_red(net, inst, n, seed):
    path = write_lines(os.path.join(net.dir, seed + '.jsonl'),
                       [indicator(i, seed=seed, tlp=TLP_RED)
                        for i in range(n)])
    inst.ctl('publish', path)


def pending(inst):
    return inst.ask('policy', 'pending').get('pending')


def refused(p, code, text):
    assert p.returncode == code and text in p.stderr, p


def events(inst):
    return [(e['event'], e['by'])
            for e in inst.ask('policy', 'history')['events']]


@with_net(2)
def test_two_people(net):
    a, b = net.all
    first = in_force(a)
    publish_red(net, a, 20, 'p')
    net.write_policy(0, OPEN)
    r = net.do_as(a, 'duty', 'policy', 'apply', '--reason', 'a test')
    digest = r['pending']['digest']
    equal((r['policy'], r['digest'], r['pending']['by'],
           r['pending']['needs'], r['pending']['reason']),
          ('pending', first, ['duty'], 1, 'a test'), 'proposed')
    assert 'cert-xb/ops' in r['pending']['opens'], r
    assert 'PENDING' in a.ctl('status')

    # The same person, nobody known, somebody else's key, another policy.
    approve = ('policy', 'approve', digest[:12])
    refused(net.run_as(a, 'duty', *approve), 1, b'agreed to it already')
    refused(a.ctl_run(*approve), 5, b'not among `operators`')
    refused(net.run_as(a, 'duty', 'policy', 'approve', '0' * 64), 4,
            b'the policy that waits is')
    refused(net.run_as(a, 'director', 'policy', 'approve', digest[:7]), 4,
            b'the policy that waits is')
    refused(a.ctl_run('--as', net.key(b, 'duty'), *approve), 5,
            b'no operator of comityd.yaml has that key')
    refused(a.ctl_run('policy', 'apply'), 5, b'not among')
    refused(net.run_as(a, 'director', *approve, '--reason', 'x' * 600), 2,
            b'too long')
    # To apply it once more is not to agree a second time.
    r = net.do_as(a, 'director', 'policy', 'apply')
    equal((r['policy'], r['pending']['by']), ('pending', ['duty']), 'again')
    equal(in_force(a), first, 'still')

    # It waits over a restart, and what was in force goes on.
    crash(a)
    equal((in_force(a), pending(a)['by']), (first, ['duty']), 'restart')
    refused(net.run_as(a, 'duty', *approve), 1, b'agreed to it already')
    wait_for(lambda: settled(a), 60, 'settled')
    equal(b.ids('--source', a.id), [], 'nothing has crossed')

    r = net.do_as(a, 'director', *approve)
    equal((r['policy'], r['digest'], r['by']),
          ('in-force', digest, 'duty, director'), 'approved')
    wait_for(lambda: len(b.ids('--source', a.id)) == 20, 60, 'backfill')
    refused(net.run_as(a, 'director', *approve), 4, b'no policy waits')
    crash(a)
    equal(in_force(a), digest, 'in force after a restart')
    equal(events(a), [('first', 'comity'), ('propose', 'duty'),
                      ('approve', 'director')], 'history')
    said = [(e['by'], e['outcome'], e['signed'])
            for e in a.ask('log', 'tail', '--limit', '1000')['entries']
            if e['event'] == 'approval']
    equal(said, [('comity', 'first', False), ('duty', 'propose', True),
                 ('director', 'approve', True)], 'log')


@with_net(2)
def test_tightening_takes_one(net):
    a, b = net.all
    net.write_policy(0, NARROW)
    r = a.ask('reload')
    equal(r['policy'], 'in-force', 'a reload')
    assert pending(a) is None
    # Back is opening, and nobody in particular proposed it.
    net.write_policy(0)
    with open(a.log, encoding='utf-8') as f:
        before = f.read()
    os.kill(a.pid(), signal.SIGHUP)
    wait_for(lambda: pending(a) is not None, 20, 'a proposal')
    with open(a.log, encoding='utf-8') as f:
        assert 'policy-pending' in f.read()[len(before):]
    p = pending(a)
    equal((p['by'], p['needs']), ([], 2), 'by nobody')
    approve = ('policy', 'approve', p['digest'])
    r = net.do_as(a, 'duty', *approve)
    equal((r['policy'], r['pending']['needs']), ('pending', 1), 'one')
    net.write_policy(0, NARROW)
    equal(a.ask('reload')['policy'], 'same', 'the files are back')
    refused(net.run_as(a, 'director', *approve), 4, b'no policy waits')
    # Withdrawn by anybody; the files alone do not bring it back in force.
    net.write_policy(0)
    p = net.do_as(a, 'director', 'policy', 'apply')['pending']
    net.do_as(a, 'duty', 'policy', 'withdraw')
    refused(net.run_as(a, 'duty', 'policy', 'withdraw'), 4, b'no policy')
    refused(net.run_as(a, 'duty', 'policy', 'confirm'), 4, b'no policy')
    refused(net.run_as(a, 'duty', 'policy', 'approve', p['digest']), 4,
            b'no policy waits')
    crash(a)
    equal(pending(a)['by'], [], 'proposed by the files again')


def confirmable(net, seconds):
    """Let what opens be in force for so long; its digest."""
    a = net.all[0]
    net.write_policy(0, OPEN)
    r = net.do_as(a, 'duty', 'policy', 'apply', '--confirm',
                  '%ds' % seconds)
    r = net.do_as(a, 'director', 'policy', 'approve',
                  r['pending']['digest'])
    equal(r['policy'], 'in-force', 'applied')
    assert 'confirm_before' in r, r
    return r['digest']


@with_net(2)
def test_returns_by_itself(net):
    a, b = net.all
    first = in_force(a)
    second = confirmable(net, 4)
    publish_red(net, a, 10, 'early')
    wait_for(lambda: len(b.ids('--source', a.id)) == 10, 20, 'it flows')
    assert 'UNCONFIRMED' in a.ctl('status')
    # No other change meanwhile.
    net.write_policy(0, NARROW)
    equal(a.ask('reload')['policy'], 'unconfirmed', 'another change')
    net.write_policy(0, OPEN)
    wait_for(lambda: in_force(a) == first, 20, 'the old one is back')
    publish_red(net, a, 10, 'late')
    wait_for(lambda: settled(a), 60, 'settled')
    equal(len(b.ids('--source', a.id)), 10, 'nothing more crosses')
    # What was taken back does not come again but on purpose.
    equal(a.ask('reload')['policy'], 'returned', 'a reload')
    crash(a)
    equal(in_force(a), first, 'a restart')
    second = confirmable(net, 60)
    net.do_as(a, 'duty', 'policy', 'confirm')
    refused(net.run_as(a, 'duty', 'policy', 'confirm'), 4, b'no policy')
    equal(in_force(a), second, 'confirmed')
    wait_for(lambda: len(b.ids('--source', a.id)) == 20, 20, 'the rest')
    equal([e for e, _ in events(a)],
          ['first', 'propose', 'approve', 'return', 'propose', 'approve',
           'confirm'], 'history')
    equal(b.peers()[a.id]['unchanged'], 0, 'nothing came twice')


@with_net(2)
def test_killed_before_it_is_confirmed(net):
    a, b = net.all
    first = in_force(a)
    second = confirmable(net, 8)
    crash(a)
    equal(in_force(a), second, 'within its time')
    wait_for(lambda: in_force(a) == first, 20, 'its time is over')
    # Over while nothing runs: taken back before anything flows.
    confirmable(net, 3)
    publish_red(net, b, 1, 'other')
    crash(a, down=4)
    equal(in_force(a), first, 'at start')
    equal([e for e, _ in events(a)][-1], 'return', 'history')
    # Taken back on purpose.
    confirmable(net, 3600)
    r = net.do_as(a, 'director', 'policy', 'withdraw', '--reason', 'no')
    equal((r['policy'], r['digest']), ('returned', first), 'withdrawn')


@with_net(2)
def test_kill_while_it_is_put_in_force(net):
    """Whenever it is killed, one of the two is in force, and it is whole."""
    a, _ = net.all
    first = in_force(a)
    net.write_policy(0, OPEN)
    digest = net.do_as(a, 'duty', 'policy', 'apply')['pending']['digest']
    for wait in (0, 0.01, 0.03, 0.06, 0.1):
        p = subprocess.Popen(
            [a.comityctl, '-C', a.dir, '--as', net.key(a, 'director'),
             'policy', 'approve', digest], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        time.sleep(wait)
        crash(a)
        said = p.communicate()[0]
        got = in_force(a)
        assert got in (first, digest), got
        if b'is in force\n' in said:
            equal(got, digest, 'what was acknowledged')
        if got == digest:
            break
        equal(pending(a)['by'], ['duty'], 'still pending')


@with_net(2)
def test_reload_during_a_reload(net):
    a, _ = net.all
    answers, failed = [], []

    def reload():
        try:
            answers.append(a.ask('reload')['policy'])
        except Failed as e:
            failed.append(e)

    for i in range(4):
        net.write_policy(0, NARROW if i % 2 == 0 else '')
        threads = [threading.Thread(target=reload) for _ in range(4)]
        for t in threads:
            t.start()
        for _ in range(3):
            os.kill(a.pid(), signal.SIGHUP)
        for t in threads:
            t.join()
    equal((len(answers), failed), (16, []), 'answers')
    equal(set(answers) <= {'in-force', 'same', 'pending'}, True, answers)
    # Whoever asks last hears of what is on disk by then.
    net.write_policy(0, NARROW.replace('no-vuln', 'no-more'))
    first = subprocess.Popen([a.comityctl, '-C', a.dir, 'reload'],
                             stdout=subprocess.PIPE)
    net.write_policy(0, NARROW.replace('[vuln]', '[vuln, malware]'))
    r = a.ask('reload')
    first.communicate()
    equal(r['policy'] in ('in-force', 'same'), True, r['policy'])
    equal(a.ask('reload')['policy'], 'same', 'nothing is left to read')
    equal(a.ask('status')['state'], 'ready', 'state')


@with_net(2)
def test_policy_removed_while_connected(net):
    a, b = net.all
    digest = in_force(a)
    path = a.path('config', 'policy.yaml')
    os.rename(path, path + '.away')
    refused(a.ctl_run('reload'), 1, b'policy.yaml')
    refused(net.run_as(a, 'duty', 'policy', 'apply'), 1, b'policy.yaml')
    equal(in_force(a), digest, 'after a reload')
    assert 'policy.yaml' in a.ask('status')['policy']['problem']
    assert 'PROBLEM' in a.ctl('status')
    path2 = write_lines(os.path.join(net.dir, 'x.jsonl'),
                        [indicator(i) for i in range(10)])
    a.ctl('publish', path2)
    wait_for(lambda: len(b.ids('--source', a.id)) == 10, 30, 'it flows on')
    # And without its vault, and from a cold start.
    os.kill(parts(a.pid())[0], signal.SIGKILL)
    a.wait_ready()
    wait_for(lambda: in_force(a) == digest, 20, 'a new vault')
    crash(a)
    equal(in_force(a), digest, 'after a restart')
    assert 'policy.yaml' in a.ask('status')['policy']['problem']
    os.rename(path + '.away', path)
    equal(a.ask('reload')['policy'], 'same', 'it is back')
    assert 'problem' not in a.ask('status')['policy']


@with_net(3)
def test_peer_removed_while_connected(net):
    a, b, c = net.all
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    at = text.index('  cert-xb:')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text[:at] + text[text.index('  cert-xc:'):])
    equal(net.apply(a)['policy'], 'in-force', 'it takes one person')
    path = write_lines(os.path.join(net.dir, 'x.jsonl'),
                       [indicator(i) for i in range(10)])
    a.ctl('publish', path)
    wait_for(lambda: len(c.ids('--source', a.id)) == 10, 30, 'to the other')
    wait_for(lambda: settled(a), 30, 'settled')
    equal(b.ids('--source', a.id), [], 'nothing to who is not named')
    b.ctl('publish', write_lines(os.path.join(net.dir, 'y.jsonl'),
                                 [indicator(1, seed='y')]))
    wait_for(lambda: b.peers()[a.id]['lag'] == 0, 30, 'B has sent')
    equal(a.ids('--source', b.id), [], 'nor from it')
    with open(a.path('config', 'policy.yaml'), 'w', encoding='utf-8') as f:
        f.write(text)
    net.apply(a)
    wait_for(lambda: len(b.ids('--source', a.id)) == 10, 30, 'it is back')


@with_net(2)
def test_operators_by_user_and_key(net):
    a, _ = net.all
    # A Unix user by number, then nobody listed: everybody counts.
    a.set_options(operators='[{name: root, unix: "%d", roles: [x]}]' %
                  os.getuid())
    a.ctl('reload')
    net.write_policy(0, OPEN)
    equal(a.ask('policy', 'apply')['pending']['by'], ['root'], 'by number')
    refused(net.run_as(a, 'duty', 'status'), 5, b'no operator')
    a.set_options(operators='[]')
    r = a.ask('reload')
    equal(r['policy'], 'pending', 'reload')
    refused(a.ctl_run('--as', net.key(a, 'duty'), 'policy', 'pending'), 5,
            b'no operator')
    name = net.all[0].ask('policy', 'approve', r['pending']['digest'])['by']
    assert name.startswith('root, unix:'), name
    # A key that others can read is not used.
    os.chmod(net.key(a, 'duty'), 0o644)
    refused(net.run_as(a, 'duty', 'status'), 1, b'chmod 0600')
    refused(a.ctl_run('--as', '/nowhere', 'status'), 4, b'nowhere')


main(globals())
