#!/usr/bin/env python3
"""How credible a record is: in look-ups, exports, and as an opinion."""
import csv
import json
import os
import signal
import subprocess
import sys
import urllib.parse
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_GREEN, crash, equal, indicator, main, publish, wait_for, with_net,
    write_lines)
from fronted import with_fronts  # noqa: E402
from taxii_client import Client, query, tls  # noqa: E402

PAP_GREEN = 'marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9'

COMITY = uuid.UUID('b3c9f0de-6a57-4f0c-9a5f-3d5a8c1e7742')
WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'


def green(n, **more):
    """An indicator that may be used for blocking too."""
    return indicator(n, object_marking_refs=[TLP_GREEN, PAP_GREEN], **more)


def export(net, inst, form, *args):
    """The file, and what --json says of it."""
    path = os.path.join(net.dir, 'out.' + form)
    r = inst.ask('export', '--format', form, '--desk', 'ops', '--output',
                 path, *args)
    with open(path, encoding='utf-8') as f:
        return f.read(), r


def trust(net, inst, line):
    """Another section `trust` of its policy, in force."""
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = '\n'.join(x for x in f.read().split('\n')
                         if not x.startswith('trust:'))
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('grants:', line + '\ngrants:', 1))
    net.apply(inst)


def there(inst, *objects):
    ids = {o['id'] for o in objects}
    wait_for(lambda: ids <= set(inst.ids()), 30, 'they came')


@with_net(2)
def test_nobody_blocks_on_a_strangers_word(net):
    a, b = net.all
    publish(net, a, [green(1), green(2, pattern=(
        "[ipv4-addr:value = '203.0.113.5']"))])
    publish(net, b, [green(3)])
    there(b, green(1), green(2))
    # Ours are in; of a new peer, none is, and it is said.
    text, r = export(net, b, 'rpz')
    assert 'h3.' in text and 'h1.' not in text, text
    equal(r['left_out']['unreliable'], 2, 'counted')
    text, r = export(net, b, 'nftables')
    equal((r['entries'], r['left_out']['unreliable']), (0, 2), 'addresses')
    p = b.ctl_run('export', '--format', 'hosts', '--desk', 'ops', '--output',
                  os.path.join(net.dir, 'hosts'))
    assert b'2 unreliable' in p.stdout, p.stdout
    assert b'trust: initial' in p.stderr, p.stderr
    # What does not block is as it was.
    equal(export(net, b, 'csv')[1]['records'], 3, 'csv')
    equal(export(net, b, 'zeek')[1]['records'], 3, 'alerts, by its own word')
    equal(export(net, b, 'list', '--use', 'block')[1]['left_out'],
          {'unreliable': 2}, 'a list to block by')
    # The policy may think otherwise of a peer, or of the whole question.
    trust(net, b, 'trust: {initial: {default: {reliability: B}}}')
    text, r = export(net, b, 'rpz')
    assert 'h1.' in text and 'unreliable' not in r['left_out'], r
    trust(net, b, 'trust: {initial: {default: {reliability: B}}, '
          'blocking: ">=A"}')
    assert 'h1.' not in export(net, b, 'rpz')[0], 'A is wanted'
    trust(net, b, 'trust: {blocking: any}')
    assert 'h1.' in export(net, b, 'rpz')[0], 'any'
    trust(net, b, '')
    # Our own report of the same value is enough.
    publish(net, b, [green(4, name='ours', pattern=green(1)['pattern'])])
    text, r = export(net, b, 'rpz')
    assert 'h1.' in text, text
    equal(r['left_out']['unreliable'], 1, 'the address is not ours')


