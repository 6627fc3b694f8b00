"""One Comity instance in a directory: its daemon and its comityctl.

For contrib/quickstart and the integration tests.  Standard library only.
"""
import json
import os
import re
import signal
import socket
import subprocess
import time


class Failed(Exception):
    """A command of comityctl that failed; .code is its exit status."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def free_ports(n, first=7600):
    """n loopback ports that nobody listens on now."""
    found, port = [], first
    while len(found) < n and port < 65000:
        with socket.socket() as s:
            try:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(('127.0.0.1', port))
                found.append(port)
            except OSError:
                pass
        port += 1
    return found


class Instance:
    def __init__(self, build, directory):
        self.build = os.path.abspath(build)
        self.dir = os.path.abspath(directory)
        self.id = os.path.basename(self.dir)
        self.comityctl = os.path.join(self.build, 'daemon/ctl/comityctl')
        self.comityd = os.path.join(self.build,
                                    'daemon/supervisor/comityd')
        self.pid_file = os.path.join(self.dir, 'comityd.pid')
        self.log = os.path.join(self.dir, 'comityd.log')
        self.child = None

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def exists(self):
        return os.path.exists(self.path('state', 'card.json'))

    # comityctl

    def ctl_run(self, *args, **kw):
        """Run comityctl on this instance: the finished process."""
        return subprocess.run(
            [self.comityctl, '-C', os.path.relpath(self.dir)] + list(args),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False,
            **dict({'timeout': 120}, **kw))

    def ctl(self, *args, ok=(0,), **kw):
        """Its standard output as text; Failed unless it exits with ok."""
        p = self.ctl_run(*args, **kw)
        if p.returncode not in ok:
            raise Failed('%s: comityctl %s: exit %d\n%s' % (
                self.id, ' '.join(args), p.returncode,
                p.stderr.decode('utf-8', 'replace').strip()), p.returncode)
        return p.stdout.decode()

    def ask(self, *args, **kw):
        """Its answer with --json, as a dictionary."""
        return json.loads(self.ctl('--json', *args, **kw))

    def init(self, port, name, country, desks):
        options = []
        for desk in desks:
            options += ['--desk', desk]
        self.ctl('init', self.dir, '--cert-id', self.id, '--name', name,
                 '--country', country, '--listen', '127.0.0.1:%d' % port,
                 *options)

    def set_options(self, **values):
        """Change options of comityd.yaml; _ in a name stands for -."""
        path = self.path('config', 'comityd.yaml')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        for name, value in values.items():
            name = name.replace('_', '-')
            text, n = re.subn(r'(?m)^( *%s:).*$' % name,
                              r'\g<1> %s' % value, text)
            if n != 1:
                raise Failed('comityd.yaml has no option %s' % name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)

    def add_peer(self, other):
        self.ctl('peer', 'add', other.path('state', 'card.json'), '--yes')

    def peers(self):
        return {p['id']: p for p in self.ask('peer', 'list')['peers']}

    def ids(self, *args):
        return self.ctl('records', '--ids', *args).split()

    # the daemon

    def pid(self):
        """The daemon's pid if it is ours and runs, else None."""
        if self.child is not None:
            if self.child.poll() is None:
                return self.child.pid
            self.child = None
        try:
            with open(self.pid_file, encoding='ascii') as f:
                pid = int(f.read())
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                command = f.read().split(b'\0')
        except (OSError, ValueError):
            return None
        # A pid may have been given to another program since.
        if os.path.basename(command[0]) != b'comityd' or \
                self.path('config').encode() not in command:
            return None
        return pid

    def start(self):
        if self.pid() is not None:
            return False
        with open(self.log, 'ab') as log:
            self.child = subprocess.Popen(
                [self.comityd, '-c', self.path('config')],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        with open(self.pid_file, 'w', encoding='ascii') as f:
            f.write('%d\n' % self.child.pid)
        return True

    def is_gone(self, pid):
        if self.child is not None and self.child.pid == pid:
            return self.child.poll() is not None
        return self.pid() is None

    def stop(self, seconds=20, kill=False):
        """End the daemon; True if it ended by itself in time."""
        pid = self.pid()
        if pid is None:
            return True
        orderly = not kill
        os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
        end = time.monotonic() + seconds
        while not self.is_gone(pid):
            if time.monotonic() > end and orderly:
                orderly = False
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.child = None
        os.unlink(self.pid_file)
        return orderly

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while True:
            if self.pid() is None:
                raise Failed('%s: comityd ended:\n%s' % (
                    self.id, self.log_tail()))
            try:
                if self.ask('status')['state'] == 'ready':
                    return
            except (Failed, subprocess.TimeoutExpired) as e:
                why = str(e)
            else:
                why = 'not ready'
            if time.monotonic() > end:
                raise Failed('%s: not ready after %d s: %s\n%s' % (
                    self.id, seconds, why, self.log_tail()))
            time.sleep(0.1)

    def log_tail(self, lines=12):
        try:
            with open(self.log, encoding='utf-8', errors='replace') as f:
                return ''.join(f.readlines()[-lines:])
        except OSError:
            return ''
