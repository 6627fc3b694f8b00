#!/usr/bin/env python3
"""kill -9 of any process while people decide what may flow.

Policies are put into force by two people, postures are set and lifted,
cases are agreed to and records are published, all at once; and records are
recalled that went on to others.  What was acknowledged is so afterwards,
and once.  COMITY_KILLS says how many kills;
COMITY_SEED repeats a run.
"""
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    Failed, equal, indicator, main, wait_for, with_net, write_lines)
from killing import (  # noqa: E402
    Publisher, Worker, chance, is_settled, kill_at_work, revive)
from relays import held, line_up  # noqa: E402

KILLS = int(os.environ.get('COMITY_KILLS', '40'))
PEOPLE = ('duty', 'director')
CASES = '''limits:
  - {id: ask-first, out: {peer: cert-xc}, kind: [victim], level: consult}
consult: {panel: [duty, director], quorum: 2, timeout: 24h, on-timeout: deny,
          scope: one-case}
'''
OPENS = ('  - {id: out-red-%d, out: {peer: cert-xb}, kind: technical, '
         'for: [secops], tlp: <=red, cap: {hops: 0}}\n')


def approvals(inst, what):
    """What the log holds of it: (subject, by, verdict, signed)."""
    found = []
    entries = inst.ask('log', 'tail', '--limit', '1000')['entries']
    assert any(e.get('outcome') == 'first' for e in entries), \
        'the test writes more log than can be shown'
    for e in entries:
        m = re.match(what + ' ([^:]*)', e.get('text', ''))
        if e['event'] == 'approval' and m:
            found.append((m.group(1), e['by'], e['outcome'], e['signed']))
    return found


class Policies(Worker):
    """Every other policy opens something: two people agree to it."""

    def __init__(self, net):
        super().__init__()
        self.net, self.inst = net, net.all[0]
        self.base = self.digest = self.inst.ask('status')['policy']['digest']
        self.opened = []

    def in_force(self):
        return self.inst.ask('status')['policy']['digest']

    def work(self, n):
        equal(self.until(self.in_force, 'in force'), self.digest,
              'the policy that was acknowledged')
        if n % 2 == 0:
            self.net.write_policy(0, OPENS % n + CASES)
            self.digest = self.until(self.open, 'a policy that opens')
            self.opened.append(self.digest)
        else:
            self.net.write_policy(0, CASES)
            self.until(self.tighten, 'the policy as it was')
            self.digest = self.base

    def open(self):
        """Whatever became of the last attempt, go on from there."""
        if self.in_force() != self.digest:
            return self.in_force()
        p = self.inst.ask('policy', 'pending').get('pending')
        if p is None:
            self.net.do_as(self.inst, 'duty', 'policy', 'apply')
            return None
        for who in PEOPLE:
            if who not in p['by']:
                r = self.net.do_as(self.inst, who, 'policy', 'approve',
                                   p['digest'])
                if r['policy'] == 'in-force':
                    equal(r['digest'], p['digest'], 'approved')
                    return r['digest']
        return None

    def tighten(self):
        r = self.net.do_as(self.inst, 'duty', 'policy', 'apply')
        if r['policy'] not in ('same', 'in-force'):
            raise AssertionError('it takes away, and waits: %r' % r)
        equal(r['digest'], self.base, 'as it was')
        return r

    def check(self):
        equal(self.in_force(), self.digest, 'the policy in force')
        said = approvals(self.inst, 'policy')
        for digest in self.opened:
            people = [(by, signed) for subject, by, verdict, signed in said
                      if subject and digest.startswith(subject) and
                      verdict in ('propose', 'approve') and by in PEOPLE]
            equal(sorted(people), [('director', True), ('duty', True)],
                  'who agreed to ' + digest)


class Postures(Worker):
    """The relation to one country is strained and lifted."""

    def __init__(self, net):
        super().__init__()
        self.net, self.inst = net, net.all[0]
        self.level = 'normal'
        self.changes = 0

    def now(self):
        rows = self.inst.ask('posture', 'list')['in_force']
        assert len(rows) <= 1, rows
        return rows[0]['posture'] if rows else 'normal'

    def work(self, n):
        equal(self.until(self.now, 'postures'), self.level,
              'the posture that was acknowledged')
        if n % 2 == 0:
            want, words = 'suspended', ('set', 'XB', 'suspended',
                                        '--reason', 'change %d' % n)
        else:
            want, words = 'normal', ('lift', 'XB')
        self.until(lambda: self.change(want, words), words[0])
        self.level = want
        self.changes += 1
        time.sleep(0.2)

    def change(self, want, words):
        if self.now() == want:
            return True
        waiting = self.inst.ask('posture', 'list')['proposed']
        number = waiting[0]['number'] if waiting else self.net.do_as(
            self.inst, 'duty', 'posture', *words)['number']
        self.net.do_as(self.inst, 'director', 'posture', 'approve',
                       str(number))
        return True if self.now() == want else None

    def check(self):
        equal(self.now(), self.level, 'the posture')
        said = approvals(self.inst, 'posture')
        for verb in ('', '-lift'):
            yes = [s for s, by, v, signed in said
                   if (by, v, signed) == ('director', 'approve' + verb, True)]
            equal(len(yes), len(set(yes)), 'agreed to twice')
            equal(len(yes), (self.changes + (verb == '')) // 2,
                  'approve' + verb)


