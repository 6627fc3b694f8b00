#!/usr/bin/env python3
"""The vault's side of the fronts: rights, filters, pages, what tools post
and delete, tokens.  The front and the supervisor are played here."""
import hashlib
import json
import os
import re
import sys
import time
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import NAMESPACE, equal, indicator, main  # noqa: E402
from lone_vault import NEVER, LoneVault  # noqa: E402

CIRCLE = '''circles:
  botnets: {members: [cert-xb], foci: [botnet],
            charter: "sha256:%s", quorum: 2}
''' % ('0' * 64)
GRANTS = '''  - {id: out-botnets, out: {circle: botnets}, kind: [botnet],
     for: [secops], tlp: <=amber, cap: {hops: 0, ttl: 90d}}
''' + CIRCLE


def with_vault(more='', desks=('ops',)):
    def wrap(function):
        def run(build):
            v = LoneVault(build, more, desks)
            failed = True
            try:
                v.start()
                function(v)
                failed = False
            finally:
                found = v.close(failed)
            equal(found, [], 'crashes')
        return run
    return wrap


def token(v, name, **more):
    r = v.ctl('token add', name=name, desk=more.pop('desk', 'ops'), **more)
    assert r['ok'], r
    return r


def front_with(v, **rights):
    """A front with one client `tool`."""
    token(v, 'tool', **dict({'read': '*', 'write': '*'}, **rights))
    f = v.front()
    return f, f.clients['tool']


def version(o, day):
    return dict(o, modified='2026-02-%02dT00:00:00.000Z' % day)


def us(day):
    return int(time.mktime((2026, 2, day, 0, 0, 0, 0, 0, 0)) -
               time.timezone) * 1000000


@with_vault()
def test_tokens(v):
    """Shown once, kept as a digest, gone at once when revoked."""
    r = token(v, 'siem', read='all', write='')
    secret = r['token']
    assert secret.startswith('comity_') and len(secret) == 50, secret
    equal((r['read'], r['write']), (['all'], []), 'rights')
    f = v.front()
    equal(f.digests['siem'], (1, hashlib.sha256(secret.encode()).digest()),
          'digest')
    equal(f.expires['siem'], NEVER, 'expires')
    listed = v.ctl('token list')
    equal([t['name'] for t in listed['tokens']], ['siem'], 'list')
    assert secret not in json.dumps(listed)
    equal(v.ctl('token add', name='siem', desk='ops')['ok'], False, 'twice')
    equal(v.ctl('token add', name='a b', desk='ops')['ok'], False, 'blank')
    equal(v.ctl('token add', name='x', desk='no')['ok'], False, 'no desk')
    equal(v.ctl('token add', name='x', desk='ops', read='a,,b')['ok'],
          False, 'empty name')
    token(v, 'soon', life_ms=1500)
    f.wait_clients()
    equal(sorted(f.clients), ['siem', 'soon'], 'clients')
    number, soon = f.clients['siem'], f.clients['soon']
    time.sleep(1.6)
    equal(f.get(soon, 'collections').status, 401, 'expired')
    if 'soon' in f.clients:
        f.wait_clients()
    equal(f.clients, {'siem': number}, 'who stays keeps its number')
    v.kill()
    v.start()
    f = v.front()
    equal(list(f.clients), ['siem'], 'after a restart')
    equal(v.ctl('token revoke', name='siem')['ok'], True, 'revoke')
    f.wait_clients()
    equal(f.clients, {}, 'revoked')
    equal(f.get(1, 'collections').status, 401, 'revoked')
    equal(v.ctl('token revoke', name='siem')['ok'], False, 'revoke twice')
    tail = json.dumps(v.ctl('log tail'))
    assert 'token' in tail and secret not in tail, tail


