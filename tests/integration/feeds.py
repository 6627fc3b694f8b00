#!/usr/bin/env python3
"""Feeds of the desks, kept up behind the commits of live daemons."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_RED, crash, equal, indicator, main, settled, wait_for, with_net,
    write_lines)


def feeds(inst):
    """Without what the daemon itself thinks of what came."""
    status = inst.ask('status')
    return {f['desk']: (f['items'] - status['store']['opinions'], f['lag'])
            for f in status['feeds']}


def publish(inst, net, name, objects):
    path = write_lines(os.path.join(net.dir, name), objects)
    return json.loads(inst.ctl('--json', 'publish', path))


@with_net(2)
def test_feeds_follow(net):
    a, b = net.all
    equal(feeds(a), {'ops': (0, 0)}, 'at the start')
    publish(a, net, 'in.jsonl', [indicator(i) for i in range(3000)])
    publish(a, net, 'red.jsonl', [indicator(i, tlp=TLP_RED, seed='r')
                                  for i in range(10)])
    wait_for(lambda: settled(a), 60, 'everything is settled')
    wait_for(lambda: feeds(a) == {'ops': (3010, 0)}, 20, 'at the producer')
    wait_for(lambda: feeds(b) == {'ops': (3000, 0)}, 20, 'at the peer')
    assert '3010 records' in a.ctl('status'), a.ctl('status')

    # A crash, and a change of the policy: nothing is counted twice.
    crash(a)
    wait_for(lambda: feeds(a) == {'ops': (3010, 0)}, 20, 'after a crash')
    assert b.stop(), 'it did not end in time'
    net.start()
    wait_for(lambda: feeds(b) == {'ops': (3000, 0)}, 20, 'after a restart')


@with_net(2)
def test_feeds_follow_the_policy(net):
    a = net.all[0]
    publish(a, net, 'in.jsonl', [indicator(i) for i in range(500)])
    wait_for(lambda: feeds(a) == {'ops': (500, 0)}, 20, 'before')
    path = a.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    # Another desk has a feed of its own, of what was there before too.
    for desks, want in (
            ('{ops: [secops], lab: [secops], law: [intel]}',
             {'ops': (500, 0), 'lab': (500, 0), 'law': (0, 0)}),
            ('{lab: [secops]}', {'lab': (500, 0)}),
            ('{ops: [secops]}', {'ops': (500, 0)})):
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace('desks: {ops: [secops]}}',
                                 'desks: %s}' % desks, 1))
        net.apply(a)
        try:
            wait_for(lambda: feeds(a) == want, 20, desks)
        except Exception:
            print(feeds(a))
            raise


if __name__ == '__main__':
    main(globals())
