#!/usr/bin/env python3
"""What one desk may see, another never does: two fronts of one CERT, with
real daemons, and tools that try."""
import base64
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import urllib.parse
import uuid

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'lib'),
                os.path.join(HERE, '..', '..', 'contrib', 'lib')]
from daemons import (  # noqa: E402
    Failed, crash, equal, indicator, main, settled, wait_for, write_lines)
from taxii_client import MEDIA, query  # noqa: E402
from walled import (  # noqa: E402
    Poller, WalledNet, all_pages, front_pids, process_named)

FUSION = ('cert-xd', 'fusion')
OPS = ('cert-xd', 'ops')
TLP_CLEAR = 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487'
MARKER = 'the-marker-of-ops-0f3c7e'
FRESH = 'another-marker-of-ops-77b1'
# Sanitizers make everything slow; then a second is only looked at.
SLOW = 10


def botnet(n, **more):
    return indicator(n, labels=('botnet',), **dict({'seed': 'w'}, **more))


def version(o, day, **more):
    return dict(o, modified='2026-03-%02dT00:00:00.000Z' % day, **more)


def post(client, *objects, to='all', status=202):
    r = client.ask('POST', '%scollections/%s/objects/' % (client.root, to),
                   {'objects': list(objects)})
    equal(r.status, status, r)
    return r.json if r.body else None


def told(r):
    """All that an answer says, but for the time of it."""
    return r.status, sorted((k, v) for k, v in r.headers.items()
                            if k != 'Date'), r.body


def ids(objects):
    return sorted(o['id'] for o in objects)


def said(client):
    """What others said: without what the CERT thinks of it, which follows."""
    return ids(o for o in all_pages(client, client.objects)
               if 'credibility' not in o.get('labels', []))


def is_instrumented(inst):
    """Was it built with a sanitizer?"""
    with open(inst.comityd, 'rb') as f:
        return b'__asan_init' in f.read()


def memory_of(pid):
    """What a process has in its memory, as far as may be read."""
    with open('/proc/%d/maps' % pid, encoding='ascii',
              errors='replace') as f:
        rows = [l.split() for l in f]
    with open('/proc/%d/mem' % pid, 'rb', buffering=0) as f:
        for row in rows:
            start, end = (int(x, 16) for x in row[0].split('-'))
            # A sanitizer's shadow is terabytes of nothing.
            if 'r' not in row[1] or end - start > 1 << 30 or \
                    row[-1] in ('[vvar]', '[vsyscall]'):
                continue
            try:
                f.seek(start)
                yield f.read(end - start)
            except (OSError, ValueError, OverflowError):
                pass