@with_vault(CIRCLE, ('ops', 'soc'))
def test_collections(v):
    """Sorted by id, stable, other ids for another desk; rights by client."""
    f, tool = front_with(v, read='all', write='inbox,botnets')
    got = f.get(tool, 'collections').json()['collections']
    equal([c['id'] for c in got], sorted(c['id'] for c in got), 'order')
    rights = {c['alias']: (c['can_read'], c['can_write']) for c in got}
    equal(rights, {'all': (True, False), 'inbox': (False, True),
                   'botnets': (False, True)}, 'rights')
    for c in got:
        equal(uuid.UUID(c['id']).version, 4, 'version of the UUID')
        for name in c['id'], c['alias']:
            equal(f.get(tool, 'collection', name).json(), c, 'the same')
    equal(f.get(tool, 'collection', 'nothing').status, 404, 'unknown')
    equal(f.get(tool, 'objects', 'nothing').status, 404, 'unknown')
    equal(f.get(tool, 'objects', 'inbox').status, 403, 'write only')
    equal(f.get(tool, 'objects', 'botnets').status, 403, 'no right')
    equal(f.post(tool, 'all', [indicator(1)]).status, 403, 'read only')
    equal(f.get(99, 'collections').status, 401, 'no such client')
    token(v, 'other', desk='soc')
    g = v.front('soc')
    theirs = g.get(g.clients['other'], 'collections').json()['collections']
    equal({c['id'] for c in got} & {c['id'] for c in theirs}, set(),
          'ids of another desk')
    v.kill()
    v.start()
    f = v.front()
    again = f.get(f.clients['tool'], 'collections').json()['collections']
    equal(again, got, 'after a restart')


@with_vault()
def test_pages(v):
    """Every object once, in order, whatever the limit."""
    f, tool = front_with(v)
    objects = [indicator(i) for i in range(2500)]
    status = f.post(tool, 'all', objects).json()
    equal(status['success_count'], 2500, 'posted')
    for limit, n in (0, 3), (1000, 3), (5000, 3), (300, 9), (2500, 3):
        pages = f.pages(tool, 'objects', 'all', limit=limit)
        equal(len(pages), n, 'pages of %d' % limit)
        equal([i for p in pages for i in p.ids()],
              [o['id'] for o in objects], 'order')
        added = [i[0] for p in pages for i in p.items]
        equal(added, sorted(set(added)), 'dates rise')
        equal(pages[-1].next, '', 'no next at the end')
    equal(json.loads(pages[0].items[0][3]), objects[0], 'the object')
    rest = f.get(tool, 'objects', 'all', after=added[2399])
    equal(rest.ids(), [o['id'] for o in objects[2400:]], 'added_after')
    equal(f.get(tool, 'objects', 'all', after=added[-1]).items, [], 'none')
    m = f.get(tool, 'manifest', 'all', limit=2)
    equal([(i[1], i[2], i[3]) for i in m.items],
          [(o['id'], o['modified'], b'') for o in objects[:2]], 'manifest')
    # next: repeatable, and bound to its query and its collection.
    p = f.get(tool, 'objects', 'all', limit=10, types=['indicator'])
    q = dict(types=['indicator'], token=p.next)
    want = [o['id'] for o in objects[10:20]]
    equal(f.get(tool, 'objects', 'all', limit=10, **q).ids(), want, 'next')
    equal(f.get(tool, 'objects', 'all', limit=10, **q).ids(), want, 'again')
    for args in (dict(token=p.next), dict(types=['malware'], token=p.next),
                 dict(after=1, **q), dict(token='x' * 32),
                 dict(types=['indicator'], token=p.next[:-1] + (
                     'B' if p.next[-1] == 'A' else 'A')),
                 dict(token='x')):
        equal(f.get(tool, 'objects', 'all', **args).status, 400, args)
    equal(f.get(tool, 'manifest', 'all', **q).status, 400, 'other endpoint')
    v.kill()
    v.start()
    f = v.front()
    tool = f.clients['tool']
    equal(f.get(tool, 'objects', 'all', limit=10, **q).ids(), want,
          'next after a restart')
    again = f.pages(tool, 'objects', 'all')
    equal([i[0] for p in again for i in p.items], added,
          'dates after kill -9')


@with_vault()
def test_kill_in_a_post(v):
    """Killed in the middle: what comes again is whole, and once."""
    f, tool = front_with(v)
    objects = [indicator(i) for i in range(3000)]
    lines = [json.dumps(o).encode() for o in objects]
    f.post(tool, 'all', objects[:1])
    number = f.post_begin(lines)
    f.send(113, number.to_bytes(8, 'big') + tool.to_bytes(4, 'big') +
           b'\3all' + len(lines).to_bytes(4, 'big'))
    time.sleep(0.2)
    v.kill()
    v.start()
    f = v.front()
    tool = f.clients['tool']
    s = f.post(tool, 'all', objects).json()
    equal((s['success_count'], s['failure_count']), (3000, 0), 'again')
    got = [i for p in f.pages(tool, 'objects', 'all',
                              versions=['all']) for i in p.ids()]
    equal(sorted(got), sorted(o['id'] for o in objects), 'each once')