class Cases(Worker):
    """One record after the other that people agree to."""

    def __init__(self, net):
        super().__init__()
        self.net, self.inst = net, net.all[0]
        self.agreed = {}

    def work(self, n):
        o = indicator(n, seed='case', labels=('victim',))
        path = write_lines(os.path.join(self.net.dir, 'case.jsonl'), [o])
        self.until(lambda: self.inst.ask('publish', path), 'published')
        number = self.until(lambda: self.number(o['id']), 'a case')
        for who in PEOPLE:
            self.until(lambda w=who: self.agree(number, w), 'agreed')
        self.agreed[o['id']] = number

    def number(self, record):
        for x in self.inst.ask('consult', 'list')['cases']:
            if x['record'] == record:
                return str(x['number'])
        return None

    def agree(self, number, who):
        """What was acknowledged is not said again: it must be there."""
        try:
            self.net.do_as(self.inst, who, 'consult', 'approve', number)
            return True
        except Failed:
            case = self.inst.ask('consult', 'show', number)['case']
            return True if who in case['agreed'] else None

    def check(self, receiver):
        said = approvals(self.inst, 'case')
        history = self.inst.ask('consult', 'history')['cases']
        got = receiver.ids('--source', self.inst.id)
        for record, number in self.agreed.items():
            equal([x['state'] for x in history if x['record'] == record],
                  ['agreed'], 'cases of ' + record)
            equal([(by, v, signed) for s, by, v, signed in said
                   if s == number],
                  [(who, 'approve', True) for who in PEOPLE],
                  'who agreed to case ' + number)
            equal(got.count(record), 1, 'delivered: ' + record)


@with_net(3)
def test_kill_while_people_decide(net):
    a, b, c = net.all
    net.write_policy(0, CASES)
    net.apply(a)
    publisher = Publisher(a, net.dir, batch=20, pause=0.3)
    policies, postures, cases = Policies(net), Postures(net), Cases(net)
    kill_at_work(net, chance(KILLS), KILLS,
                 [publisher, policies, postures, cases])
    print('published %d, opened %d times, %d postures, %d cases' % (
        len(publisher.acknowledged), len(policies.opened),
        postures.changes, len(cases.agreed)), flush=True)
    wait_for(lambda: is_settled(net), 60, 'settled', 0.2)
    policies.check()
    postures.check()
    cases.check(c)
    if postures.level != 'normal':
        postures.until(lambda: postures.change('normal', ('lift', 'XB')),
                       'lifted')
        wait_for(lambda: is_settled(net), 60, 'settled', 0.2)

    own = a.ids('--source', 'own')
    equal(len(own), len(set(own)), 'a record twice')
    every = publisher.all | set(cases.agreed)
    equal((publisher.acknowledged | set(cases.agreed)) - set(own), set(),
          'acknowledged and lost')
    equal(set(own) - every, set(), 'never published')
    for inst in (b, c):
        got = inst.ids('--source', a.id)
        equal(len(got), len(set(got)), 'a record twice at ' + inst.id)
        equal(set(got) ^ set(own), set(), 'at ' + inst.id)
        equal(a.peers()[inst.id]['delivered'], len(own), 'delivered')


class Recalls(Worker):
    """Takes back some of the records as soon as they are published."""

    def __init__(self, inst, publisher):
        super().__init__()
        self.inst, self.publisher = inst, publisher
        self.recalled = set()

    def work(self, n):
        left = sorted(i for i in self.publisher.acknowledged
                      if i[-1] in '01' and i not in self.recalled)
        if not left:
            time.sleep(0.05)
            return
        self.until(lambda: self.recall(left[0]), 'recalled')
        self.recalled.add(left[0])

    def recall(self, record):
        p = self.inst.ctl_run('recall', record, '--reason', 'wrong', '--yes')
        # It may have been done when the answer was lost.
        if p.returncode == 0 or self.inst.ctl_run(
                'show', record).returncode == 4:
            return True
        raise Failed(p.stderr.decode())


def is_up(net):
    revive(net)
    try:
        return all(inst.ask('status')['state'] == 'ready'
                   for inst in net.all)
    except (Failed, subprocess.TimeoutExpired):
        return False


@with_net(3, introduced=False)
def test_kill_while_recalls_go_on(net):
    a, b, c = net.all
    line_up(net, ['cap: {hops: 3}', 'transit: true', 'transit: true'])
    publisher = Publisher(a, net.dir, batch=20, pause=0.2)
    recalls = Recalls(a, publisher)
    kill_at_work(net, chance(KILLS), KILLS, [publisher, recalls])
    print('published %d, recalled %d' % (
        len(publisher.acknowledged), len(recalls.recalled)), flush=True)
    left = publisher.acknowledged - recalls.recalled
    # The last one killed may have been its supervisor.
    wait_for(lambda: is_up(net), 60, 'up')
    equal(set(a.ids('--source', 'own')), left, 'at the originator')
    for inst, source in ((b, a), (c, b)):
        try:
            wait_for(lambda i=inst, s=source: is_up(net) and
                     held(i, s) == left, 60, 'it has what is left')
        except AssertionError as e:
            got = held(inst, source)
            raise AssertionError('%s: missing %d: %r, too many %r\n%r' % (
                inst.id, len(left - got), sorted(left - got)[:3],
                sorted(got - left)[:3],
                [i.peers() for i in net.all])) from e
    for inst, source in ((b, a), (c, b)):
        got = inst.ids('--source', source.id)
        equal(len(got), len(left), 'a record twice at ' + inst.id)
        equal(sorted(i for i in recalls.recalled if inst.ctl_run(
            'show', i).returncode != 4), [], 'recalled, at ' + inst.id)


main(globals())
