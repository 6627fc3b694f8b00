#!/usr/bin/env python3
"""Cases: what the policy puts to people goes when they agree, and not
before; each record once, to the desks of its case."""
import json
import os
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, settled, wait_for, with_net, write_lines)

PANEL = '''consult: {panel: [duty, director], quorum: 2, timeout: %s, on-timeout: deny,
          scope: one-case}
'''
LIMITS = '''limits:
  - {id: ask-first, out: any, kind: [victim], level: consult}
'''
DAY = LIMITS + PANEL % '24h'
SHORT = LIMITS + PANEL % '3s'


def cases(inst):
    return inst.ask('consult', 'list')['cases']


def publish(net, inst, n, seed='v'):
    objects = [indicator(i, seed=seed, labels=('victim',)) for i in range(n)]
    inst.ctl('publish', write_lines(
        os.path.join(net.dir, seed + '.jsonl'), objects))
    return [o['id'] for o in objects]


def open_case(net, a, record):
    """The case about that record, once it is open."""
    found = []

    def there():
        found[:] = [c for c in cases(a) if c['record'] == record]
        return found
    wait_for(there, 30, 'a case about ' + record)
    return str(found[0]['number'])


def refused(p, words):
    assert p.returncode != 0, p.stdout
    assert words in p.stderr.decode(), p.stderr


@with_net(3, DAY)
def test_two_people_agree(net):
    a, b, c = net.all
    one, two = publish(net, a, 2)
    number = open_case(net, a, one)
    wait_for(lambda: len(cases(a)) == 4, 30, 'two records, two peers')
    mine = [x for x in cases(a) if x['record'] == one and
            x['peer'] == b.id][0]
    number = str(mine['number'])
    equal((mine['desks'], mine['by'], mine['needs'], mine['agreed']),
          ('cert-xb/ops', 'ask-first', 2, []), 'case')
    equal(b.ids('--source', a.id), [], 'before')

    first = net.do_as(a, 'duty', 'consult', 'approve', number,
                      '--reason', 'looks right')['case']
    equal((first['needs'], first['agreed'], first['state']),
          (1, ['duty'], 'open'), 'after one')
    refused(net.run_as(a, 'duty', 'consult', 'approve', number),
            'has agreed already')
    # The second sees what the first said; neither survives only in memory.
    crash(a, down=1)
    shown = a.ask('consult', 'show', number)
    equal((shown['case']['agreed'], shown['case']['reason']),
          (['duty'], 'looks right'), 'after kill -9')
    equal(json.loads(shown['record']['object'])['id'], one, 'record')
    done = net.do_as(a, 'director', 'consult', 'approve', number)['case']
    equal(done['state'], 'agreed', 'after two')
    wait_for(lambda: b.ids('--source', a.id) == [one], 30, 'it arrives')
    refused(net.run_as(a, 'director', 'consult', 'approve', number),
            'is closed: agreed')

    # Only that record, only that peer, and only once.
    wait_for(lambda: a.peers()[b.id]['state'] == 'ready' and
             a.peers()[c.id]['state'] == 'ready', 60, 'connected')
    a.ctl('reload')
    for inst in net.all:
        wait_for(lambda i=inst: settled(i), 60, 'settled')
    equal(b.ids('--source', a.id), [one], 'only that one')
    equal(c.ids('--source', a.id), [], 'nothing to the other')
    equal(a.peers()[b.id]['delivered'], 1, 'delivered')
    why = a.ctl('why', two, b.id)
    assert 'consult' in why, why
    history = a.ask('consult', 'history')['cases']
    equal([(x['record'], x['state']) for x in history],
          [(one, 'agreed')], 'history')
    words = [e for e in a.ask('log', 'tail', '--limit', '200')['entries']
             if e['event'] == 'approval' and e['by'] != 'comity']
    equal([(e['by'], e['outcome']) for e in words],
          [('duty', 'approve'), ('director', 'approve')], 'words')


