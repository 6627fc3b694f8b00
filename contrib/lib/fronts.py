"""The TAXII fronts of the demonstration, and how tools reach them.

One front a desk, each with a tool that may read and write (`tool`) and one
that has no rights (`guest`); demo/taxii.json says how to reach them.
Standard library only.
"""
import http.client
import json
import os
import re
import ssl
import urllib.parse

from instance import Failed

MEDIA = 'application/taxii+json;version=2.1'
# What a demonstration's tool may do, by the collections' aliases.
READS = ['all', 'clean-net']
WRITES = ['all', 'inbox']
KINDS = {'collection': (True, True), 'collection_ro': (True, False),
         'collection_wo': (False, True), 'collection_none': (False, False)}
ENTRY = """
  {desk: %(desk)s, listen: "127.0.0.1:%(port)d",
   certificate: fronts/%(desk)s.crt, key: fronts/%(desk)s.key, clients: [
     {name: tool, pin: "%(tool)s", read: [%(reads)s], write: [%(writes)s]},
     {name: guest, pin: "%(guest)s", read: [], write: []}]}"""


def desks_of(uses):
    """Names of desks, of what `init --desk` takes: "ops=secops"."""
    return [u.split('=')[0] for u in uses]


def make_fronts(inst, desks, ports):
    """Keys, certificates and the settings of a new instance's fronts."""
    os.makedirs(inst.path('config', 'fronts'), exist_ok=True)
    os.makedirs(inst.path('tools'), exist_ok=True)
    rows = []
    for desk, port in zip(desks, ports):
        inst.ctl('key', 'generate', 'front',
                 inst.path('config', 'fronts', desk), '--replace',
                 '--host', '127.0.0.1', '--host', 'localhost')
        pins = {}
        for name in ('tool', 'guest'):
            stem = inst.path('tools', '%s-%s' % (desk, name))
            pins[name] = inst.ask('key', 'generate', 'client', stem,
                                  '--replace')['pin']
        rows.append(ENTRY % dict(pins, desk=desk, port=port,
                                 reads=', '.join(READS),
                                 writes=', '.join(WRITES)))
    inst.set_options(fronts='[%s]' % ','.join(rows))


def ask(entry, path):
    """The resource at a path of the front, with the tool's certificate."""
    context = ssl.create_default_context(cafile=entry['cafile'])
    context.load_cert_chain(entry['cert'], entry['key'])
    where = urllib.parse.urlsplit(entry['url'])
    c = http.client.HTTPSConnection(where.hostname, where.port,
                                    context=context, timeout=30)
    try:
        c.request('GET', path, headers={'Accept': MEDIA})
        answer = c.getresponse()
        body = answer.read()
    finally:
        c.close()
    if answer.status != 200:
        raise Failed('%s%s: %d %s' % (entry['url'], path, answer.status,
                                      body.decode('utf-8', 'replace')))
    return json.loads(body)


def reach(inst, desk, port):
    """How tools reach the front of a desk, and what they find there."""
    url = 'https://127.0.0.1:%d' % port

    def tool(name, kind):
        return os.path.abspath(inst.path('tools', '%s-%s.%s' % (
            desk, name, kind)))

    entry = {
        'owner': inst.id, 'desk': desk, 'url': url,
        'api_root': '%s/%s/' % (url, desk),
        'cafile': os.path.abspath(inst.path('config', 'fronts',
                                            desk + '.crt')),
        'cert': tool('tool', 'crt'), 'key': tool('tool', 'key'),
        'cert2': tool('guest', 'crt'), 'key2': tool('guest', 'key')}
    rows = ask(entry, '/%s/collections/' % desk).get('collections', [])
    for name, rights in KINDS.items():
        for row in rows:
            if (row['can_read'], row['can_write']) == rights:
                entry.setdefault(name, row['id'])
        if name not in entry:
            raise Failed('%s: the desk %s has no collection for %s' % (
                inst.id, desk, name))
    return entry


def ports_of(inst):
    """(desk, port) of each front in an instance's settings."""
    with open(inst.path('config', 'comityd.yaml'), encoding='utf-8') as f:
        rows = re.findall(r'{desk: (\S+), listen: "127.0.0.1:(\d+)"',
                          f.read())
    return [(desk, int(port)) for desk, port in rows]


def write_taxii(path, instances):
    """What tools need to know, for every desk of every instance."""
    entries = {}
    for inst in instances:
        for desk, port in ports_of(inst):
            entries['%s/%s' % (inst.id, desk)] = reach(inst, desk, port)
    with open(path + '.new', 'w', encoding='utf-8') as f:
        json.dump(entries, f, indent=2)
        f.write('\n')
    os.rename(path + '.new', path)
    return entries
