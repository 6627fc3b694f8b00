#!/usr/bin/env python3
"""Files of others: publish in every format, the inbox, and real data."""
import collections
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    ROOT, equal, indicator, main, wait_for, with_net, write_lines)

EVERYTHING = 'COMITY_EVERYTHING' in os.environ
DATA = os.path.join(ROOT, '..', 'shared', 'data')
EVENT = {'Event': {
    'uuid': '5f1d7c3e-0000-4000-8000-0000c0a80101', 'info': 'An event',
    'timestamp': '1700000000', 'Tag': [{'name': 'tlp:green'}],
    'Attribute': [
        {'uuid': '5f1d7c3e-%04d-4000-8000-0000c0a80101' % i, 'type': t,
         'category': c, 'value': v, 'to_ids': ids, 'comment': 'about %d' % i,
         'timestamp': '1700000001', 'Tag': [{'name': 'family:x'}]}
        for i, (t, c, v, ids) in enumerate((
            ('ip-dst', 'Network activity', '203.0.113.9', True),
            ('domain', 'Network activity', 'evil.example', True),
            ('hostname', 'Network activity', 'a.evil.example', False),
            ('url', 'Network activity', 'http://evil.example/A?b=c', True),
            ('md5', 'Payload delivery', 'd41d8cd98f00b204e9800998ecf8427e',
             True),
            ('filename|sha256', 'Payload delivery', 'it\'s.exe|' + 'a' * 64,
             True),
            ('ip-src|port', 'Network activity', '203.0.113.8|443', False),
            ('email-subject', 'Payload delivery', 'an "offer"', True),
            ('mutex', 'Artifacts dropped', 'a\\b', True),
            ('yara', 'Payload installation', 'rule x { condition: true }',
             True),
            ('AS', 'Network activity', 'AS64496', True)))]}}


def put(net, name, content):
    path = os.path.join(net.dir, name)
    with open(path, 'wb') as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


def publish(inst, *args):
    p = inst.ctl_run('--json', 'publish', *args, timeout=600)
    assert p.returncode in (0, 7), p
    return json.loads(p.stdout)


def attributes(event):
    return sorted((a['type'], a['category'], a['value'], a['to_ids'],
                   a['comment'], sorted(t['name'] for t in a['Tag']
                                        if not t['name'].startswith('PAP')))
                  for a in event['Event']['Attribute'])


@with_net(2, introduced=False)
def test_misp_round_trip(net):
    a = net.all[0]
    path = put(net, 'event.json', json.dumps(EVENT))
    r = publish(a, path)
    equal((r['published'], r['refused']), (11, []), r)
    again = publish(a, path)
    equal((again['published'], again['unchanged']), (0, 11), 'again')
    out = json.loads(a.ctl('export', '--format', 'misp', '--desk', 'ops'))
    want = json.loads(json.dumps(EVENT))
    for x in want['Event']['Attribute']:
        x['Tag'] = x['Tag'] + EVENT['Event']['Tag']
    equal(attributes(out), attributes(want), 'attributes')
    for form in ('list', 'rpz', 'hosts', 'zeek'):
        text = a.ctl('export', '--format', form, '--desk', 'ops')
        assert 'a.evil.example' not in text, form + ' has what is no to_ids'
    # A feed is a directory of events.
    feed = os.path.join(net.dir, 'feed')
    os.mkdir(feed)
    shutil.copy(path, feed)
    put(net, 'feed/manifest.json', '{}')
    equal(publish(a, feed)['unchanged'], 11, 'feed')
    put(net, 'feed/manifest.json', '{"5f1d7c3e-0009": {}, "../event": {}}')
    r = publish(a, feed)
    equal((r['unchanged'], [x['id'] for x in r['refused']]),
          (11, ['5f1d7c3e-0009', '../event']), 'named, and not there')
    put(net, 'feed/manifest.json', '[')
    r = publish(a, feed)
    equal([x['place'] for x in r['refused']], ['manifest.json'], r)


@with_net(2, introduced=False)
def test_a_directory_of_files(net):
    """All of it that may hold records; what does not read is named."""
    a = net.all[0]
    os.makedirs(os.path.join(net.dir, 'in/below/deep'))
    files = [('in/b.jsonl', 1), ('in/a.json', 2), ('in/below/deep/c.stix2', 3)]
    for name, n in files:
        put(net, name, json.dumps(indicator(n)) + '\n')
    with gzip.open(os.path.join(net.dir, 'in/below/d.json.gz'), 'wb') as f:
        f.write(json.dumps(indicator(4)).encode())
    with open(os.path.join(net.dir, 'in/e.json.gz'), 'wb') as f:
        f.write(b'\x1f\x8b\x08 cut off')
    put(net, 'in/.hidden.json', json.dumps(indicator(5)))
    put(net, 'in/list', '198.51.100.99\n')
    os.symlink(net.dir, os.path.join(net.dir, 'in/below/loop'))
    folder = os.path.join(net.dir, 'in')
    r = publish(a, folder)
    equal(sorted(a.ids()), sorted(indicator(n)['id'] for n in range(1, 5)),
          'those')
    equal([(os.path.basename(x['file']), x['reason']) for x in r['refused']],
          [('e.json.gz', 'unreadable')], r)
    equal([os.path.basename(x['file']) for x in r['losses']], ['list'], r)
    # Nothing in it, or nothing there.
    os.mkdir(os.path.join(net.dir, 'empty'))
    p = a.ctl_run('publish', os.path.join(net.dir, 'empty'))
    assert p.returncode != 0 and b'nothing to publish in it' in p.stderr, p
    equal(a.ctl_run('publish', folder, '--format', 'list', '--kind',
                    'ipv4').returncode in (0, 7), True, 'all are lists')


