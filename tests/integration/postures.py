#!/usr/bin/env python3
"""Relations between countries that people strain, and lift again."""
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    ROOT, Net, crash, equal, indicator, main, settled, wait_for, write_lines)

KINDS = {'botnet': ['botnet'], 'ioc': ['seen'],
         'malware': ['rsit:malicious-code="ransomware"']}
POLICIES = os.path.join(ROOT, 'config/examples/demo')


class DemoNet(Net):
    """The four of the demonstration, nobody's relations strained yet."""

    def write_policy(self, i, more=''):
        name = self.all[i].id + '.yaml'
        path = self.all[i].path('config', 'policy.yaml')
        shutil.copy(os.path.join(POLICIES, name), path)
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace('  in-force:  {XB: strained}\n', '')
                    .replace('malware, tlp: green, expect: consult, '
                             'by: strained', 'malware, tlp: green, '
                             'expect: permit, by: out-clean')
                    .replace('expect: consult, by: strained',
                             'expect: consult, by: out-case'))

    def introduce(self):
        for inst in self.all:
            with open(inst.path('config', 'policy.yaml'),
                      encoding='utf-8') as f:
                policy = f.read()
            for other in self.all:
                if other is not inst and other.id in policy:
                    inst.add_peer(other)
        a = self.all[0]
        wait_for(lambda: all(p['state'] == 'ready'
                             for p in a.peers().values()), 60,
                 'everybody is connected')


def with_demo(function):
    def run(build):
        net = DemoNet(build, 4)
        failed = True
        try:
            # Little may be on the wire when something stops.
            for inst in net.all:
                inst.set_options(credit='1MiB')
            net.start()
            net.introduce()
            function(net)
            failed = False
        finally:
            crashes = net.close(failed)
        equal(crashes, [], 'crashes')
    return run


def publish(net, name, n, kinds=tuple(KINDS)):
    """n of each kind; their ids by kind."""
    a = net.all[0]
    objects = {k: [indicator(i, seed=name + k, labels=KINDS[k])
                   for i in range(n)] for k in kinds}
    path = write_lines(os.path.join(net.dir, name + '.jsonl'),
                       sum(objects.values(), []))
    a.ctl('publish', path)
    return {k: {o['id'] for o in v} for k, v in objects.items()}


def change(net, *words):
    """By two people."""
    a = net.all[0]
    number = net.do_as(a, 'duty', 'posture', *words)['number']
    return net.do_as(a, 'director', 'posture', 'approve', str(number))


def posture(net, peer):
    return net.all[0].peers()[peer]['posture']


def held(net, other):
    ids = other.ids('--source', net.all[0].id)
    equal(len(ids), len(set(ids)), 'records at %s' % other.id)
    return set(ids)


@with_demo
def test_strain_and_lift(net):
    a, b, c, _ = net.all
    first = publish(net, 'first', 40)
    every = set().union(*first.values())
    wait_for(lambda: settled(a), 60, 'settled')
    equal(held(net, b), every, 'before')

    # One person is not enough, not even twice.
    r = net.do_as(a, 'duty', 'posture', 'set', 'XB', 'strained', '--reason',
                  'a note was returned')
    number = str(r['number'])
    equal((r['state'], posture(net, b.id)), ('proposed', 'normal'), 'alone')
    p = net.run_as(a, 'duty', 'posture', 'approve', number)
    assert p.returncode == 1 and b'agreed to it already' in p.stderr, p
    p = a.ctl_run('posture', 'approve', number)
    assert p.returncode == 5 and b'not among `operators`' in p.stderr, p
    equal(posture(net, b.id), 'normal', 'still alone')
    net.do_as(a, 'director', 'posture', 'approve', number)
    equal((posture(net, b.id), posture(net, c.id)), ('strained', 'normal'),
          'strained')

    # The technical floor flows on, the rest waits for people.
    second = publish(net, 'second', 40)
    wait_for(lambda: settled(a), 60, 'settled')
    every |= second['botnet'] | second['ioc']
    equal(held(net, b), every, 'the floor')
    equal(held(net, c) >= second['malware'], True, 'the others')
    row = a.peers()[b.id]
    equal((row['delivered'], row['consulted']), (200, 40), 'outcomes')
    wait_for(lambda: {x['record'] for x in a.ask('consult', 'list')['cases']
                      if x['peer'] == b.id} == second['malware'], 30,
             'a case for each')
    one = min(second['malware'])
    w = a.ask('why', one, b.id)
    equal((w['outcome'], w['by']), ('consult', 'strained'), 'why')
    assert any('set to strained' in t and 'a note was returned' in t
               for t in w['text']), w
    assert 'XB strained until' in a.ctl('status')

    # It is there after a crash, too.
    crash(a)
    equal(posture(net, b.id), 'strained', 'after a crash')
    wait_for(lambda: settled(a), 60, 'settled')
    equal(held(net, b), every, 'after a crash')

    # Lifted: what waited flows, once.
    change(net, 'lift', 'XB', '--reason', 'they talk again')
    wait_for(lambda: settled(a), 60, 'settled')
    every |= second['malware']
    equal(held(net, b), every, 'lifted')
    row = a.peers()[b.id]
    equal((row['delivered'], row['consulted'], row['posture']),
          (240, 0, 'normal'), 'outcomes')
    here = b.peers()[a.id]
    equal((here['received'], here['unchanged'], here['refused']),
          (240, 0, 0), 'nothing came twice')
    said = [(e['event'], e.get('by'), e.get('outcome'))
            for e in a.ask('log', 'tail', '--limit', '1000')['entries']
            if e['event'] == 'approval']
    equal(said, [('approval', 'comity', 'first'),
                 ('approval', 'duty', 'propose'),
                 ('approval', 'director', 'approve'),
                 ('approval', 'duty', 'propose-lift'),
                 ('approval', 'director', 'approve-lift')], 'log')


