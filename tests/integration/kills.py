#!/usr/bin/env python3
"""kill -9 of any process of any daemon at random moments of an exchange.

Every acknowledged record is there, none twice, and the delivery state agrees
with the stores.  COMITY_KILLS says how many kills (default 20);
COMITY_SEED repeats a run.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import equal, main, wait_for, with_net  # noqa: E402
from killing import Publisher, chance, is_settled, kill_at_work  # noqa: E402

KILLS = int(os.environ.get('COMITY_KILLS', '20'))


def versions(inst, source):
    rows = inst.ask('records', '--source', source)['records']
    return [(r['id'], r['modified']) for r in rows]


@with_net(2)
def test_kill_any_process(net):
    a, b = net.all
    publisher = Publisher(a, net.dir)
    kill_at_work(net, chance(KILLS), KILLS, [publisher])
    print('published', len(publisher.acknowledged), flush=True)
    wait_for(lambda: is_settled(net), 180, 'settled after the kills', 0.5)
    own, got = versions(a, 'own'), versions(b, a.id)
    equal(len(own), len(set(own)), 'a record twice at the publisher')
    equal(len(got), len(set(got)), 'a record twice at the peer')
    ids = {i for i, _ in own}
    equal(publisher.acknowledged - ids, set(), 'acknowledged and lost')
    equal(ids - publisher.all, set(), 'never published')
    equal(set(got) ^ set(own), set(), 'publisher and peer differ')
    peer = a.peers()[b.id]
    equal(peer['delivered'], len(own), 'delivered as the bitmap says')
    for inst in net.all:
        equal(inst.ask('status')['store']['records'], len(own),
              'records in the store of ' + inst.id)


main(globals())
