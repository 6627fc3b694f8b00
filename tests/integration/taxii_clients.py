#!/usr/bin/env python3
"""Tools of every sort at a live front: their logins, what they break off,
what they flood, and the crash of the vault in what they post."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'lib'),
                os.path.join(HERE, '..', '..', 'contrib', 'lib')]
from daemons import (  # noqa: E402
    equal, indicator, main, settled, wait_for)
from fronted import with_fronts  # noqa: E402
from taxii_client import MEDIA, Client, query, tls  # noqa: E402
from walled import all_pages, process_named  # noqa: E402

OBJECTS = '/ops/collections/all/objects/'
WORD = '  - {when: {type: [sighting, opinion, note]}, kind: ioc}\n'


def tool(net, inst, cert='cert', context=None, **headers):
    e = net.entry[inst.id]
    key = cert and cert.replace('cert', 'key')
    c = Client(e['url'], context or tls(e['cafile'], cert and e[cert],
                                        cert and e[key]), headers)
    c.objects = OBJECTS
    return c


def bearer(net, inst, name, *options):
    token = inst.ask('token', 'add', name, '--desk', 'ops',
                     *options)['token']
    return tool(net, inst, cert=None, Authorization='Bearer ' + token)


def post(client, *objects, path=OBJECTS, status=202):
    r = client.ask('POST', path, {'objects': list(objects)})
    equal(r.status, status, r)
    return r.json


def stays(client, want):
    """Asks again on the connection that is open."""
    assert client.connection is not None
    return client.get('/ops/collections/').status == want


@with_fronts(2)
def test_tokens(net):
    inst = net.all[0]
    reader = bearer(net, inst, 'reader', '--read', 'all', '--write', '')
    writer = bearer(net, inst, 'writer', '--read', '', '--write', 'all')
    o = indicator(1)
    s = post(writer, o)
    equal(s['success_count'], 1, s)
    equal(writer.get('/ops/status/%s/' % s['id']).status, 200, 'status')
    equal(reader.get('/ops/status/%s/' % s['id']).status, 404, 'not its own')
    equal(writer.get(OBJECTS).status, 403, 'write only')
    equal(writer.get(OBJECTS + o['id'] + '/').status, 403, 'write only')
    equal(reader.get(OBJECTS).json['objects'], [o], 'read only')
    r = reader.ask('POST', OBJECTS, {'objects': [indicator(2)]})
    equal(r.status, 403, 'read only')
    for c in reader, writer:
        equal(c.ask('DELETE', OBJECTS + o['id'] + '/').status, 403, 'delete')
    # One that ends, and one that is ended, while they are connected.
    soon = bearer(net, inst, 'soon', '--expires', '3s')
    gone = bearer(net, inst, 'gone')
    for c in soon, gone:
        equal(c.get('/ops/collections/').status, 200, 'good until now')
    inst.ctl('token', 'revoke', 'gone')
    wait_for(lambda: stays(gone, 401), 5, 'revoked', 0.02)
    wait_for(lambda: stays(soon, 401), 10, 'expired')
    equal(reader.get(OBJECTS).status, 200, 'the others')


def certify(net, name, subject, ca=None, *more):
    """A key and a certificate made with openssl: (crt, key)."""
    stem = os.path.join(net.dir, name)
    args = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:P-256', '-nodes', '-keyout', stem + '.key',
            '-out', stem + '.crt', '-subj', subject, *more]
    if ca:
        args += ['-CA', ca + '.crt', '-CAkey', ca + '.key']
    subprocess.run(args, check=True, stderr=subprocess.DEVNULL)
    return stem


CA_CONF = """[ca]
default_ca = it
[it]
database = %(dir)s/index.txt
new_certs_dir = %(dir)s
rand_serial = yes
default_md = sha256
policy = names
x509_extensions = tool
[names]
commonName = supplied
[tool]
extendedKeyUsage = clientAuth
"""


def certify_past(net, name, subject, ca):
    """One that the CA has made, and that is over."""
    stem, here = os.path.join(net.dir, name), net.dir
    with open(os.path.join(here, 'ca.cnf'), 'w', encoding='ascii') as f:
        f.write(CA_CONF % {'dir': here})
    with open(os.path.join(here, 'index.txt'), 'w', encoding='ascii'):
        pass
    for args in (['req', '-newkey', 'ec', '-pkeyopt',
                  'ec_paramgen_curve:P-256', '-nodes', '-keyout',
                  stem + '.key', '-out', stem + '.csr', '-subj', subject],
                 ['ca', '-batch', '-notext', '-config',
                  os.path.join(here, 'ca.cnf'), '-cert', ca + '.crt',
                  '-keyfile', ca + '.key', '-in', stem + '.csr', '-out',
                  stem + '.crt', '-startdate', '20200101000000Z',
                  '-enddate', '20200201000000Z']):
        subprocess.run(['openssl'] + args, check=True,
                       stderr=subprocess.DEVNULL)
    return stem


@with_fronts(2)
def test_certificates(net):
    inst, e = net.all[0], net.entry[net.all[0].id]
    ca = certify(net, 'ca', '/CN=CA of the tools')
    client = ('-addext', 'extendedKeyUsage=clientAuth', '-addext',
              'basicConstraints=critical,CA:FALSE')
    good = certify(net, 'good', '/CN=misp', ca, *client)
    bad = {
        'nobody of that name': certify(net, 'a', '/CN=nobody', ca, *client),
        'over': certify_past(net, 'c', '/CN=misp', ca),
        'by itself': certify(net, 'b', '/CN=misp', None, *client),
        'a server': certify(net, 'd', '/CN=misp', ca, '-addext',
                            'extendedKeyUsage=serverAuth'),
        'by a tool': certify(net, 'e', '/CN=misp', good, *client)}
    path = inst.path('config', 'comityd.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace(', clients: [', ', client-ca: "%s.crt", clients:'
                             ' [{name: misp, write: [all]}, ' % ca, 1))
    old = tool(net, inst)
    equal(old.get(OBJECTS).status, 200, 'by its pin')
    inst.ctl('reload')

    def log_in(stem):
        c = tool(net, inst, context=tls(e['cafile'], stem + '.crt',
                                        stem + '.key'))
        try:
            return c.get('/ops/').status
        except OSError:
            return None
        finally:
            c.close()

    wait_for(lambda: log_in(good) == 200, 20, 'by its name')
    for what, stem in bad.items():
        equal(log_in(stem), 401, what)
    equal(tool(net, inst, cert=None).get('/ops/').status, 401, 'none')
    equal(tool(net, inst).get(OBJECTS).status, 200, 'a pin, as before')
    # Not named any more: also on the connection that it has.
    c = tool(net, inst, context=tls(e['cafile'], good + '.crt',
                                    good + '.key'))
    equal(c.get('/ops/collections/').status, 200, 'misp')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    inst.ctl('reload')
    wait_for(lambda: log_in(good) in (401, None), 20, 'not named')


def flood(net, inst, n, source):
    """n requests with tokens that nobody has, from an address of ours."""
    where = net.entry[inst.id]['url'].rsplit(':', 1)
    context = tls(net.entry[inst.id]['cafile'])
    raw = socket.create_connection(('127.0.0.1', int(where[1])), 60,
                                   (source, 0))
    with context.wrap_socket(raw, server_hostname='127.0.0.1') as s:
        got, statuses, waits = b'', {}, []
        for at in range(0, n, 50):
            s.sendall(b''.join(
                b'GET /ops/ HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n'
                b'Authorization: Bearer comity_%043d\r\n\r\n' % (
                    MEDIA.encode(), at + k) for k in range(50)))
            for _ in range(50):
                while b'\r\n\r\n' not in got:
                    more = s.recv(65536)
                    assert more, statuses
                    got += more
                head, got = got.split(b'\r\n\r\n', 1)
                lines = head.lower().split(b'\r\n')
                fields = dict(l.split(b': ', 1) for l in lines[1:])
                status = int(lines[0].split()[1])
                statuses[status] = statuses.get(status, 0) + 1
                if status == 429:
                    waits.append(int(fields[b'retry-after']))
                length = int(fields[b'content-length'])
                while len(got) < length:
                    got += s.recv(65536)
                got = got[length:]
    return statuses, waits


def ticks(pid):
    with open('/proc/%d/stat' % pid, encoding='ascii') as f:
        words = f.read().rsplit(')', 1)[1].split()
    return int(words[11]) + int(words[12])


@with_fronts(2)
def test_unknown_tokens(net):
    inst = net.all[0]
    known = bearer(net, inst, 'siem', '--read', 'all')
    vault = process_named(inst, b'comity-vault')
    before = ticks(vault)
    begin = time.monotonic()
    statuses, waits = flood(net, inst, 9950, '127.0.0.2')
    took = time.monotonic() - begin
    spent = (ticks(vault) - before) / os.sysconf('SC_CLK_TCK')
    print('  %r in %.1f s, %.2f s of the vault' % (statuses, took, spent))
    equal(sorted(statuses), [401, 429], 'answers')
    # 100 at once and 20 a minute.
    assert 100 <= statuses[401] <= 100 + took / 3 + 1, statuses
    assert waits and all(1 <= w <= 60 for w in waits), waits[:5]
    assert spent < 0.2 + took / 10, 'the vault was asked'
    equal(known.get('/ops/').status, 200, 'from another address')
    equal(flood(net, inst, 50, '127.0.0.1')[0], {401: 50}, 'the other one')


@with_fronts(2)
def test_posts_cut(net):
    """In the middle of the head, of the body, of the TLS record."""
    inst, e = net.all[0], net.entry[net.all[0].id]
    client = tool(net, inst)
    body = json.dumps({'objects': [indicator(n) for n in range(50)]}).encode()
    head = ('POST %s HTTP/1.1\r\nHost: x\r\nAccept: %s\r\nContent-Type: %s'
            '\r\nContent-Length: %d\r\n\r\n' % (
                OBJECTS, MEDIA, MEDIA, len(body))).encode()
    whole = head + body
    port = int(e['url'].rsplit(':', 1)[1])
    for cut in (10, len(head) - 1, len(head), len(head) + 1,
                len(whole) // 2, len(whole) - 1):
        for rude in False, True:
            raw = socket.create_connection(('127.0.0.1', port), 30)
            s = tls(e['cafile'], e['cert'], e['key']).wrap_socket(
                raw, server_hostname='127.0.0.1')
            s.sendall(whole[:cut])
            if rude:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b'\1\0\0\0\0\0\0\0')
            else:
                s.settimeout(5)
                try:
                    s.unwrap()
                except OSError:
                    pass
            s.close()
            equal(client.get(OBJECTS).json.get('objects'), None, cut)
    bad = dict(indicator(7), spec_version='1.0')
    s = post(client, indicator(1), bad, indicator(2))
    equal((s['success_count'], s['failure_count']), (2, 1), s)
    equal([f['id'] for f in s['failures']], [bad['id']], 'which')
    equal(len(client.get(OBJECTS).json['objects']), 2, 'the others')


@with_fronts(2)
def test_vault_killed(net):
    """What was answered is there, what is posted again is there once."""
    inst = net.all[0]
    done, todo = [], [[indicator(100 * k + n) for n in range(100)]
                      for k in range(20)]
    failures = []

    def send():
        client = tool(net, inst)
        for objects in todo:
            end = time.monotonic() + 30
            while time.monotonic() < end:
                try:
                    r = client.ask('POST', OBJECTS, {'objects': objects},
                                   fresh=True)
                except OSError:
                    client.close()
                    r = None
                if r is not None and r.status == 202:
                    equal(r.json['success_count'], 100, 'success')
                    done.append(objects)
                    break
                failures.append(r)
                time.sleep(0.05)

    sender = threading.Thread(target=send)
    sender.start()
    for n in (3, 11):      # a third one would be too many for it
        wait_for(lambda k=n: len(done) >= k, 60, '%d posts' % n, 0.005)
        os.kill(process_named(inst, b'comity-vault'), signal.SIGKILL)
    sender.join()
    equal(len(done), len(todo), 'posted')
    print('  %d answers that were none: %r' % (len(failures), {
        r and r.status for r in failures}))
    rows = all_pages(tool(net, inst), OBJECTS, version='all')
    equal(sorted(o['id'] for o in rows),
          sorted(o['id'] for part in todo for o in part), 'each once')
    dates = [r['date_added'] for r in all_pages(
        tool(net, inst), '/ops/collections/all/manifest/')]
    equal(dates, sorted(set(dates)), 'dates')


@with_fronts(2)
def test_reload(net):
    """Requests go on while the configuration is read again."""
    inst = net.all[0]
    post(tool(net, inst), *[indicator(n) for n in range(20)])
    over, wrong, count = threading.Event(), [], [0]

    def ask_on():
        client = tool(net, inst)
        while not over.is_set():
            r = client.get(OBJECTS)
            count[0] += 1
            if r.status != 200 or len(r.json['objects']) != 20:
                wrong.append(r)

    threads = [threading.Thread(target=ask_on) for _ in range(3)]
    for t in threads:
        t.start()
    for n in range(4):
        inst.ctl('reload')
        if n == 2:      # now its certificate is another
            stem = inst.path('config', 'fronts', 'ops')
            os.utime(stem + '.crt')
            inst.ctl('reload')
        time.sleep(0.3)
    over.set()
    for t in threads:
        t.join()
    print('  %d requests' % count[0])
    equal(wrong, [], 'answers')
    assert count[0] > 20, count


@with_fronts(2)
def test_slow_readers(net):
    """They take nothing of a big page; the others are served."""
    inst, e = net.all[0], net.entry[net.all[0].id]
    client = tool(net, inst)
    for k in range(4):
        post(client, *[indicator(250 * k + n, description='x' * 2000)
                       for n in range(250)])
    alone = timed(client)
    port = int(e['url'].rsplit(':', 1)[1])
    slow = []
    for _ in range(15):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(('127.0.0.1', port))
        s = tls(e['cafile'], e['cert'], e['key']).wrap_socket(
            raw, server_hostname='127.0.0.1')
        s.sendall(b'GET %s HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n\r\n' % (
            OBJECTS.encode(), MEDIA.encode()))
        slow.append(s)
    time.sleep(1)
    beside = timed(client)
    print('  alone %.0f ms, beside %d slow ones %.0f ms' % (
        alone, len(slow), beside))
    assert beside < 20 * alone + 500, (alone, beside)
    equal(len(client.get(OBJECTS).json['objects']), 1000, 'a page')
    for s in slow:
        s.close()
    # 200 at once, for which everything is looked through in vain.
    answers = []

    def in_vain(n):
        c = tool(net, inst)
        r = c.get(OBJECTS + query(type='malware', id='x--%d' % n,
                                  added_after='2020-01-01T00:00:00Z'))
        answers.append((r.status, r.json.get('objects')))
        r = c.get(OBJECTS + query(type='malware'))
        answers.append((r.status, r.json.get('objects')))
        c.close()

    threads = [threading.Thread(target=in_vain, args=(n,))
               for n in range(200)]
    begin = time.monotonic()
    for t in threads:
        t.start()
    beside = timed(client)
    for t in threads:
        t.join()
    print('  400 queries in vain: %.1f s, beside them %.0f ms' % (
        time.monotonic() - begin, beside))
    equal(answers, [(200, None)] * 400, 'answers')


def timed(client):
    """Milliseconds that one short query takes: the middle of five."""
    took = []
    for _ in range(5):
        begin = time.monotonic()
        equal(client.get(OBJECTS + '?limit=1').status, 200, 'a query')
        took.append(time.monotonic() - begin)
    return sorted(took)[2] * 1000


@with_fronts(2, introduced=True)
def test_words_go_back(net):
    """What a tool saw of a record reaches the tools of who made it."""
    a, b = net.all
    for inst in net.all:
        path = inst.path('config', 'policy.yaml')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace('bands:', WORD + 'bands:', 1))
        net.apply(inst)
    theirs, ours = tool(net, a), tool(net, b)
    record = indicator(1)
    post(theirs, record)
    wait_for(lambda: ours.get(OBJECTS + record['id'] + '/').status == 200,
             30, 'there')
    sighting = {'type': 'sighting', 'spec_version': '2.1',
                'id': 'sighting--c1a5ee47-3f1c-4bb4-9d0c-6a4d0d0f9b31',
                'created': '2026-02-01T00:00:00.000Z',
                'modified': '2026-02-01T00:00:00.000Z', 'count': 2,
                'sighting_of_ref': record['id'],
                'object_marking_refs': record['object_marking_refs']}
    s = post(ours, sighting, path='/ops/collections/inbox/objects/')
    equal(s['success_count'], 1, s)
    wait_for(lambda: all_pages(theirs, OBJECTS, type='sighting') ==
             [sighting], 30, 'it goes back')
    wait_for(lambda: settled(b), 30, 'settled')
    # Nobody may change what another CERT made, nor take it back.
    r = post(ours, dict(record, modified='2026-05-01T00:00:00.000Z'))
    equal(r['failure_count'], 1, r)
    equal(ours.ask('DELETE', OBJECTS + record['id'] + '/').status, 403,
          'delete')
    equal(theirs.get(OBJECTS + record['id'] + '/').json['objects'],
          [record], 'as it was')


main(globals())
