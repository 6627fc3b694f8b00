"""CERTs in a row: each passes on what it got from the one before."""
import json
import os

from daemons import POLICY, PEER, country, equal, wait_for, write_lines

OUT = '''  - {id: out-all, out: {type: [national]}, kind: technical,
     for: [secops], tlp: <=green, %s}
'''


def write_policy(net, i, out, more='', reload=True):
    """The policy of the i-th; out: its way of giving, None: none."""
    inst = net.all[i]
    text = POLICY % {
        'id': inst.id, 'country': country(i), 'more': more,
        'peers': ''.join(PEER % {'id': o.id, 'country': country(k)}
                         for k, o in enumerate(net.all) if k != i)}
    text = text.replace(
        'desks: {ops: [secops]}}\npurposes',
        'desks: {ops: [secops]},\n       default-label: {tlp: green, '
        'pap: clear, hops: 7}}\npurposes', 1)
    begin = text.index('  - {id: out-all')
    end = text.index('  - {id: in-all')
    text = text[:begin] + (OUT % out if out else '') + text[end:]
    with open(inst.path('config', 'policy.yaml'), 'w',
              encoding='utf-8') as f:
        f.write(text)
    if reload:
        net.apply(inst)


def publish(net, inst, objects, name='in.jsonl'):
    path = write_lines(os.path.join(net.dir, name), objects)
    r = json.loads(inst.ctl('--json', 'publish', path))
    equal(len(r['refused']), 0, 'refused: %s' % r['refused'][:1])


def connect(a, b):
    a.add_peer(b)
    b.add_peer(a)
    wait_for(lambda: a.peers()[b.id]['state'] == 'ready', 60,
             '%s is connected to %s' % (a.id, b.id))


def line_up(net, outs):
    """A row of CERTs; each knows those to the left, to verify them."""
    for i, out in enumerate(outs):
        write_policy(net, i, out)
    for i, inst in enumerate(net.all):
        for other in net.all[:max(0, i - 1)]:
            inst.add_peer(other)
        if i > 0:
            connect(net.all[i - 1], inst)


def held(inst, source):
    return set(inst.ids('--source', source.id))
