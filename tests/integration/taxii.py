#!/usr/bin/env python3
"""Every requirement of TAXII 2.1 against a live front, a line each.

The TX numbers are those of the requirement table that the fronts were built
from; what binds clients only says so.
"""
import json
import os
import ssl
import sys
import time
import urllib.parse
import uuid

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'lib'),
                os.path.join(HERE, '..', '..', 'contrib', 'lib')]
from daemons import Failed, equal, main, wait_for  # noqa: E402
from fronted import with_fronts  # noqa: E402
from taxii_client import (  # noqa: E402
    MEDIA, TIME, UUID4, Client, query, tls)

OTHER = 'application/vnd.oasis.taxii+json; version=2.0'
STIX_MEDIA = 'application/stix+json;version=2.1'
TYPES = '''attack-pattern campaign course-of-action grouping identity incident
 indicator infrastructure intrusion-set location malware malware-analysis note
 observed-data opinion report threat-actor tool vulnerability relationship
 sighting artifact autonomous-system directory domain-name email-addr
 email-message file ipv4-addr ipv6-addr mac-addr mutex network-traffic process
 software url user-account windows-registry-key x509-certificate
 marking-definition language-content extension-definition'''.split()


def new_id(kind='indicator'):
    return '%s--%s' % (kind, uuid.uuid4())


def stamp(n):
    return '2026-02-%02dT10:00:00.%03dZ' % (1 + n % 28, n)


def make(n=0, id_=None, **more):
    """An indicator; n: which version of it."""
    o = {'type': 'indicator', 'spec_version': '2.1', 'id': id_ or new_id(),
         'created': '2026-01-01T00:00:00.000Z', 'modified': stamp(n),
         'name': 'version %d' % n, 'pattern_type': 'stix',
         'pattern': "[domain-name:value = 'a%d.example']" % n,
         'valid_from': '2026-01-01T00:00:00Z'}
    o.update(more)
    return o