@with_net(2, DAY.replace('director', 'legal'))
def test_not_of_the_panel(net):
    a = net.all[0]
    number = open_case(net, a, publish(net, a, 1)[0])
    for word in ('approve', 'decline'):
        refused(net.run_as(a, 'director', 'consult', word, number),
                'director is not of the panel')
    equal(a.ask('consult', 'show', number)['case']['needs'], 2, 'needs')


@with_net(2, DAY)
def test_decline_and_unknown(net):
    a, b = net.all
    one = publish(net, a, 1)[0]
    number = open_case(net, a, one)
    refused(net.run_as(a, 'duty', 'consult', 'approve', '999'),
            'there is no case 999')
    equal(net.run_as(a, 'duty', 'consult', 'approve', 'x').returncode, 2,
          'not a number')
    net.do_as(a, 'duty', 'consult', 'decline', number, '--reason', 'names')
    refused(net.run_as(a, 'director', 'consult', 'approve', number),
            'is closed: declined')
    equal(b.ids('--source', a.id), [], 'declined')
    # Somebody may put it to people once more.
    again = net.do_as(a, 'director', 'consult', 'open', one, b.id)['case']
    assert str(again['number']) != number, again
    refused(net.run_as(a, 'duty', 'consult', 'open', one, 'cert-xq'),
            'no peer')
    free = indicator(1, seed='free')
    a.ctl('publish', write_lines(os.path.join(net.dir, 'f.jsonl'), [free]))
    refused(net.run_as(a, 'duty', 'consult', 'open', free['id'], b.id),
            'does not put it to people')


@with_net(2, SHORT)
def test_nobody_answers(net):
    a, b = net.all
    one = publish(net, a, 1)[0]
    number = open_case(net, a, one)
    wait_for(lambda: cases(a) == [], 30, 'the time is over')
    refused(net.run_as(a, 'duty', 'consult', 'approve', number),
            'is closed: expired')
    equal(a.ask('consult', 'history')['cases'][0]['state'], 'expired', '')
    equal(b.ids('--source', a.id), [], 'denied')


@with_net(2, DAY)
def test_policy_decides_by_itself(net):
    a, b = net.all
    one, two = publish(net, a, 2)
    number = open_case(net, a, one)
    # What people agreed to is weaker than a policy that forbids.
    net.do_as(a, 'duty', 'consult', 'approve', number)
    net.write_policy(0, DAY.replace('level: consult', 'level: deny'))
    equal(net.apply(a)['policy'], 'in-force', 'it only takes away')
    wait_for(lambda: cases(a) == [], 30, 'moot')
    refused(net.run_as(a, 'director', 'consult', 'approve', number),
            'is closed: moot')
    equal(b.ids('--source', a.id), [], 'nothing')
    net.write_policy(0, DAY)
    net.apply(a)
    open_case(net, a, two)


INCOMING = LIMITS.replace('out: any', 'in: any') + PANEL % '24h'


def items(inst):
    status = inst.ask('status')
    return status['feeds'][0]['items'] - status['store']['opinions']


@with_net(2, INCOMING)
def test_people_let_in(net):
    a, b = net.all
    one, two, three = publish(net, a, 3)
    wait_for(lambda: len(cases(b)) == 3, 30, 'cases at the receiver')
    mine = {x['record']: x for x in cases(b)}
    equal({(x['direction'], x['peer'], x['by']) for x in mine.values()},
          {('in', a.id, 'ask-first')}, 'cases')
    wait_for(lambda: settled(a), 30, 'they are acknowledged')
    equal(a.peers()[b.id]['delivered'], 3, 'delivered')
    equal(b.ids(), [], 'nobody sees them')
    equal(b.ctl_run('show', one).returncode, 4, 'nor by id')
    for who in ('duty', 'director'):
        net.do_as(b, who, 'consult', 'approve', str(mine[one]['number']))
    equal(b.ids('--source', a.id), [one], 'let in')
    wait_for(lambda: items(b) == 1, 20, 'in the feed')
    net.do_as(b, 'duty', 'consult', 'decline', str(mine[two]['number']))
    crash(b, down=1)
    equal(b.ids('--source', a.id), [one], 'after kill -9')
    equal(b.ask('status')['store']['tombstones'], 1, 'thrown away')
    # A policy that asks no more lets in what still waits, and only that.
    with open(b.path('config', 'policy.yaml'), encoding='utf-8') as f:
        text = f.read()
    with open(b.path('config', 'policy.yaml'), 'w', encoding='utf-8') as f:
        f.write(text.replace('id: ask-first, in: any, kind: [victim]',
                             'id: ask-first, in: any, kind: [botnet]'))
    net.apply(b)
    wait_for(lambda: set(b.ids('--source', a.id)) == {one, three}, 30,
             'let in by the policy')
    wait_for(lambda: items(b) == 2, 20, 'in the feed')
    equal(cases(b), [], 'cases')


