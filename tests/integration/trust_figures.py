#!/usr/bin/env python3
"""Who counts the same evidence gets the same figures, to the last digit."""
import datetime
import json
import os
import sqlite3
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    equal, indicator, main, wait_for, with_net, write_lines)

FIGURES = ('r', 's', 'b', 'd', 'u', 'E', 'band', 'letter')
DIMENSIONS = ('reliability', 'discretion', 'judgement')
AT_FIRST = 'trust: {initial: {default: {reliability: B, discretion: C}}}\n'


def in_days(n):
    t = datetime.datetime.now(datetime.timezone.utc)
    return (t + datetime.timedelta(days=n)).strftime('%Y-%m-%dT%H:%M:%SZ')


def freeze(inst, at):
    """Give the engine that moment, from the next start on."""
    inst.set_options(trust_clock="'%s'" % at)
    inst.start()
    inst.wait_ready()


def figures(inst, peer):
    scores = inst.ask('trust', 'show', peer.id)['peer']['scores']
    return {d: tuple(scores[d][f] for f in FIGURES) for d in DIMENSIONS}


def replayed(inst, text, name):
    """What trust replay makes of that file, at its end, of every peer."""
    path = os.path.join(inst.dir, name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    r = inst.ask('trust', 'replay', path)
    equal(r['notes'], [], 'everything counts as it did')
    return {(s['peer'], s['dimension']): tuple(s[f] for f in FIGURES)
            for s in r['scores']}


def give_evidence(net, a, others):
    objects = [indicator(i) for i in range(6)]
    objects += [indicator(6, valid_from='2020-01-02T00:00:00Z',
                          valid_until='2021-01-02T00:00:00Z')]
    a.ctl('publish', write_lines(os.path.join(net.dir, 'in'), objects))
    for inst in others:
        wait_for(lambda i=inst: len(i.ids('--source', a.id)) == 7, 30,
                 'there')
    for i in range(2):
        others[0].ask('sight', indicator(i)['id'], '--false-positive')
    wait_for(lambda: {i['kind'] for i in others[0].ask(
        'trust', 'history', a.id)['items']} >= {'false-positive', 'stale'},
             30, 'evidence')


def rows_of(inst):
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    rows = db.execute("SELECT space, name, value FROM setting WHERE "
                      "space = 'evidence'").fetchall()
    db.close()
    return rows


def give_rows(inst, rows):
    db = sqlite3.connect(inst.path('state', 'comity.db'))
    db.execute("DELETE FROM setting WHERE space = 'evidence'")
    db.executemany('INSERT INTO setting (space, name, value) VALUES '
                   '(?, ?, ?)', rows)
    db.commit()
    db.close()


@with_net(3, more=AT_FIRST)
def test_same_evidence_same_figures(net):
    a, b, c = net.all
    give_evidence(net, a, [b, c])
    for inst in (b, c):
        assert inst.stop()
    rows = [r for r in rows_of(b) if r[1].startswith(a.id + '/')]
    assert len(rows) >= 3, rows
    for inst in (b, c):
        give_rows(inst, rows)
    assert a.stop()             # nothing is added meanwhile
    at = in_days(40)
    for inst in (b, c):
        freeze(inst, at)
    mine = figures(b, a)
    assert 0 < float(mine['reliability'][1]) < 2.25, mine
    assert mine['reliability'][6] != 'B', mine
    equal(figures(c, a), mine, 'the other daemon')
    # And who has neither daemon nor store counts the same from the file.
    text = b.ctl('trust', 'evidence')
    equal(c.ctl('trust', 'evidence', a.id).count('"print"'), 3, 'one peer')
    scores = replayed(b, text, 'evidence.jsonl')
    for d in DIMENSIONS:
        equal(scores[a.id, d], mine[d], d)
        equal(scores[c.id, d], figures(b, c)[d], 'of whom nothing is known')
    whole = b.ask('trust', 'evidence')
    equal((len(whole['items']), whole['at'][:19] + 'Z'), (len(rows), at),
          'as JSON')
    equal(sorted(whole['peers']), [a.id, c.id], 'peers')
    equal(whole['initial'][a.id], {'reliability': 'B', 'discretion': 'C'},
          'initial')
    lines = [json.loads(l) for l in text.splitlines()]
    equal([l['at'] for l in lines if 'kind' in l],
          sorted(l['at'] for l in lines if 'kind' in l), 'in order')
    equal(b.ctl_run('trust', 'evidence', 'nobody').returncode, 4, 'nobody')


if __name__ == '__main__':
    main(globals())
