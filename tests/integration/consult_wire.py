#!/usr/bin/env python3
"""Cases over the wire: members of a circle are asked and answer each for
itself; a desk may ask for what it lacks, and learns nothing by asking."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, settled, wait_for, with_net, write_lines)
from hostile import Hostile, silence  # noqa: E402

PANEL = '''consult: {panel: [duty, director], quorum: 1, timeout: %s, on-timeout: deny,
          scope: one-case, ask: %s}
'''
CIRCLES = '''circles:
  clean: {members: [%s], foci: [victim], charter: "sha256:aa", quorum: 1}
postures:
'''
# What names a victim goes by the circle only, and when people agree.
BY_CIRCLE = '''  - {id: out-victim, out: {circle: clean}, kind: [victim], for: [secops],
     tlp: <=green, via: consult, cap: {hops: 0}}
  - {id: out-all, out: {type: [national]}, kind: [ioc, botnet], '''
LIMITS = '''limits:
  - {id: ask-first, out: any, kind: [victim], level: consult}
  - {id: never, out: any, kind: [botnet], level: deny}
'''


def write_circle(net, i, members, ask='any', timeout='24h'):
    """A circle of those, and what names a victim goes by it."""
    net.write_policy(i, PANEL % (timeout, ask))
    path = net.all[i].path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    text = text.replace('postures:\n', CIRCLES % ', '.join(
        net.all[k].id for k in members if k != i), 1)
    text = text.replace('  - {id: out-all, out: {type: [national]}, '
                        'kind: technical, ', BY_CIRCLE, 1)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


def publish(net, inst, objects, name='x.jsonl'):
    inst.ctl('publish', write_lines(os.path.join(net.dir, name), objects))


def victim(n, seed='v'):
    return indicator(n, seed=seed, labels=('victim',))


def listed(inst):
    return inst.ask('consult', 'list')


def cases(inst, record=None):
    return [c for c in listed(inst)['cases']
            if record is None or c['record'] == record]


def case_for(a, peer, record):
    wait_for(lambda: [c for c in cases(a, record) if c['peer'] == peer.id],
             30, 'a case about %s for %s' % (record, peer.id))
    return [c for c in cases(a, record) if c['peer'] == peer.id][0]


def refused(p, words):
    assert p.returncode != 0, p.stdout
    assert words in p.stderr.decode(), p.stderr


def answers(a, number):
    return {x['member']: x for x in a.ask('consult', 'show',
                                          str(number))['case']['answers']}


def log_has(inst, words):
    return words in inst.log_tail(100000)


@with_net(4, introduced=False)
def test_members_are_asked(net):
    """L-05: members of the circle are asked, and nobody else."""
    a, b, c, d = net.all
    for i in range(3):
        write_circle(net, i, (0, 1, 2))
    for inst in net.all[:3]:
        net.apply(inst)
    net.introduce()
    one = victim(1)
    publish(net, a, [one])
    case = case_for(a, b, one['id'])
    equal((case['circle'], case['needs']), ('clean', 1), 'case')

    # C is asked about what would go to B; B is not asked about its own.
    wait_for(lambda: listed(c)['questions'], 30, 'a question at C')
    q = listed(c)['questions']
    equal([(x['from'], x['circle'], x['kind'], x['tlp'], x['peer'],
            x['state'], 'record' in x) for x in q],
          [(a.id, 'clean', 'victim', 'green', b.id, 'open', False)],
          'question')
    wait_for(lambda: listed(b)['questions'], 30, 'a question at B')
    equal([x['peer'] for x in listed(b)['questions']], [c.id], 'at B')
    equal(listed(d)['questions'], [], 'D is no member')
    equal(log_has(d, 'clean'), False, 'D knows nothing of it')
    equal(answers(a, case['number'])[c.id]['word'], 'asked', 'not yet')

    # It survives here and there, and is not asked twice.
    crash(c, down=1)
    wait_for(lambda: c.peers()[a.id]['state'] == 'ready', 60, 'again')
    equal([x['name'] for x in listed(c)['questions']], ['q1'], 'once')
    refused(net.run_as(c, 'duty', 'consult', 'approve', 'q9'),
            'there is no question q9')
    said = net.do_as(c, 'duty', 'consult', 'decline', 'q1', '--reason',
                     'they leaked the last one')['question']
    equal((said['state'], said['by']), ('declined', 'duty'), 'said')
    refused(net.run_as(c, 'director', 'consult', 'approve', 'q1'),
            'duty has answered it already')
    wait_for(lambda: answers(a, case['number'])[c.id]['word'] == 'declines',
             30, 'the answer is here')
    equal(answers(a, case['number'])[c.id]['reason'],
          'they leaked the last one', 'reason')
    equal(listed(c)['questions'], [], 'answered')
    equal([x['state'] for x in c.ask('consult', 'history')['questions']],
          ['declined'], 'history')

    # It answers for itself only: our people decide.
    equal(case_for(a, b, one['id'])['state'], 'open', 'still open')
    crash(a, down=1)
    equal(answers(a, case['number'])[c.id]['word'], 'declines', 'kept')
    net.do_as(a, 'duty', 'consult', 'approve', str(case['number']))
    wait_for(lambda: b.ids('--source', a.id) == [one['id']], 60, 'B has it')
    equal(c.ids('--source', a.id), [], 'C has it not')
    events = [e for e in a.ask('log', 'tail', '--limit', '200')['entries']
              if e['event'] == 'consult']
    assert {e['peer'] for e in events} >= {b.id, c.id}, events


@with_net(3, introduced=False)
def test_answer_later_and_no_member(net):
    a, b, c = net.all
    for i in range(3):
        write_circle(net, i, (0, 1, 2), timeout='20s' if i == 0 else '24h')
        net.apply(net.all[i])
    net.introduce()
    one = victim(1)
    publish(net, a, [one])
    case = case_for(a, b, one['id'])
    wait_for(lambda: listed(c)['questions'], 30, 'a question at C')
    # C answers while A is away.
    a.stop()
    net.do_as(c, 'duty', 'consult', 'approve', 'q1')
    a.start()
    a.wait_ready()
    wait_for(lambda: answers(a, case['number']).get(c.id, {})['word'] ==
             'agrees', 30, 'asked again, answered again')
    # C leaves; what A still asks is answered with nothing.
    wait_for(lambda: listed(b)['questions'] == [], 60, 'over at B')
    refused(net.run_as(b, 'duty', 'consult', 'approve', 'q1'),
            'there is no question q1')
    wait_for(lambda: cases(a) == [], 30, 'over at A')
    text_b = [x for x in a.ask('consult', 'show', str(case['number']))
              ['case']['answers'] if x['word'] == 'agrees']
    equal([x['member'] for x in text_b], [c.id], 'kept in the history')


@with_net(3, introduced=False)
def test_who_may_have_it_and_who_leaves(net):
    """The id goes only to who may have the record; who left has no say."""
    a, b, c = net.all
    for i in range(3):
        write_circle(net, i, (0, 1, 2))
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    # What names a victim may go to C as it is; to B only when people agree.
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('  - {id: out-victim,', "  - {id: out-c, out: "
                '{peer: cert-xc}, kind: [victim], for: [secops],\n     '
                'tlp: <=green, cap: {hops: 0}}\n  - {id: out-victim,', 1))
    for inst in net.all:
        net.apply(inst)
    net.introduce()
    one = victim(1)
    publish(net, a, [one])
    wait_for(lambda: c.ids('--source', a.id) == [one['id']], 60, 'C has it')
    wait_for(lambda: listed(c)['questions'], 30, 'a question at C')
    equal(listed(c)['questions'][0]['record'], one['id'], 'its id')
    equal([x['peer'] for x in cases(a)], [b.id], 'one case')
    equal(listed(b)['questions'], [], 'B is not asked about its own')

    write_circle(net, 0, (0, 1))
    net.apply(a)
    refused(net.run_as(c, 'duty', 'consult', 'approve', 'q1'),
            'the circle clean is not in force with cert-xa now')
    equal(answers(a, case_for(a, b, one['id'])['number'])[c.id]['word'],
          'asked', 'no word of C')


@with_net(3, introduced=False)
def test_ask_for_a_record(net):
    a, b, c = net.all
    net.write_policy(0, LIMITS + PANEL % ('24h', '[cert-xb]'))
    net.apply(a)
    net.introduce()
    one, two, no = victim(1), victim(2), indicator(
        3, labels=('botnet',))
    publish(net, a, [one, two, no])
    case_for(a, b, one['id'])
    case_for(a, c, one['id'])
    for inst in net.all:
        wait_for(lambda i=inst: settled(i), 60, 'settled')
    before = len(cases(a))
    ghost = indicator(99, seed='ghost')['id']

    # What may not be had, is not there, or is with people: one reply.
    said = [net.do_as(b, 'duty', 'ask', a.id, i, '--reason', 'seen')['ask']
            for i in (one['id'], no['id'], ghost)]
    equal([(x['peer'], x['desk'], 'noted' in x) for x in said],
          [(a.id, 'ops', False)] * 3, 'asked')
    wait_for(lambda: all('noted' in x for x in listed(b)['asks']), 30,
             'all are noted alike')
    wait_for(lambda: case_for(a, b, one['id']).get('asked') ==
             'cert-xb/ops: seen', 30, 'people see who asked and why')
    equal(len(cases(a)), before, 'no case about the others')
    # C may not ask.
    net.do_as(c, 'duty', 'ask', a.id, two['id'])
    wait_for(lambda: all('noted' in x for x in listed(c)['asks']), 30,
             'noted all the same')
    wait_for(lambda: log_has(a, 'it may not ask'), 30, 'looked into')
    assert 'asked' not in case_for(a, c, two['id'])
    assert log_has(a, 'no such record') and log_has(a, 'is not to be')

    # People say no: asking again soon does not ask them again.
    number = str(case_for(a, b, two['id'])['number'])
    net.do_as(a, 'duty', 'consult', 'decline', number)
    net.do_as(b, 'duty', 'ask', a.id, two['id'])
    wait_for(lambda: log_has(a, 'people have decided'), 30, 'looked into')
    equal([x for x in cases(a, two['id']) if x['peer'] == b.id], [], 'none')
    # They say yes: it comes as all records do.
    number = str(case_for(a, b, one['id'])['number'])
    net.do_as(a, 'duty', 'consult', 'approve', number)
    wait_for(lambda: b.ids('--source', a.id) == [one['id']], 60, 'it comes')

    refused(b.ctl_run('ask', 'cert-xq', one['id']), 'no peer')
    refused(b.ctl_run('ask', a.id, 'two words'), 'no id')
    refused(b.ctl_run('ask', a.id, one['id'], '--desk', 'law'),
            'no desk law')


@with_net(2, LIMITS + PANEL % ('24h', 'any'))
def test_ask_later_and_too_often(net):
    a, b = net.all
    one = victim(1)
    publish(net, a, [one])
    number = str(case_for(a, b, one['id'])['number'])
    a.stop()
    net.do_as(b, 'duty', 'ask', a.id, one['id'], '--reason', 'later')
    crash(b)
    assert 'noted' not in listed(b)['asks'][0]
    a.start()
    a.wait_ready()
    wait_for(lambda: 'noted' in listed(b)['asks'][0], 60, 'asked after all')
    wait_for(lambda: a.ask('consult', 'show', number)['case'].get('asked')
             == 'cert-xb/ops: later', 30, 'with people')
    # What it holds already is nothing to ask people about.
    net.do_as(a, 'duty', 'consult', 'approve', number)
    wait_for(lambda: b.ids('--source', a.id) == [one['id']], 60, 'it comes')
    wait_for(lambda: settled(a), 60, 'settled')
    opened = len(a.ask('consult', 'history')['cases'])
    # We ask no faster than is looked into, so that nothing is dropped.
    for i in range(8):
        net.do_as(b, 'duty', 'ask', a.id, indicator(i, seed='s')['id'])
    wait_for(lambda: log_has(a, 'no such record'), 30, 'looked into')
    assert any('noted' not in x for x in listed(b)['asks'])
    equal(a.ask('status')['counters']['comity_asks_dropped_total'], 0,
          'dropped')
    equal((len(a.ask('consult', 'history')['cases']), cases(a)),
          (opened, []), 'no other case')


@with_net(2, introduced=False)
def test_hostile(net):
    """Neither who is no member nor who asks too much gets anywhere."""
    a, b = net.all
    write_circle(net, 1, (0, 1))
    net.apply(b)
    net.introduce()
    silence(net)
    hostile = Hostile(net)
    for scenario, reason in (('consult-forged', 'signature'),
                             ('consult-other', 'identity'),
                             ('answer-forged', 'signature'),
                             ('ask-forged', 'signature'),
                             ('consult-stranger', 'protocol')):
        out = hostile.run('ready-' + scenario)
        assert ' %s ' % reason in out, (scenario, out)
        assert 'CONSULT' not in out and 'ASKED' not in out, out
    equal(listed(b)['questions'], [], 'nothing is open')
    assert log_has(b, 'it was not asked that')
    assert log_has(b, 'it is of no circle that we have with it')

    out = hostile.run('ready-asks')
    equal(out.count('frame ASKED'), 25, 'one reply to each')
    # A minute may begin in the middle.
    dropped = b.ask('status')['counters']['comity_asks_dropped_total']
    assert 5 <= dropped <= 15, dropped

    out = hostile.run('ready-consult-many')
    equal((len(listed(b)['questions']), b.ask('status')['consult']
           ['questions']), (100, 100), 'bounded')
    assert log_has(b, 'it has asked too much')


main(globals())