@with_net(2)
def test_a_watched_file_follows_the_band(net):
    a, b = net.all
    path = os.path.join(net.dir, 'zone')
    trust(net, b, 'trust: {initial: {default: {reliability: C}}}')
    publish(net, a, [green(1), green(2)])
    there(b, green(1), green(2))
    p = subprocess.Popen(
        [os.path.join(net.build, 'daemon', 'ctl', 'comityctl'), '-C', b.dir,
         '--json', 'export', '--format', 'rpz', '--desk', 'ops', '--output',
         path, '--watch'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def has(name):
        try:
            with open(path, encoding='utf-8') as f:
                return name in f.read()
        except FileNotFoundError:
            return False
    try:
        wait_for(lambda: has('h1.') and has('h2.'), 30, 'the first file')
        for i in (1, 2):
            b.ask('sight', green(i)['id'], '--false-positive')
        wait_for(lambda: not has('h1.') and not has('h2.'), 30,
                 'its band fell')
    finally:
        p.send_signal(signal.SIGTERM)
        out, err = p.communicate(timeout=30)
    equal(p.returncode, 0, err)
    told = [json.loads(line) for line in out.decode().splitlines()]
    equal((told[0]['entries'], told[-1]['entries'],
           told[-1]['left_out']['unreliable']), (2, 0, 2), 'what it said')


def belief(inst, o):
    return inst.ask('show', o['id'])['belief']


@with_net(3)
def test_two_who_differ_are_worth_more_than_one(net):
    a, b, c = net.all
    trust(net, c, 'trust: {initial: {default: {reliability: C}}}')
    one = green(1, confidence=85)
    other = green(1, seed='b', pattern=one['pattern'], confidence=85)
    elsewhere = green(2, seed='b', confidence=85)
    publish(net, a, [one])
    there(c, one)
    first = belief(c, one)
    equal((first['reports'], first['reliability'], first['credibility']),
          (1, 'C', '2'), 'of one')
    publish(net, b, [other, elsewhere])
    there(c, other, elsewhere)
    both = belief(c, one)
    equal(both['reports'], 2, 'of two')
    assert both['confidence'] > first['confidence'], (first, both)
    assert float(both['b']) > float(first['b']), (first, both)
    equal(belief(c, elsewhere)['reports'], 1, 'another value')
    # The same in all that shows records.
    name = one['pattern'].split("'")[1]
    equal({json.dumps(r['belief'], sort_keys=True)
           for r in c.ask('lookup', name)['records']},
          {json.dumps(both, sort_keys=True)}, 'lookup')
    equal([r['belief'] for r in c.ask('records')['records']
           if r['id'] == one['id']], [both], 'records')
    assert '%s%s, confidence %d' % (both['reliability'], both[
        'credibility'], both['confidence']) in c.ctl('show', one['id'])
    # And in what goes to other tools.
    rows = list(csv.DictReader(export(net, c, 'csv')[0].splitlines()))
    equal({(r['credibility'], r['reliability']) for r in rows
           if r['id'] == one['id']},
          {(both['credibility'], both['reliability'])}, 'csv')
    event = json.loads(export(net, c, 'misp')[0])['Event']
    tags = [{t['name'] for t in x['Tag']} for x in event['Attribute']
            if x['value'] == name]
    assert tags and all({
        'admiralty-scale:source-reliability="c"',
        'admiralty-scale:information-credibility="%s"' %
        both['credibility']} <= t for t in tags), event
    # Of one group they are one report, of a hundred, too.
    trust(net, c, 'trust: {initial: {default: {reliability: C}}, '
          'groups: {gov: [cert-xa, cert-xb]}}')
    again = belief(c, one)
    equal((again['reports'], again['b']), (1, first['b']), 'one group')
    # What is withdrawn reports nothing.
    trust(net, c, 'trust: {initial: {default: {reliability: C}}}')
    equal(belief(c, one)['reports'], 2, 'apart again')
    publish(net, b, [dict(other, revoked=True,
                          modified='2026-02-01T00:00:00.000Z')])
    wait_for(lambda: belief(c, one)['reports'] == 1, 30, 'withdrawn')
    equal(belief(c, one)['b'], first['b'], 'as before')


@with_net(2)
def test_what_must_not_be_blocked(net):
    a, b = net.all
    trust(net, b, 'trust: {blocking: any}')
    publish(net, a, [green(1), green(2)])
    there(b, green(1), green(2))
    os.makedirs(b.path('config', 'lists'))
    with open(b.path('config', 'lists', 'names.json'), 'w',
              encoding='utf-8') as f:
        json.dump({'name': 'Names', 'type': 'hostname', 'version': 1,
                   'matching_attributes': ['domain', 'hostname'],
                   'list': [green(1)['name']]}, f)
    b.set_options(warning_lists='lists')
    b.ask('reload')
    text, r = export(net, b, 'hosts')
    assert 'h1.' not in text and 'h2.' in text, text
    equal(r['left_out'], {'warning-list': 1}, 'and says why')
    assert 'h1.' in export(net, b, 'csv')[0], 'to look at, it is there'
    # Who publishes it here knows what it does.
    publish(net, b, [green(3, pattern=green(1)['pattern'])])
    assert 'h1.' in export(net, b, 'hosts')[0], 'ours is in'


def two_desks(inst):
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('desks: {ops: [secops]}}\npurposes',
                             'desks: {ops: [secops], fusion: [intel]}}'
                             '\npurposes'))


@with_net(2)
def test_figures_tell_no_desk_of_another(net):
    a, b = net.all
    two_desks(b)
    net.apply(b)
    one = green(1, confidence=40)
    publish(net, a, [one])
    there(b, one)
    before = belief(b, one)
    wait_for(lambda: b.ask('status')['store']['opinions'] == 1, 30, 'it is')

    def opinion():
        objects = [json.loads(x) for x in
                   export(net, b, 'jsonl')[0].splitlines()]
        return [o for o in objects if o.get('object_refs') == [one['id']]][0]
    first = opinion()
    b.ctl('publish', '--desk', 'fusion', write_lines(
        os.path.join(net.dir, 'in'), [indicator(
            1, seed='f', pattern=one['pattern'], confidence=100)]))
    publish(net, b, [green(5)])
    equal(b.ask('show', one['id'], '--desk', 'ops')['belief']['reports'], 1,
          'ops may not know')
    equal(b.ask('show', one['id'], '--desk', 'ops')['belief']['b'],
          before['b'], 'nor from the figure')
    equal(belief(b, one)['reports'], 2, 'whoever may see both')
    assert 'h1.' not in export(net, b, 'rpz')[0], 'nor from what is blocked'
    # As late as it ever would be, nor from the opinion.
    publish(net, a, [green(6)])
    wait_for(lambda: b.ask('status')['store']['opinions'] == 2, 30, 'later')
    equal(opinion(), first, 'nor from what its tools are told')


class Tool:
    """A TAXII client of the desk ops."""

    def __init__(self, entry, collection='collection'):
        self.client = Client(entry['url'], tls(
            entry['cafile'], entry['cert'], entry['key'], None), {})
        self.root = urllib.parse.urlsplit(entry['api_root']).path
        self.all = entry[collection]
        self.to = entry['collection_wo']

    def objects(self, **filters):
        r = self.client.get('%scollections/%s/objects/%s' % (
            self.root, self.all, query(**filters)))
        equal(r.status, 200, r.body)
        return r.json.get('objects', [])

    def opinions(self):
        return {o['object_refs'][0]: o for o in self.objects()
                if o['type'] == 'opinion'}

    def post(self, o):
        r = self.client.ask('POST', '%scollections/%s/objects/' % (
            self.root, self.to), {'objects': [o]})
        equal(r.status, 202, r.body)
        return r.json


def classify(net, *instances):
    """What is said of records goes where they go, by the policy."""
    for inst in instances:
        path = inst.path('config', 'policy.yaml')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace('bands:', WORD + 'bands:', 1))
        net.apply(inst)