class Steps:
    """They go on from each other, in order; one network for all."""

    def __init__(self, net):
        self.net = net
        self.xa, self.xb, self.xc, self.xd = net.all
        self.fusion = net.client(*FUSION)
        self.ops = net.client(*OPS)
        self.siem = Poller(net.client('cert-xb', 'ops'))
        self.own = []       # published by fusion
        self.secret, self.written = set(), set()

    def publish(self, inst, objects):
        inst.ctl('publish', write_lines(os.path.join(self.net.dir, 'in'),
                                        objects))
        return ids(objects)

    def hidden(self, what):
        """Nothing that ops holds is anywhere in fusion's answers."""
        for path in (self.fusion.objects, self.fusion.manifest,
                     self.fusion.root + 'collections/clean-net/objects/'):
            found = {o['id'] for o in all_pages(self.fusion, path)}
            equal(found & self.secret - self.written, set(), '%s: %s' % (what, path))

    # ---- from a peer to a tool ----

    def step_within_a_second(self):
        self.siem.poll()
        slow = is_instrumented(self.xb)
        times = []
        for n in range(5):
            o = botnet(n)
            begin = time.monotonic()
            self.publish(self.xa, [o])
            wait_for(lambda i=o['id']: self.siem.has([i]), SLOW, o['id'],
                     0.02)
            times.append(time.monotonic() - begin)
            self.secret.add(o['id'])
        print('  published to polled: %s s%s' % (
            ' '.join('%.2f' % t for t in times),
            ' (sanitizers)' if slow else ''))
        if not slow:
            assert min(times) < 1, times

    def step_never_to_fusion(self):
        """Of what others publish, and of what its own CERT does."""
        mine = [botnet(100 + n, name=MARKER + str(n)) for n in range(20)]
        s = post(self.ops, *mine)
        equal(s['success_count'], 20, s)
        self.mine = mine
        self.secret |= {o['id'] for o in mine}
        wait_for(lambda: settled(self.xa), 30, 'settled')
        equal(ids(all_pages(self.ops, self.ops.objects, limit=7)),
              ids(mine), 'what ops sees')
        self.hidden('at first')

    def step_backfill(self):
        """What was missed while one was down, or shut out."""
        self.xb.stop()
        self.xd.stop()
        wanted = self.publish(self.xa, [botnet(200 + n) for n in range(150)])
        self.secret |= set(wanted)
        self.net.start()
        wait_for(lambda: self.siem.has(wanted), 60, 'after backfill')
        equal(len(self.siem.seen), len(set(self.siem.seen)), 'each once')
        wait_for(lambda: settled(self.xa), 60, 'settled')
        self.hidden('after backfill')
        crash(self.xd)
        self.net.start()
        equal(ids(all_pages(self.ops, self.ops.objects)), ids(self.mine),
              'what ops sees after kill -9')
        self.hidden('after kill -9')

    def step_policy_hides_and_shows(self):
        """Another purpose for the desk: nothing is left, and it comes back;
        another wall: it comes, with dates that a poller has not passed."""
        client = self.siem.client
        held = said(client)
        spy = Poller(self.net.client('cert-xb', 'lea'))
        spy.poll()
        desks = ('desks: {ops: [secops], lea: [law]}',
                 'desks: {ops: [intel], lea: [law]}')
        assert held
        self.net.edit_policy('cert-xb', *desks)
        equal(all_pages(client, client.objects), [], 'forbidden, at once')
        equal(client.get(client.objects + held[0] + '/').status, 404, 'one')
        equal(all_pages(client, client.manifest), [], 'manifest')
        self.net.edit_policy('cert-xb', *reversed(desks))
        equal(said(client), held, 'as before')
        assert not set(held) & set(spy.poll()), 'lea'

    def step_shown_later(self):
        """fusion polled until now; then the wall goes, and comes back."""
        spy = Poller(self.net.client(*FUSION))
        self.post_own(500)
        wait_for(lambda: spy.has(self.own), 20, 'what is its own')
        desks = ('fusion: [intel]}', 'fusion: [secops]}')
        self.net.edit_policy('cert-xd', *desks)
        want = ids(self.mine)
        wait_for(lambda: spy.has(want), 20, 'no wall')
        equal(len(spy.seen), len(set(spy.seen)), 'each once')
        self.net.edit_policy('cert-xd', *reversed(desks))
        self.hidden('the wall again')
        assert set(ids(all_pages(self.ops, self.ops.objects))) >= set(want)

    def post_own(self, n):
        o = botnet(n, name='of fusion')
        s = post(self.fusion, o)
        equal(s['success_count'], 1, s)
        self.own.append(o['id'])

    # ---- what one desk tries against what another has ----

    def try_both(self, what, method, path, body=None, **more):
        """fusion asks for what ops has and for what nobody has."""
        answers = []
        for found in (self.mine[3]['id'],
                      'indicator--%s' % uuid.UUID(int=7 << 64)):
            r = self.fusion.ask(method, path.replace('ID', found), body,
                                **more)
            equal(r.body.count(found.encode()), 0, what)
            answers.append(told(r))
        equal(answers[0], answers[1], what)
        return answers[0][0]

    def step_reads_tell_nothing(self):
        objects, manifest = self.fusion.objects, self.fusion.manifest
        clean = self.fusion.root + 'collections/clean-net/objects/'
        days = [self.mine[3]['modified'], 'all', 'first', 'last']
        for path in [objects + 'ID/', objects + 'ID/versions/',
                     clean + 'ID/', clean + 'ID/versions/']:
            for method in 'GET', 'HEAD', 'DELETE', 'POST', 'PUT':
                status = self.try_both(path, method, path)
                assert status in (403, 404, 405), (method, path, status)
        for q in days:
            q = '?match%5Bversion%5D=' + urllib.parse.quote(q)
            for method in 'GET', 'DELETE':
                equal(self.try_both(q, method, objects + 'ID/' + q), 404, q)
        for path in objects, manifest, clean:
            for q in ('match%5Bid%5D=ID', 'match%5Bid%5D=ID&limit=1',
                      'match%5Bid%5D=ID&match%5Bversion%5D=all',
                      'match%5Bid%5D=ID,x&match%5Btype%5D=indicator',
                      'match%5Bid%5D=ID&added_after=2020-01-01T00:00:00Z'):
                equal(self.try_both(q, 'GET', path + '?' + q), 200, q)
        assert set(ids(all_pages(self.ops, self.ops.objects))) >= \
            set(ids(self.mine)), 'untouched'

    def step_posts_tell_nothing(self):
        """The same id as one of ops has: to fusion it is a new one."""
        theirs, other = self.mine[5], botnet(700)
        token = self.xd.ask('token', 'add', 'free', '--desk', 'fusion',
                            '--read', '*', '--write', '*')['token']
        self.free = self.net.client(*FUSION, cert=None,
                                    Authorization='Bearer ' + token)
        tries = [lambda o: version(o, 9, name='newer, by fusion'),
                 lambda o: dict(o, name='other bytes, by fusion'),
                 lambda o: dict(o, created='2025-01-01T00:00:00.000Z',
                                modified='2025-01-01T00:00:00.000Z'),
                 lambda o: dict(o, revoked=True, modified='2027-01-01T00:00:'
                                '00.000Z'),
                 lambda o: o]
        before = self.of_ops(theirs)
        for n, change in enumerate(tries):
            for to in 'all', 'inbox', 'clean-net':
                self.post_both(n, to, [change(theirs)], [change(other)])
        equal(self.of_ops(theirs), before, 'ops has what it had')
        rows = [r for r in self.xd.ask('records', '--source', 'own')[
            'records'] if r['id'] == theirs['id'] and 'apart' in r]
        assert rows, 'operators are told'
        self.hidden('after posts')      # but for what fusion wrote itself
        for id_ in (theirs['id'], other['id']):
            path = self.fusion.objects + id_ + '/' + query(version='all')
            equal(self.fusion.ask('DELETE', path).status, 200, 'its own')
        self.written.clear()
        equal(self.of_ops(theirs), before, 'deleted by fusion')
        mine = version(theirs, 20, name='by ops')
        s = post(self.ops, mine, theirs)
        equal(s['failure_count'], 0, s)
        wait_for(lambda: settled(self.xd), 20, 'settled')
        equal(self.of_ops(theirs)['last'], [mine], 'ops goes on')
        self.hidden('after all')

    def step_words_tell_nothing(self):
        """What fusion says about an id is its own to see, whether ops has
        something with that id, gets it later, or nobody ever does."""
        later, said = botnet(650), {}
        for o in self.mine[7], later, botnet(651):
            note = {'type': 'note', 'spec_version': '2.1',
                    'id': 'note--' + o['id'].split('--')[1],
                    'created': o['created'], 'modified': o['modified'],
                    'content': 'by fusion', 'labels': ['botnet'],
                    'object_refs': [o['id']]}
            s = post(self.fusion, note)
            equal(s['success_count'], 1, s)
            said[note['id']] = note
        post(self.ops, later)
        self.secret.add(later['id'])
        equal({o['id']: o for o in all_pages(
            self.fusion, self.fusion.objects, type='note')}, said, 'notes')
        equal(self.of_ops(later)['last'], [later], 'ops')
        for id_ in said:
            self.fusion.ask('DELETE', self.fusion.objects + id_ + '/')
        # The other way round, and from outside: an id that fusion took.
        squat = botnet(652, name='by fusion')
        post(self.fusion, squat)
        s = post(self.ops, botnet(652))
        equal(s['failure_count'], 0, s)
        equal(self.of_ops(squat)['last'], [botnet(652)], 'ops has its own')
        self.fusion.ask('DELETE', self.fusion.objects + squat['id'] + '/')
        equal(self.of_ops(squat)['last'], [botnet(652)], 'still')

    def of_ops(self, o):
        path = self.ops.objects + o['id'] + '/'
        got = {w: self.ops.get(path + query(version=w)).json['objects']
               for w in ('last', 'all')}
        got['manifest'] = self.ops.get(self.ops.manifest + query(
            id=o['id'], version='all')).json
        return got

    def post_both(self, n, to, theirs, others):
        """One POST for what ops has, one for what nobody has."""
        what, told_, free = 'try %d, %s' % (n, to), [], self.free
        for objects in theirs, others:
            s = post(free, *objects, to=to)
            key = objects[0]['id']
            self.written.add(key)
            seen = [free.get('%scollections/%s/objects/%s/%s' % (
                free.root, c, key, q)).json
                for c in ('all', 'clean-net')
                for q in ('', query(version='all'))]
            count = len(self.fusion.get(self.fusion.objects + key +
                                        '/versions/').json['versions'])
            for name in 'id', 'request_timestamp':
                s.pop(name)
            text = json.dumps([s, seen, count]).replace(key, 'ID')
            text = re.sub(r'h\d+w\.example\.net|%s\d+' % MARKER, 'NAME',
                          text)
            told_.append(json.loads(text))
        equal(told_[0], told_[1], what)

    def step_the_others_things(self):
        """Status, collections, next, tokens and certificates elsewhere."""
        s = post(self.ops, botnet(800))
        self.secret.add(botnet(800)['id'])
        root, other = self.fusion.root, self.ops.root
        no = str(uuid.uuid4())
        equal(told(self.fusion.get('%sstatus/%s/' % (root, s['id']))),
              told(self.fusion.get('%sstatus/%s/' % (root, no))), 'status')
        equal(self.fusion.get('%sstatus/%s/' % (root, s['id'])).status, 404,
              'status')
        names = self.ops.get(other + 'collections/').json['collections']
        for row in names:
            for tail in ('', 'objects/', 'manifest/',
                         'objects/%s/' % self.mine[0]['id']):
                a, b = (told(self.fusion.get('%scollections/%s/%s' % (
                    root, c, tail))) for c in (row['id'], no))
                equal(a, b, row['alias'])
                equal(a[0], 404, row['alias'])
            for body in {'objects': [botnet(801)]}, {'objects': []}, {}:
                a, b = (told(self.fusion.ask(
                    'POST', '%scollections/%s/objects/' % (root, c), body))
                    for c in (row['id'], no))
                equal(a, b, 'POST to ' + row['alias'])
        for path in other, other + 'collections/':
            equal(told(self.fusion.get(path)),
                  told(self.fusion.get(path.replace('ops', 'nobody'))), path)
        token = self.ops.get(self.ops.objects + '?limit=1').json['next']
        forged = ('A' if token[0] != 'A' else 'B') + token[1:]
        a, b = (told(self.fusion.get(self.fusion.objects +
                                     '?limit=1&next=' + t))
                for t in (token, forged))
        equal(a, b, 'next')
        equal(a[0], 400, 'next')
        own = self.xd.ask('token', 'add', 'siem', '--desk', 'ops', '--read',
                          'all', '--write', 'all')['token']
        nobodys = 'comity_' + 'A' * (len(own) - 7)
        for scheme in ('Bearer %s', 'Basic %s'):
            a, b = (told(self.net.client(
                *FUSION, cert=None, Authorization=scheme % t).get(root))
                for t in (self.word(scheme, own), self.word(scheme, nobodys)))
            equal(a, b, scheme)
            equal(a[0], 401, scheme)
        entry = self.net.reach[OPS]
        a, b = (told(self.net.visitor(*FUSION, e).get(root))
                for e in (entry, self.net.reach['cert-xb', 'ops']))
        equal(a, b, 'certificate')
        equal(a[0], 401, 'certificate')
        self.xd.ctl('token', 'revoke', 'siem')

    @staticmethod
    def word(scheme, token):
        return token if scheme.startswith('Bearer') else base64.b64encode(
            ('siem:' + token).encode()).decode()

    def step_counts_tell_nothing(self):
        """Pages are full, `more` is exact, and dates have no gaps that
        many hidden records in between would leave."""
        for n in range(6):
            more = [botnet(1000 + 50 * n + k) for k in range(50)]
            post(self.ops, *more)
            self.post_own(900 + n)
            self.secret |= set(ids(more))
        pages, filters = [], {'limit': 3}
        while True:
            r = self.fusion.get(self.fusion.objects +
                                query(**filters)).json
            pages.append([o['id'] for o in r['objects']])
            if not r.get('more'):
                break
            filters['next'] = r['next']
        equal([len(p) for p in pages], [3, 3, 1], 'pages')
        equal([i for p in pages for i in p], self.own, 'pages')
        rows = all_pages(self.fusion, self.fusion.manifest)
        # Whole milliseconds of the clock, as of one that is alone.
        equal([r['date_added'][-4:-1] for r in rows], ['000'] * 7, 'dates')
        self.times()

    def times(self):
        """Only looked at: what nobody has, and what ops has."""
        took = {self.mine[3]['id']: [], botnet(9999)['id']: []}
        for _ in range(60):
            for i, times in took.items():
                begin = time.perf_counter()
                self.fusion.get(self.fusion.objects + i + '/')
                times.append(time.perf_counter() - begin)
        print('  404 for what ops has %.2f ms, for nothing %.2f ms' % tuple(
            sorted(times)[30] * 1000 for times in took.values()))

    # ---- two processes ----

    def step_two_processes(self):
        # New ones, that have not been told what fusion was let see before.
        for pid in front_pids(self.xd).values():
            os.kill(pid, signal.SIGKILL)
        for client in self.ops, self.fusion:
            wait_for(lambda c=client: self.answers(c), 20, client.root)
        pids = front_pids(self.xd)
        equal(sorted(pids), ['fusion', 'ops'], 'fronts')
        equal(len(set(pids.values())), 2, 'processes')
        fresh = botnet(600, name=FRESH)
        self.secret.add(fresh['id'])
        post(self.ops, fresh)
        for client in self.ops, self.fusion:
            all_pages(client, client.objects)
            all_pages(client, client.manifest)
        for desk, pid in pids.items():
            self.look_at(desk, pid, fresh['id'].encode())
        equal(self.ops.get(self.ops.root).status, 200, 'ops')
        os.kill(pids['fusion'], signal.SIGKILL)
        for _ in range(5):
            equal(self.ops.get(self.ops.objects + '?limit=1').status, 200,
                  'ops goes on')
        equal(front_pids(self.xd)['ops'], pids['ops'], 'the same process')
        wait_for(lambda: self.answers(self.fusion), 20, 'fusion again')
        self.hidden('a new process')
        pids = front_pids(self.xd)
        os.kill(pids['ops'], signal.SIGKILL)
        equal(self.fusion.get(self.fusion.objects).status, 200, 'fusion')
        equal(front_pids(self.xd)['fusion'], pids['fusion'], 'the same')
        wait_for(lambda: self.answers(self.ops), 20, 'ops again')

    @staticmethod
    def answers(client):
        try:
            return client.get(client.root + 'collections/').status == 200
        except OSError:
            client.close()
            return False

    def look_at(self, desk, pid, fresh):
        """What is open, in the environment and in memory."""
        proc = '/proc/%d/' % pid
        try:
            links = [os.readlink(proc + 'fd/' + n)
                     for n in os.listdir(proc + 'fd') if int(n) > 2]
            with open(proc + 'environ', 'rb') as f:
                environment = f.read()
            found = {m: 0 for m in (FRESH.encode(), fresh, b'cert-xd')}
            for block in memory_of(pid):
                for m in found:
                    found[m] += block.count(m)
        except PermissionError as e:
            print('  not looked into %s: %s' % (desk, e))
            return
        equal([l for l in links if not l.startswith(
            ('socket:', 'pipe:', 'anon_inode:'))], [], 'open at ' + desk)
        assert FRESH.encode() not in environment
        print('  in the memory of %s: %r' % (desk, list(found.values())))
        assert found[b'cert-xd'] > 0, 'nothing was read at all'
        of_ops = found[FRESH.encode()] + found[fresh]
        equal(of_ops > 0, desk == 'ops', 'what ops has, in ' + desk)


def test_walls(build):
    net = WalledNet(build)
    failed = True
    only = sys.argv[3:]
    try:
        net.start()
        net.introduce()
        steps = Steps(net)
        for name in list(vars(Steps)):
            if not name.startswith('step_'):
                continue
            begin = time.monotonic()
            getattr(steps, name)()
            print('ok %s (%.1f s)' % (name, time.monotonic() - begin),
                  flush=True)
            if only and name in only:
                break
        failed = False
    finally:
        crashes = net.close(failed)
    equal(crashes, [], 'crashes')


if __name__ == '__main__':
    main(globals())