@with_net(2, introduced=False)
def test_l09_misp_event_gets_stricter(net):
    """Another TLP of the event holds for what is here of it."""
    a = net.all[0]
    event = json.loads(json.dumps(EVENT))
    publish(a, put(net, 'event.json', json.dumps(event)))
    record = 'indicator--' + event['Event']['Attribute'][0]['uuid']
    assert 'tlp=green' in a.ask('show', record)['label']
    event['Event'].update(timestamp='1700000100', Tag=[{'name': 'tlp:red'}])
    r = publish(a, put(net, 'event.json', json.dumps(event)))
    equal((r['published'], r['refused']), (11, []), r)
    assert 'tlp=red' in a.ask('show', record)['label']
    # L-11: gone there, gone here.
    event['Event']['Attribute'][0].update(deleted=True,
                                          timestamp='1700000200')
    r = publish(a, put(net, 'event.json', json.dumps(event)))
    equal((r['published'], r['unchanged']), (1, 10), r)
    assert json.loads(a.ask('show', record)['object'])['revoked']


@with_net(2, introduced=False)
def test_tables_and_lists(net):
    a = net.all[0]
    path = put(net, 'list', '# ours\nhxxp://evil[.]example/a\n192.0.2[.]7\n'
               'evil[dot]example\n0.0.0.0 ads.example\nno value at all\n')
    r = publish(a, path)
    equal((r['published'], len(r['refused'])), (4, 1), r)
    equal(r['refused'][0]['place'], 'line 6', r)
    equal(publish(a, path)['unchanged'], 4, 'the same again')
    path = put(net, 'table', 'wer;was;wann\nevil2.example;x;2026-01-02\n')
    p = a.ctl_run('publish', path)
    equal(p.returncode, 2, p.stderr)
    assert b'--map value=COLUMN' in p.stderr, p.stderr
    r = publish(a, path, '--map', 'value=wer,comment=was,valid_from=wann')
    equal(r['published'], 1, r)
    found = a.ask('lookup', 'evil2.example')['records']
    equal(json.loads(a.ask('show', found[0]['id'])['object'])['valid_from'],
          '2026-01-02T00:00:00Z', 'valid_from')
    for args in (['--format', 'xml', path], ['--kind', 'nothing', path]):
        equal(a.ctl_run('publish', *args).returncode, 2, args)
    # A file without a byte is no table, and no reason to fall.
    for form in ('csv', 'list', 'misp', 'stix'):
        p = a.ctl_run('publish', '--format', form, put(net, 'empty', ''))
        assert p.returncode in (0, 1, 2, 7), (form, p)


