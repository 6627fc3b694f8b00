#!/usr/bin/env python3
"""Every requirement of TAXII 2.1 against a live front, a line each.

The TX numbers are those of the requirement table that the fronts were built
from; what binds clients only says so.
"""
import base64
import http.client
import json
import os
import re
import socket
import ssl
import sys
import time
import urllib.parse
import uuid
import warnings

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'lib'),
                os.path.join(HERE, '..', '..', 'contrib', 'lib')]
from daemons import Failed, equal, main, wait_for  # noqa: E402
from fronted import with_fronts  # noqa: E402
from taxii_client import (  # noqa: E402
    MEDIA, TIME, UUID4, Answer, Client, query, tls)

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


def refused(connect):
    """The handshake fails."""
    try:
        connect()
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError('that should not have been accepted')


def rows(numbers):
    """Decorator: the rows of the table that a check stands for."""
    def wrap(function):
        function.rows = ['TX-' + n for n in numbers.split()]
        return function
    return wrap


class Walk:
    """The checks, in order; @rows says which rows one stands for."""

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
        if r.method == 'HEAD':
            equal(r.body, b'', 'TX-131')
            return
        r.strict()      # TX-013, TX-014, TX-030 to TX-035
        if r.status >= 400:
            equal(r.json['http_status'], str(r.status), 'TX-015')

    # ---- transport and authentication ----

    @rows('001 002')
    def tls(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            c = self.client(version=version)
            self.form(c.get('/taxii2/'), 200)
            c.close()
        old = tls(self.entry['cafile'], self.entry['cert'],
                  self.entry['key'])
        old.set_ciphers('DEFAULT:@SECLEVEL=0')
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        refused(lambda: Client(self.entry['url'], old).get('/taxii2/'))

    @rows('003')
    def no_early_data(self):
        context = tls(self.entry['cafile'], self.entry['cert'],
                      self.entry['key'])
        c = Client(self.entry['url'], context)
        c.get('/taxii2/')
        session = c.connection.sock.session
        # No ticket: nothing to send early data with.
        assert session is None or not session.has_ticket, session
        c.close()

    @rows('004')
    def suites(self):
        context = tls(self.entry['cafile'], self.entry['cert'],
                      self.entry['key'], ssl.TLSVersion.TLSv1_2)
        context.set_ciphers('AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:'
                            'ECDHE-RSA-AES128-SHA:@SECLEVEL=0')
        refused(lambda: Client(self.entry['url'], context).get('/taxii2/'))

    @rows('005 006')
    def logins(self):
        inst = self.net.all[0]
        token = inst.ask('token', 'add', 'siem', '--desk', 'ops', '--read',
                         'all', '--write', 'all')['token']
        basic = base64.b64encode(('siem:' + token).encode()).decode()
        for value in ('Bearer ' + token, 'Basic ' + basic,
                      'bearer ' + token, 'Token ' + token):
            c = self.client(cert=None, Authorization=value)
            self.form(c.get(self.rw), 200)
            c.close()
        inst.ctl('token', 'revoke', 'siem')
        c = self.client(cert=None, Authorization='Bearer ' + token)
        wait_for(lambda: c.get(self.rw).status == 401, 10, 'revoked')
        c.close()
        # The certificate of another front's tool is nobody's here.
        other = self.net.entry[self.net.all[1].id]
        c = Client(self.entry['url'], tls(
            self.entry['cafile'], other['cert'], other['key']))
        self.form(c.get(self.rw), 401)
        c.close()

    @rows('007')
    def unauthenticated(self):
        for value in (None, 'Bearer x', 'Basic !', 'Basic ' + 'A' * 400,
                      'Digest a', 'Bearer', 'Bearer a b'):
            c = self.client(cert=None, Authorization=value)
            for path in ('/taxii2/', self.root, self.root + 'collections/',
                         self.rw, self.rw + 'objects/', '/elsewhere/'):
                r = c.get(path)
                self.form(r, 401)
                assert r.headers['WWW-Authenticate'], path
            c.close()

    @rows('008 132')
    def rights_are_per_client(self):
        self.form(self.guest.get(self.root + 'collections/'), 200)
        for row in self.guest.get(self.root + 'collections/').json.get(
                'collections', []):
            equal((row['can_read'], row['can_write']), (False, False),
                  row['alias'] if 'alias' in row else row['id'])
        self.form(self.guest.get(self.rw + 'objects/'), (403, 404))
        self.form(self.guest.ask('POST', self.rw + 'objects/',
                                 {'objects': [make()]}), (403, 404))

    @rows('009')
    def no_user_agent(self):
        self.form(self.tool.ask('GET', '/taxii2/',
                                headers={'User-Agent': None}), 200)

    # ---- discovery and API root ----

    @rows('010 011 040 041 042')
    def discovery(self):
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

    @rows('043 044 045')
    def api_root(self):
        r = self.get(self.root).json
        assert isinstance(r['title'], str) and r['title'], r
        assert MEDIA in r['versions'], r
        assert all('version=' in v for v in r['versions']), r
        assert isinstance(r['max_content_length'], int) and \
            r['max_content_length'] > 0, r
        self.max = r['max_content_length']

    @rows('046 047')
    def length(self):
        note = make(name='x' * 200)
        body = json.dumps({'objects': [note]}).encode()
        fits = body[:-1] + b' ' * (self.max - len(body)) + b'}'
        equal(len(fits), self.max, 'length')
        self.form(self.tool.ask('POST', self.rw + 'objects/', fits), 202)
        self.form(self.tool.ask('POST', self.rw + 'objects/',
                                fits[:-1] + b' }'), 413)
        equal(self.chunked(fits, b' '), 413, 'in chunks')

    @rows('048')
    def unknown_root(self):
        for path in ('/nowhere/', '/nowhere/collections/', '/', '/taxii/',
                     self.root + 'nothing/', '/taxii2/x/'):
            r = self.tool.get(path)
            self.form(r, (200, 404) if path == '/' else 404)

    @rows('012')
    def no_slash(self):
        for path in ('/taxii2', self.root[:-1], self.rw[:-1],
                     self.rw + 'objects'):
            r = self.tool.get(path)
            assert r.status in (200, 301, 308, 404), (path, r)

    @rows('013 016 030 031 032 033 034')
    def shapes(self):
        """form() looks at every answer of this program; here, at each."""
        o = make()
        self.form(self.tool.ask('POST', self.rw + 'objects/',
                                {'objects': [o]}), 202)
        for path in ('/taxii2/', self.root, self.root + 'collections/',
                     self.rw, self.rw + 'manifest/', self.rw + 'objects/',
                     self.rw + 'objects/%s/' % o['id'],
                     self.rw + 'objects/%s/versions/' % o['id']):
            assert self.get(path).json != {}, path

    @rows('014 015 016')
    def error_shapes(self):
        objects, nobody = self.rw + 'objects/', self.client(cert=None)
        self.form(self.tool.get(objects + '?limit=x'), 400)
        self.form(nobody.get(objects), 401)
        self.form(self.tool.get(self.wo + 'objects/'), 403)
        self.form(self.tool.get(self.root + 'x/'), 404)
        self.form(self.tool.ask('PUT', objects, {}), 405)
        self.form(self.tool.get(objects, Accept='text/html'), 406)
        self.form(self.tool.ask('POST', objects, b'{}', {
            'Content-Type': 'text/plain'}), 415)
        self.form(self.tool.ask('POST', objects, b'{}'), 422)
        nobody.close()
        for raw, status in (
                (b'GET /taxii2/ HTTP/1.1\r\n\r\n', 400),
                (b'POST %s HTTP/1.1\r\nHost: x\r\n\r\n' %
                 objects.encode(), 411),
                (b'GET /%s HTTP/1.1\r\n' % (b'x' * 9000), 414),
                (b'GET / HTTP/1.1\r\nX: %s\r\n' % (b'y' * 20000), 431),
                (b'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', (405, 501)),
                (b'GET / HTTP/3.0\r\nHost: x\r\n\r\n', 505)):
            self.form(self.raw(raw), status)

    def raw(self, data):
        """The first answer to these bytes; None: it was just closed."""
        where = urllib.parse.urlsplit(self.entry['url'])
        plain = socket.create_connection((where.hostname, where.port), 30)
        with self.tool.context.wrap_socket(
                plain, server_hostname=where.hostname) as s:
            try:
                s.sendall(data)
                r = http.client.HTTPResponse(s)
                r.begin()
                answer = Answer(r.status, r.headers, r.read())
            except (http.client.HTTPException, ConnectionError, OSError):
                return None
        return answer

    # ---- media types ----

    @rows('020 024')
    def accept(self):
        for accept in (MEDIA, 'application/taxii+json',
                       'Application/TAXII+JSON ; Version="2.1"', '*/*',
                       'application/*', 'text/html, ' + MEDIA + ';q=0.1',
                       OTHER + ', application/taxii+json'):
            self.form(self.tool.get('/taxii2/', Accept=accept), 200)
        self.form(self.tool.ask('GET', '/taxii2/', headers={
            'Accept': None}), (200, 406))

    @rows('022')
    def other_accept(self):
        for accept in ('text/html', OTHER, MEDIA + ';q=0',
                       'application/taxii+json;version=3.0'):
            self.form(self.tool.get('/taxii2/', Accept=accept), (200, 406))
        self.form(self.tool.get('/taxii2/', Accept='text/html'), 406)

    @rows('021 023')
    def content_type(self):
        for kind in (MEDIA, 'application/taxii+json',
                     'application/taxii+json; version=2.1'):
            self.form(self.tool.ask(
                'POST', self.rw + 'objects/', {'objects': [make()]},
                {'Content-Type': kind}), 202)
        for kind in ('application/json', OTHER, 'text/plain', None):
            self.form(self.tool.ask(
                'POST', self.rw + 'objects/', {'objects': [make()]},
                {'Content-Type': kind}), (202, 415))

    @rows('027')
    def manifest_accept(self):
        self.form(self.tool.get(self.rw + 'manifest/', Accept=MEDIA + ',' +
                                STIX_MEDIA), 200)

    # ---- collections ----

    @rows('060 061 062 063 064 066 069')
    def collections(self):
        # A desk has at least one; an empty list is refused by form().
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

    @rows('065')
    def unknown_collection(self):
        for name in (str(uuid.uuid4()), 'nothing', '0', '..', 'a' * 300,
                     'secret-ring', '%41', 'ops', '%ff', '%ed%a0%80'):
            p = '%scollections/%s/' % (self.root, name)
            for what in ('', 'objects/', 'manifest/'):
                self.form(self.tool.get(p + what), (400, 404))
            self.form(self.tool.ask('POST', p + 'objects/',
                                    {'objects': [make()]}), (400, 404))

    @rows('067 068')
    def rights(self):
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

    @rows('050 051 052 053 054 055 056 059')
    def status(self):
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

    @rows('058 109 111')
    def written_is_read(self):
        o = make(x_custom={'a': [1, 2.5, None, 'ü']}, confidence=40)
        s = self.post(o).json
        wait_for(lambda: self.complete('%sstatus/%s/' % (
            self.root, s['id'])), 20, 'complete')
        equal(self.objects(id=o['id']), [o], 'unaltered')

    @rows('104 112')
    def duplicates(self):
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

    @rows('105 106')
    def bad_bodies(self):
        for body in (b'', b'{', b'[]', b'"x"', b'1', b'\xff', b'{} {}',
                     b'{"objects": {}}', b'{"objects": [1, "x"]}',
                     b'{"objects": [' * 200, b'{"a":1,"a":2}',
                     b'{"objects": []}', b'\xef\xbb\xbf{}'):
            r = self.tool.ask('POST', self.rw + 'objects/', body)
            assert r.status in (400, 422) or (
                r.status == 202 and r.json['success_count'] == 0), (body, r)
            self.form(r, r.status)

    @rows('035')
    def unknown_properties(self):
        o = make()
        self.post(o, x_more=1, more=False)
        equal(self.objects(id=o['id']), [o], 'kept')

    @rows('110')
    def partial(self):
        good = [make() for _ in range(5)]
        bad = [{}, {'type': 'indicator'}, dict(make(), id='indicator--1'),
               dict(make(), modified='yesterday')]
        s = self.post(*(good[:2] + bad + good[2:])).json
        equal((s['success_count'], s['failure_count']), (5, 4), 'counts')
        for o in good:
            equal(self.objects(id=o['id']), [o], 'good')
        # An entry that is no object: the envelope is none, nothing is kept.
        o = make()
        for entry in (b'1', b'"x"', b'null', b'[]', b'{"a":1,}', b'{"a"}'):
            self.form(self.tool.ask(
                'POST', self.rw + 'objects/', b'{"objects":[%s,%s]}' %
                (json.dumps(o).encode(), entry)), (400, 422))
        equal(self.objects(id=o['id']), [], 'nothing is left of it')

    @rows('113')
    def late_older_version(self):
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

    @rows('070 071 072')
    def order_and_headers(self):
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

    @rows('073 081 087 091 092')
    def bad_parameters(self):
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
               'next=', 'next=' + 'A' * 500, '%zz=1', 'limit=%00',
               'match[id]=%ff', 'next=%c3%28']
        for q in bad:
            self.form(self.tool.get(self.rw + 'objects/?' + q), 400)
            self.form(self.tool.get(self.rw + 'manifest/?' + q), 400)

    def all_pages(self, what, **f):
        got = []
        while True:
            r = self.get(self.rw + what, **f).json
            got += r.get('objects', [])
            if not r.get('more'):
                return got
            f['next'] = r['next']

    @rows('074 075 076 077')
    def pages(self):
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

    @rows('075 076 077')
    def long_pages(self):
        """The server's own limit of a page: bytes."""
        made = [make(n, description='x' * 230000) for n in range(40)]
        self.post(*made)
        f, got, pages = {'id': ','.join(o['id'] for o in made)}, [], 0
        while True:
            r = self.get(self.rw + 'objects/', **f).json
            got += r['objects']
            pages += 1
            if not r.get('more'):
                break
            f['next'] = r['next']
        equal(got, made, 'all of them')
        assert pages > 1, pages

    @rows('080')
    def more_and_then_nothing(self):
        made = [make(n) for n in range(3)]
        self.post(*made)
        f = {'id': ','.join(o['id'] for o in made), 'limit': 2}
        r = self.get(self.rw + 'objects/', **f).json
        assert r['more'], r
        self.form(self.tool.ask('DELETE', self.rw + 'objects/%s/' %
                                made[2]['id']), 200)
        r = self.get(self.rw + 'objects/', next=r['next'], **f).json
        assert 'objects' not in r and not r.get('more'), r

    @rows('078')
    def added_after_goes_on(self):
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

    @rows('079')
    def next_is_bound(self):
        n = self.get(self.rw + 'objects/', id=self.ids, limit=5).json['next']
        for path, f in ((self.ro + 'objects/', {'id': self.ids}),
                        (self.rw + 'objects/', {'type': 'indicator'}),
                        (self.rw + 'objects/', {'id': self.ids,
                                                'version': 'all'})):
            self.get(path, 400, next=n, limit=5, **f)
        # Another client's rights hold for it.
        self.form(self.guest.get(self.rw + 'objects/' + query(
            id=self.ids, limit=5, next=n)), 403)
        i = len(n) // 2
        self.get(self.rw + 'objects/', 400, id=self.ids, limit=5,
                 next=n[:i] + ('A' if n[i] != 'A' else 'B') + n[i + 1:])

    @rows('082 083')
    def added_after(self):
        rows = self.get(self.rw + 'manifest/', id=self.ids).json['objects']
        for k in (0, 5, 11):
            got = self.objects(id=self.ids,
                               added_after=rows[k]['date_added'])
            equal(got, self.made[k + 1:], 'exclusive')
        for end in ('', 'objects/%s/' % self.made[3]['id'],
                    'objects/%s/versions/' % self.made[3]['id']):
            path = self.rw + (end or 'objects/')
            r = self.get(path, id=self.ids, added_after='2999-01-01T00:00:00Z')
            assert 'objects' not in r.json and 'versions' not in r.json, r
        for text in ['2020-01-01T00:00:00Z'] + [
                '2020-01-01T00:00:00.%sZ' % '123456789'[:n]
                for n in range(1, 10)]:
            equal(len(self.objects(id=self.ids, added_after=text)), 12, text)

    @rows('084 085 086')
    def match(self):
        a, b = self.made[1], self.made[7]
        equal(self.objects(id=a['id'] + ',' + b['id']), [a, b], 'OR')
        equal(self.objects(id=a['id'], type='malware'), [], 'AND')
        equal(self.objects(id=a['id'], type='malware,indicator'), [a], 'both')
        equal(self.objects(id='nothing'), [], 'no such id')
        for kind in TYPES:
            self.get(self.rw + 'objects/', type=kind, limit=1)
        r = self.tool.get(self.rw + 'objects/?match%5Bid%5D=' + a['id'])
        equal(r.json['objects'], [a], 'encoded brackets')

    @rows('088')
    def unknown_fields(self):
        a = self.made[1]
        equal(self.objects(id=a['id'], confidence='50', nonsense='x'), [a],
              'ignored')

    @rows('089 090 093')
    def versions(self):
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

    @rows('094 123 127')
    def unversioned(self):
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

    @rows('095 096')
    def spec_version(self):
        a = self.made[1]
        equal(self.objects(id=a['id'], spec_version='2.1'), [a], '2.1')
        equal(self.objects(id=a['id'], spec_version='2.0'), [], '2.0')
        equal(self.objects(id=a['id'], spec_version='2.0,2.1'), [a], 'both')

    @rows('097 098')
    def everything(self):
        ids = [o['id'] for o in self.all_pages('objects/')]
        m = self.all_pages('manifest/')
        equal([r['id'] for r in m], ids, 'TX-098')
        added = [r['date_added'] for r in m]
        equal(added, sorted(set(added)), 'oldest first')
        assert {o['id'] for o in self.made} <= set(ids), 'TX-097'
        f = {'type': 'domain-name,malware', 'version': 'all'}
        equal([r['id'] for r in self.all_pages('manifest/', **f)],
              [o['id'] for o in self.all_pages('objects/', **f)], 'filtered')

    @rows('100 128')
    def nothing(self):
        for what in ('objects/', 'manifest/'):
            r = self.get(self.rw + what, id='indicator--none')
            assert 'objects' not in r.json, r
            assert not r.json.get('more'), r
            assert r.headers['X-TAXII-Date-Added-First'] is None, 'header'

    @rows('101 102 103')
    def one_object(self):
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
        path = self.rw + 'objects/%s/' % self.many
        assert 'objects' not in self.get(path, spec_version='2.0').json
        equal(len(self.get(path, version='first,' + stamp(2)).json[
            'objects']), 2, 'match[version]')
        after = self.get(path, version='first').headers[
            'X-TAXII-Date-Added-Last']
        equal([o['modified'] for o in self.get(
            path, version='all', added_after=after).json['objects']],
            [stamp(2), stamp(3)], 'added_after')

    @rows('120 121 122 123')
    def versions_resource(self):
        path = self.rw + 'objects/%s/versions/' % self.many
        equal(self.get(path).json['versions'],
              [stamp(n) for n in (1, 2, 3)], 'TX-120')
        first = self.get(path, limit=2)
        equal(first.json['versions'], [stamp(1), stamp(2)], 'TX-121')
        assert first.json['more'], first
        rest = self.get(path, limit=2, added_after=first.headers[
            'X-TAXII-Date-Added-Last']).json
        equal(rest['versions'], [stamp(3)], 'IX 3.14.1')
        rest = self.get(path, limit=2, next=first.json['next']).json
        equal(rest['versions'], [stamp(3)], 'next')
        assert 'versions' not in self.get(path, spec_version='2.0').json
        equal(len(self.get(path, spec_version='2.0,2.1').json['versions']),
              3, 'spec_version')
        self.get(self.rw + 'objects/%s/versions/' % new_id(), 404)

    @rows('125 126 127')
    def manifest(self):
        rows = self.get(self.rw + 'manifest/', id=self.many,
                        version='all').json['objects']
        equal([r['version'] for r in rows], [stamp(n) for n in (1, 2, 3)],
              'one a version')

    # ---- deleting ----

    @rows('115 117 118 140')
    def delete(self):
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
        i = new_id()
        for n in (1, 2, 3):
            self.post(make(n, i))
        path = self.rw + 'objects/%s/' % i
        self.form(self.tool.ask('DELETE', path), 200)
        equal(self.objects(id=i), [make(2, i)], 'TX-140: the last alone')
        self.form(self.tool.ask('DELETE', path + query(
            version='first,last')), 200)
        self.get(path, 404)
        self.form(self.tool.ask('DELETE', path + query(version='all')), 404)
        self.form(self.tool.ask('DELETE', self.rw + 'objects/nothing/'), 404)

    @rows('116')
    def delete_rights(self):
        x = self.made[0]['id']
        for p, status in ((self.wo, 403), (self.ro, 403), (self.none, 404)):
            self.form(self.tool.ask('DELETE', p + 'objects/%s/' % x), status)

    # ---- HTTP ----

    @rows('130')
    def methods(self):
        for method in ('PUT', 'PATCH', 'OPTIONS', 'DELETE', 'POST'):
            r = self.tool.ask(method, '/taxii2/', b'{}' if method in (
                'PUT', 'PATCH', 'POST') else None)
            assert 400 <= r.status < 500, (method, r)
            if r.status == 405:
                assert 'GET' in r.headers['Allow'], r.headers
        r = self.tool.ask('PUT', self.rw + 'objects/', {'objects': []})
        assert r.status == 405 and 'POST' in r.headers['Allow'], r

    @rows('131')
    def head(self):
        for path in ('/taxii2/', self.rw + 'objects/' + query(limit=2)):
            r = self.tool.ask('HEAD', path)
            self.form(r, 200)
            equal(r.body, b'', path)

    @rows('133')
    def errors_leak_nothing(self):
        """The same for what does not exist and what may not be known."""
        def seen(client, method, path):
            r = client.ask(method, path, {'objects': [make()]} if
                           method == 'POST' else None)
            self.form(r, (403, 404))
            return r.status, r.body, sorted(
                (k, v) for k, v in r.headers.items() if k != 'Date')
        for method in ('GET', 'POST'):
            equal(seen(self.tool, method, '%scollections/%s/objects/' % (
                self.root, uuid.uuid4())), seen(
                self.tool, method,
                self.root + 'collections/secret-ring/objects/'), method)
        there, nowhere = self.made[0]['id'], new_id()
        for what in ('', 'versions/'):
            equal(seen(self.tool, 'GET', self.ro + 'objects/%s/%s' % (
                there, what)), seen(self.tool, 'GET',
                                    self.ro + 'objects/%s/%s' % (
                                        nowhere, what)), 'object ' + what)
        for method in ('GET', 'DELETE'):
            equal(seen(self.guest, method, self.rw + 'objects/%s/' % there),
                  seen(self.guest, method, self.rw + 'objects/%s/' % nowhere),
                  'of a client without rights')

    @rows('134')
    def hostile(self):
        """What costs or confuses is refused, and others are served."""
        target = (self.rw + 'objects/').encode()
        head = b' ' + target + b' HTTP/1.1\r\nHost: x\r\n'
        chunked = b'Transfer-Encoding: chunked\r\n'
        for data in (
                b'POST' + head + chunked + b'Content-Length: 4\r\n\r\n0\r\n',
                b'POST' + head + b'Content-Length: 1\r\nContent-Length: 2'
                b'\r\n\r\nxx', b'GET' + head + b' X: folded\r\n\r\n',
                b'GET' + head + b'X : y\r\n\r\n',
                b'GET' + head.replace(b'\r\n', b'\n') + b'\n',
                b'GET' + head + b'X: a\0b\r\n\r\n',
                b'GET' + head + b'Host: y\r\n\r\n',
                b'POST' + head + chunked + b'\r\n5;x=y\r\nhello\r\n',
                b'\x16\x03\x01\x02\x00', b'\0' * 4096,
                b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'):
            r = self.raw(data)
            assert r is None or 400 <= r.status < 600, (data, r)
        deep = b'{"objects":[' + b'{"a":' * 4000 + b'1' + b'}' * 4000 + b']}'
        self.form(self.tool.ask('POST', self.rw + 'objects/', deep),
                  (400, 422))
        nested = json.loads('{"a":' * 100 + '1' + '}' * 100)
        equal(self.post(dict(make(), x_deep=nested)).json['failure_count'],
              1, 'nested too deep')
        self.get(self.rw + 'objects/', id=','.join('a' for _ in range(256)))
        self.get(self.rw + 'objects/?' + '&'.join(
            'x%d=1' % n for n in range(65)), 400)
        self.get(self.rw + 'objects/', limit='9' * 100)
        self.get('/taxii2/')

    def chunked(self, *chunks):
        """The status of a POST in these chunks."""
        c = self.tool.connect()
        c.request('POST', self.rw + 'objects/', headers={
            'Accept': MEDIA, 'Content-Type': MEDIA}, body=iter(chunks),
            encode_chunked=True)
        r = c.getresponse()
        r.read()
        c.close()
        return r.status

    @rows('136')
    def in_chunks(self):
        o = make()
        body = json.dumps({'objects': [o]}).encode()
        assert self.chunked(body[:10], body[10:]) in (202, 411)

    @rows('137')
    def long_target(self):
        path = self.rw + 'objects/?match[id]='
        path += 'x' * (7980 - len(path))
        self.form(self.tool.get(path), 200)
        r = self.client().get(self.rw + 'objects/?match[id]=' + 'x' * 20000)
        assert r.status in (414, 431), r

    @rows('138')
    def persistent(self):
        self.tool.get('/taxii2/')
        c = self.tool.connection
        self.tool.get('/taxii2/')
        assert c is not None and self.tool.connection is c, 'kept'

    @rows('139')
    def separate(self):
        o = make(labels=['ioc'])
        self.post(o)
        equal(self.get(self.ro + 'objects/', id=o['id']).json.get('objects'),
              None, 'what was not written there')


    @rows('007 134')
    def guessing(self):
        """Many unknown tokens of one address are put off; others are not."""
        inst = self.net.all[0]
        token = inst.ask('token', 'add', 'late', '--desk', 'ops')['token']
        c, seen = self.client(cert=None, Authorization='Bearer none'), set()
        for _ in range(200):
            r = c.get('/taxii2/')
            self.form(r, (401, 429))
            seen.add(r.status)
            if r.status == 429:
                assert int(r.headers['Retry-After']) > 0, r.headers
        equal(seen, {401, 429}, 'what was said')
        self.get('/taxii2/')
        c.headers['Authorization'] = 'Bearer ' + token
        self.form(c.get('/taxii2/'), 200)
        c.close()


# The rows, in the words of the table; a row may have several checks.
ROWS = """
001 HTTPS; TLS 1.2 accepted, nothing older
002 TLS 1.3 accepted
003 no early data
004 no weak suites with TLS 1.2
005 HTTP Basic
006 client certificates
007 failed authentication: 401 with WWW-Authenticate
008 what a client may not see is left out
009 no User-Agent needed
010 discovery at /taxii2/
011 at least one API root
012 (client) paths end in /; sane without it
013 successes carry the body of their endpoint
014 errors have a title
015 http_status is a string and the status
016 every answer has the media type with its version
020 defined Accept types are never 406
021 defined Content-Types are never 415
022 other Accept types
023 other Content-Types
024 no version in Accept
025 (client) a POST has Accept and Content-Type
027 the list of two types for manifests
030 form of timestamps
031 identifiers are UUIDs of version 4
032 no empty lists
033 booleans and integers
034 I-JSON in UTF-8
035 exact property names; unknown ones of requests are ignored
040 discovery: title
041 discovery: default is one of api_roots
042 form of API root URLs
043 API root: required properties
044 API root: versions
045 API root: max_content_length
046 a smaller body is never 413
047 a larger one is
048 unknown API root 404
050 status: required properties
051 status: complete or pending
052 status: total_count
053 status: details have id and version
054 status: kept, and never changes once complete
055 status: unknown 404
056 status: counters add up, lists match them
058 POST: 202 with a status
059 status: for who posted alone
060 no collections: no key
061 collections in a consistent order
062 collection: required properties
063 collection: media_types
064 collection: alias is unique
065 unknown collection 404
066 an entry of the list is the resource
067 no right to read: 403 or 404
068 no right to write: 403 or 404
069 collections by id
070 ascending date_added
071 the X-TAXII-Date-Added fields
072 they name first and last of the answer
073 limit is a positive number
074 never more than limit
075 all that fits
076 more when there is more
077 next with more; repeatable
078 added_after goes on without loss
079 next is decided again under the request at hand
080 more may be followed by nothing
081 malformed parameters 400
082 one added_after with one time
083 added_after is exclusive
084 match[id]
085 match[type], with every type of STIX 2.1
086 fields are ANDed
087 a field at most once
088 unknown fields are ignored
089 by default the latest version alone
090 first, last, all, and times
091 all stands alone
092 no version twice
093 a time is the exact version
094 what has no versions
095 match[spec_version]
096 several of them
097 no parameters: everything, oldest first
098 manifests are filtered alike
100 nothing matches: an empty envelope
101 one object as by match[id]
102 unknown object 404
103 filters of one object
104 the same again is no error
105 unprocessable: 422
106 malformed: 400 or 422
108 (client) an envelope is required
109 what was posted is read once complete
110 partial failures are told; refused requests leave nothing
111 objects come back unaltered
112 the first content of a version stays
113 a late older version
115 what a DELETE does
116 who may DELETE
117 DELETE with match[version]
118 DELETE of what is not there
120 versions
121 filters of versions
122 versions of an unknown object 404
123 modified, else created
125 manifest: required properties
126 manifest: media_type
127 manifest: version
128 empty manifest: no key
130 other methods
131 HEAD has no body
132 rights are of each client
133 errors tell nothing
134 costly and hostile input
136 chunked bodies
137 request lines of 8000 octets
138 Date; connections persist
139 collections are separate
140 DELETE without a version: the last
""".strip().splitlines()
CLIENTS = {'TX-025', 'TX-108'}
SPEC = os.path.join(HERE, '..', '..', '..', 'shared', 'specs', 'taxii21.md')


def the_checks():
    return [f for f in vars(Walk).values() if hasattr(f, 'rows')]


def test_every_row_is_there(_build):
    """The table here is that of the facts, where those are at hand."""
    mine = ['TX-' + row[:3] for row in ROWS]
    checked = {r for f in the_checks() for r in f.rows}
    equal(sorted(checked | CLIENTS), sorted(mine), 'rows with a check')
    if os.path.exists(SPEC):
        with open(SPEC, encoding='utf-8') as f:
            equal(mine, re.findall(r'^\| (TX-\d{3}) ', f.read(), re.M),
                  'rows of the table')


def run_check(walk, check):
    """What to say of it: ok, or why not."""
    start = time.monotonic()
    try:
        check(walk)
    except (AssertionError, Failed, KeyError, OSError, TypeError, ValueError,
            http.client.HTTPException) as e:
        return 'FAILED in %s: %s %s' % (check.__name__, type(e).__name__,
                                        str(e)[:300])
    took = time.monotonic() - start
    return 'ok' if took < 0.5 else 'ok (%.1f s)' % took


@with_fronts(2)
def test_every_requirement(net):
    walk = Walk(net, net.entry[net.all[0].id])
    said = {}
    for check in the_checks():
        outcome = run_check(walk, check)
        for row in check.rows:
            said.setdefault(row, []).append(outcome)
    failed = []
    for row in ROWS:
        number, title = 'TX-' + row[:3], row[4:]
        bad = [o for o in said.get(number, []) if not o.startswith('ok')]
        text = bad[0] if bad else 'binds clients' if \
            number in CLIENTS else said[number][0]
        print('%s  %-62s %s' % (number, title, text), flush=True)
        if bad:
            failed.append(number)
    equal(failed, [], 'requirements that fail')


main(globals())