MANY = 12000


@with_demo
def test_strain_in_the_middle(net):
    """While records are on their way, and they come to a stop."""
    a, b, _, _ = net.all
    path = write_lines(
        os.path.join(net.dir, 'many.jsonl'),
        [indicator(i, seed='many', labels=KINDS['malware'])
         for i in range(MANY)])
    number = net.do_as(a, 'duty', 'posture', 'set', 'XB', 'suspended',
                       '--reason', 'x')['number']
    publisher = subprocess.Popen([a.comityctl, '-C', a.dir, 'publish', path],
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
    wait_for(lambda: a.peers()[b.id]['delivered'] > 0, 60, 'some crossed',
             0.02)
    net.do_as(a, 'director', 'posture', 'approve', str(number))
    at_once = a.peers()[b.id]['delivered']
    equal(publisher.wait(120), 0, 'publish')
    wait_for(lambda: settled(a), 60, 'settled')
    stopped = held(net, b)
    # What was on the wire by then is signed for; nothing more was sent.
    assert len(stopped) < MANY, 'it did not stop'
    assert len(stopped) - at_once <= 3000, (len(stopped), at_once)
    row = a.peers()[b.id]
    equal((row['delivered'], row['denied']),
          (len(stopped), MANY - len(stopped)), 'outcomes')
    print('stopped after %d of %d' % (len(stopped), MANY))
    time.sleep(1)
    equal(held(net, b), stopped, 'it has stopped')
    # Lifted, and set again while what waited is on its way.
    number = net.do_as(a, 'duty', 'posture', 'set', 'XB', 'suspended',
                       '--reason', 'y')['number']
    change(net, 'lift', 'XB')
    net.do_as(a, 'director', 'posture', 'approve', str(number))
    wait_for(lambda: settled(a), 60, 'settled')
    again = held(net, b)
    equal(again >= stopped, True, 'nothing is lost')
    assert len(again) < MANY, 'it did not stop again'
    print('and after %d' % len(again))
    time.sleep(1)
    equal(held(net, b), again, 'it has stopped again')
    change(net, 'lift', 'XB')
    wait_for(lambda: settled(a), 60, 'settled')
    equal(len(held(net, b)), MANY, 'lifted')
    here = b.peers()[a.id]
    equal((here['received'], here['unchanged']), (MANY, 0), 'once')


@with_demo
def test_ends_by_itself(net):
    a, b, _, _ = net.all
    change(net, 'set', 'XB', 'suspended', '--reason', 'x', '--until', '4s')
    ids = publish(net, 'late', 5)
    wait_for(lambda: settled(a), 60, 'settled')
    equal(held(net, b), set(), 'suspended')
    wait_for(lambda: posture(net, b.id) == 'normal', 20, 'its end')
    wait_for(lambda: settled(a), 60, 'settled')
    equal(held(net, b), set().union(*ids.values()), 'afterwards')
    equal(a.ask('posture', 'list')['in_force'], [], 'list')
    change(net, 'set', 'XB', 'suspended', '--reason', 'x', '--until', '1h')
    change(net, 'renew', 'XB', '--until', '10d')
    until = a.ask('posture', 'list')['in_force'][0]['until']
    assert until[:10] == time.strftime('%Y-%m-%d', time.gmtime(
        time.time() + 10 * 86400)), until


@with_demo
def test_refused(net):
    a = net.all[0]
    for words, code, text in (
            (('set', 'XQ', 'strained', '--reason', 'x'), 4, b'no peer'),
            (('set', 'xb', 'strained', '--reason', 'x'), 2, b'two capitals'),
            (('set', 'XB', 'normal', '--reason', 'x'), 2, b'lifted'),
            (('set', 'XB', 'angry', '--reason', 'x'), 2, b'no posture'),
            (('set', 'XB', 'strained'), 2, b'--reason'),
            (('set', 'XB', 'strained', '--reason', ''), 2, b'a reason'),
            (('set', 'XB', 'strained', '--reason', 'x' * 512), 2,
             b'too long'),
            (('set', 'XB', 'strained', '--reason', 'x', '--until', '31d'),
             2, b'within 30 days'),
            (('set', 'XB', 'strained', '--reason', 'x', '--until', 'soon'),
             2, b'want a day'),
            (('lift', 'XB'), 4, b'no posture was set'),
            (('renew', 'XB'), 4, b'no posture was set'),
            (('approve', '7'), 4, b'no proposal 7'),
            (('withdraw', '7'), 4, b'no proposal 7')):
        p = net.run_as(a, 'duty', 'posture', *words)
        assert p.returncode == code and text in p.stderr, (words, p)
    p = a.ctl_run('posture', 'set', 'XB', 'strained', '--reason', 'x')
    assert p.returncode == 5 and b'not among' in p.stderr, p
    number = net.do_as(a, 'duty', 'posture', 'set', 'XB', 'strained',
                       '--reason', 'x')['number']
    net.do_as(a, 'duty', 'posture', 'withdraw', str(number))
    p = net.run_as(a, 'director', 'posture', 'approve', str(number))
    equal(p.returncode, 4, 'withdrawn')
    equal(json.loads(a.ctl('--json', 'posture', 'list'))['proposed'], [],
          'list')


main(globals())
