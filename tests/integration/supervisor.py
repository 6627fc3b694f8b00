#!/usr/bin/env python3
"""comityd with a vault that only keeps a diary: processes, signals, limits."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from daemons import equal, main, take_ports, wait_for  # noqa: E402


class Daemon:
    """comityd and comity-session as built, beside a comity-vault of ours."""

    def __init__(self, build, **options):
        self.build = build
        self.dir = tempfile.mkdtemp(prefix='comity-')
        self.bin = os.path.join(self.dir, 'bin')
        os.mkdir(self.bin)
        for role, name in (('supervisor', 'comityd'),
                           ('session', 'comity-session'),
                           ('front', 'comity-front')):
            shutil.copy(os.path.join(build, 'daemon', role, name), self.bin)
        vault = os.path.join(self.bin, 'comity-vault')
        shutil.copy(os.path.join(HERE, '..', 'lib', 'fake_vault.py'), vault)
        os.chmod(vault, 0o755)
        self.home = os.path.join(self.dir, 'cert-xa')
        self.config = os.path.join(self.home, 'config')
        self.port, = take_ports(1)
        subprocess.run(
            [os.path.join(build, 'daemon/ctl/comityctl'), 'init', self.home,
             '--cert-id', 'cert-xa', '--name', 'A', '--country', 'XA',
             '--listen', '127.0.0.1:%d' % self.port, '--desk', 'ops=secops'],
            check=True, stdout=subprocess.DEVNULL)
        for name, value in options.items():
            self.set_option(name.replace('_', '-'), value)
        self.child = None

    def set_option(self, name, value):
        path = os.path.join(self.config, 'comityd.yaml')
        with open(path, encoding='utf-8') as f:
            lines = f.read().split('\n')
        found = [i for i, line in enumerate(lines)
                 if line.strip().startswith(name + ':')]
        equal(len(found), 1, name)
        i = found[0]
        lines[i] = lines[i][:lines[i].index(':') + 1] + ' ' + str(value)
        with open(path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines))

    def mode(self, words):
        with open(os.path.join(self.dir, 'mode'), 'w',
                  encoding='ascii') as f:
            f.write(words)

    def order(self, line):
        path = os.path.join(self.dir, 'orders')
        with open(path + '.new', 'w', encoding='ascii') as f:
            f.write(line + '\n')
        os.rename(path + '.new', path)

    def run(self, *args):
        return subprocess.run(
            [os.path.join(self.bin, 'comityd'), '-c', self.config, *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=30, check=False,
            env=dict(os.environ, FAKE_VAULT=self.dir))

    def start(self):
        with open(os.path.join(self.dir, 'log'), 'ab') as log:
            self.child = subprocess.Popen(
                [os.path.join(self.bin, 'comityd'), '-c', self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, FAKE_VAULT=self.dir))
        return self

    def ready(self):
        self.start()
        wait_for(lambda: 'comityd notice: ready' in self.log() or
                 self.child.poll() is not None, 20, 'ready')
        equal(self.child.poll(), None, 'exit code')
        return self

    def log(self):
        with open(os.path.join(self.dir, 'log'), encoding='utf-8',
                  errors='replace') as f:
            return f.read()

    def diary(self, kind, **want):
        try:
            with open(os.path.join(self.dir, 'diary'),
                      encoding='utf-8') as f:
                lines = [json.loads(x) for x in f.read().split('\n')[:-1]]
        except OSError:
            return []
        return [x for x in lines if x['type'] == kind and
                all(x.get(k) == v for k, v in want.items())]

    def wait_diary(self, n, kind, **want):
        wait_for(lambda: len(self.diary(kind, **want)) >= n, 20,
                 '%d of %s %r' % (n, kind, want), step=0.02)
        return self.diary(kind, **want)

    def vault_pid(self):
        return self.diary('start')[-1]['pid']

    def stop(self, seconds=20):
        self.child.terminate()
        return self.child.wait(seconds)

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), 5)

    def close(self):
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def with_daemon(**options):
    def wrap(test):
        def run(build):
            d = Daemon(build, **options)
            try:
                test(d)
            except BaseException:
                if os.path.exists(os.path.join(d.dir, 'log')):
                    print(d.log())
                raise
            finally:
                d.close()
        run.__name__ = test.__name__
        return run
    return wrap


def is_running(pid):
    """Alive, and not only waiting to be noticed."""
    try:
        with open('/proc/%d/stat' % pid, encoding='ascii') as f:
            return f.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


@with_daemon()
def test_start_and_stop(d):
    d.ready()
    first, = d.diary('start')
    equal([f for f in first['fds'] if f > 2], [3], 'its descriptors')
    equal(first['own_group'], True, 'a process group of its own')
    assert '--cert-id' in first['argv'] and 'cert-xa' in first['argv']
    config, = d.diary('CONFIG')
    equal(config['reload'], 0, 'reload')
    assert 'cert-id:' in config['text'] and 'purposes:' in config['text']
    path = os.path.join(d.home, 'state', 'control.sock')
    equal(os.stat(path).st_mode & 0o777, 0o660, 'mode of the socket')
    equal(d.stop(), 0, 'exit code')
    equal(len(d.diary('STOP')), 1, 'STOP')
    equal(os.path.exists(path), False, 'the socket is gone')
    equal(is_running(first['pid']), False, 'the vault is gone')


@with_daemon()
def test_configuration_refused(d):
    d.mode('refuse')
    d.start()
    equal(d.child.wait(20), 78, 'exit code')
    assert 'policy.yaml:1:1: not today' in d.log(), d.log()
    equal(len(d.diary('start')), 1, 'starts of the vault')


@with_daemon()
def test_check_only(d):
    p = d.run('-n')
    equal((p.returncode, p.stderr), (0, b''), 'good')
    d.set_option('proof-deadline', '30')
    p = d.run('-n')
    equal(p.returncode, 78, 'exit code')
    assert b'comityd.yaml:' in p.stderr and b'proof-deadline' in p.stderr
    d.set_option('proof-deadline', '15s')
    path = os.path.join(d.config, 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('purposes:', 'porpoises:', 1))
    p = d.run('-n')
    equal(p.returncode, 78, 'exit code')
    assert b'policy.yaml:' in p.stderr, p.stderr
    equal(d.diary('start'), [], 'nothing was started')


@with_daemon()
def test_options(d):
    p = d.run('--version')
    equal((p.returncode, p.stdout.split()[0]), (0, b'comityd'), '--version')
    equal(d.run('-x').returncode, 2, 'unknown option')
    equal(d.run('extra').returncode, 2, 'argument')
    shutil.rmtree(os.path.join(d.home, 'state'))
    p = d.run()
    equal(p.returncode, 78, 'no state directory')
    assert b'comityctl init' in p.stderr, p.stderr


@with_daemon()
def test_two_daemons(d):
    d.ready()
    p = d.run()
    equal(p.returncode, 78, 'the same state directory')
    assert b'another comityd is running' in p.stderr, p.stderr
    other = Daemon(d.build)
    try:
        other.set_option('listen', '["127.0.0.1:%d"]' % d.port)
        p = other.run()
        equal(p.returncode, 74, 'the same port')
        assert b'in use' in p.stderr, p.stderr
    finally:
        other.close()
    equal(d.child.poll(), None, 'the first one runs')


@with_daemon()
def test_state_open_to_others(d):
    os.chmod(os.path.join(d.home, 'state'), 0o755)
    p = d.run()
    equal(p.returncode, 78, 'exit code')
    assert b'chmod 0700' in p.stderr, p.stderr


@with_daemon()
def test_vault_crashes_three_times(d):
    d.mode('crash')
    d.start()
    equal(d.child.wait(30), 70, 'exit code')
    equal(len(d.diary('start')), 3, 'starts')


@with_daemon()
def test_vault_is_restarted(d):
    d.ready()
    with d.connect() as s:
        d.wait_diary(1, 'ADOPT', what='L')
        # What is on disk now is not what was in force.
        d.set_option('name', '"B"')
        os.kill(d.vault_pid(), signal.SIGKILL)
        again = d.wait_diary(2, 'CONFIG')
        equal(again[1]['text'], again[0]['text'], 'configuration')
        equal(again[1]['reload'], 0, 'not a reload')
        equal(s.recv(1), b'', 'its sessions ended')
    with d.connect():
        d.wait_diary(2, 'ADOPT', what='L')
    equal(d.stop(), 0, 'exit code')


@with_daemon()
def test_reload(d):
    d.ready()
    d.set_option('name', '"Another"')
    d.child.send_signal(signal.SIGHUP)
    second = d.wait_diary(2, 'CONFIG')[1]
    equal(second['reload'], 1, 'reload')
    assert 'Another' in second['text']
    d.mode('refuse-reload')
    d.child.send_signal(signal.SIGHUP)
    wait_for(lambda: 'not today' in d.log(), 20, 'the reason is logged')
    equal(d.child.poll(), None, 'it still runs')
    d.mode('')
    equal(d.stop(), 0, 'exit code')


@with_daemon()
def test_session_lives_and_ends(d):
    d.ready()
    with d.connect() as s:
        adopted, = d.wait_diary(1, 'ADOPT', what='L')
        equal(adopted['address'], '%s:%d' % s.getsockname(), 'address')
        equal(adopted['fds'], 1, 'descriptors')
        s.sendall(b'GET / HTTP/1.1\r\n\r\n')
        closed, = d.wait_diary(1, 'session', number=adopted['number'])
        equal(closed['kind'], 65, 'CLOSED')
    gone, = d.wait_diary(1, 'GONE', number=adopted['number'])
    equal(gone['status'], 0, 'exit status')


@with_daemon(handshake_deadline='1s', proof_deadline='2s')
def test_handshake_stalls(d):
    d.ready()
    began = time.monotonic()
    with d.connect() as s:
        equal(s.recv(1), b'', 'closed by us')
        took = time.monotonic() - began
        assert 0.8 < took < 5, took
    d.wait_diary(1, 'GONE')
    assert 'handshake' in d.diary('session')[0]['text']


@with_daemon()
def test_dial(d):
    d.ready()
    port, = take_ports(1)
    d.order('DIAL 4294967296 127.0.0.1:%d' % port)
    adopted, = d.wait_diary(1, 'ADOPT', what='D')
    equal((adopted['number'], adopted['cert_id']), (1 << 32, 'cert-zz'),
          'who was dialled')
    closed, = d.wait_diary(1, 'session', number=1 << 32)
    assert 'refused' in closed['text'], closed
    d.wait_diary(1, 'GONE', number=1 << 32)


def is_refused(d):
    """Closed at once, before a session was started."""
    s = d.connect()
    s.settimeout(0.3)
    try:
        return s.recv(1) == b'', s
    except socket.timeout:
        return False, s
    except ConnectionError:
        return True, s


@with_daemon(unproved_start=2, unproved_max=2, unproved_per_address=2)
def test_unproved_limit(d):
    d.ready()
    open_ones = []
    for i in range(2):
        refused, s = is_refused(d)
        equal(refused, False, 'caller %d' % i)
        open_ones.append(s)
    equal(is_refused(d)[0], True, 'the third')
    # Who has proved itself makes room.
    first = d.diary('ADOPT', what='L')[0]['number']
    d.order('SETTLED %d' % first)
    time.sleep(0.3)
    refused, s = is_refused(d)
    equal(refused, False, 'after a proof')
    open_ones.append(s)
    equal(is_refused(d)[0], True, 'the limit holds again')
    # So does who goes.
    open_ones[1].close()
    d.wait_diary(1, 'GONE')
    equal(is_refused(d)[0], False, 'after one has gone')


@with_daemon()
def test_control_connection(d):
    d.ready()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(os.path.join(d.home, 'state', 'control.sock'))
        adopted, = d.wait_diary(1, 'ADOPT', what='C')
        equal((adopted['uid'], adopted['gid'], adopted['caller']),
              (os.geteuid(), os.getegid(), os.getpid()), 'who asks')


@with_daemon()
def test_vault_does_not_stop(d):
    d.ready()
    d.mode('hang')
    pid = d.vault_pid()
    began = time.monotonic()
    equal(d.stop(30), 70, 'exit code')
    assert time.monotonic() - began >= 9
    equal(is_running(pid), False, 'the vault is gone')


@with_daemon()
def test_signal_to_everybody(d):
    """As a service manager does when it stops a unit."""
    d.ready()
    with d.connect():
        d.wait_diary(1, 'ADOPT', what='L')
        pid = d.vault_pid()
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGHUP)
        equal(d.stop(), 0, 'exit code')
    equal(len(d.diary('STOP')), 1, 'STOP')
    equal(len(d.diary('start')), 1, 'starts')


@with_daemon()
def test_second_signal(d):
    d.ready()
    d.mode('hang')
    d.child.terminate()
    d.wait_diary(1, 'STOP')
    began = time.monotonic()
    d.child.terminate()
    equal(d.child.wait(20), 0, 'exit code')
    assert time.monotonic() - began < 8


@with_daemon()
def test_supervisor_is_killed(d):
    """Nobody outlives it, and the next one starts at once."""
    d.ready()
    s = d.connect()
    d.wait_diary(1, 'ADOPT', what='L')
    pid = d.vault_pid()
    d.child.kill()
    d.child.wait()
    equal(s.recv(1), b'', 'the session ended')
    wait_for(lambda: not is_running(pid), 10, 'the vault is gone')
    d.start()
    d.wait_diary(2, 'CONFIG')
    equal(d.stop(), 0, 'exit code')


if __name__ == '__main__':
    main(globals())
