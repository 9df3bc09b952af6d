"""Pictures that mean harm, and what becomes of good ones, in the real imaging processes."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import random
import socket
import struct
import zlib

import pytest
from PIL import Image, ImageDraw

from services.brand_assets.imaging import pool
from services.brand_assets.imaging.pool import Imaging
from services.brand_assets.imaging.protocol import MAX_MESSAGE, Developed, Order, Spoilt, receive, send
from tests.unit.brand_assets.drawing import bomb, crowded_icon, encoded, frames, mark

XMLNS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
GOOD = encoded(mark({"colours": ["#E4002B", "#202020"]}), "PNG")


def svg(inside, box="0 0 100 40", more=""):
    return f'<svg {XMLNS} viewBox="{box}" {more}>{inside}</svg>'.encode()


def opened(picture):
    return Image.open(io.BytesIO(picture))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("colour", ["#E4002B", "#0033A0", "#FFCC00", "#009639", "#6E2C91"])
async def test_the_colour_of_a_flat_logo_is_exact(imaging, kind, colour):
    picture = mark({"colours": [colour, "#1A1A1A"], "size": [731, 223]})
    out = io.BytesIO()
    picture.save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    developed = await imaging.develop(out.getvalue(), "logo")
    assert developed.palette == [colour, "#1A1A1A"]
    assert developed.brand == colour


async def test_smoothed_edges_make_no_colours(imaging):
    drawing = svg(
        '<circle cx="20" cy="20" r="18" fill="#E4002B"/><text x="45" y="28" font-size="20" fill="#0033A0">Lemoine</text>',
        "0 0 130 40",
    )
    developed = await imaging.develop(drawing, "logo")
    assert set(developed.palette) <= {"#E4002B", "#0033A0"}


async def test_variants_are_never_larger_than_the_logo(imaging):
    developed = await imaging.develop(encoded(mark({"colours": ["#E4002B"], "size": [900, 300]}), "PNG"), "logo")
    assert [opened(one).size for one in developed.variants] == [(512, 171), (256, 85), (64, 21), (256, 256)]
    small = await imaging.develop(encoded(mark({"colours": ["#E4002B"], "size": [50, 30]}), "PNG"), "logo")
    assert [opened(one).size for one in small.variants] == [(50, 30), (256, 256)]


async def test_a_white_logo_stands_on_a_dark_square(imaging):
    for colour, ground in (("#FFFFFF", (26, 26, 26)), ("#E4002B", (255, 255, 255))):
        developed = await imaging.develop(encoded(mark({"colours": [colour]}), "PNG"), "logo")
        assert opened(developed.variants[-1]).getpixel((0, 0)) == ground


async def test_nothing_of_the_original_file_is_kept(imaging):
    picture = mark({"colours": ["#E4002B"]})
    exif = Image.Exif()
    exif[0x010E] = "<script>secret</script>"
    out = io.BytesIO()
    picture.save(out, "PNG", exif=exif, icc_profile=b"secret profile")
    developed = await imaging.develop(out.getvalue() + b"<script>secret</script>", "logo")
    for one in (developed.picture, *developed.variants):
        assert b"secret" not in one
        assert opened(one).format == "PNG"


async def test_a_rotated_photo_stands_upright(imaging):
    picture = Image.new("RGB", (300, 100), "#E4002B")
    ImageDraw.Draw(picture).rectangle((0, 0, 149, 99), fill="#0033A0")
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    developed = await imaging.develop(out.getvalue(), "logo")
    assert (developed.width, developed.height) == (100, 300)


def huge_webp():
    """A header that promises 16383 x 16383 pixels."""
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + bytes(5)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def text_bomb():
    """A PNG with a compressed comment of 100 MB."""
    comment = b"c\0\0" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">I", len(comment)) + b"zTXt" + comment + struct.pack(">I", zlib.crc32(b"zTXt" + comment))
    return GOOD[:33] + chunk + GOOD[33:]


def bomb_in_icon():
    body = bomb()
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 32, 32, 0, 0, 1, 32, len(body), 22) + body


HUGE_FILTER = svg('<filter id="f" x="-10" y="-10" width="2000000" height="2000000"><feGaussianBlur stdDeviation="100000"/><feMorphology radius="9000"/></filter><rect width="99" height="40" filter="url(#f)"/>')  # fmt: skip
"""Takes minutes to draw."""
HARM = {
    "pixel bomb": bomb(),
    "webp bomb": huge_webp(),
    "icon bomb": bomb_in_icon(),
    "crowded icon": crowded_icon(),
    "tiff": encoded(Image.new("RGB", (50, 50)), "TIFF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n",
    "pdf": b"%PDF-1.7\n",
    "html": b"<!doctype html><svg></svg>",
    "long thin": encoded(Image.new("RGB", (20_000, 4)), "PNG"),
    "deep svg": svg("<g>" * 100_000),
    "many parts": svg('<rect width="1" height="1"/>' * 30_000),
    "endless pattern": svg('<pattern id="p" width="0.0001" height="0.0001" patternUnits="userSpaceOnUse"><rect width="1" height="1"/></pattern><rect width="100" height="40" fill="url(#p)"/>'),
    "svg in svg": svg('<image width="100" height="40" href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
    "no size": f"<svg {XMLNS}/>".encode(),
    "infinite size": svg('<rect width="1e308" height="1e308"/>', "0 0 1e308 1e-308"),
    "empty": b" ",
}  # fmt: skip


@pytest.mark.parametrize("name", HARM)
async def test_a_picture_that_means_harm_harms_itself(imaging, name):
    result = await imaging.develop(HARM[name], "logo")
    assert isinstance(result, Spoilt) or name in ("endless pattern", "many parts"), result
    assert isinstance(await imaging.develop(GOOD, "logo"), Developed), "the next one is unharmed"


async def test_what_is_odd_and_harmless(imaging):
    for body in (text_bomb(), frames()):
        assert isinstance(await imaging.develop(body, "logo"), Developed | Spoilt)
    assert isinstance(await imaging.develop(GOOD, "logo"), Developed)


@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
@pytest.mark.parametrize("element", ["image", "filter"])
async def test_a_drawing_opens_no_file(imaging, tmp_path, attribute, element):
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded(Image.new("RGB", (100, 40), "#00FF00"), "PNG"))
    red = '<rect width="20" height="20" fill="#E4002B"/><circle cx="80" cy="20" r="9" fill="#E4002B"/>'
    for address in (str(secret), f"file://{secret}", f"../../../../../..{secret}", secret.name):
        if element == "image":
            inside = f'<image {attribute}="{address}" width="100" height="40"/>{red}'
        else:
            inside = f'<filter id="f"><feImage {attribute}="{address}"/></filter><g filter="url(#f)"><rect width="100" height="40"/></g>{red}'
        developed = await imaging.develop(svg(inside), "logo")
        assert "#00FF00" not in developed.palette
        assert "#E4002B" in developed.palette


async def test_entities_are_only_a_drawings_own(imaging, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("#00FF00")
    body = (
        f'<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg"><!ENTITY x SYSTEM "file://{secret}"><!ENTITY red "#E4002B">]>'
        '<svg xmlns="&ns;" viewBox="0 0 100 40"><style>rect { fill: &x; }</style>'
        '<circle cx="20" cy="20" r="18" fill="&red;"/></svg>'
    ).encode()
    assert (await imaging.develop(body, "logo")).palette == ["#E4002B"]


async def test_an_embedded_picture_is_drawn(imaging):
    data = base64.b64encode(encoded(Image.new("RGB", (10, 10), "#0033A0"), "PNG")).decode()
    body = svg(f'<image width="40" height="40" href="data:image/png;base64,{data}"/><circle cx="80" cy="20" r="9"/>')
    assert "#0033A0" in (await imaging.develop(body, "logo")).palette


@pytest.mark.parametrize("seed", range(8))
async def test_broken_bytes(imaging, seed):
    """Bounded fuzz: good pictures and drawings with bytes changed, cut and doubled."""
    dice = random.Random(seed)
    seeds = [encoded(mark({"colours": ["#E4002B"]}), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "ICO", "AVIF")]
    seeds.append(svg('<path d="M0 0h60v40H0z" fill="#0033A0" transform="rotate(3)"/><use href="#a"/><g id="a"/>'))
    for _ in range(25):
        body = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(len(body))
            match dice.randrange(4):
                case 0:
                    body[at] = dice.randrange(256)
                case 1:
                    del body[at : at + dice.randint(1, 40)]
                case 2:
                    body[at:at] = body[at : at + dice.randint(1, 40)]
                case 3:
                    body[at : at + 4] = dice.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"])
            if not body:
                break
        assert isinstance(
            await imaging.develop(bytes(body), dice.choice(["logo", "favicon", "screenshot"])), Developed | Spoilt
        )
    assert isinstance(await imaging.develop(GOOD, "logo"), Developed)


async def test_a_process_that_is_killed_is_replaced():
    own = Imaging()
    assert isinstance(await own.develop(GOOD, "logo"), Developed)
    for process in list(own._processes):
        os.kill(process._child.pid, 9)
    results = [await own.develop(GOOD, "logo") for _ in range(4)]
    assert isinstance(results[-1], Developed)
    own.close()


async def test_a_picture_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(pool, "_SECONDS", 0.5)
    monkeypatch.setattr(pool, "_START_SECONDS", 10.0)
    own = Imaging()
    assert isinstance(await own.develop(GOOD, "logo"), Developed)
    assert isinstance(await own.develop(GOOD, "logo"), Developed)
    spoilt = await asyncio.gather(*(own.develop(HUGE_FILTER, "logo") for _ in range(2)))
    assert [type(one) for one in spoilt] == [Spoilt, Spoilt]
    assert isinstance(await own.develop(GOOD, "logo"), Developed)
    own.close()
    assert not own._processes


def test_a_liar_on_the_other_side():
    """What a process that was taken over may send."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack(">I", MAX_MESSAGE + 1))
        with pytest.raises(ValueError, match="limit"):
            receive(ours, Developed | Spoilt)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(theirs, Order(b"x", "logo"))
        with pytest.raises(ValueError, match="type"):
            receive(ours, Developed | Spoilt)
        theirs.close()
        assert receive(ours, Developed | Spoilt) is None