@with_net(2, introduced=False)
def test_inbox(net):
    a = net.all[0]
    inbox = os.path.join(net.dir, 'inbox')
    equal(a.ctl_run('inbox', inbox, '--once').returncode, 4, 'not there')
    os.mkdir(inbox)
    child = subprocess.Popen(
        [a.comityctl, '-C', os.path.relpath(a.dir), 'inbox', inbox],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        write_lines(os.path.join(inbox, 'good'), [indicator(1),
                                                  indicator(2)])
        put(net, 'inbox/bad', '{"type": "bundle", "objects": [{}]}')
        put(net, 'inbox/later.part', 'evil.example')
        os.symlink('/etc/hostname', os.path.join(inbox, 'link'))
        growing = open(os.path.join(inbox, 'growing'), 'w',
                       encoding='ascii')
        growing.write('evil3.example\n')
        growing.flush()
        done, failed = (os.path.join(inbox, d) for d in ('done', 'failed'))
        wait_for(lambda: os.path.isdir(failed) and len(os.listdir(
            failed)) == 2 and len(os.listdir(done)) == 2, 30, 'taken')
        report, = [n for n in os.listdir(done) if n.endswith('.json')]
        with open(os.path.join(done, report), encoding='utf-8') as f:
            equal(json.load(f)['published'], 2, 'report')
        assert os.path.exists(os.path.join(inbox, 'later.part'))
        assert os.path.exists(os.path.join(inbox, 'growing')), 'was open'
        growing.close()
        wait_for(lambda: not os.path.exists(os.path.join(
            inbox, 'growing')), 30, 'complete now')
        # It waits for a daemon that is away, and ends when it is told.
        a.stop()
        put(net, 'inbox/waits', 'evil4.example\n')
        time.sleep(4)
        assert os.path.exists(os.path.join(inbox, 'waits')), 'waits'
        a.start()
        a.wait_ready()
        wait_for(lambda: not os.path.exists(os.path.join(
            inbox, 'waits')), 30, 'taken after all')
    finally:
        child.send_signal(signal.SIGTERM)
        equal(child.wait(20), 0, 'exit')
    equal(len(a.ids('--source', 'own')), 4, 'records')


@with_net(2, introduced=False)
def test_inbox_killed_in_the_middle(net):
    """Whatever ends it, each file is taken once more and stored once."""
    a = net.all[0]
    inbox = os.path.join(net.dir, 'inbox')
    os.mkdir(inbox)
    files, each = 10, 300
    for i in range(files):
        write_lines(os.path.join(inbox, 'f%02d' % i),
                    [indicator(i * each + k) for k in range(each)])
    time.sleep(2.2)
    done = os.path.join(inbox, 'done')
    killed = 0
    for i in range(30):
        child = subprocess.Popen(
            [a.comityctl, '-C', os.path.relpath(a.dir), 'inbox', inbox],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.1 + 0.05 * (i % 6))
        child.kill()
        child.wait()
        left = [n for n in os.listdir(inbox) if n.startswith('f0')]
        killed += bool(left)
        if not left:
            break
    a.ctl('inbox', inbox, '--once')
    print('  killed %d times with files left' % killed)
    assert killed > 0, 'it was never in the middle'
    equal(sorted(n.split('-')[-1] for n in os.listdir(done)
                 if not n.endswith('.report.json')),
          ['f%02d' % i for i in range(files)], 'done')
    equal(os.listdir(os.path.join(inbox, 'failed')), [], 'failed')
    equal(a.ask('status')['store']['records'], files * each, 'records')


@with_net(2, introduced=False)
def test_l14_long_list_and_table(net):
    """Text that goes in parts: all of it, and each line by its number."""
    a = net.all[0]
    lines = ['h%d.evil.example' % i for i in range(16000)]
    lines[15000] = 'no value'
    path = put(net, 'long', '\n'.join(lines))
    r = publish(a, path)
    equal((r['objects'], r['published'], [x['place'] for x in r['refused']]),
          (16000, 15999, ['line 15001']), 'long list')
    equal(publish(a, path)['unchanged'], 15999, 'again')


@with_net(2, introduced=False)
def test_malformed_is_explained(net):
    """Every broken text is refused in words, none ends us."""
    top = os.path.join(DATA, 'C-malformed', 'json-test-suite',
                       'test_parsing')
    if not os.path.isdir(top):
        print('SKIP: the shared data is not there')
        return
    files = [os.path.join(top, n) for n in sorted(os.listdir(top))
             if n.startswith('n_')]
    r = publish(net.all[0], *files)
    equal(r['published'], 0, 'nothing of it')
    named = {x['file'] for x in r['refused'] if x['text'] and x['place']}
    # Nothing, or a byte order mark and nothing.
    empty = {f for f in files if os.path.getsize(f) <= 3 and
             open(f, 'rb').read().strip(b'\xef\xbb\xbf \n') == b''}
    equal(sorted(set(files) - named - empty), [], 'without a reason')
    for form in ('misp', 'csv', 'list'):
        p = net.all[0].ctl_run('--json', 'publish', '--format', form, *files,
                               timeout=300)
        assert p.returncode in (2, 7), (form, p)


@with_net(2, introduced=False)
def test_real_data(net):
    """Everything there is, with a reason for each refusal."""
    a = net.all[0]
    top = os.path.join(DATA, 'A-stix')
    if not os.path.isdir(top):
        print('SKIP: the shared data is not there')
        return
    total = collections.Counter()
    reasons = collections.Counter()
    for folder in sorted(os.listdir(top)):
        path = os.path.join(top, folder)
        if not os.path.isdir(path):
            continue
        files = [os.path.join(path, n) for n in sorted(os.listdir(path))
                 if n != 'NOTICE.txt']
        # Sanitizers take two minutes for all of it.
        files = files[::1 if EVERYTHING else 5]
        if not files:
            continue
        r = publish(a, '--format', 'stix', *files)
        for k in ('objects', 'published', 'unchanged'):
            total[k] += r[k]
        total['refused'] += len(r['refused'])
        total['losses'] += len(r['losses'])
        for row in r['refused']:
            assert row['text'] and row['reason'] and row['place'], row
            reasons[row['reason']] += 1
    print(dict(total), dict(reasons))
    equal(total['published'] + total['unchanged'] + total['refused'],
          total['objects'], 'nothing is dropped in silence')
    assert total['published'] > 2000, total


main(globals())
