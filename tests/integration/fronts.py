#!/usr/bin/env python3
"""The processes of the fronts: start and end, TLS, what they have open."""
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import warnings

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
sys.path.insert(0, HERE)
from daemons import (equal, main, parts, take_ports, wait_for,  # noqa: E402
                     with_net)
from supervisor import Daemon  # noqa: E402

AEAD = ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305',
        'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384']
# What RFC 7540 appendix A has on its list, and what has no forward secrecy.
OLD = ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA384',
       'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES128-CCM8', 'AES128-SHA',
       'ECDHE-RSA-AES128-SHA256', 'AES128-GCM-SHA256', 'NULL', 'PSK',
       'DHE-RSA-AES128-GCM-SHA256', 'aNULL']


class World(Daemon):
    """A daemon with fronts, and certificates for them and for a tool."""

    def __init__(self, build, desks=('ops', 'fusion')):
        super().__init__(build)
        self.desks = {d: p for d, p in zip(desks, take_ports(len(desks)))}
        for name in ('front', 'other'):
            self.key('front', name, '--host', '127.0.0.1')
        self.key('client', 'tool')
        self.fronts(*self.desks)

    def key(self, *args):
        subprocess.run(
            [os.path.join(self.build, 'daemon/ctl/comityctl'), '-C',
             self.home, 'key', 'generate', args[0],
             os.path.join(self.config, args[1]), *args[2:]], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def fronts(self, *desks, **more):
        self.set_option('fronts', '[%s]' % ', '.join(
            '{desk: %s, listen: "127.0.0.1:%d", certificate: %s, key: %s%s}'
            % (d, self.desks[d], more.get('crt', 'front.crt'),
               more.get('key', 'front.key'), more.get('extra', ''))
            for d in desks))

    def reload(self):
        n = len(self.diary('CONFIG'))
        self.child.send_signal(signal.SIGHUP)
        self.wait_diary(n + 1, 'CONFIG')

    def pids(self):
        """desk: pid of the fronts that run."""
        found = {}
        for pid in parts(self.child.pid):
            try:
                with open('/proc/%d/cmdline' % pid, 'rb') as f:
                    words = f.read().split(b'\0')
            except OSError:
                continue
            if words[0] == b'comity-front':
                found[words[1].decode()] = pid
        return found

    def wait_fronts(self, *desks):
        wait_for(lambda: sorted(self.pids()) == sorted(desks) and
                 all(self.answers(d) for d in desks), 20,
                 'fronts %r' % (desks,), 0.05)
        return self.pids()

    def answers(self, desk):
        try:
            return self.ask(desk) == 503
        except OSError:
            return False

    def open(self, desk, context=None):
        raw = socket.create_connection(('127.0.0.1', self.desks[desk]), 5)
        try:
            return (context or self.context()).wrap_socket(
                raw, server_hostname='127.0.0.1')
        except BaseException:
            raw.close()
            raise

    def context(self, **limits):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.load_verify_locations(os.path.join(self.config, 'front.crt'))
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')     # old versions are old
            for name, value in limits.items():
                setattr(c, name, value)
        return c

    def ask(self, desk, context=None):
        """The status of one answer."""
        with self.open(desk, context) as s:
            return exchange(s)


def exchange(s):
    s.sendall(b'GET /taxii2/ HTTP/1.1\r\nHost: x\r\n'
              b'Accept: application/taxii+json;version=2.1\r\n\r\n')
    data = b''
    while b'\r\n\r\n' not in data:
        more = s.recv(65536)
        if not more:
            break
        data += more
    m = re.match(rb'HTTP/1\.1 (\d{3}) ', data)
    return int(m.group(1)) if m else None


def with_world(*desks):
    def wrap(test):
        def run(build):
            w = World(build, desks or ('ops', 'fusion'))
            try:
                test(w)
            except BaseException:
                if os.path.exists(os.path.join(w.dir, 'log')):
                    print(w.log())
                raise
            finally:
                w.close()
        run.__name__ = test.__name__
        return run
    return wrap


def refused(w, context, what):
    try:
        status = w.ask('ops', context)
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError('%s: answered %r' % (what, status))


@with_world()
def test_one_process_a_desk(w):
    pids = w.ready().wait_fronts('ops', 'fusion')
    equal(len(set(pids.values())), 2, 'processes')
    equal(sorted(x['desk'] for x in w.diary('FRONT_ADOPT')),
          ['fusion', 'ops'], 'adopted')
    for desk, pid in pids.items():
        with open('/proc/%d/status' % pid, encoding='ascii') as f:
            status = f.read()
        equal(re.search(r'Seccomp:\s+(\d)', status).group(1), '2', 'filter')
        equal(re.search(r'NoNewPrivs:\s+(\d)', status).group(1), '1', desk)
        try:
            names = os.listdir('/proc/%d/fd' % pid)
        except PermissionError:     # not even its user may look
            continue
        open_files = {int(n): os.readlink('/proc/%d/fd/%s' % (pid, n))
                      for n in names}
        others = [t for n, t in open_files.items() if n > 2 and
                  not t.startswith(('socket:', 'pipe:', 'anon_inode:'))]
        equal(others, [], 'files that %s has open' % desk)
        # Channel and listening socket; the loop's pair may be sockets too.
        sockets = [t for n, t in open_files.items() if n > 2 and
                   t.startswith('socket:')]
        if len(sockets) > 4:
            raise AssertionError('%s has %r' % (desk, open_files))
    equal(w.stop(), 0, 'exit code')
    for pid in pids.values():
        equal(os.path.exists('/proc/%d' % pid), False, 'process left')


@with_world()
def test_killed_one_comes_back(w):
    before = w.ready().wait_fronts('ops', 'fusion')
    vault = w.vault_pid()
    with w.open('fusion') as kept:
        equal(exchange(kept), 503, 'fusion')
        os.kill(before['ops'], signal.SIGKILL)
        # The socket stays: whoever calls meanwhile waits.
        equal(w.ask('ops'), 503, 'ops, again')
        equal(exchange(kept), 503, 'fusion is not disturbed')
    after = w.wait_fronts('ops', 'fusion')
    equal(after['fusion'], before['fusion'], 'the other front')
    equal(after['ops'] != before['ops'], True, 'a new process')
    equal(w.vault_pid(), vault, 'the vault')
    equal(len(w.diary('FRONT_ADOPT', desk='ops')), 2, 'ops is adopted twice')
    equal('front-ended desk=ops status=-1 signal=9' in w.log(), True, 'log')
    equal(w.stop(), 0, 'exit code')


@with_world()
def test_with_the_vault(w):
    """A front does not outlive its vault; both come back."""
    before = w.ready().wait_fronts('ops', 'fusion')
    os.kill(w.vault_pid(), signal.SIGKILL)
    w.wait_diary(4, 'FRONT_ADOPT')
    after = w.wait_fronts('ops', 'fusion')
    equal(set(before.values()) & set(after.values()), set(), 'old ones')
    equal(w.stop(), 0, 'exit code')


@with_world('ops')
def test_tx_001_004_tls_12(w):
    w.ready().wait_fronts('ops')
    v12 = {'minimum_version': ssl.TLSVersion.TLSv1_2,
           'maximum_version': ssl.TLSVersion.TLSv1_2}
    good = 0
    for suite in AEAD:
        c = w.context(**v12)
        c.set_ciphers(suite)
        try:
            equal(w.ask('ops', c), 503, suite)
            good += 1
        except ssl.SSLError:        # of the other kind of key
            pass
    equal(good >= 1, True, 'a suite of TLS 1.2')
    for suite in OLD:
        c = w.context(**v12)
        try:
            c.set_ciphers(suite + ':@SECLEVEL=0')
        except ssl.SSLError:        # this OpenSSL has not even got it
            continue
        refused(w, c, suite)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        c = w.context(minimum_version=ssl.TLSVersion.TLSv1,
                      maximum_version=version)
        c.set_ciphers('ALL:@SECLEVEL=0')
        refused(w, c, version)
    equal(w.answers('ops'), True, 'it still answers')


@with_world('ops')
def test_tx_002_003_tls_13(w):
    w.ready().wait_fronts('ops')
    c = w.context(minimum_version=ssl.TLSVersion.TLSv1_3)
    c.set_alpn_protocols(['h2', 'http/1.1'])
    with w.open('ops', c) as s:
        equal(s.version(), 'TLSv1.3', 'version')
        equal(s.selected_alpn_protocol(), 'http/1.1', 'ALPN')
        equal(exchange(s), 503, 'status')
        # No ticket, so nothing to send early data with.
        equal(s.session.has_ticket, False, 'ticket')
    c = w.context()
    c.set_alpn_protocols(['h2'])
    refused(w, c, 'only h2')


@with_world('ops')
def test_tx_006_certificate_is_optional(w):
    """TLS takes any certificate; what it is worth is another's matter."""
    w.fronts('ops', extra=', client-ca: other.crt, clients: [{name: a}]')
    w.ready().wait_fronts('ops')
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        c = w.context(minimum_version=version, maximum_version=version)
        c.load_cert_chain(os.path.join(w.config, 'tool.crt'),
                          os.path.join(w.config, 'tool.key'))
        equal(w.ask('ops', c), 503, 'unknown certificate')
        equal(w.ask('ops'), 503, 'no certificate')


@with_world('ops', 'fusion', 'later')
def test_reload(w):
    w.fronts('ops', 'fusion')
    first = w.ready().wait_fronts('ops', 'fusion')
    w.fronts('ops', 'fusion', 'later')
    w.reload()
    second = w.wait_fronts('ops', 'fusion', 'later')
    equal({d: second[d] for d in first}, first, 'what did not change')
    w.fronts('ops', 'later')
    w.reload()
    third = w.wait_fronts('ops', 'later')
    equal(third['ops'], first['ops'], 'ops')
    try:
        w.open('fusion')
    except ConnectionRefusedError:
        pass
    else:
        raise AssertionError('somebody listens where fusion was')
    # Two desks change places: each address has one process at a time.
    w.desks['ops'], w.desks['later'] = w.desks['later'], w.desks['ops']
    w.fronts('ops', 'later')
    w.reload()
    wait_for(lambda: not set(w.pids().values()) & set(third.values()), 20,
             'new processes')
    fourth = w.wait_fronts('ops', 'later')
    # A renewed certificate is a reason too, its name being the same.
    os.replace(os.path.join(w.config, 'other.crt'),
               os.path.join(w.config, 'front.crt'))
    os.replace(os.path.join(w.config, 'other.key'),
               os.path.join(w.config, 'front.key'))
    w.reload()
    wait_for(lambda: not set(w.pids().values()) & set(fourth.values()), 20,
             'new processes')
    w.wait_fronts('ops', 'later')
    equal(w.stop(), 0, 'exit code')


@with_world('ops')
def test_an_answer_is_not_cut_by_a_reload(w):
    pids = w.ready().wait_fronts('ops')
    with w.open('ops') as s:
        equal(exchange(s), 503, 'first')
        w.fronts()
        w.reload()
        wait_for(lambda: not w.pids(), 10, 'it ends')
        equal(s.recv(10), b'', 'closed in order')
    equal('front-ended desk=ops' in w.log(), True, 'log')
    equal('signal=' in w.log(), False, 'killed')
    equal(list(pids), ['ops'], 'desk')


@with_world('ops', 'fusion')
def test_files_that_are_not_there(w):
    """One front cannot start; the other and the daemon do not care."""
    os.rename(os.path.join(w.config, 'other.crt'),
              os.path.join(w.config, 'away'))
    text = ('[{desk: ops, listen: "127.0.0.1:%d", certificate: other.crt, '
            'key: other.key}, {desk: fusion, listen: "127.0.0.1:%d", '
            'certificate: front.crt, key: %s}]')
    ports = (w.desks['ops'], w.desks['fusion'])
    w.set_option('fronts', text % (*ports, 'front.key'))
    w.ready().wait_fronts('fusion')
    wait_for(lambda: re.search(r'front-start desk=ops error=.*other\.crt: '
                               r'No such file', w.log()), 10, 'says why')
    # A key of another certificate.
    w.set_option('fronts', text % (*ports, 'other.key'))
    w.reload()
    wait_for(lambda: re.search(r'front-setup desk=fusion error=.*do not '
                               r'belong together', w.log()), 10, 'says why')
    os.rename(os.path.join(w.config, 'away'),
              os.path.join(w.config, 'other.crt'))
    w.set_option('fronts', text % (*ports, 'front.key'))
    w.reload()
    wait_for(lambda: sorted(w.pids()) == ['fusion', 'ops'], 20, 'both run')
    equal(w.stop(), 0, 'exit code')


@with_world('ops')
def test_bad_settings(w):
    bad = (('[{desk: ops}]', r'comityd\.yaml:\d+:\d+: listen is missing'),
           ('[{desk: ops, listen: "127.0.0.1:%d"}]' % w.port,
            r'comityd\.yaml:\d+:\d+: listen .* is taken already'),
           ('[{desk: ops, listen: "127.0.0.1:1", cert: a}]',
            r'comityd\.yaml:\d+:\d+: unknown key "cert"'))
    for text, want in bad:
        w.set_option('fronts', text)
        p = w.run()
        equal(p.returncode, 78, text)
        equal(bool(re.search(want, p.stderr.decode())), True,
              p.stderr.decode())
    want = r'comityd\.yaml:\d+:\d+: desk "opps"; did you mean "ops"\?'
    w.set_option('fronts', '[{desk: opps, listen: "127.0.0.1:1"}]')
    for p in (w.run('-n'), subprocess.run(
            [os.path.join(w.build, 'daemon/ctl/comityctl'), '-C', w.home,
             'config', 'check'], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)):
        equal(p.returncode != 0, True, 'an unknown desk')
        equal(bool(re.search(want, p.stderr.decode())), True,
              p.stderr.decode())
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(('127.0.0.1', w.desks['ops']))
        taken.listen()
        w.fronts('ops')
        p = w.run()
        equal(p.returncode != 0, True, 'a taken port')
        equal('Address already in use' in p.stderr.decode(), True,
              p.stderr.decode())


@with_net(2, introduced=False)
def test_the_vault_knows_its_desks(net):
    """A reload with a front for nobody is refused; nothing changes."""
    inst = net.all[0]
    inst.set_options(fronts='[{desk: legal, listen: "127.0.0.1:1"}]')
    p = inst.ctl_run('reload')
    equal(p.returncode != 0, True, 'exit code')
    equal('desk "legal" is no desk of ours' in p.stderr.decode(), True,
          p.stderr.decode())
    equal(inst.ask('status')['state'], 'ready', 'state')


def add_front(inst, port):
    """A front for its desk ops, by a reload."""
    inst.ctl('key', 'generate', 'front', inst.path('config', 'front'),
             '--host', '127.0.0.1')
    inst.set_options(fronts='[{desk: ops, listen: "127.0.0.1:%d", '
                     'certificate: front.crt, key: front.key}]' % port)
    inst.ctl('reload')


def role_pids(inst, role):
    """Its processes of that name."""
    found = []
    for pid in parts(inst.pid()):
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                if f.read().split(b'\0')[0].decode() == role:
                    found.append(pid)
        except OSError:
            pass
    return found


def front_pids(inst):
    return role_pids(inst, 'comity-front')


def front_status(inst, port):
    c = ssl.create_default_context(cafile=inst.path('config', 'front.crt'))
    try:
        with socket.create_connection(('127.0.0.1', port), 5) as raw, \
                c.wrap_socket(raw, server_hostname='127.0.0.1') as s:
            return exchange(s)
    except OSError:
        return None


@with_net(2, introduced=False)
def test_with_the_real_vault(net):
    """One front each; killing one is nothing to the other, nor to records."""
    ports = take_ports(2)
    for inst, port in zip(net.all, ports):
        add_front(inst, port)
        # Without a login there is nothing to see, be it ready or not.
        wait_for(lambda i=inst, p=port: front_status(i, p) in (401, 503),
                 20, 'an answer')
    first = [front_pids(i) for i in net.all]
    equal([len(f) for f in first], [1, 1], 'fronts')
    time.sleep(1)
    equal([front_pids(i) for i in net.all], first, 'they stay')
    os.kill(first[0][0], signal.SIGKILL)
    wait_for(lambda: front_pids(net.all[0]) not in ([], first[0]) and
             front_status(net.all[0], ports[0]) in (401, 503), 20,
             'it comes back')
    equal(front_pids(net.all[1]), first[1], 'the other one')
    for inst in net.all:
        equal(inst.ask('status')['state'], 'ready', 'state')
    # The vault ends and comes back, and with it the front.
    before = front_pids(net.all[1])
    os.kill(role_pids(net.all[1], 'comity-vault')[0], signal.SIGKILL)
    wait_for(lambda: front_pids(net.all[1]) not in ([], before) and
             front_status(net.all[1], ports[1]) in (401, 503), 30,
             'it comes back with the vault')
    net.all[1].set_options(fronts='[]')
    net.all[1].ctl('reload')
    wait_for(lambda: front_pids(net.all[1]) == [], 10, 'it is taken away')


@with_world('ops')
def test_idle_clients_are_cheap(w):
    """At most 32 KiB each, of the process's private memory."""
    pid = w.ready().wait_fronts('ops')['ops']
    with open('/proc/%d/maps' % pid, encoding='ascii') as f:
        if 'asan' in f.read():
            return      # the sanitizer's own memory is not ours

    def used():
        with open('/proc/%d/status' % pid, encoding='ascii') as f:
            return int(re.search(r'RssAnon:\s+(\d+)', f.read()).group(1))
    c = w.context()
    c.load_cert_chain(os.path.join(w.config, 'tool.crt'),
                      os.path.join(w.config, 'tool.key'))
    first = [w.open('ops', c) for _ in range(20)]
    for s in first:
        exchange(s)
    time.sleep(0.2)
    before = used()
    clients = [w.open('ops', c) for _ in range(300)]
    for s in clients:
        equal(exchange(s), 503, 'status')
    time.sleep(0.5)
    each = (used() - before) / len(clients)
    print(json.dumps({'idle_client_kib': round(each, 1)}))
    for s in first + clients:
        s.close()
    equal(each <= 32, True, '%.1f KiB each' % each)


if __name__ == '__main__':
    main(globals())