@with_net(2, INCOMING)
def test_stricter_policy_keeps_out(net):
    a, b = net.all
    one, = publish(net, a, 1)
    wait_for(lambda: len(cases(b)) == 1, 30, 'a case at the receiver')
    number = str(cases(b)[0]['number'])
    net.do_as(b, 'duty', 'consult', 'approve', number)
    net.write_policy(1, INCOMING.replace('level: consult', 'level: deny'))
    equal(net.apply(b)['policy'], 'in-force', 'it only takes away')
    # People agree to what the policy asks them, not to what it denies.
    refused(net.run_as(b, 'director', 'consult', 'approve', number),
            'the policy does not let it in now: deny by ask-first')
    shown = b.ask('consult', 'show', number)['case']
    equal((shown['state'], shown['agreed']), ('open', ['duty']), 'case')
    equal(b.ids(), [], 'it stays out')
    net.write_policy(1, INCOMING)
    net.apply(b)
    net.do_as(b, 'director', 'consult', 'approve', number)
    equal(b.ids('--source', a.id), [one], 'as the policy says now')


TAKEN_OUT = '''  - {id: in-less, in: {type: [national]}, kind: victim, for: [secops],
     via: redact, redact: [description]}
'''


@with_net(2, TAKEN_OUT + INCOMING)
def test_let_in_without_what_is_taken_out(net):
    a, b = net.all
    o = indicator(0, labels=('victim',), description='the name of a victim')
    a.ctl('publish', write_lines(os.path.join(net.dir, 'r.jsonl'), [o]))
    wait_for(lambda: len(cases(b)) == 1, 30, 'a case at the receiver')
    number = str(cases(b)[0]['number'])
    net.do_as(b, 'duty', 'consult', 'approve', number)
    net.do_as(b, 'director', 'consult', 'approve', number)
    equal(b.ids('--source', a.id), [], 'not as it came')
    left, = b.ids('--derived')
    shown = b.ask('show', left)['object']
    assert 'description' not in json.loads(shown), shown
    equal([r['id'] for r in b.ask('lookup', o['name'])['records']], [left],
          'what is left is found')
    equal(b.ask('status')['store']['tombstones'], 1, 'what came')


@with_net(2, DAY)
def test_recalled(net):
    a, b = net.all
    one, two = publish(net, a, 2)
    number = open_case(net, a, one)
    net.do_as(a, 'duty', 'consult', 'approve', number)
    a.ctl_run('recall', one, '--reason', 'wrong', '--yes')
    wait_for(lambda: [c['record'] for c in cases(a)] == [two], 30,
             'nobody is asked about what was recalled')
    refused(net.run_as(a, 'director', 'consult', 'approve', number),
            'is closed: moot')
    equal(b.ids(), [], 'nothing')


@with_net(2, INCOMING)
def test_recalled_while_it_waits(net):
    a, b = net.all
    one, = publish(net, a, 1)
    wait_for(lambda: len(cases(b)) == 1, 30, 'a case at the receiver')
    number = str(cases(b)[0]['number'])
    a.ctl_run('recall', one, '--reason', 'wrong', '--yes')
    wait_for(lambda: cases(b) == [], 30, 'nobody is asked')
    refused(net.run_as(b, 'duty', 'consult', 'approve', number),
            'is closed: moot')
    # Who was told to forget it knows that it was: it does not come back.
    equal(b.ask('status')['store']['tombstones'], 1, 'tombstone')
    crash(b, down=1)
    equal((b.ids(), cases(b)), ([], []), 'after kill -9')


