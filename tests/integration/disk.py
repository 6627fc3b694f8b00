#!/usr/bin/env python3
"""What a daemon does when its disk is full, and with files not its own."""
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    equal, indicator, main, wait_for, with_net, write_lines)


def start_fails(inst, build, what):
    """The daemon ends by itself with a reason; its exit code."""
    p = subprocess.run([os.path.join(build, 'daemon/supervisor/comityd'),
                        '-c', inst.path('config')], timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = p.stdout.decode()
    assert what in text, text
    return p.returncode


@with_net(2, introduced=False)
def test_store_file_not_ours(net):
    inst = net.all[0]
    inst.stop()
    path = inst.path('state', 'comity.db')
    for name in os.listdir(inst.path('state')):
        if name.startswith('comity.db'):
            os.unlink(inst.path('state', name))
    with open(path, 'w', encoding='ascii') as f:
        f.write('somebody else wrote this\n' * 400)
    assert start_fails(inst, net.build, 'comity.db') in (74, 78)
    with open(path, encoding='ascii') as f:
        equal(f.read(24), 'somebody else wrote this', 'the file')


@with_net(2, introduced=False)
def test_second_daemon_on_one_state(net):
    inst = net.all[0]
    assert start_fails(inst, net.build, 'running') in (74, 78)
    equal(inst.ask('status')['state'], 'ready', 'the first daemon')


@with_net(2, introduced=False)
def test_disk_full(net):
    """Stops acknowledging, says so, serves reads, goes on with room."""
    if os.geteuid() != 0:
        print('SKIP test_disk_full: a tmpfs needs root')
        return
    inst = net.all[0]
    inst.stop()
    state = inst.path('state')
    kept = state + '.kept'
    os.rename(state, kept)
    os.mkdir(state, 0o700)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=40m,mode=0700',
                       'tmpfs', state], check=False).returncode != 0:
        os.rmdir(state)
        os.rename(kept, state)
        print('SKIP test_disk_full: no tmpfs here')
        return
    try:
        for name in os.listdir(kept):
            if not name.startswith('comity.db'):
                shutil.copy2(os.path.join(kept, name), state)
        inst.set_options(disk_free='1MiB', disk_free_percent=0)
        inst.start()
        inst.wait_ready()
        fill_and_recover(net, inst)
    finally:
        inst.stop()
        subprocess.run(['umount', '-l', state], check=True)


def fill_and_recover(net, inst):
    objects = [indicator(i) for i in range(20)]
    first = write_lines(os.path.join(net.dir, 'first.jsonl'), objects)
    inst.ctl('publish', first)
    ballast = inst.path('state', 'ballast')
    with open(ballast, 'wb') as f:
        try:
            while True:
                f.write(b'x' * (1 << 16))
                f.flush()
        except OSError:
            pass
    more = write_lines(os.path.join(net.dir, 'more.jsonl'),
                       [indicator(i, seed='m') for i in range(3000)])
    p = inst.ctl_run('--json', 'publish', more)
    text = p.stdout.decode() + p.stderr.decode()
    assert p.returncode not in (0, 6), text
    held = len(inst.ids('--source', 'own'))
    status = inst.ask('status')
    assert status['state'] == 'degraded' or status['store']['full'], status
    assert inst.ask('show', objects[3]['id'])['object'], 'reads go on'
    os.unlink(ballast)

    def accepts():
        return inst.ctl_run('--json', 'publish', more).returncode == 0
    wait_for(accepts, 60, 'it goes on when there is room', 1)
    equal(len(inst.ids('--source', 'own')), 3020, 'records')
    assert held <= 3020, held
    wait_for(lambda: inst.ask('status')['state'] == 'ready', 30, 'ready')
    r = json.loads(inst.ctl('--json', 'publish', more))
    equal((r['published'], r['unchanged']), (0, 3000), 'nothing twice')


if __name__ == '__main__':
    main(globals())
