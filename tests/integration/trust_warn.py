#!/usr/bin/env python3
"""What must not be blocked: warning lists, and our own constituency."""
import json
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    crash, equal, indicator, main, parts, publish, wait_for, with_net)

OWN = {'as': '[64496]', 'domains': '[gov.example]',
       'prefixes': '["203.0.113.0/24", "2001:db8:ff::/48"]'}
NAMES = {'name': 'List of known names', 'type': 'hostname', 'version': 3,
         'matching_attributes': ['domain', 'hostname', 'url'],
         'list': ['shared.example', '*.cdn.example']}
RANGES = {'name': 'List of known ranges', 'type': 'cidr', 'version': 4,
          'matching_attributes': ['ip-src', 'ip-dst'],
          'list': ['198.51.100.0/24', '2001:db8:1::/48']}


def put_list(inst, name, content):
    path = os.path.join(inst.path('config', 'lists'), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(content if isinstance(content, str) else json.dumps(content))


def configure(inst):
    """Lists and a constituency, in force."""
    put_list(inst, 'names.json', NAMES)
    put_list(inst, 'ranges/list.json', RANGES)
    inst.set_options(warning_lists='lists', **OWN)
    inst.ask('reload')


def about(n, pattern, **more):
    return indicator(n, pattern='[%s]' % pattern, **more)


def evidence(inst, peer):
    """record -> (kind, reason) of what lists and constituency say."""
    items = inst.ask('trust', 'history', peer.id)['items']
    return {(i['record'], i['kind']): i['reason'] for i in items
            if i['kind'] in ('warning-listed', 'own-constituency')}


def lists(inst):
    return {x['file']: x for x in inst.ask('warning-list', 'list')['lists']}


@with_net(2)
def test_listed_values_are_evidence(net):
    a, b = net.all
    configure(b)
    bad = [about(1, "ipv4-addr:value = '198.51.100.7'"),
           about(2, "ipv4-addr:value = '203.0.113.9'"),
           about(3, "ipv6-addr:value = '2001:DB8:1::5'"),
           about(4, "url:value = 'https://x.shared.example/a'"),
           about(5, "autonomous-system:number = 64496"),
           about(6, "domain-name:value = 'www.gov.example'"),
           about(7, "url:value = 'https://shared.example/" +
                 '\u00e4' * 300 + "'")]
    good = [about(10, "ipv4-addr:value = '198.51.101.7'"),
            about(11, "domain-name:value = 'notshared.example'"),
            # It says that they are good, or is no longer said.
            about(12, "ipv4-addr:value = '198.51.100.8'",
                  indicator_types=['benign']),
            about(13, "ipv4-addr:value = '198.51.100.9'", revoked=True),
            # Bad only together with something else.
            about(14, "ipv4-addr:value = '198.51.100.7' AND "
                  "url:value = 'http://evil.example/'"),
            about(15, "autonomous-system:number = 64497")]
    publish(net, a, bad + good)
    wait_for(lambda: len(b.ids('--source', a.id)) == len(bad + good), 30,
             'there')
    got = evidence(b, a)
    equal({k: v.split(' ', 1)[1] for k, v in got.items()}, {
        (bad[0]['id'], 'warning-listed'): 'is on "List of known ranges"',
        (bad[1]['id'], 'own-constituency'):
            'is in our constituency (203.0.113.0/24)',
        (bad[2]['id'], 'warning-listed'): 'is on "List of known ranges"',
        (bad[3]['id'], 'warning-listed'): 'is on "List of known names"',
        (bad[4]['id'], 'own-constituency'):
            'is in our constituency (AS64496)',
        (bad[6]['id'], 'warning-listed'): 'is on "List of known names"',
        (bad[5]['id'], 'own-constituency'):
            'is in our constituency (gov.example)',
    }, 'evidence')
    assert got[(bad[0]['id'], 'warning-listed')].startswith(
        '198.51.100.7 '), got
    assert '198.51.100.7 is on "List of known ranges"' in b.ctl(
        'trust', 'history', a.id), 'history'
    assert 'is on "List of known' in b.ctl('trust', 'show', a.id), 'show'
    # The other side has no lists: nothing is looked up there.
    equal(evidence(a, b), {}, 'none')
    equal(a.ask('warning-list', 'list')['lists'], [], 'no lists')


@with_net(2)
def test_each_counts_4(net):
    a, b = net.all
    configure(b)
    # In one record, two mistakes of two kinds; twice is once.
    o = about(1, "ipv4-addr:value = '198.51.100.7' OR "
              "ipv4-addr:value = '198.51.100.8' OR "
              "ipv4-addr:value = '203.0.113.9'")
    publish(net, a, [o])
    wait_for(lambda: len(evidence(b, a)) == 2, 30, 'two facts')
    score = b.ask('trust', 'show', a.id)['peer']['scores']['reliability']
    assert 7.99 < float(score['s']) <= 8, score
    assert evidence(b, a)[(o['id'], 'warning-listed')].endswith(
        ', and 1 more of its values'), evidence(b, a)
    publish(net, a, [dict(o, modified='2026-02-01T00:00:00.000Z',
                          name='again')])
    wait_for(lambda: 'again' in json.dumps(b.ask('show', o['id'])), 30,
             'the new version')
    equal(len(evidence(b, a)), 2, 'once a record')
    crash(b)
    equal(len(evidence(b, a)), 2, 'kept')


@with_net(2, introduced=False)
def test_asking_what_a_value_is_on(net):
    a = net.all[0]
    configure(a)
    r = a.ask('warning-list', 'check', '198.51.100.7', '203.0.113.0/28',
              'AS64496', 'hxxp://x.shared[.]example/', '192.0.2.1',
              '2001:db8:1::/32')
    ranges = {'list': RANGES['name'], 'type': 'cidr',
              'file': 'ranges/list.json'}
    own = {'constituency': '203.0.113.0/24'}
    equal([v['on'] for v in r['values']], [
        [ranges], [own], [{'constituency': 'AS64496'}],
        [{'list': NAMES['name'], 'type': 'hostname', 'file': 'names.json'}],
        [], [{'constituency': '2001:db8:ff::/48'}, ranges]], 'what on')
    text = a.ctl('warning-list', 'check', '198.51.100.7', '192.0.2.1')
    assert '198.51.100.7: on "List of known ranges" (cidr, ranges/' in text
    assert '192.0.2.1: on no list' in text, text
    r = a.ctl_run('warning-list', 'check', '198.51.100.7', 'no value')
    equal(r.returncode, 2, 'refused')
    assert 'no value: no value that can be looked up' in r.stderr.decode(), r
    equal(a.ctl_run('warning-list', 'check').returncode, 2, 'nothing asked')
    text = a.ctl('warning-list', 'list')
    for word in ('List of known names', 'hostname', 'AS64496',
                 '203.0.113.0/24', 'gov.example'):
        assert word in text, text
    # A list that is there from now on.
    put_list(a, 'more.json', {'name': 'More', 'type': 'string',
                              'list': ['192.0.2.1']})
    a.ask('reload')
    r = a.ask('warning-list', 'check', '192.0.2.1')
    equal(r['values'][0]['on'][0]['list'], 'More', 'after a reload')
    # A vault that is started again gets them again.
    for pid in parts(a.pid()):
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            if b'comity-vault' in f.read():
                os.kill(pid, signal.SIGKILL)
                wait_for(lambda p=pid: not os.path.exists('/proc/%d' % p),
                         20, 'it is gone')
    wait_for(lambda: a.ctl_run('status').returncode == 0, 30, 'it is back')
    equal(len(lists(a)), 3, 'after a crash')


@with_net(2)
def test_lists_that_do_not_read(net):
    a, b = net.all
    configure(b)
    put_list(b, 'names.json', '{"name": "x",\n "list": [1]}')
    put_list(b, 'regex.json', {'name': 'r', 'type': 'regex',
                               'list': ['ok', '(open']})
    put_list(b, 'zz.json', {'name': 'Later', 'type': 'string',
                            'list': ['later.example']})
    os.symlink('/etc/hostname', b.path('config', 'lists/link.json'))
    said = b.ask('config', 'check')['warnings']
    for word in ('names.json:2:11: ', 'regex.json: entry 2 "(open"',
                 'link.json: a symbolic link'):
        assert any('warning list ' + word in x for x in said), said
    b.ask('reload')
    rows = lists(b)
    assert rows['names.json']['problem'].startswith(
        'names.json:2:11: '), rows
    equal(rows['names.json']['name'], NAMES['name'], 'the old one stays')
    equal(rows['names.json']['entries'], 2, 'with its entries')
    assert 'entry 2 "(open"' in rows['regex.json']['problem'], rows
    assert 'symbolic link' in rows['link.json']['problem'], rows
    equal(rows['ranges/list.json'].get('problem'), None, 'this one is good')
    said = ' '.join(b.ask('status')['warnings'])
    assert 'warning list names.json was refused: names.json:2:11' in said
    assert 'warning-list-refused file="regex.json"' in b.log_tail(400), 'log'
    publish(net, a, [about(1, "domain-name:value = 'a.cdn.example'"),
                     about(2, "domain-name:value = 'later.example'")])
    wait_for(lambda: len(evidence(b, a)) == 2, 30, 'old and new')
    # Gone is gone.
    for name in ('names.json', 'regex.json', 'link.json', 'zz.json'):
        os.unlink(b.path('config', 'lists/' + name))
    b.ask('reload')
    equal(list(lists(b)), ['ranges/list.json'], 'what is left')
    publish(net, a, [about(3, "domain-name:value = 'b.cdn.example'")])
    wait_for(lambda: len(b.ids('--source', a.id)) == 3, 30, 'there')
    equal(len(evidence(b, a)), 2, 'no longer listed')
    # Settings that do not read leave everything.
    b.set_options(prefixes='[203.0.113.0/33]')
    r = b.ctl_run('reload')
    assert r.returncode != 0 and '203.0.113.0/33' in r.stderr.decode(), r
    equal(list(lists(b)), ['ranges/list.json'], 'still')
    b.set_options(warning_lists='nowhere', **OWN)
    b.ask('reload')
    assert 'No such file' in lists(b)['nowhere']['problem'], lists(b)
    assert 'ranges/list.json' in lists(b), 'it stays'


if __name__ == '__main__':
    main(globals())
