"""Archives and workbooks that are not what they say: bombs, loops, links, lies."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from tests.api.hostile.bodies import TEXT, Make, cut_off, flipped, some

GIB: Final = 1 << 30


@dataclass(frozen=True)
class Part:
    """A part of an archive: deflated already; size and checksum as the archive says."""

    name: str
    data: bytes
    size: int
    crc: int
    flags: int = 0


def part(name: str, content: bytes) -> Part:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return Part(name, packer.compress(content) + packer.flush(), len(content), zlib.crc32(content))


def bomb(name: str, start: bytes, unit: bytes, end: bytes, size: int) -> Part:
    """A part that inflates to `size` bytes, made without ever being so large: one packed block stands many times."""
    block = unit * max(1, (1 << 20) // len(unit))

    def pack(content: bytes, mode: int) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(content) + packer.flush(mode)

    times = size // len(block)
    crc = zlib.crc32(start)
    for _ in range(times):
        crc = zlib.crc32(block, crc)
    data = pack(start, zlib.Z_FULL_FLUSH) + pack(block, zlib.Z_FULL_FLUSH) * times + pack(end, zlib.Z_FINISH)
    return Part(name, data, len(start) + times * len(block) + len(end), zlib.crc32(end, crc))


def archive(parts: Iterable[Part]) -> bytes:
    """A zip archive of parts, as they say they are."""
    local, central = io.BytesIO(), io.BytesIO()
    count = 0
    for one in parts:
        count += 1
        name = one.name.encode()
        about = struct.pack("<HHHHHIII", 20, one.flags, 8, 0, 33, one.crc, len(one.data), one.size)
        central.write(b"PK\1\2" + struct.pack("<H", 20) + about)
        central.write(struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, local.tell()) + name)
        local.write(b"PK\3\4" + about + struct.pack("<HH", len(name), 0) + name + one.data)
    count = min(count, 0xFFFF)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, central.tell(), local.tell(), 0)
    return local.getvalue() + central.getvalue() + b"PK\5\6" + end


XML: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET: Final = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_END: Final = b"</sheetData></worksheet>"
STRINGS: Final = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET_PART: Final = "xl/worksheets/sheet1.xml"
STRINGS_PART: Final = "xl/sharedStrings.xml"


def row(*texts: str) -> bytes:
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f"<row>{cells}</row>".encode()


def workbook(sheet: Part | bytes, *more: Part, sheets: bytes = b"", without: str = "") -> bytes:
    """An Excel workbook with this sheet, and whatever else."""
    if isinstance(sheet, bytes):
        sheet = part(SHEET_PART, XML + SHEET + sheet + SHEET_END)
    types = b"".join(
        b'<Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.%s+xml"/>'
        % one
        for one in [
            (b"xl/workbook.xml", b"sheet.main"),
            (b"xl/worksheets/sheet1.xml", b"worksheet"),
            (b"xl/sharedStrings.xml", b"sharedStrings"),
        ]
    )
    relations = f'<Relationships xmlns="{_RELATIONS.replace("officeDocument", "package")}">'.encode()
    usual = [
        part(
            "[Content_Types].xml",
            XML + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            b'<Default Extension="xml" ContentType="application/xml"/>' + types + b"</Types>",
        ),
        part(
            "_rels/.rels",
            XML
            + relations
            + f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'.encode(),
        ),
        part(
            "xl/workbook.xml",
            XML + b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            b'xmlns:r="'
            + _RELATIONS.encode()
            + b'"><sheets><sheet name="a" sheetId="1" r:id="rId1"/>'
            + sheets
            + b"</sheets></workbook>",
        ),
        part(
            "xl/_rels/workbook.xml.rels",
            XML
            + relations
            + f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>".encode(),
        ),
        sheet,
    ]
    named = {one.name for one in more}
    parts = [one for one in usual if one.name not in named and one.name != without]
    return archive([*parts, *more])


NEARLY_4_GIB: Final = 39 * GIB // 10


def sheet_bomb(unit: bytes, *, start: bytes = b"", size: int = NEARLY_4_GIB) -> Part:
    return bomb(SHEET_PART, XML + SHEET + start, unit, SHEET_END, size)


LAUGHS: Final = (
    '<!DOCTYPE a [<!ENTITY l0 "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 13))
    + "]>"
).encode()
GOOD: Final = row("投诉内容") + row(TEXT)


def nested_zips(_: Random) -> bytes:
    inner = archive([bomb("zeros", b"", bytes(1 << 10), b"", GIB)])
    for depth in range(5):
        inner = archive([part(f"{depth}-{copy}.zip", inner) for copy in range(10)])
    return workbook(part(SHEET_PART, inner))


def lying(sheet: Part, size: int) -> bytes:
    return workbook(replace(sheet, size=size))


def external(_: Random) -> bytes:
    link = part(
        "xl/externalLinks/externalLink1.xml",
        XML + b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>',
    )
    relation = part(
        "xl/externalLinks/_rels/externalLink1.xml.rels",
        f'<Relationships><Relationship Id="rId1" Type="{_RELATIONS}/externalLinkPath" TargetMode="External" '
        'Target="file://127.0.0.1/share/x.xlsx"/></Relationships>'.encode(),
    )
    formulas = "".join(
        f'<row><c t="str"><f>{formula}</f><v>{TEXT}</v></c></row>'
        for formula in ("cmd|'/c calc'!A0", "[1]a!A1", 'WEBSERVICE("http://127.0.0.1/")', "HYPERLINK(1)", "A1+A2")
    )
    return workbook(row("投诉内容") + formulas.encode() + row("=cmd|'/c calc'!A0", "@SUM(1)"), link, relation)


def ods(repeated: bytes) -> bytes:
    content = (
        b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        b'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        b'<table:table table:name="a">' + repeated + b"</table:table></office:spreadsheet></office:body>"
        b"</office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b'<manifest:file-entry manifest:full-path="/" manifest:media-type="%s"/></manifest:manifest>' % kind
    )
    parts = [part("mimetype", kind), part("META-INF/manifest.xml", manifest), part("content.xml", content)]
    # Its type is told by the first part, which is not packed elsewhere; readers look at the name.
    return archive(parts)


_ODS_CELL: Final = b'<table:table-cell%s office:value-type="string"><text:p>\xe5\xb9\xb4</text:p></table:table-cell>'


def ods_bomb(_: Random) -> bytes:
    row = b'<table:table-row table:number-rows-repeated="1048576">%s</table:table-row>'
    return ods(row % (_ODS_CELL % b' table:number-columns-repeated="16384"') * 3)


# --- files: the old Excel format

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(fat: Sequence[int], *, sectors: int = 1, directory: int = 1, tables: int = 1, size: int = 9) -> bytes:
    """A compound file, whose chains of sectors go where they are told to."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, size, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, tables, directory, 0, 4_096, _END, 0, _END, 0)
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    name = "Root Entry".encode("utf-16-le")
    root = name + bytes(64 - len(name)) + struct.pack("<HBB", 22, 5, 0) + struct.pack("<III", _FREE, _FREE, 1)
    root += bytes(36) + struct.pack("<IQ", 2, 1 << 31)
    book = "Workbook".encode("utf-16-le")
    stream = book + bytes(64 - len(book)) + struct.pack("<HBB", 18, 2, 0) + struct.pack("<III", _FREE, _FREE, _FREE)
    stream += bytes(36) + struct.pack("<IQ", 2, 1 << 30)
    return head + table + (root + stream + bytes(256)) + bytes(512) * sectors