@with_net(2, DAY)
def test_think_better_of_it(net):
    a, b = net.all
    one, = publish(net, a, 1)
    number = open_case(net, a, one)
    net.do_as(a, 'duty', 'consult', 'approve', number)
    done = net.do_as(a, 'duty', 'consult', 'decline', number, '--reason',
                     'a mistake')['case']
    equal((done['state'], done['declined']), ('declined', 'duty'), 'case')
    refused(net.run_as(a, 'director', 'consult', 'approve', number),
            'is closed: declined')
    equal(b.ids(), [], 'nothing')


@with_net(2, DAY, introduced=False)
def test_people_are_told(net):
    a, b = net.all
    got = os.path.join(net.dir, 'told')
    hook = os.path.join(net.dir, 'hook')
    with open(hook, 'w', encoding='ascii') as f:
        f.write('#!/bin/sh\ncat >%s.new && mv %s.new %s\n' % (got, got, got))
    os.chmod(hook, stat.S_IRWXU)
    mail = os.path.join(net.dir, 'mail')
    with open(mail, 'w', encoding='ascii') as f:
        f.write('#!/bin/sh\n(echo "$@"; cat) >%s.mail\n' % got)
    os.chmod(mail, stat.S_IRWXU)
    a.set_options(command=hook, mail='duty@cert.example,b@cert.example',
                  sendmail=mail)
    a.ctl('reload')
    net.introduce()
    publish(net, a, 3)
    wait_for(lambda: os.path.exists(got) and os.path.exists(got + '.mail')
             and open(got + '.mail', encoding='utf-8').read(), 30, 'told')
    with open(got, encoding='utf-8') as f:
        doc = json.load(f)
    equal((doc['cert_id'], doc['event'], doc['new'] > 0), (
        a.id, 'consult', True), 'document')
    with open(got + '.mail', encoding='utf-8') as f:
        text = f.read()
    assert text.startswith('-t -i\nTo: duty@cert.example,b@cert.example\n'), text
    assert '"event": "consult"' in text, text

    # A program that is not there harms nobody, and is named at once.
    a.set_options(command='/nonexistent/program')
    a.ctl('reload')
    wait_for(lambda: 'program=/nonexistent/program' in a.log_tail(), 10,
             'a line about it')
    publish(net, a, 3, seed='more')
    equal(a.ask('status')['state'], 'ready', 'state')


HANGS = '''#!%s
import os, subprocess
with open('/proc/self/status', encoding='ascii') as f:
    blocked = [line.split()[1] for line in f if line.startswith('SigBlk')]
child = subprocess.Popen(['sleep', '600'])
with open('%s.new', 'w', encoding='ascii') as f:
    f.write('%%d %%d %%s' %% (os.getpid(), child.pid, blocked[0]))
os.rename('%s.new', '%s')
child.wait()
'''


def is_running(pid):
    try:
        with open('/proc/%d/stat' % pid, encoding='ascii') as f:
            return f.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@with_net(2, DAY, introduced=False)
def test_program_that_hangs(net):
    a = net.all[0]
    got, hook = [os.path.join(net.dir, n) for n in ('told', 'hook')]
    with open(hook, 'w', encoding='ascii') as f:
        f.write(HANGS % (sys.executable, got, got, got))
    os.chmod(hook, stat.S_IRWXU)
    a.set_options(command=hook)
    a.ctl('reload')
    net.introduce()
    publish(net, a, 1)
    wait_for(lambda: os.path.exists(got), 30, 'told')
    with open(got, encoding='ascii') as f:
        pid, child, blocked = f.read().split()
    equal(int(blocked, 16), 0, 'signals that it does not get')
    # The daemon goes on; after 30 s the program and its children are gone.
    equal(a.ask('status')['state'], 'ready', 'state')
    wait_for(lambda: not is_running(int(pid)), 45, 'it is ended')
    wait_for(lambda: not is_running(int(child)), 5, 'and its child')
    assert 'notify-timeout' in a.log_tail(), a.log_tail()


main(globals())
