#!/usr/bin/env python3
"""What was seen of a record, or wrong with it, goes back to who made it."""
import json
import os
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    equal, indicator, main, settled, wait_for, with_net, write_lines)

WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'


def give_words_a_kind(net):
    for i, inst in enumerate(net.all):
        net.write_policy(i)
        path = inst.path('config', 'policy.yaml')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace('bands:', WORD + 'bands:', 1))
        net.apply(inst)


def publish(net, inst, objects):
    inst.ctl('publish', write_lines(os.path.join(net.dir, 'in'), objects))


@with_net(3)
def test_words_go_back(net):
    a, b, c = net.all
    give_words_a_kind(net)
    record = indicator(1)
    publish(net, a, [record])
    wait_for(lambda: b.ids('--source', a.id) == [record['id']], 30, 'there')
    # It may go no further than to b; word about it goes back to a only.
    equal(b.ask('show', record['id'])['object'] != '', True, 'bytes')
    seen = b.ask('sight', record['id'], '--count', '3', '--note',
                 'in mail traffic')['object']
    wrong = b.ask('sight', record['id'], '--false-positive')['object']
    want = {seen['id'], wrong['id']}
    wait_for(lambda: set(a.ids('--source', b.id)) == want, 30, 'a has them')
    equal(seen['sighting_of_ref'], record['id'], 'of')
    equal(seen['count'], 3, 'count')
    equal(wrong['opinion'], 'strongly-disagree', 'opinion')
    equal(wrong['object_refs'], [record['id']], 'about')
    got = a.ask('show', wrong['id'])
    equal(got['source'], b.id, 'who says so')
    wait_for(lambda: settled(b), 30, 'all is decided')
    equal(c.ids('--source', b.id), [], 'nobody else hears of it')
    text = b.ctl('why', seen['id'], c.id)
    assert 'hops' in text, text


@with_net(2)
def test_bad_words(net):
    a, b = net.all
    record = indicator(1)
    publish(net, a, [record])
    wait_for(lambda: b.ids('--source', a.id) == [record['id']], 30, 'there')
    for args, code in (
            (['indicator--00000000-0000-4000-8000-000000000000'], 4),
            ([record['id'], '--count', '0x1'], 2),
            ([record['id'], '--count', '1000000000'], 2),
            ([record['id'], '--false-positive', '--count', '1'], 2),
            ([record['id'], '--last-seen', 'yesterday'], 1),
            ([record['id'], '--desk', 'nobody'], 2),
            ([record['id'], '--tlp', 'white'], 2),
            ([record['id'], '--note', 'x' * 100000], 0)):
        p = b.ctl_run('sight', *args)
        equal(p.returncode, code, '%s: %s' % (args[:3], p.stderr))
    equal(len(b.ids('--source', 'own')), 1, 'only the long word was said')


def frame(kind, payload=b''):
    return struct.pack('>IB3x', len(payload), kind) + payload


def replies(s):
    """The daemon's answers on a control connection, as dictionaries."""
    got = b''
    while True:
        while len(got) < 8 or \
                len(got) < 8 + struct.unpack('>I', got[:4])[0]:
            more = s.recv(65536)
            if not more:
                return
            got += more
        n = struct.unpack('>I', got[:4])[0]
        yield json.loads(got[8:8 + n])
        got = got[8 + n:]


@with_net(2)
def test_end_in_one_breath(net):
    """The end of a publication is not answered before its objects are."""
    a = net.all[0]
    objects = b''.join(
        struct.pack('>I', len(o)) + o for o in
        (json.dumps(indicator(i)).encode() for i in range(50)))
    here = os.getcwd()
    os.chdir(a.path('state'))
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect('control.sock')
            s.sendall(frame(96, json.dumps({
                'v': 1, 'command': 'publish', 'arguments': {'desk': 'ops'}}).encode())
                + frame(98, struct.pack('>QH', 0, 50) + objects) + frame(99))
            answers = replies(s)
            equal(next(answers).get('n'), 50, 'first the objects')
            equal(next(answers)['stored'], 50, 'then the end')
    finally:
        os.chdir(here)


main(globals())
