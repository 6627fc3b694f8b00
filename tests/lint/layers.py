#!/usr/bin/env python3
"""Includes go only downwards, without cycles, as layers.txt says."""
import os

import sources


def read_rules():
    rules = {'may': {}, 'lib': [], 'pure': [], 'impure': []}
    for line in sources.read('tests/lint/layers.txt').splitlines():
        words = line.split('#')[0].split()
        if not words:
            continue
        if words[0] == 'lib':
            rules['lib'].append((words[1], words[2:]))
        elif words[0] in ('pure', 'impure'):
            rules[words[0]] += words[1:]
        else:
            rules['may'][words[0].rstrip(':')] = words[1:]
    return rules


def check_rules(may, found):
    """The table itself: known folders, and nothing above the line."""
    seen = set()
    for folder, below in may.items():
        for name in below:
            if name not in seen:
                found.append('layers.txt: %s: %s is not above it'
                             % (folder, name))
        seen.add(folder)


def check_own(path, all_includes, found):
    """A .c file begins with its own header, so that header stands alone."""
    own = os.path.splitext(path)[0] + '.h'
    if path.endswith('.c') and os.path.exists(
            os.path.join(sources.ROOT, own)) and all_includes:
        want = '/'.join(own.split('/')[-2:])
        line, name, _ = all_includes[0]
        if name != want:
            found.append('%s:%d: the first include is "%s"; want "%s"'
                         % (path, line, name, want))


def check_project(folder, path, line, name, rules, found):
    target = name.split('/')[0]
    here = sources.folders()
    if '/' not in name or target not in here:
        found.append('%s:%d: "%s": want "folder/file" of the project'
                     % (path, line, name))
    elif not os.path.exists(os.path.join(
            sources.ROOT, here[target], name.split('/', 1)[1])):
        found.append('%s:%d: "%s": no such file' % (path, line, name))
    elif target != folder and target not in rules['may'][folder]:
        found.append('%s:%d: "%s": %s may not include %s'
                     % (path, line, name, folder, target))


def check_system(folder, path, line, name, rules, found):
    for prefix, places in rules['lib']:
        if not name.startswith(prefix):
            continue
        short = '/'.join(path.split('/')[-2:])
        if folder not in places and short not in places:
            found.append('%s:%d: <%s>: only in %s'
                         % (path, line, name, ', '.join(places)))
        break  # the first, most exact row counts
    if folder in rules['pure'] and name in rules['impure']:
        found.append('%s:%d: <%s>: %s is pure' % (path, line, name, folder))


def check_cycles(graph, found):
    """No file reaches itself."""
    state = {}

    def visit(node, trail):
        if state.get(node) == 'done':
            return
        if node in trail:
            found.append('cycle: ' + ' -> '.join(
                trail[trail.index(node):] + [node]))
            return
        for target in graph.get(node, []):
            visit(target, trail + [node])
        state[node] = 'done'

    for node in sorted(graph):
        visit(node, [])


def main():
    found, graph, rules = [], {}, read_rules()
    check_rules(rules['may'], found)
    for folder, path in sources.files('.c', '.h', '.def'):
        if folder not in rules['may']:
            found.append('%s: folder %s is not in layers.txt'
                         % (path, folder))
            continue
        listed = list(sources.includes(sources.read(path)))
        check_own(path, listed, found)
        for line, name, project in listed:
            if project:
                check_project(folder, path, line, name, rules, found)
            else:
                check_system(folder, path, line, name, rules, found)
        graph['/'.join(path.split('/')[-2:])] = [
            n for _, n, p in listed if p and not n.endswith('.def')]
    check_cycles(graph, found)
    sources.finish(found, 'layers')


main()
