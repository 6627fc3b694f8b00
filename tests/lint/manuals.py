#!/usr/bin/env python3
"""What a table in the sources lists has its paragraph, and nothing else.

usage: manuals.py CHECK [list_options]

A thing has its paragraph when its name stands in the head (.It, .Ss or .Sh)
of one in the page named below.  The other way round, every name at the
head of a paragraph in the section named below must be in the table.
"""
import os
import re
import subprocess
import sys

import sources

MACROS = {'Ic', 'Cm', 'Dv', 'Er', 'Li', 'Nm', 'Em', 'Sy', 'Fl', 'Ta', 'Ns',
          'No', 'Xo', 'Xc', 'Ql', 'Dq', 'Va', 'Vt', 'Ev', 'Pa', 'Fa'}

# check: table, row macro, pages (None: any), section, what a name looks like
ROWS = {
    'messages': ('proto/wire/messages.def', 'MESSAGE_ROW',
                 ['comity-protocol.7'], r'MESSAGES\b', r'[A-Z][A-Z0-9_]+'),
    'refusals': ('proto/record/refusal.def', 'REFUSAL_ROW', None,
                 r'REFUSALS?$|REFUSAL CODES$', r'[a-z][a-z0-9-]*'),
    'errors': ('proto/base/err.def', 'ERR_ROW', None,
               r'ERRORS$|ERROR CODES$', r'ERR_[A-Z_]+'),
    'closes': (None, 'CLOSE_ROW', None,
               r'CLOSE REASONS$|CLOSING$', r'[a-z][a-z0-9-]*'),
    'counters': ('daemon/host/counters.def', 'COUNTER_ROW', ['comityd.8'],
                 r'COUNTERS$', r'[a-z][a-z0-9_]*'),
}


class Page:
    """The heads of paragraphs in a page: (section, line, words)."""

    def __init__(self, name):
        self.name = name
        self.heads = []
        section = ''
        text = sources.read('man/' + name)
        for i, line in enumerate(text.split('\n')):
            m = re.match(r'\.(Sh|Ss|It)\s+(.*)', line)
            if not m:
                continue
            if m.group(1) == 'Sh':
                section = m.group(2).strip('"')
            words = re.findall(r'"[^"]*"|\S+', m.group(2))
            self.heads.append((section, i + 1,
                               [w.strip('"') for w in words], m.group(1)))

    def names(self):
        for _, _, words, _ in self.heads:
            yield from (w.rstrip(',:;') for w in words)


def pages(names):
    folder = os.path.join(sources.ROOT, 'man')
    have = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    have = [n for n in have if re.search(r'\.[1-8]$', n)]
    if names is not None:
        missing = [n for n in names if n not in have]
        if missing:
            sources.skip('no man/' + missing[0])
        have = names
    if not have:
        sources.skip('no manual pages')
    return [Page(n) for n in have]


def find_def(path, macro):
    """The .def file with these rows; its text without comments."""
    if path is None:
        for _, name in sources.files('.def'):
            if re.search(r'^%s\(' % macro, sources.read(name), re.M):
                path = name
    if path is None or not os.path.exists(os.path.join(sources.ROOT, path)):
        sources.skip('no table of ' + macro)
    return path, re.sub(r'/\*.*?\*/', '', sources.read(path), flags=re.S)


def rows(path, macro):
    """(names it may be documented by) of every row."""
    path, text = find_def(path, macro)
    found = []
    for m in re.finditer(r'^%s\(([^"\n]*)((?:"[^"]*")?)' % macro, text, re.M):
        ident = m.group(1).split(',')[0].strip()
        names = {ident}
        shown = m.group(2).strip('"')
        if shown and re.fullmatch(r'[A-Za-z0-9_.-]+', shown):
            names.add(shown)
        names.add(re.sub(r'^(CTR|COUNTER|CLOSE|REFUSAL)_', '', ident))
        names.add(re.sub(r'^(CTR|COUNTER|CLOSE|REFUSAL)_', '',
                         ident).lower())
        found.append((ident, names))
    return path, found


def check_rows(check):
    path, macro, names, section, form = ROWS[check]
    path, table = rows(path, macro)
    if names is None:
        pages(['comityctl.1'])
        pages(['comity-protocol.7'])
    all_pages = pages(names)
    have = {n for page in all_pages for n in page.names()}
    found = ['%s: %s has no paragraph in %s'
             % (path, ident, ' or '.join(p.name for p in all_pages))
             for ident, ways in table
             if not ways & have and not ident.endswith('_NONE')]
    known = {n for _, ways in table for n in ways}
    for page in all_pages:
        for sh, line, words, kind in page.heads:
            if kind == 'Sh' or not re.match(section, sh):
                continue
            words = [w.rstrip(',:') for w in words if w not in MACROS]
            if words and re.fullmatch(form, words[0]) and \
                    words[0] not in known:
                found.append('man/%s:%d: %s is not in %s'
                             % (page.name, line, words[0], path))
    sources.finish(found, '%s in the manuals' % check)


def option_names(text):
    """Names with dots, from the options printed as YAML."""
    section = ''
    for line in text.split('\n'):
        m = re.match(r'( *)([a-z-]+):(.*)', line)
        if m and not m.group(1) and not m.group(3).strip():
            section = m.group(2) + '.'
        elif m:
            yield (section if m.group(1) else '') + m.group(2)


def check_options():
    listed = subprocess.run([sys.argv[2]], capture_output=True, text=True,
                            check=True).stdout
    table = list(option_names(listed))
    page, = pages(['comityd.yaml.5'])
    found = []
    documented = [w[1] for sh, _, w, kind in page.heads
                  if sh == 'OPTIONS' and kind == 'It' and w[0] == 'Ic']
    for name in table:
        if documented.count(name) != 1:
            found.append('%s has %d paragraphs in comityd.yaml(5)'
                         % (name, documented.count(name)))
    found += ['%s is in comityd.yaml(5) but not in settings.c' % name
              for name in documented if name not in table]
    example = re.sub(r'^( *)#(?=[a-z])', r'\1',
                     sources.read('config/examples/comityd.yaml'), flags=re.M)
    shown = list(option_names(example))
    found += ['%s is not in config/examples/comityd.yaml' % name
              for name in table if name not in shown]
    sources.finish(found, 'options in the manual')


def check_commands():
    path = 'daemon/ctl/commands.c'
    if not os.path.exists(os.path.join(sources.ROOT, path)):
        sources.skip('no ' + path)
    table = re.findall(r'^\t\{ "([a-z -]+)",', sources.read(path), re.M)
    page, = pages(['comityctl.1'])
    documented = []
    for sh, line, words, kind in page.heads:
        if kind != 'It' or not re.match(r'.*COMMANDS$', sh) or \
                words[0] not in ('Ic', 'Cm', 'Xo'):
            continue
        name = []
        for w in words[1:]:
            if w in ('Ic', 'Cm'):
                continue
            if not re.fullmatch(r'[a-z]+(-[a-z]+)*', w):
                break
            name.append(w)
        documented.append((' '.join(name), line))
    names = [n for n, _ in documented]
    found = ['%s: %s has no paragraph in comityctl(1)' % (path, name)
             for name in table if name not in names]
    found += ['man/comityctl.1:%d: %s is not a command' % (line, name)
              for name, line in documented if name and name not in table]
    sources.finish(found, '%d commands in the manual' % len(table))


def main():
    if sys.argv[1] == 'options':
        check_options()
    elif sys.argv[1] == 'commands':
        check_commands()
    else:
        check_rows(sys.argv[1])


main()
