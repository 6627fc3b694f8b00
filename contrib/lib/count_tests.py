#!/usr/bin/env python3
"""What a run of `meson test` came to, as `N passed, N failed, N skipped`.

usage: count_tests.py testlog.json

A cmocka program counts as its test cases; any other test counts as one.
The output of what failed is shown before.  Exit status 1 if any failed.
"""
import json
import re
import sys

TAIL_LINES = 60


def cases(stdout):
    """(passed, failed, skipped) of a cmocka program, or None."""
    if not re.search(r'^\[=+\] (Running )?\d+ test', stdout, re.M):
        return None

    def count(word):
        return len(re.findall(r'^\[ *%s *\] \w' % word, stdout, re.M))
    passed, skipped = count('OK'), count('SKIPPED')
    # A failure is listed when it happens and again in the summary.
    failed = len(set(re.findall(r'^\[ *FAILED *\] ([a-z]\w*)$', stdout,
                                re.M)))
    skipped = len(set(re.findall(r'^\[ *SKIPPED *\] ([a-z]\w*)$', stdout,
                                 re.M)))
    return passed, failed, skipped


def main():
    totals = [0, 0, 0]
    with open(sys.argv[1], encoding='utf-8') as log:
        tests = [json.loads(line) for line in log if line.strip()]
    for t in tests:
        good = t['result'] in ('OK', 'EXPECTEDFAIL')
        skipped = t['result'] == 'SKIP'
        text = t.get('stdout', '') + t.get('stderr', '')
        found = cases(text) or ((0, 0, 1) if skipped else
                                (1, 0, 0) if good else (0, 1, 0))
        if not good and not skipped:
            found = (found[0], max(found[1], 1), found[2])
            print('--- %s: %s' % (t['name'], t['result']))
            print('\n'.join(text.rstrip().split('\n')[-TAIL_LINES:]))
            print()
        totals = [a + b for a, b in zip(totals, found)]
    print('%d passed, %d failed, %d skipped' % tuple(totals))
    sys.exit(1 if totals[1] or not tests else 0)


main()
