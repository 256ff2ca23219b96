"""Exercises about cost and reach: multiply-adds, units, connections, memory, windows, receptive fields."""

from __future__ import annotations

from math import prod
from random import Random

from striate import equations
from striate.course.exercises.exercise import Drawn, Kind
from striate.course.languages import Words
from striate.text import quantity


def _macs(random: Random) -> Drawn:
    maps_in, maps = random.choice((1, 3, 6, 8, 16)), random.choice((6, 8, 16, 32))
    f, size = random.choice((3, 5)), random.randint(8, 32)
    out = equations.output_size(size, f)
    weights = maps_in * maps * f * f
    key = equations.conv_macs(maps_in * maps, f * f, out * out)
    return Drawn(
        {"maps_in": maps_in, "maps": maps, "kernel": f, "size": size},
        Words(
            f"A convolution, kernel {f}×{f}, stride 1, no padding: {quantity(maps_in, 'map')} of {size}×{size} in,"
            f" {maps} maps out. How many multiply-adds (MACs) for one picture?",
            f"합성곱 커널 {f}×{f}, 스트라이드 1, 패딩 없음. {size}×{size} 맵 {maps_in}개를 입력받아 맵 {maps}개를"
            " 출력합니다. 그림 한 장에 곱셈-누산(MAC)은 모두 몇 번입니까?",
        ),
        (key,),
        {
            "places-of-the-input": [weights * size * size],
            "parameters-only": [weights],
            "counted-the-bias": [(weights + maps) * out * out],
            "one-row-of-places": [weights * out],
            "forgot-the-input-maps": [f * f * maps * out * out],
        },
        Words(
            f"The output has {out}×{out} places; at each, all {f}·{f}·{maps_in}·{maps} = {weights:,} weights are"
            f" multiplied: {weights:,}·{out}·{out} = {key:,}.",
            f"출력은 {out}×{out}이고, 위치마다 가중치 {f}·{f}·{maps_in}·{maps} = {weights:,}개를 모두 곱합니다."
            f" {weights:,}·{out}·{out} = {key:,}.",
        ),
    )


def _connections(random: Random) -> Drawn:
    maps, f, size = random.choice((4, 6, 8)), random.choice((3, 5)), random.randint(8, 32)
    out = equations.output_size(size, f)
    key = equations.conv_connections(maps, f * f, maps, out * out)
    dense = (size * size + 1) * maps * out * out
    return Drawn(
        {"maps": maps, "kernel": f, "size": size},
        Words(
            f"A gray picture of {size}×{size}, {maps} maps of units, each of which sees a field of {f}×{f} pixels"
            " (stride 1, no padding) and has a bias. How many connections, biases included?",
            f"{size}×{size} 흑백 그림, 맵 {maps}개. 유닛마다 {f}×{f} 픽셀의 수용장을 보고 편향이 하나"
            " 있습니다(스트라이드 1, 패딩 없음). 편향까지 연결은 모두 몇 개입니까?",
        ),
        (key,),
        {
            "parameters-only": [maps * f * f + maps],
            "without-biases": [maps * f * f * out * out],
            "places-of-the-input": [(maps * f * f + maps) * size * size],
            "one-row-of-places": [(maps * f * f + maps) * out],
        },
        Words(
            f"{maps}·{out}·{out} units, each with {f}·{f} + 1 connections: {key:,}. If each unit saw the whole"
            f" picture, it would be {dense:,}.",
            f"유닛 {maps}·{out}·{out}개에 연결이 각각 {f}·{f} + 1개씩, 모두 {key:,}개입니다. 유닛마다 그림 전체를"
            f" 본다면 {dense:,}개입니다.",
        ),
    )


def _units(random: Random) -> Drawn:
    maps, f, size = random.choice((2, 4, 6, 8)), random.choice((3, 5, 7)), random.randint(10, 32)
    out = equations.output_size(size, f)
    key = maps * out * out
    return Drawn(
        {"maps": maps, "kernel": f, "size": size},
        Words(
            f"A picture of {size}×{size} pixels, and {maps} maps of units, each of which reads a window of {f}×{f}"
            " pixels (stride 1, no padding). How many units are there in all?",
            f"{size}×{size} 픽셀 그림과 유닛의 맵 {maps}개가 있고, 유닛마다 {f}×{f} 픽셀의 창을 읽습니다(스트라이드 1,"
            " 패딩 없음). 유닛은 모두 몇 개입니까?",
        ),
        (key,),
        {
            "forgot-the-one": [maps * (out - 1) ** 2],
            "places-of-the-input": [maps * size * size],
            "units-of-one-map": [out * out],
            "one-row-of-places": [maps * out],
        },
        Words(
            f"A row has {size} − {f} + 1 = {out} places for a window, and there are as many rows: {maps}·{out}·{out} ="
            f" {key:,}.",
            f"창이 놓일 위치는 한 행에 {size} − {f} + 1 = {out}곳이고 행도 그만큼 있습니다. {maps}·{out}·{out} ="
            f" {key:,}.",
        ),
    )