@with_vault()
def test_filters(v):
    f, tool = front_with(v)
    a, b = indicator(1), indicator(2)
    sco = {'type': 'ipv4-addr', 'spec_version': '2.1', 'value': '192.0.2.9',
           'id': 'ipv4-addr--%s' % uuid.uuid5(NAMESPACE, 'x')}
    sent = [version(a, 2), b, sco, version(a, 1), version(a, 3)]
    status = f.post(tool, 'all', sent).json()
    equal(status['success_count'], 5, status)

    def got(**kw):
        return [(o['id'], o.get('modified'))
                for o in f.get(tool, 'objects', 'all', **kw).objects()]
    x = {n: (a['id'], version(a, n)['modified']) for n in (1, 2, 3)}
    y, z = (b['id'], b['modified']), (sco['id'], None)
    equal(got(), [y, z, x[3]], 'last')
    equal(got(versions=['first']), [y, z, x[1]], 'first')
    equal(got(versions=['all']), [x[2], y, z, x[1], x[3]], 'all')
    equal(got(versions=['first', 'last']), [y, z, x[1], x[3]], 'both')
    equal(got(versions=[us(2)]), [x[2]], 'at')
    equal(got(versions=[us(2), 'last']), [x[2], y, z, x[3]], 'at and last')
    equal(got(types=['ipv4-addr']), [z], 'type')
    equal(got(types=['ipv4-addr', 'malware']), [z], 'types')
    equal(got(ids=[a['id']]), [x[3]], 'id')
    equal(got(ids=[a['id']], types=['malware']), [], 'and')
    equal(got(spec=['2.1']), [y, z, x[3]], 'spec')
    equal(got(spec=['2.0']), [], 'other spec')
    equal(got(spec=['2.0', '2.1']), [y, z, x[3]], 'specs')
    added = {i[2]: i[0] for i in f.get(
        tool, 'manifest', 'all', versions=['all']).items if i[1] == a['id']}
    # Versions are chosen among what is left by added_after.
    equal(got(after=added[x[2][1]], versions=['first']), [y, z, x[1]],
          'first after')
    equal(got(after=added[x[1][1]]), [x[3]], 'last after')
    one = f.get(tool, 'object', 'all', a['id'])
    equal([o['modified'] for o in one.objects()], [x[3][1]], 'object')
    one = f.get(tool, 'object', 'all', a['id'], versions=['all'], limit=2)
    equal(one.more, True, 'more')
    two = f.get(tool, 'object', 'all', a['id'], versions=['all'], limit=2,
                token=one.next)
    equal([o['modified'] for o in one.objects() + two.objects()],
          [x[2][1], x[1][1], x[3][1]], 'object, paged')
    equal(two.more, False, 'no more')
    vs = f.get(tool, 'versions', 'all', a['id'])
    equal([i[2] for i in vs.items], [x[2][1], x[1][1], x[3][1]], 'versions')
    equal(f.get(tool, 'object', 'all', 'indicator--none').status, 404, 'no')
    equal(f.get(tool, 'versions', 'all', 'none').status, 404, 'no')
    equal(f.get(tool, 'object', 'all', a['id'], spec=['2.0']).items, [],
          'spec of an object')
    # A version without digits of its own: it comes back as it is shown.
    m = [i for i in f.get(tool, 'manifest', 'all').items
         if i[1] == sco['id']][0]
    equal(len(m[2]), 27, m[2])
    equal(m[2], time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(
        m[0] // 1000000)) + '.%06dZ' % (m[0] % 1000000), 'version of an SCO')
    equal(got(versions=[m[0]]), [z], 'by that version')


@with_vault()
def test_post(v):
    """One bad object does not touch the others; the status says it all."""
    f, tool = front_with(v)
    token(v, 'second', write='*')
    f.wait_clients()
    good, other = indicator(1), indicator(2)
    bad = dict(indicator(3), spec_version='1.0')
    changed = dict(good, name='changed')
    r = f.post(tool, 'all', [good, bad, b'no json', other, b'{}'])
    equal(r.status, 200, 'status')
    s = r.json()
    equal((s['status'], s['total_count'], s['success_count'],
           s['failure_count'], s['pending_count']), ('complete', 5, 2, 3, 0),
          'counts')
    equal([e['id'] for e in s['successes']], [good['id'], other['id']],
          'successes')
    equal(len(s['failures']), 3, 'failures')
    equal(s['failures'][0]['id'], bad['id'], 'which')
    assert all(e['message'] and e['version'] for e in s['failures']), s
    equal(f.get(tool, 'objects', 'all').ids(), [good['id'], other['id']],
          'seen at once')
    equal(f.get(tool, 'status', obj=s['id']).json(), s, 'status kept')
    equal(f.get(f.clients['second'], 'status', obj=s['id']).status, 404,
          'of another')
    equal(f.get(tool, 'status', obj=str(uuid.uuid4())).status, 404, 'none')
    s = f.post(tool, 'inbox', [good, changed, good]).json()
    equal((s['success_count'], s['failure_count']), (2, 1), 'again')
    assert 'first one stays' in s['failures'][0]['message'], s
    equal(len(f.get(tool, 'objects', 'all', versions=['all']).items), 2,
          'nothing was added')
    spelled = json.dumps(good, indent=1, sort_keys=True).encode()
    again = f.post(tool, 'all', [spelled]).json()
    equal(again['success_count'], 1, 'the same, spelled otherwise')
    equal(json.loads(f.get(tool, 'objects', 'all').items[0][3]), good,
          'the first one stays')
    equal(f.post(tool, 'all', []).status, 422, 'nothing')
    equal(f.post(tool, 'nothing', [good]).status, 404, 'nowhere')
    v.kill()
    v.start()
    f = v.front()
    tool = f.clients['tool']
    equal(f.get(tool, 'status', obj=s['id']).json(), s, 'after kill -9')


@with_vault()
def test_many_at_once(v):
    """Requests under way together, and those whose tool has gone."""
    f, tool = front_with(v)
    objects = [indicator(i) for i in range(3000)]
    begin = time.monotonic()
    s = f.post(tool, 'all', objects).json()
    print('%d objects/s' % (3000 / (time.monotonic() - begin)))
    equal(s['success_count'], 3000, 'posted')
    asked = [f.ask(tool, 'objects', 'all', types=['malware'])
             for _ in range(20)]
    asked += [f.ask(tool, 'objects', 'all', limit=3) for _ in range(20)]
    got = f.answers(*asked)
    equal({len(got[n].items) for n in asked[:20]}, {0}, 'none')
    equal({len(got[n].items) for n in asked[20:]}, {3}, 'three')
    gone = f.ask(tool, 'objects', 'all', types=['malware'])
    f.cancel(gone)
    n = f.post_begin([json.dumps(objects[0]).encode()])
    f.cancel(n)
    last = f.ask(tool, 'collections')
    got = f.answers(last)
    equal(got[last].status, 200, 'goes on')
    begin = time.monotonic()
    for _ in range(5):
        equal(len(f.get(tool, 'objects', 'all').items), 1000, 'page')
    print('%.1f ms a page' % ((time.monotonic() - begin) * 200))


@with_vault(GRANTS)
def test_circle(v):
    """What is posted to a circle is bound to its members and its foci."""
    f, tool = front_with(v)
    mine = indicator(1, labels=('botnet',))
    s = f.post(tool, 'botnets', [mine, indicator(2)]).json()
    equal((s['success_count'], s['failure_count']), (1, 1), s)
    assert 'not about kind ioc' in s['failures'][0]['message'], s
    label = v.ctl('show', id=mine['id'])['records'][0]['label']
    assert '\naudience=cert-xa/ops,cert-xb/ops\n' in label, label
    equal(f.get(tool, 'objects', 'botnets').ids(), [mine['id']], 'in it')
    equal(f.get(tool, 'object', 'botnets', mine['id']).objects(), [mine],
          'one of it')
    wide = indicator(3)
    equal(f.post(tool, 'all', [wide]).json()['success_count'], 1, 'to all')
    equal(f.get(tool, 'objects', 'botnets').ids(), [mine['id']],
          'what is not of it')
    equal(f.get(tool, 'objects', 'all').ids(), [mine['id'], wide['id']],
          'all')
    equal(f.get(tool, 'object', 'botnets', wide['id']).status, 404,
          'not in it')
    p = f.get(tool, 'objects', 'all', limit=1)
    equal(f.get(tool, 'objects', 'botnets', token=p.next).status, 400,
          'next of another collection')
    # Posted again elsewhere, it keeps the label that it has.
    equal(f.post(tool, 'all', [mine]).json()['success_count'], 1, 'again')
    equal(v.ctl('show', id=mine['id'])['records'][0]['label'], label,
          'label')
    # The circle goes from the policy while a front is there.
    v.files['policy.yaml'] = v.files['policy.yaml'].replace(GRANTS, '')
    v.configure(1)
    equal(f.get(tool, 'objects', 'botnets').status, 404, 'no such circle')
    equal(f.post(tool, 'botnets', [mine]).status, 404, 'no such circle')
    equal(f.get(tool, 'object', 'all', mine['id']).objects(), [mine],
          'still here')


PIN = 'ab' * 32
FRONTS = '''fronts:
  - desk: ops
    listen: "127.0.0.1:7680"
    client-ca: tools.pem
    clients:
      - {name: misp, write: [all], pin: "sha256:%s"}
      - {name: siem, read: [all], write: []}
''' % PIN


@with_vault()
def test_configured_clients(v):
    """Those of comityd.yaml, also when it is read again."""
    f = v.front()
    equal(f.clients, {}, 'nobody')
    v.files['comityd.yaml'] = re.sub(
        r'(?ms)^fronts:.*?(?=^\S|\Z)', '', v.files['comityd.yaml']) + FRONTS
    v.configure(1)
    f.wait_clients()
    equal(f.digests, {'misp': (2, bytes.fromhex(PIN)),
                      'siem': (3, bytes(32))}, 'logins')
    misp, siem = f.clients['misp'], f.clients['siem']
    equal(f.post(misp, 'all', [indicator(1)]).status, 200, 'writes')
    equal(f.post(siem, 'all', [indicator(2)]).status, 403, 'does not')
    equal(f.post(siem, 'inbox', [indicator(2)]).status, 403, 'nor there')
    equal(len(f.get(siem, 'objects', 'all').items), 1, 'reads')
    v.files['comityd.yaml'] = v.files['comityd.yaml'].replace(
        'write: []', 'write: [inbox]')
    v.configure(1)
    f.wait_clients()
    equal(f.clients['misp'], misp, 'who stays')
    equal(f.get(siem, 'collections').status, 401, 'who has changed')
    equal(f.post(f.clients['siem'], 'inbox', [indicator(2)]).status, 200,
          'new rights')


@with_vault(desks=('ops', 'soc'))
def test_delete(v):
    f, tool = front_with(v)
    a, b = indicator(1), indicator(2)
    equal(f.post(tool, 'all', [version(a, 1), version(a, 2), version(a, 3),
                               b]).status, 200, 'posted')
    token(v, 'reader', write='')
    token(v, 'nobody', read='', write='')
    token(v, 'soc', desk='soc', write='*')
    g = v.front('soc')
    equal(g.get(g.clients['soc'], 'delete', 'all', b['id']).status, 403,
          "another desk's")
    f = v.front()
    tool = f.clients['tool']
    equal(f.get(f.clients['reader'], 'delete', 'all', b['id']).status, 403,
          'no right to write')
    equal(f.get(f.clients['nobody'], 'delete', 'all', b['id']).status, 404,
          'no right at all')
    equal(f.get(tool, 'delete', 'all', 'indicator--no').status, 404, 'none')

    def left():
        return [i[2] for i in f.get(tool, 'versions', 'all',
                                    a['id']).items]
    equal(f.get(tool, 'delete', 'all', a['id'], versions=[us(2)]).status,
          200, 'one version')
    equal(left(), [version(a, n)['modified'] for n in (1, 3)], 'left')
    equal(f.get(tool, 'delete', 'all', a['id'], versions=[us(2)]).status,
          404, 'again')
    equal(f.get(tool, 'delete', 'all', a['id']).status, 200, 'the last')
    equal(left(), [version(a, 1)['modified']], 'left')
    equal(f.get(tool, 'object', 'all', a['id']).objects(), [version(a, 1)],
          'the one that is the last now')
    equal(f.get(tool, 'delete', 'all', a['id'], versions=['all']).status,
          200, 'all')
    equal(f.get(tool, 'versions', 'all', a['id']).status, 404, 'gone')
    equal(f.get(tool, 'objects', 'all').ids(), [b['id']], 'others stay')


@with_vault()
def test_bad_front(v):
    """A front that breaks the rules is ended, and nothing else."""
    for kind, payload in ((111, b'x'), (112, b'\0' * 9), (113, b''),
                          (115, b'\0' * 10), (114, b'1')):
        f = v.front()
        f.send(kind, payload)
        equal(f.next(), None, 'frame %d' % kind)
    f = v.front()
    f.post_begin([b'{}'])
    f.send(113, (1).to_bytes(8, 'big') + (1).to_bytes(4, 'big') +
           b'\3all' + (2).to_bytes(4, 'big'))
    equal(f.next(), None, 'total is wrong')
    f, tool = front_with(v)
    equal(f.get(tool, 'collections').status, 200, 'the vault goes on')


if __name__ == '__main__':
    main(globals())