@with_fronts(3, introduced=True)
def test_tools_see_what_we_think(net):
    a, b, c = net.all
    classify(net, b, c)
    trust(net, c, 'trust: {initial: {default: {reliability: C}}}')
    one = green(1, confidence=40)
    other = green(1, seed='b', pattern=one['pattern'], confidence=100)
    publish(net, a, [one])
    publish(net, c, [green(7)])
    there(c, one)
    tool = Tool(net.entry[c.id])
    wait_for(lambda: one['id'] in tool.opinions(), 30, 'an opinion')
    first = tool.opinions()[one['id']]
    equal((first['opinion'], first['object_marking_refs'], first['labels']),
          ('agree', one['object_marking_refs'], ['credibility']), 'of one')
    assert one in tool.objects(), 'the record is as it was'
    equal(list(tool.opinions()), [one['id']], 'none of our own records')
    ring = Tool(net.entry[c.id], 'collection_ro')
    assert {o['id'] for o in ring.objects()} == {green(7)['id']}, (
        'a record that is not in a circle takes no opinion there')
    equal(c.ask('status')['store']['records'], 2, 'records')
    equal(c.ask('status')['store']['opinions'], 1, 'opinions')
    # It is the same again, and in files beside the record.
    lines = export(net, c, 'jsonl')[0].splitlines()
    at = lines.index(json.dumps(one, separators=(',', ':'))) if (
        json.dumps(one, separators=(',', ':')) in lines) else [
            json.loads(x) for x in lines].index(one)
    equal(json.loads(lines[at + 1]), first, 'jsonl')
    equal(export(net, c, 'jsonl')[0].splitlines(), lines, 'stable')
    assert first in json.loads(export(net, c, 'stix')[0])['objects']
    crash(c)
    equal(tool_again(net, c).opinions()[one['id']], first, 'after a crash')
    # With another report its class is another, and only then a version.
    tool = tool_again(net, c)
    publish(net, b, [other])
    wait_for(lambda: tool.opinions().get(one['id'], first) != first and
             other['id'] in tool.opinions(), 30, 'a second report')
    now = tool.opinions()[one['id']]
    equal((now['id'], now['created'], now['opinion']),
          (first['id'], first['created'], 'strongly-agree'), 'version')
    assert now['modified'] > first['modified'], now
    # No peer has any, nor those whom anybody asks for by hand.
    publish(net, c, [green(8)])
    there(a, green(8))
    there(b, green(8))
    for inst in (a, b):
        rows = inst.ask('records', '--derived')['records']
        assert not any(r['type'] == 'opinion' and r['source'] == c.id
                       for r in rows), rows
        assert first['id'] not in inst.ids(), inst.id
        assert c.ctl_run('consult', 'open', first['id'],
                         inst.id).returncode != 0, 'consult'
    assert c.ctl_run('recall', first['id'], '--reason', 'x',
                     '--yes').returncode != 0, 'not ours to recall'
    # It comes back, as it was and as somebody would like it: no evidence.
    tool.post(now)
    equal(tool.post(dict(now, opinion='strongly-disagree', modified=(
        '2030-01-01T00:00:00.000Z')))['failure_count'], 1, 'by a tool')
    wrong = dict(tool.opinions()[other['id']],
                 opinion='strongly-disagree', object_marking_refs=[
        TLP_GREEN], modified='2031-01-01T00:00:00.000Z')
    early = dict(wrong, object_refs=[green(20)['id']], id='opinion--%s' %
                 uuid.uuid5(COMITY, '%s\0opinion\0%s' % (
                     c.id, green(20)['id'])))
    refused = c.peers()[b.id]['refused']
    publish(net, b, [green(20), wrong, early, green(9)])
    there(c, green(9))
    equal(c.peers()[b.id]['refused'] - refused, 2, 'by a peer')
    assert early['id'] not in c.ids(), 'even before there is one'
    items = c.ask('trust', 'history', a.id)['items']
    assert not [i for i in items if i['kind'] == 'false-positive'], items
    equal(tool.opinions()[one['id']], now, 'and it stays')
    # What is recalled takes it along.
    a.ctl('recall', one['id'], '--reason', 'wrong', '--yes')
    wait_for(lambda: one['id'] not in [o['id'] for o in tool.objects()], 30,
             'the record is gone')
    assert one['id'] not in tool.opinions(), 'and what we think of it'
    equal(c.ctl_run('show', now['id']).returncode, 4, 'for people, too')


def tool_again(net, inst):
    """Once its front is there again."""
    def there_again():
        net.entry[inst.id] = net.try_reach(inst, net.front_ports[
            net.all.index(inst)]) or net.entry[inst.id]
        try:
            tool = Tool(net.entry[inst.id])
            tool.objects()
            return tool
        except (OSError, AssertionError):
            return None
    return wait_for(there_again, 30, 'its front')


if __name__ == '__main__':
    main(globals())