def _window_place(random: Random, *, stride: bool) -> Drawn:
    f, s = random.choice((3, 5, 7)), random.choice((2, 2, 3)) if stride else 1
    i, j = random.sample(range(1, 10), 2)

    def cells(row: int, column: int, step: int = s, extra: int = 0) -> list[int]:
        last = f - 1 + extra
        return [row * step, row * step + last, column * step, column * step + last]

    key = cells(i, j)
    product_i, product_j = (f"{i}·{s} = {i * s}", f"{j}·{s} = {j * s}") if stride else (f"{i}", f"{j}")
    return Drawn(
        {"kernel": f, "stride": s, "i": i, "j": j},
        Words(
            f"The unit in row {i}, column {j} of a map: kernel {f}×{f}, stride {s}, no padding. Which rows and columns"
            " of the input does it read? Write the first and the last row, then the first and the last column, counted"
            " from 0.",
            f"맵의 {i}행 {j}열에 있는 유닛입니다. 커널 {f}×{f}, 스트라이드 {s}, 패딩 없음. 입력의 어느 행과 열을"
            " 읽습니까? 첫 행과 끝 행, 첫 열과 끝 열을 차례로 적으세요(0부터 셉니다).",
        ),
        tuple(key),
        {
            "the-other-index-at-the-end": [i * s, j * s + f - 1, i * s, j * s + f - 1],
            "one-cell-too-many": cells(i, j, extra=1),
            "window-not-moved": cells(i, j, step=1) if stride else None,
            "row-and-column-swapped": cells(j, i),
        },
        Words(
            f"It begins in row {product_i} and in column {product_j} and has {f} of each: rows {key[0]} to {key[1]},"
            f" columns {key[2]} to {key[3]}.",
            f"창은 {product_i}행 {product_j}열에서 시작하고 행과 열이 {f}개씩입니다. {key[0]}행부터 {key[1]}행까지,"
            f" {key[2]}열부터 {key[3]}열까지입니다.",
        ),
        form="list",
    )


def _memory(random: Random) -> Drawn:
    maps, size = random.choice((6, 16, 32, 64, 96)), random.choice((14, 27, 28, 32, 55, 56))
    values = maps * size * size
    return Drawn(
        {"maps": maps, "size": size},
        Words(
            f"{maps} maps of {size}×{size} in float32 (32 bits for a value). How many bytes?",
            f"{size}×{size} 맵 {maps}개를 float32(값 하나에 32비트)로 저장합니다. 몇 바이트입니까?",
        ),
        (4 * values,),
        {
            "bytes-not-counted": [values],
            "bits": [32 * values],
            "double-precision": [8 * values],
            "one-map-stored": [4 * size * size],
        },
        Words(
            f"{maps}·{size}·{size} = {values:,} values of 4 bytes: {4 * values:,}.",
            f"{maps}·{size}·{size} = {values:,}개의 값이 4바이트씩: {4 * values:,}바이트.",
        ),
    )