class Walk:
    """The checks, in order; each tx_* says which rows it stands for."""

    def __init__(self, net, entry):
        self.net, self.entry = net, entry
        self.root = urllib.parse.urlsplit(entry['api_root']).path
        self.tool = self.client()
        self.guest = self.client(cert='cert2', key='key2')
        self.rw = self.path('collection')
        self.ro = self.path('collection_ro')
        self.wo = self.path('collection_wo')
        self.none = self.path('collection_none')

    def client(self, cert='cert', key='key', version=None, **headers):
        e = self.entry
        return Client(e['url'], tls(
            e['cafile'], e[cert] if cert else None,
            e[key] if cert else None, version), headers)

    def path(self, name):
        return '%scollections/%s/' % (self.root, self.entry[name])

    def post(self, *objects, to=None, status=202, **more):
        r = self.tool.ask('POST', (to or self.rw) + 'objects/',
                          dict({'objects': list(objects)}, **more))
        self.form(r, status)
        return r

    def get(self, path, status=200, **filters):
        r = self.tool.get(path + query(**filters))
        self.form(r, status)
        return r

    def objects(self, **filters):
        return self.get(self.rw + 'objects/', **filters).json.get(
            'objects', [])

    @staticmethod
    def form(r, status):
        """What every answer has."""
        want = status if isinstance(status, tuple) else (status,)
        assert r.status in want, (r, want)
        equal(r.headers['Content-Type'], MEDIA, 'TX-016 Content-Type')
        assert r.headers['Date'], 'TX-138 Date'
        if r.status >= 400 and r.body:
            e = r.json
            assert isinstance(e['title'], str), ('TX-014', e)
            if 'http_status' in e:
                equal(e['http_status'], str(r.status), 'TX-015')

    # ---- transport and authentication ----

    def tx_001_002_tls(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            c = self.client(version=version)
            self.form(c.get('/taxii2/'), 200)
            c.close()

    def tx_003_no_early_data(self):
        context = tls(self.entry['cafile'], self.entry['cert'],
                      self.entry['key'])
        c = Client(self.entry['url'], context)
        c.get('/taxii2/')
        session = c.connection.sock.session
        # No ticket: nothing to send early data with.
        assert session is None or not session.has_ticket, session
        c.close()

    def tx_004_suites(self):
        context = tls(self.entry['cafile'], self.entry['cert'],
                      self.entry['key'], ssl.TLSVersion.TLSv1_2)
        context.set_ciphers('AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:'
                            'ECDHE-RSA-AES128-SHA:@SECLEVEL=0')
        try:
            Client(self.entry['url'], context).get('/taxii2/')
        except ssl.SSLError:
            return
        raise AssertionError('a CBC suite was accepted')

    def tx_005_006_logins(self):
        inst = self.net.all[0]
        token = inst.ask('token', 'add', 'siem', '--desk', 'ops', '--read',
                         'all', '--write', 'all')['token']
        basic = __import__('base64').b64encode(
            ('siem:' + token).encode()).decode()
        for value in ('Bearer ' + token, 'Basic ' + basic,
                      'bearer ' + token):
            c = self.client(cert=None, Authorization=value)
            self.form(c.get(self.rw), 200)
            c.close()
        inst.ctl('token', 'revoke', 'siem')
        c = self.client(cert=None, Authorization='Bearer ' + token)
        wait_for(lambda: c.get(self.rw).status == 401, 10, 'revoked')
        c.close()

    def tx_007_unauthenticated(self):
        for value in (None, 'Bearer x', 'Basic !', 'Basic ' + 'A' * 400,
                      'Digest a', 'Bearer', 'Bearer a b'):
            c = self.client(cert=None, Authorization=value)
            for path in ('/taxii2/', self.root, self.root + 'collections/',
                         self.rw, self.rw + 'objects/', '/elsewhere/'):
                r = c.get(path)
                self.form(r, 401)
                assert r.headers['WWW-Authenticate'], path
            c.close()

    def tx_008_132_rights_are_per_client(self):
        self.form(self.guest.get(self.root + 'collections/'), 200)
        for row in self.guest.get(self.root + 'collections/').json.get(
                'collections', []):
            equal((row['can_read'], row['can_write']), (False, False),
                  row['alias'] if 'alias' in row else row['id'])
        self.form(self.guest.get(self.rw + 'objects/'), (403, 404))
        self.form(self.guest.ask('POST', self.rw + 'objects/',
                                 {'objects': [make()]}), (403, 404))

    def tx_009_no_user_agent(self):
        self.form(self.tool.ask('GET', '/taxii2/',
                                headers={'User-Agent': None}), 200)

    # ---- discovery and API root ----

    def tx_010_011_040_041_042_discovery(self):
        d = self.get('/taxii2/').json
        assert isinstance(d['title'], str) and d['title'], d
        assert d['api_roots'], d
        assert d['default'] in d['api_roots'], d
        for root in d['api_roots']:
            assert root.startswith('https://') or (
                root[0] == '/' and root[1] != '/'), root
            assert '?' not in root and root.endswith('/'), root
        assert any(urllib.parse.urlsplit(r).path == self.root
                   for r in d['api_roots']), d

    def tx_043_044_045_api_root(self):
        r = self.get(self.root).json
        assert isinstance(r['title'], str) and r['title'], r
        assert MEDIA in r['versions'], r
        assert all('version=' in v for v in r['versions']), r
        assert isinstance(r['max_content_length'], int) and \
            r['max_content_length'] > 0, r
        self.max = r['max_content_length']

    def tx_046_047_length(self):
        note = make(name='x' * 200)
        body = json.dumps({'objects': [note]}).encode()
        fits = body[:-1] + b' ' * (self.max - len(body)) + b'}'
        equal(len(fits), self.max, 'length')
        self.form(self.tool.ask('POST', self.rw + 'objects/', fits), 202)
        self.form(self.tool.ask('POST', self.rw + 'objects/',
                                fits[:-1] + b' }'), 413)

    def tx_048_unknown_root(self):
        for path in ('/nowhere/', '/nowhere/collections/', '/', '/taxii/',
                     self.root + 'nothing/', '/taxii2/x/'):
            r = self.tool.get(path)
            self.form(r, (200, 404) if path == '/' else 404)

    def tx_012_no_slash(self):
        for path in ('/taxii2', self.root[:-1], self.rw[:-1],
                     self.rw + 'objects'):
            r = self.tool.get(path)
            assert r.status in (200, 301, 308, 404), (path, r)

    # ---- media types ----

    def tx_020_024_accept(self):
        for accept in (MEDIA, 'application/taxii+json',
                       'Application/TAXII+JSON ; Version="2.1"', '*/*',
                       'application/*', 'text/html, ' + MEDIA + ';q=0.1',
                       OTHER + ', application/taxii+json'):
            self.form(self.tool.get('/taxii2/', Accept=accept), 200)
        self.form(self.tool.ask('GET', '/taxii2/', headers={
            'Accept': None}), (200, 406))

    def tx_022_other_accept(self):
        for accept in ('text/html', OTHER, MEDIA + ';q=0',
                       'application/taxii+json;version=3.0'):
            self.form(self.tool.get('/taxii2/', Accept=accept), (200, 406))
        self.form(self.tool.get('/taxii2/', Accept='text/html'), 406)

    def tx_021_023_content_type(self):
        for kind in (MEDIA, 'application/taxii+json',
                     'application/taxii+json; version=2.1'):
            self.form(self.tool.ask(
                'POST', self.rw + 'objects/', {'objects': [make()]},
                {'Content-Type': kind}), 202)
        for kind in ('application/json', OTHER, 'text/plain', None):
            self.form(self.tool.ask(
                'POST', self.rw + 'objects/', {'objects': [make()]},
                {'Content-Type': kind}), (202, 415))

    def tx_027_manifest_accept(self):
        self.form(self.tool.get(self.rw + 'manifest/', Accept=MEDIA + ',' +
                                STIX_MEDIA), 200)

    # ---- collections ----

    def tx_060_069_collections(self):
        c = self.get(self.root + 'collections/').json['collections']
        ids = [x['id'] for x in c]
        equal(ids, sorted(ids), 'TX-069 order')
        equal(self.get(self.root + 'collections/').json['collections'], c,
              'TX-061 consistent')
        for x in c:
            assert UUID4.fullmatch(x['id']), ('TX-031', x)
            assert isinstance(x['title'], str) and x['title'], x
            assert isinstance(x['can_read'], bool), ('TX-033', x)
            assert isinstance(x['can_write'], bool), x
            assert x.get('media_types', [STIX_MEDIA]), ('TX-032', x)
            equal(self.get('%scollections/%s/' % (self.root, x['id'])).json,
                  x, 'TX-066')
        aliases = [x['alias'] for x in c if 'alias' in x]
        equal(len(set(aliases)), len(aliases), 'TX-064')
        for x in c:
            if 'alias' in x:
                equal(self.get('%scollections/%s/' % (
                    self.root, x['alias'])).json['id'], x['id'], 'alias')

    def tx_065_unknown_collection(self):
        for name in (str(uuid.uuid4()), 'nothing', '0', '..', 'a' * 300,
                     'secret-ring', '%41', 'ops'):
            p = '%scollections/%s/' % (self.root, name)
            for what in ('', 'objects/', 'manifest/'):
                self.form(self.tool.get(p + what), (400, 404))
            self.form(self.tool.ask('POST', p + 'objects/',
                                    {'objects': [make()]}), (400, 404))

    def tx_067_068_rights(self):
        x = new_id()
        for p, reads, writes in ((self.wo, 403, 202), (self.ro, 200, 403),
                                 (self.none, (403, 404), (403, 404))):
            for what in ('objects/', 'manifest/'):
                self.form(self.tool.get(p + what), reads)
            if reads != 200:
                self.form(self.tool.get(p + 'objects/%s/' % x), reads)
                self.form(self.tool.get(p + 'objects/%s/versions/' % x),
                          reads)
            self.form(self.tool.ask('POST', p + 'objects/',
                                    {'objects': [make()]}), writes)

    # ---- writing ----

    def tx_050_059_status(self):
        good, bad = make(), make()
        del bad['pattern']
        s = self.post(good, bad).json
        assert UUID4.fullmatch(s['id']), s
        assert s['status'] in ('complete', 'pending'), ('TX-051', s)
        path = '%sstatus/%s/' % (self.root, s['id'])
        t = wait_for(lambda: self.complete(path), 20, 'complete')
        equal(t['total_count'], 2, 'TX-052')
        equal((t['success_count'], t['failure_count'], t['pending_count']),
              (1, 1, 0), 'TX-056')
        for name, count in (('successes', 1), ('failures', 1),
                            ('pendings', 0)):
            if name in t:
                equal(len(t[name]), count, name)
                for d in t[name]:
                    assert d['id'] and d['version'], ('TX-053', d)
        equal([d['id'] for d in t.get('failures', [])], [bad['id']], 'bad')
        assert t['failures'][0]['message'], t
        if 'request_timestamp' in t:
            assert TIME.fullmatch(t['request_timestamp']), ('TX-030', t)
        equal(self.get(path).json, t, 'TX-054')
        self.form(self.guest.get(path), (403, 404))
        self.form(self.tool.get('%sstatus/%s/' % (self.root, uuid.uuid4())),
                  404)
        self.form(self.tool.get(self.root + 'status/x/'), (400, 404))

    def complete(self, path):
        s = self.get(path).json
        return s if s['status'] == 'complete' else None

    def tx_058_109_111_written_is_read(self):
        o = make(x_custom={'a': [1, 2.5, None, 'ü']}, confidence=40)
        s = self.post(o).json
        wait_for(lambda: self.complete('%sstatus/%s/' % (
            self.root, s['id'])), 20, 'complete')
        equal(self.objects(id=o['id']), [o], 'unaltered')

    def tx_104_112_duplicates(self):
        o = make()
        self.post(o)
        before = self.get(self.rw + 'manifest/', id=o['id']).json
        s = self.post(o).json
        equal(s['failure_count'], 0, 'the same again')
        s = self.post(dict(o, name='another')).json
        equal(s['failure_count'], 1, 'the same version, other content')
        equal(self.objects(id=o['id']), [o], 'the first is kept')
        equal(self.get(self.rw + 'manifest/', id=o['id']).json, before,
              'date_added')

    def tx_105_106_108_bad_bodies(self):
        for body in (b'', b'{', b'[]', b'"x"', b'1', b'\xff', b'{} {}',
                     b'{"objects": {}}', b'{"objects": [1, "x"]}',
                     b'{"objects": [' * 200, b'{"a":1,"a":2}',
                     b'{"objects": []}', b'\xef\xbb\xbf{}'):
            r = self.tool.ask('POST', self.rw + 'objects/', body)
            assert r.status in (400, 422) or (
                r.status == 202 and r.json['success_count'] == 0), (body, r)
            self.form(r, r.status)

    def tx_035_unknown_properties(self):
        o = make()
        r = self.tool.ask('POST', self.rw + 'objects/',
                          {'objects': [o], 'x_more': 1})
        self.form(r, (202, 422))

    def tx_110_partial(self):
        good = [make() for _ in range(5)]
        bad = [{}, {'type': 'indicator'}, dict(make(), id='indicator--1'),
               dict(make(), modified='yesterday')]
        s = self.post(*(good[:2] + bad + good[2:])).json
        equal((s['success_count'], s['failure_count']), (5, 4), 'counts')
        for o in good:
            equal(self.objects(id=o['id']), [o], 'good')

    def tx_113_late_older_version(self):
        i = new_id()
        self.post(make(5, i))
        s = self.post(make(2, i)).json
        equal(s['success_count'] + s['failure_count'], 1, 'reported')
        equal(self.objects(id=i), [make(5, i)], 'the latest')

    # ---- reading ----

    def fill(self):
        """Twelve objects and one with three versions, in order."""
        self.made = [make(n) for n in range(12)]
        for o in self.made:
            self.post(o)
        self.many = new_id()
        for n in (1, 2, 3):
            self.post(make(n, self.many))
        self.ids = ','.join([o['id'] for o in self.made])

    def tx_070_072_order_and_headers(self):
        self.fill()
        m = self.get(self.rw + 'manifest/', id=self.ids)
        rows = m.json['objects']
        added = [x['date_added'] for x in rows]
        equal(added, sorted(added), 'TX-070')
        equal(len(set(added)), len(added), 'each its own date_added')
        for x in rows:
            assert TIME.fullmatch(x['date_added']), ('TX-030', x)
            assert x['id'] and x['version'], ('TX-125', x)
            assert x.get('media_type', STIX_MEDIA) == STIX_MEDIA, (
                'TX-126', x)
        r = self.get(self.rw + 'objects/', id=self.ids)
        one = self.made[3]['id']
        for what in (m, r):
            equal(what.headers['X-TAXII-Date-Added-First'], added[0], 'first')
            equal(what.headers['X-TAXII-Date-Added-Last'], added[-1], 'last')
        for path in ('objects/%s/' % one, 'objects/%s/versions/' % one):
            r = self.get(self.rw + path)
            equal(r.headers['X-TAXII-Date-Added-First'], added[3], path)
            equal(r.headers['X-TAXII-Date-Added-Last'], added[3], path)

    def tx_073_081_bad_parameters(self):
        bad = ['limit=0', 'limit=-1', 'limit=a', 'limit=', 'limit=1.5',
               'limit=1&limit=2', 'added_after=yesterday', 'added_after=',
               'added_after=2026-01-01', 'added_after=2026-01-01T00:00:00',
               'added_after=2026-13-01T00:00:00Z',
               'added_after=2026-01-01T00:00:00Z,2026-01-01T00:00:00Z',
               'added_after=2026-01-01T00:00:00Z&'
               'added_after=2026-01-01T00:00:00Z',
               'match[type]=a&match[type]=b',
               'match%5Btype%5D=a&match[type]=b',
               'match[version]=all,last', 'match[version]=last,last',
               'match[version]=newest', 'match[version]=', 'next=forged',
               'next=', 'next=' + 'A' * 500, '%zz=1', 'limit=%00']
        for q in bad:
            self.form(self.tool.get(self.rw + 'objects/?' + q), 400)
            self.form(self.tool.get(self.rw + 'manifest/?' + q), 400)

    def tx_074_077_pages(self):
        got, next_, pages = [], None, 0
        while True:
            f = {'id': self.ids, 'limit': 5}
            if next_ is not None:
                f['next'] = next_
            r = self.get(self.rw + 'objects/', **f)
            again = self.get(self.rw + 'objects/', **f)
            equal(again.json, r.json, 'repeatable')
            page = r.json.get('objects', [])
            assert len(page) <= 5, len(page)
            got += page
            pages += 1
            if not r.json.get('more'):
                break
            next_ = r.json['next']
            assert isinstance(next_, str) and next_, r.json
        equal(got, self.made, 'all, once, in order')
        equal(pages, 3, 'pages')
        r = self.get(self.rw + 'objects/', id=self.ids, limit=12).json
        assert not r.get('more') and len(r['objects']) == 12, 'TX-075'

    def tx_078_added_after_goes_on(self):
        for path in ('objects/', 'manifest/'):
            got, after = [], None
            while True:
                f = {'id': self.ids, 'limit': 5}
                if after is not None:
                    f['added_after'] = after
                r = self.get(self.rw + path, **f)
                got += [o['id'] for o in r.json.get('objects', [])]
                if not r.json.get('objects'):
                    break
                after = r.headers['X-TAXII-Date-Added-Last']
            equal(got, [o['id'] for o in self.made], path)

    def tx_079_next_is_bound(self):
        n = self.get(self.rw + 'objects/', id=self.ids, limit=5).json['next']
        for path, f in ((self.ro + 'objects/', {'id': self.ids}),
                        (self.rw + 'objects/', {'type': 'indicator'}),
                        (self.rw + 'objects/', {'id': self.ids,
                                                'version': 'all'})):
            self.get(path, 400, next=n, limit=5, **f)
        i = len(n) // 2
        self.get(self.rw + 'objects/', 400, id=self.ids, limit=5,
                 next=n[:i] + ('A' if n[i] != 'A' else 'B') + n[i + 1:])

    def tx_082_083_added_after(self):
        rows = self.get(self.rw + 'manifest/', id=self.ids).json['objects']
        for k in (0, 5, 11):
            got = self.objects(id=self.ids,
                               added_after=rows[k]['date_added'])
            equal(got, self.made[k + 1:], 'exclusive')
        for text in ('2020-01-01T00:00:00Z', '2020-01-01T00:00:00.5Z',
                     '2020-01-01T00:00:00.123456789Z'):
            equal(len(self.objects(id=self.ids, added_after=text)), 12, text)

    def tx_084_086_match(self):
        a, b = self.made[1], self.made[7]
        equal(self.objects(id=a['id'] + ',' + b['id']), [a, b], 'OR')
        equal(self.objects(id=a['id'], type='malware'), [], 'AND')
        equal(self.objects(id=a['id'], type='malware,indicator'), [a], 'both')
        equal(self.objects(id='nothing'), [], 'no such id')
        for kind in TYPES:
            self.get(self.rw + 'objects/', type=kind, limit=1)
        r = self.tool.get(self.rw + 'objects/?match%5Bid%5D=' + a['id'])
        equal(r.json['objects'], [a], 'encoded brackets')

    def tx_087_088_unknown_fields(self):
        a = self.made[1]
        equal(self.objects(id=a['id'], confidence='50', nonsense='x'), [a],
              'ignored')

    def tx_089_093_versions(self):
        v = {n: make(n, self.many) for n in (1, 2, 3)}
        for spec, want in ((None, [3]), ('last', [3]), ('first', [1]),
                           ('all', [1, 2, 3]), (stamp(2), [2]),
                           ('first,last', [1, 3]),
                           ('last,' + stamp(3), [3]),
                           (stamp(1) + ',' + stamp(2), [1, 2]),
                           (stamp(9), []),
                           (stamp(2).replace('.002Z', '.002000Z'), [2])):
            f = {} if spec is None else {'version': spec}
            got = self.objects(id=self.many, **f)
            equal(got, [v[n] for n in want], spec)

    def tx_094_unversioned(self):
        o = {'type': 'domain-name', 'spec_version': '2.1',
             'id': 'domain-name--' + str(uuid.uuid5(
                 uuid.UUID('00abedb4-aa42-466c-9c01-fed23315a9b7'),
                 '{"value":"b.example"}')), 'value': 'b.example'}
        s = self.post(o).json
        equal(s['failure_count'], 0, s)
        m = self.get(self.rw + 'manifest/', id=o['id']).json['objects']
        equal(len(m), 1, 'manifest')
        version = m[0]['version']
        equal(self.objects(id=o['id'], version=version), [o], 'stable value')
        equal(self.get(self.rw + 'objects/%s/versions/' % o['id'])
              .json['versions'], [version], 'TX-123')

    def tx_095_096_spec_version(self):
        a = self.made[1]
        equal(self.objects(id=a['id'], spec_version='2.1'), [a], '2.1')
        equal(self.objects(id=a['id'], spec_version='2.0'), [], '2.0')
        equal(self.objects(id=a['id'], spec_version='2.0,2.1'), [a], 'both')

    def tx_097_098_everything(self):
        rows, f = [], {'limit': 1000}
        r = self.get(self.rw + 'objects/', **f).json
        m = self.get(self.rw + 'manifest/', **f).json
        rows = [o['id'] for o in r['objects']]
        equal([o['id'] for o in m['objects']], rows, 'TX-098')
        assert set(o['id'] for o in self.made) <= set(rows), 'TX-097'

    def tx_100_128_nothing(self):
        for what in ('objects/', 'manifest/'):
            r = self.get(self.rw + what, id='indicator--none')
            assert 'objects' not in r.json, r
            assert not r.json.get('more'), r
            assert r.headers['X-TAXII-Date-Added-First'] is None, 'header'

    def tx_101_103_object(self):
        a = self.made[1]
        equal(self.get(self.rw + 'objects/%s/' % a['id']).json['objects'],
              [a], 'TX-101')
        self.get(self.rw + 'objects/%s/' % new_id(), 404)
        got = self.get(self.rw + 'objects/%s/' % self.many, version='all',
                       limit=2).json
        equal([o['modified'] for o in got['objects']], [stamp(1), stamp(2)],
              'TX-103')
        assert got['more'], got
        rest = self.get(self.rw + 'objects/%s/' % self.many, version='all',
                        limit=2, next=got['next']).json
        equal([o['modified'] for o in rest['objects']], [stamp(3)], 'next')

    def tx_120_123_versions_resource(self):
        path = self.rw + 'objects/%s/versions/' % self.many
        equal(self.get(path).json['versions'],
              [stamp(n) for n in (1, 2, 3)], 'TX-120')
        first = self.get(path, limit=2)
        equal(first.json['versions'], [stamp(1), stamp(2)], 'TX-121')
        assert first.json['more'], first
        rest = self.get(path, limit=2, added_after=first.headers[
            'X-TAXII-Date-Added-Last']).json
        equal(rest['versions'], [stamp(3)], 'IX 3.14.1')
        self.get(self.rw + 'objects/%s/versions/' % new_id(), 404)

    def tx_125_127_manifest(self):
        rows = self.get(self.rw + 'manifest/', id=self.many,
                        version='all').json['objects']
        equal([r['version'] for r in rows], [stamp(n) for n in (1, 2, 3)],
              'one a version')

    # ---- deleting ----

    def tx_115_118_delete(self):
        o, i = make(), new_id()
        self.post(o)
        path = self.rw + 'objects/%s/' % o['id']
        r = self.tool.ask('DELETE', path)
        self.form(r, 200)
        equal(r.body, b'', 'no body')
        self.get(path, 404)
        equal(self.objects(id=o['id']), [], 'gone')
        assert 'objects' not in self.get(self.rw + 'manifest/',
                                         id=o['id']).json, 'manifest'
        self.form(self.tool.ask('DELETE', path), 404)
        for n in (1, 2):
            self.post(make(n, i))
        path = self.rw + 'objects/%s/' % i
        r = self.tool.ask('DELETE', path + query(version=stamp(2)))
        self.form(r, (200, 403))
        if r.status == 200:
            equal(self.objects(id=i), [make(1, i)], 'TX-117')
        self.form(self.tool.ask('DELETE', path + query(version='x')), 400)

    def tx_116_delete_rights(self):
        x = self.made[0]['id']
        for p, status in ((self.wo, 403), (self.ro, 403), (self.none, 404)):
            self.form(self.tool.ask('DELETE', p + 'objects/%s/' % x), status)

    # ---- HTTP ----

    def tx_130_methods(self):
        for method in ('PUT', 'PATCH', 'OPTIONS', 'DELETE', 'POST'):
            r = self.tool.ask(method, '/taxii2/', b'{}' if method in (
                'PUT', 'PATCH', 'POST') else None)
            assert 400 <= r.status < 500, (method, r)
            if r.status == 405:
                assert 'GET' in r.headers['Allow'], r.headers
        r = self.tool.ask('PUT', self.rw + 'objects/', {'objects': []})
        assert r.status == 405 and 'POST' in r.headers['Allow'], r

    def tx_131_head(self):
        for path in ('/taxii2/', self.rw + 'objects/' + query(limit=2)):
            r = self.tool.ask('HEAD', path)
            self.form(r, 200)
            equal(r.body, b'', path)

    def tx_133_errors_leak_nothing(self):
        known = self.tool.get('%scollections/%s/objects/' % (
            self.root, uuid.uuid4()))
        secret = self.tool.get(self.root + 'collections/secret-ring/objects/')
        equal(known.body, secret.body, 'what does not exist')

    def tx_136_chunked(self):
        o = make()
        body = json.dumps({'objects': [o]}).encode()
        c = self.tool.connect()
        c.request('POST', self.rw + 'objects/', headers={
            'Accept': MEDIA, 'Content-Type': MEDIA},
            body=iter([body[:10], body[10:]]), encode_chunked=True)
        r = c.getresponse()
        r.read()
        c.close()
        assert r.status in (202, 411), r.status

    def tx_137_long_target(self):
        path = self.rw + 'objects/?match[id]='
        path += 'x' * (7980 - len(path))
        self.form(self.tool.get(path), 200)
        r = self.client().get(self.rw + 'objects/?match[id]=' + 'x' * 20000)
        assert r.status in (414, 431), r

    def tx_138_persistent(self):
        self.tool.get('/taxii2/')
        c = self.tool.connection
        self.tool.get('/taxii2/')
        assert c is not None and self.tool.connection is c, 'kept'

    def tx_139_separate(self):
        o = make(labels=['ioc'])
        self.post(o)
        equal(self.get(self.ro + 'objects/', id=o['id']).json.get('objects'),
              None, 'what was not written there')


CLIENTS = ('TX-025', 'TX-108')


@with_fronts(2)
def test_every_requirement(net):
    walk = Walk(net, net.entry[net.all[0].id])
    failed = []
    for name in [n for n in vars(Walk) if n.startswith('tx_')]:
        words = name.split('_')[1:]
        rows = ' '.join('TX-' + w for w in words if w.isdigit())
        what = ' '.join(w for w in words if not w.isdigit())
        start = time.monotonic()
        try:
            getattr(walk, name)()
            said = 'ok'
        except (AssertionError, Failed, KeyError, OSError,
                ValueError) as e:
            said = 'FAILED: %s' % str(e)[:300]
            failed.append(name)
        print('%-32s %-28s %s (%.2f s)' % (
            rows, what, said, time.monotonic() - start), flush=True)
    print('%-32s %-28s bind clients' % (' '.join(CLIENTS), ''))
    equal(failed, [], 'requirements that fail')


main(globals())
