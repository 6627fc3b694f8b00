#!/usr/bin/env python3
"""Markings of others, into a daemon and out of it; the examples of
comity-policy(5)."""
import json
import os
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    ROOT, TLP_GREEN, Instance, equal, indicator, main, settled, wait_for,
    with_net, write_lines)

ACS = 'extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce'
IEP = 'extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a'
# Without it PAP would be amber, take `block` away, and NETDEF with it.
PAP_GREEN = 'marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9'
COMITY = 'extension-definition--61c2b3a4-7c35-4b8a-9d1e-0f5c3a9e7b21'
WORDS = '''vocabulary:
  purposes: {detect: acs:NETDEF, block: acs:NETDEF, collect: acs:INTEL}
'''
EVERYBODY = {'entity': ['ALL']}
MARKING = {
    'type': 'marking-definition', 'spec_version': '2.1',
    'id': 'marking-definition--0c1f2e3d-0000-4000-8000-000000000001',
    'created': '2026-01-01T00:00:00.000Z', 'extensions': {ACS: {
        'extension_type': 'property-extension',
        'identifier': 'isa:guide.19001.ACS3-'
                      '0c1f2e3d-0000-4000-8000-000000000001',
        'create_date_time': '2026-01-01T00:00:00Z',
        'responsible_entity_custodian': 'USA.DHS.US-CERT',
        'policy_reference': 'urn:isa:policy:acs:ns:v3.0?privdefault=deny&'
                            'sharedefault=permit',
        'control_set': {'classification': 'U'},
        'access_privilege': [
            {'privilege_action': 'NETDEF', 'privilege_scope': EVERYBODY,
             'rule_effect': 'permit'},
            {'privilege_action': 'INTEL', 'privilege_scope': EVERYBODY,
             'rule_effect': 'deny'}]}}}


def effects(inst, record):
    """What label show --form acs permits and denies."""
    r = inst.ask('label', 'show', record, '--form', 'acs')
    rules = json.loads(r['text'])['extensions'][ACS]['access_privilege']
    return {x['privilege_action']: x['rule_effect'] for x in rules}, r


@with_net(2, WORDS, introduced=False)
def test_markings_of_all_files_come_first(net):
    """An object a file, as collections are published: the order is none."""
    a = net.all[0]
    o = dict(indicator(1), object_marking_refs=[
        MARKING['id'], TLP_GREEN, PAP_GREEN])
    folder = os.path.join(net.dir, 'in')
    os.mkdir(folder)
    files = [write_lines(os.path.join(folder, name), [x])
             for name, x in (('1.json', o), ('2.json', MARKING))]
    for paths, published in (([folder], 2), (files, 0)):
        r = a.ask('publish', *paths)
        equal((r['objects'], r['published'], r['refused']),
              (2, published, []), r)
        assert 'purposes=block,detect\n' in a.ask('show', o['id'])['label']


@with_net(2, WORDS)
def test_the_wall_goes_in_and_out(net):
    a, b = net.all
    o = dict(indicator(1), object_marking_refs=[
        MARKING['id'], TLP_GREEN, PAP_GREEN])
    a.ctl('publish', write_lines(os.path.join(net.dir, 'in.jsonl'),
                                 [MARKING, o]))
    wait_for(lambda: settled(a), 60, 'it is settled')
    for inst in (a, b):
        got, r = effects(inst, o['id'])
        equal(got, {'NETDEF': 'permit', 'INTEL': 'deny'}, inst.id)
        assert 'pap' in r['not_said'], r
        shown = inst.ask('show', o['id'])
        assert 'purposes=block,detect\n' in shown['label'], shown
        assert 'lineage=secops\n' in shown['label'], shown
    iep = json.loads(a.ask('label', 'show', o['id'], '--form', 'iep')['text'])
    equal(iep['extensions'][IEP]['tlp'], 'green', 'tlp of the policy')
    tags = a.ctl('label', 'show', o['id'], '--form', 'misp').splitlines()
    assert 'tlp:green' in tags, tags
    assert 'acs-marking:privilege_action="NETDEF"' in tags, tags
    p = a.ctl_run('label', 'show', o['id'], '--form', 'ttl')
    assert p.returncode != 0 and b'no form ttl' in p.stderr, p.stderr
    p = a.ctl_run('label', 'show', 'indicator--nowhere', '--form', 'acs')
    assert p.returncode != 0, p.stderr


@with_net(2)
def test_an_embargo_ends(net):
    """What it held goes when it is over, also after a restart."""
    a, b = net.all

    def until(i, seconds):
        at = time.strftime('%Y-%m-%dT%H:%M:%SZ',
                           time.gmtime(time.time() + seconds))
        return dict(indicator(i), extensions={COMITY: {
            'extension_type': 'property-extension', 'embargo_until': at}})

    held = [until(1, 6), until(2, 3600), indicator(3)]
    a.ctl('publish', write_lines(os.path.join(net.dir, 'e.jsonl'), held))
    wait_for(lambda: b.ids('--source', a.id) == [held[2]['id']], 5,
             'the one without embargo')
    text = a.ctl('why', held[0]['id'], b.id)
    assert 'obligation' in text and 'the embargo ends: 20' in text, text
    assert a.stop(), 'it did not end in time'
    a.start()
    a.wait_ready()
    wait_for(lambda: len(b.ids('--source', a.id)) == 2, 30,
             'the end of the embargo')
    equal(set(b.ids('--source', a.id)), {held[0]['id'], held[2]['id']},
          'what is there')


HEAD = '''policy: 1
self: {org: cert-xa, country: XA, desks: {ops: [secops]}}
purposes: {secops: [detect, block, notify], intel: [collect]}
kinds: {technical: [victim]}
peers: {cert-xb: {country: XB, type: national, desks: {ops: [secops]}}}
'''


def test_examples_of_the_manual(build):
    with open(os.path.join(ROOT, 'man', 'comity-policy.5'),
              encoding='utf-8') as f:
        text = f.read()
    blocks = [b for b in re.findall(r'\.Bd -literal[^\n]*\n(.*?)\.Ed', text,
                                    re.S)
              if b.startswith(('limits:', 'vocabulary:'))]
    equal(len(blocks), 2, 'examples')
    with tempfile.TemporaryDirectory(prefix='comity-') as d:
        inst = Instance(build, os.path.join(d, 'cert-xa'))
        for b in blocks:
            path = os.path.join(d, 'policy.yaml')
            with open(path, 'w', encoding='utf-8') as f:
                f.write(HEAD + b)
            p = inst.ctl_run('policy', 'check', path)
            equal(p.returncode, 0, b + p.stderr.decode())


if __name__ == '__main__':
    sys.exit(main(globals()))