def garbled_xls(draw: Random) -> bytes:
    return compound([_FAT, _END, *draw.choices(range(20), k=100)]) + draw.randbytes(some(draw, 1 << 20))


def flipped_workbook(draw: Random) -> bytes:
    return flipped(draw, workbook(GOOD * 50))


FILES: Final[dict[str, Make]] = {
    "zip_that_is_empty": lambda _: archive([]),
    "zip_without_a_workbook": lambda _: archive([part("a.txt", b"x")]),
    "xlsx_without_its_sheet": lambda _: workbook(GOOD, without=SHEET_PART),
    "xlsx_without_relations": lambda _: workbook(GOOD, without="xl/_rels/workbook.xml.rels"),
    "xlsx_cut_off": lambda draw: cut_off(draw, workbook(GOOD))[:-30] or b"PK\3\4",
    "xlsx_with_flipped_bytes": flipped_workbook,
    "xlsx_said_to_be_encrypted": lambda _: workbook(replace(part(SHEET_PART, XML), flags=1)),
    "xlsx_with_parts_named_upwards": lambda _: workbook(GOOD, part("../../../../etc/passwd", b"x")),
    "xlsx_with_external_links_and_dde": external,
    "xlsx_of_billion_laughs": lambda _: workbook(
        part(SHEET_PART, XML + LAUGHS + SHEET + row("text") + row("&l12;") + SHEET_END)
    ),
    "xlsx_of_billion_laughs_in_its_strings": lambda _: workbook(
        b'<row><c t="s"><v>0</v></c></row>', part(STRINGS_PART, LAUGHS + STRINGS + b"<si><t>&l12;</t></si></sst>")
    ),
    "xlsx_of_broken_xml": lambda draw: workbook(draw.randbytes(5_000)),
    "xlsx_with_impossible_cells": lambda _: workbook(
        b'<row r="0"><c r="A0"/></row><row r="4294967295"><c r="ZZZZZZZ99999999999"><v>1e999</v></c></row>'
        b'<row r="-1"><c r="1A" t="s"><v>99999999</v></c><c r="B1" t="d"><v>9999-99-99</v></c></row>'
    ),
    "xls_of_a_header": lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "xls_with_garbage": garbled_xls,
    "xls_whose_chain_is_a_ring": lambda _: compound([_FAT, 1, 2]),
    "xls_of_immense_tables": lambda _: compound([_FAT, _END], tables=0x7FFFFFFF),
    "xls_of_immense_sectors": lambda _: compound([_FAT, _END], size=0xFFFF),
    "xlsx_of_rows": lambda _: workbook(sheet_bomb(row("年费"))),
    "xlsx_of_empty_rows": lambda _: workbook(sheet_bomb(b"<row/>", size=2 * GIB)),
    "xlsx_of_blanks": lambda _: workbook(sheet_bomb(b" ")),
    "xlsx_of_zeros": lambda _: workbook(sheet_bomb(b"\0")),
    "xlsx_of_one_cell": lambda _: workbook(sheet_bomb(b"x", start=b'<row><c t="inlineStr"><is><t>')),
    "xlsx_of_one_tag": lambda _: workbook(sheet_bomb(b' a="1"', start=b"<row")),
    "xlsx_of_tags_in_tags": lambda _: workbook(sheet_bomb(b"<row>")),
    "xlsx_of_strings": lambda _: workbook(
        b'<row><c t="s"><v>0</v></c></row>', bomb(STRINGS_PART, STRINGS, b"<si><t>x</t></si>", b"</sst>", NEARLY_4_GIB)
    ),
    "xlsx_of_a_workbook": lambda _: workbook(
        GOOD,
        bomb("xl/workbook.xml", b"<workbook><sheets>", b'<sheet name="a"/>', b"</sheets></workbook>", NEARLY_4_GIB),
    ),
    "xlsx_of_zips_in_zips": nested_zips,
    "xlsx_that_says_it_is_small": lambda _: lying(sheet_bomb(row("年费"), size=2 * GIB), 100),
    "xlsx_that_says_it_is_large": lambda _: lying(part(SHEET_PART, XML + SHEET + GOOD + SHEET_END), 0xFFFFFFF0),
    "xlsx_with_a_far_cell": lambda _: workbook(
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    ),
    "xlsx_of_many_sheets": lambda _: workbook(
        GOOD, sheets=b"".join(b'<sheet name="s%d" sheetId="%d" r:id="rId1"/>' % (n, n) for n in range(2, 200_000))
    ),
    "xlsx_of_many_parts": lambda _: workbook(GOOD, *(part(f"p{n}", b"") for n in range(65_000))),
    "ods_of_repeated_cells": ods_bomb,
}
"""By name; the first are small, the rest large, or become so when they are read."""