def _receptive_field(random: Random, *, strides: bool) -> Drawn:
    depth = random.randint(2, 4)
    windows = [(random.choice((2, 3, 3, 5)), random.choice((1, 1, 2)) if strides else 1) for _ in range(depth)]
    if strides:
        windows[random.randrange(depth - 1)] = (random.choice((2, 3)), 2)
    field, terms, own = (1, 1, 0), [], 1
    for kernel, stride in windows:
        terms.append(f"{kernel - 1}·{field[1]}")
        field = equations.receptive_field(field, kernel, stride)
        own += (kernel - 1) * field[1]
    key = field[0]
    shown_en = ", then ".join(f"{k}×{k} at stride {s}" for k, s in windows)
    shown_ko = ", ".join(f"{k}×{k}(스트라이드 {s})" for k, s in windows)
    return Drawn(
        {"windows": windows},
        Words(
            f"Windows one after the other: {shown_en}. How many pixels of the picture wide is the receptive field of"
            " a unit of the last layer?",
            f"창이 차례로 이어집니다: {shown_ko}. 마지막 층에 있는 유닛의 수용장은 그림에서 한 변이 몇 픽셀입니까?",
        ),
        (key,),
        {
            "added-the-kernels": [sum(k for k, _ in windows)],
            "multiplied-the-kernels": [prod(k for k, _ in windows)],
            "ignored-the-strides": [1 + sum(k - 1 for k, _ in windows)] if strides else None,
            "its-own-stride-too": [own] if strides else None,
            "forgot-the-one": [key - 1],
        },
        Words(
            f"1 + {' + '.join(terms)} = {key}: each window adds F − 1 steps, and a step is the product of the strides"
            " before it.",
            f"1 + {' + '.join(terms)} = {key}. 창마다 F − 1칸이 늘고, 한 칸은 앞선 스트라이드의 곱만큼의 픽셀입니다.",
        ),
        form="size",
    )


def _two_small_kernels(random: Random) -> Drawn:
    c = random.choice((2, 3, 4, 6, 8, 12, 16, 20, 32, 48, 64))
    one, two = 25 * c * c, 18 * c * c
    return Drawn(
        {"maps": c},
        Words(
            f"One 5×5 convolution from {c} maps to {c} maps, or two 3×3 with {c} maps everywhere. How many weights are"
            " saved by the two 3×3 (no biases)?",
            f"맵 {c}개에서 {c}개로 가는 5×5 합성곱 하나를, 모두 맵 {c}개인 3×3 둘로 바꿉니다. 편향을 빼고, 가중치는 몇"
            " 개 줄어듭니까?",
        ),
        (one - two,),
        {
            "one-map": [7],
            "maps-not-squared": [7 * c],
            "one-3x3-only": [(25 - 9) * c * c],
        },
        Words(
            f"5·5·{c}·{c} − 2·3·3·{c}·{c} = {one:,} − {two:,} = {one - two:,}.",
            f"5·5·{c}·{c} − 2·3·3·{c}·{c} = {one:,} − {two:,} = {one - two:,}.",
        ),
    )


def _small_kernel_count(random: Random) -> Drawn:
    f, count = random.choice((3, 3, 5)), random.randint(2, 8)
    wide = 1 + count * (f - 1)
    return Drawn(
        {"small": f, "wide": wide},
        Words(
            f"How many {f}×{f} convolutions at stride 1, one after the other, see as much of the picture as one"
            f" {wide}×{wide}?",
            f"스트라이드 1인 {f}×{f} 합성곱을 몇 개 이어야 {wide}×{wide} 하나와 수용장이 같아집니까?",
        ),
        (count,),
        {
            "divided-the-sizes": [-(-wide // f)],
            "divided-the-areas": [-(-(wide**2) // f**2)],
            "counted-the-further-ones": [count - 1],
        },
        Words(
            f"Each adds {f} − 1 pixels to the one pixel of no window at all: ({wide} − 1)/{f - 1} = {count}.",
            f"창이 없을 때의 1픽셀에 하나마다 {f} − 1픽셀이 더해집니다. ({wide} − 1)/{f - 1} = {count}.",
        ),
    )


KINDS = {
    "macs": Kind(Words("Multiply-adds of a convolution", "합성곱의 곱셈-누산"), _macs),
    "units": Kind(Words("Units of a layer", "층의 유닛 수"), _units),
    "connections": Kind(Words("Connections of a layer", "층의 연결 수"), _connections),
    "memory": Kind(Words("Memory of feature maps", "특성 맵의 메모리"), _memory),
    "receptive_field": Kind(Words("Receptive field", "수용장"), _receptive_field, {"strides": (False, True)}),
    "window_place": Kind(
        Words("Which rows and columns a unit reads", "유닛이 읽는 행과 열"), _window_place, {"stride": (True, False)}
    ),
    "two_small_kernels": Kind(Words("Two 3×3 or one 5×5", "3×3 둘과 5×5 하나"), _two_small_kernels),
    "small_kernel_count": Kind(Words("How many small kernels?", "작은 커널 몇 개?"), _small_kernel_count),
}
