"""Reduces what abidw writes of the shared library to its interface: the exported functions, and the types
that they are made of. Everything else in the debug information is the inside of the library, which may
change from build to build.

    abidw … library | python3 abi.py > include/portcullis.abi
"""

import sys
import xml.etree.ElementTree as xml

NAMED = {"class-decl", "typedef-decl", "enum-decl", "union-decl", "pointer-type-def", "type-decl", "function-type",
         "array-type-def", "qualified-type-def", "reference-type-def", "subrange"}


def main():
    tree = xml.parse(sys.stdin)
    root = tree.getroot()
    types = {element.get("id"): element for element in root.iter() if element.tag in NAMED and element.get("id")}
    parents = {child: parent for parent in root.iter() for child in parent}

    kept, todo = set(), []
    for function in root.iter("function-decl"):
        if function.get("elf-symbol-id", "").startswith("portcullis_"):
            todo.append(function)
    assert todo, "no function of the interface was found: is there debug information?"
    while todo:
        element = todo.pop()
        if element in kept:
            continue
        kept.add(element)
        for inner in element.iter():
            kept.add(inner)
            for key, value in inner.attrib.items():
                if (key == "type-id" or key.endswith("-type-id")) and value in types:
                    todo.append(types[value])
        # The namespaces that it stands in, but nothing else of them.
        while element in parents:
            element = parents[element]
            kept.add(element)
    for element in root.iter():
        if element.tag.startswith("elf-"):
            kept.add(element)

    def prune(element):
        for child in list(element):
            if child in kept:
                prune(child)
            else:
                element.remove(child)

    prune(root)
    for place, element in enumerate(root.iter("abi-instr")):
        # Units of one path would be taken for one.
        element.set("path", "unit-%d" % place)
        element.attrib.pop("comp-dir-path", None)
    rename(root)
    xml.indent(tree, " ")
    tree.write(sys.stdout.buffer, encoding="utf-8")
    print()


def rename(root):
    """Types are numbered by where they stand in the whole, which moves: here, by where they stand in this."""
    numbers = {}
    for element in root.iter():
        if element.get("id"):
            numbers[element.get("id")] = "type-%d" % (len(numbers) + 1)
    for element in root.iter():
        for key, value in element.attrib.items():
            if value in numbers:
                element.set(key, numbers[value])


main()
