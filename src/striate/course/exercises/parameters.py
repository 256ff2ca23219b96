"""Exercises about parameters: what is learned in a layer, and how many numbers that is."""

from __future__ import annotations

from random import Random

from striate import equations
from striate.course.exercises.exercise import Drawn, Grid, Kind
from striate.course.languages import Words
from striate.text import quantity


def _conv(random: Random, *, first: bool) -> Drawn:
    maps_in = random.choice((1, 3)) if first else random.choice((4, 6, 8, 16, 32))
    maps, f, size = random.choice((6, 8, 12, 16, 24, 32, 64)), random.choice((3, 3, 5, 7)), random.choice((14, 28, 32))
    kernels = equations.dense_kernels(maps_in, maps)
    weights = kernels * f * f
    key = equations.conv_parameters(kernels, f * f, maps)
    reads_en = {1: "gray pictures", 3: "RGB pictures (3 maps)"}.get(maps_in, f"{maps_in} maps")
    reads_ko = {1: "흑백 그림", 3: "RGB 그림(맵 3개)"}.get(maps_in, f"맵 {maps_in}개")
    call = f'Conv2D(filters={maps}, kernel_size={f}, strides=1, padding="same")'
    return Drawn(
        {"maps_in": maps_in, "maps": maps, "kernel": f, "groups": 1},
        Words(
            f"{call} on {reads_en} of {size}×{size}. How many parameters are learned?",
            f"{reads_ko}, {size}×{size} 입력에 {call}. 학습하는 파라미터는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "forgot-the-bias": [weights],
            "one-bias-in-all": [weights + 1],
            "a-bias-for-each-kernel": [weights + kernels],
            "forgot-the-input-maps": [f * f * maps + maps],
            "forgot-the-output-maps": [f * f * maps_in + 1],
            "weights-at-every-place": [key * size * size],
            "kernel-not-squared": [kernels * f + maps],
        },
        Words(
            f"Each of the {maps} output maps has {f}·{f} weights for each input map ({maps_in}), and one bias:"
            f" {f}·{f}·{maps_in}·{maps} + {maps} = {weights:,} + {maps} = {key:,}. Size, stride and padding do not"
            " matter.",
            f"출력 맵 {maps}개마다, 입력 맵 {maps_in}개에 대한 가중치가 {f}·{f}개씩 있고 편향이 하나 있습니다."
            f" {f}·{f}·{maps_in}·{maps} + {maps} = {weights:,} + {maps} = {key:,}. 그림 크기, 스트라이드, 패딩과는"
            " 상관없습니다.",
        ),
    )


def _grouped(random: Random) -> Drawn:
    groups = random.choice((2, 2, 4))
    maps_in, maps = groups * random.choice((4, 6, 8, 12)), groups * random.choice((8, 10, 16, 24))
    f = random.choice((3, 5))
    kernels = equations.dense_kernels(maps_in, maps, groups)
    key = equations.conv_parameters(kernels, f * f, maps)
    dense = maps_in * maps * f * f
    own = maps_in // groups
    return Drawn(
        {"maps_in": maps_in, "maps": maps, "kernel": f, "groups": groups},
        Words(
            f"A convolution in {groups} groups, like AlexNet's two towers: {maps_in} maps in, {maps} maps out, kernel"
            f" {f}×{f}, with biases. How many parameters?",
            f"AlexNet의 두 탑처럼 그룹이 {groups}개인 합성곱: 입력 맵 {maps_in}개, 출력 맵 {maps}개, 커널 {f}×{f}, 편향"
            " 있음. 파라미터는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "ignored-the-groups": [dense + maps],
            "divided-twice": [dense // groups**2 + maps],
            "divided-the-biases": [dense // groups + maps // groups],
            "forgot-the-bias": [dense // groups],
        },
        Words(
            f"Each output map reads the {maps_in}/{groups} = {own} maps of its own group: {f}·{f}·{own}·{maps} +"
            f" {maps} = {key:,}.",
            f"출력 맵은 자기 그룹의 입력 맵 {maps_in}/{groups} = {own}개만 읽습니다. {f}·{f}·{own}·{maps} + {maps} ="
            f" {key:,}.",
        ),
    )


def _growing_maps(random: Random) -> Drawn:
    maps_in, maps = random.choice((1, 3, 6, 8, 16)), random.choice((20, 24, 32, 48, 64))
    first, second = maps_in * maps * 9, maps * maps * 9
    wide = equations.conv_parameters(maps_in * maps, 25, maps)
    key = first + maps + second + maps
    given = Words(quantity(maps_in, "map"), f"맵 {maps_in}개")
    return Drawn(
        {"maps_in": maps_in, "maps": maps},
        Words(
            f"A 5×5 convolution from {given.en} to {maps} is replaced by two 3×3: from {given.en} to {maps}, and from"
            f" {maps} to {maps}. How many parameters have the two 3×3 together, with biases?",
            f"{given.ko}에서 {maps}개로 가는 5×5 합성곱을 3×3 둘로 바꿉니다. 하나는 {given.ko}에서 {maps}개로, 다음은"
            f" {maps}개에서 {maps}개로 갑니다. 편향까지, 3×3 둘의 파라미터는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "second-reads-the-first-s-input": [2 * (first + maps)],
            "one-3x3-only": [first + maps],
            "forgot-the-bias": [first + second],
            "kernel-not-squared": [3 * maps_in * maps + 3 * maps * maps + 2 * maps],
        },
        Words(
            f"3·3·{maps_in}·{maps} + {maps} = {first + maps:,} and 3·3·{maps}·{maps} + {maps} = {second + maps:,}:"
            f" together {key:,}. The 5×5 has {wide:,}.",
            f"3·3·{maps_in}·{maps} + {maps} = {first + maps:,}, 3·3·{maps}·{maps} + {maps} = {second + maps:,}. 합하면"
            f" {key:,}이고, 5×5 하나는 {wide:,}입니다.",
        ),
    )


def _connection_table(random: Random) -> Drawn:
    maps_in, f = random.choice((4, 5, 6)), random.choice((3, 5))
    maps = random.randint(5, 10)
    table = [sorted(random.sample(range(maps_in), random.randint(2, maps_in))) for _ in range(maps)]
    if all(len(reads) == maps_in for reads in table):
        table[0] = table[0][:-1]
    entries = sum(map(len, table))
    key = equations.conv_parameters(entries, f * f, maps)
    cross = tuple(
        (f"{index}", *("×" if index in reads else "·" for reads in table)) for index in range(maps_in)
    )  # rows: maps below, as in the paper's table I
    return Drawn(
        {"table": table, "maps_in": maps_in, "kernel": f},
        Words(
            f"Like LeNet-5's C3: the table's crosses say which of the {maps_in} maps below (rows) each of the {maps}"
            f" maps (columns) reads. Kernel {f}×{f}, one bias for each map. How many parameters?",
            f"LeNet-5의 C3처럼, 표의 ×는 {maps}개의 맵(열)이 아래층의 맵 {maps_in}개(행) 가운데 무엇을 읽는지"
            f" 나타냅니다. 커널 {f}×{f}, 맵마다 편향 하나. 파라미터는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "every-map-reads-all": [maps_in * maps * f * f + maps],
            "forgot-the-bias": [entries * f * f],
            "a-bias-for-each-kernel": [entries * f * f + entries],
            "forgot-the-input-maps": [maps * f * f + maps],
        },
        Words(
            f"The table has {entries} crosses, a kernel each: {entries}·{f}·{f} + {maps} = {key:,}. If every map read"
            f" all, it would be {maps_in * maps}·{f}·{f} + {maps} = {maps_in * maps * f * f + maps:,}.",
            f"표에 ×가 {entries}개 있고 하나가 커널 하나입니다. {entries}·{f}·{f} + {maps} = {key:,}. 모든 맵이 전부"
            f" 읽는다면 {maps_in * maps}·{f}·{f} + {maps} = {maps_in * maps * f * f + maps:,}개입니다.",
        ),
        grids=(Grid(Words("Which maps are read", "연결표"), (("", *map(str, range(maps))), *cross)),),
    )


def _dense(random: Random) -> Drawn:
    maps, size, units = random.choice((8, 16, 32, 64)), random.randint(3, 7), random.choice((10, 20, 64, 84, 100, 128))
    inputs = maps * size * size
    key = equations.dense_parameters(inputs, units)
    return Drawn(
        {"maps": maps, "size": size, "units": units},
        Words(
            f"{maps} maps of {size}×{size} are flattened and fully connected to {units} units. How many parameters?",
            f"{size}×{size} 맵 {maps}개를 펼쳐 유닛 {units}개에 완전 연결합니다. 파라미터는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "forgot-the-bias": [inputs * units],
            "one-bias-in-all": [inputs * units + 1],
            "forgot-to-flatten": [(maps + 1) * units],
            "one-map-only": [(size * size + 1) * units],
        },
        Words(
            f"{maps}·{size}·{size} = {inputs:,} inputs. Each unit has a weight for each input, and a bias:"
            f" ({inputs:,} + 1)·{units} = {key:,}.",
            f"입력은 {maps}·{size}·{size} = {inputs:,}개입니다. 유닛마다 입력 하나에 가중치 하나, 그리고 편향 하나:"
            f" ({inputs:,} + 1)·{units} = {key:,}.",
        ),
    )


def _pooling(random: Random) -> Drawn:
    f, maps = random.choice((2, 3)), random.choice((6, 16, 32, 64, 96))
    name = random.choice((Words("Maximum", "최대"), Words("Average", "평균")))
    return Drawn(
        {"kernel": f, "maps": maps},
        Words(
            f"{name.en} pooling, window {f}×{f}, stride 2, on {maps} maps. How many parameters does it learn?",
            f"맵 {maps}개에 {name.ko} 풀링, 창 {f}×{f}, 스트라이드 2. 학습하는 파라미터는 모두 몇 개입니까?",
        ),
        (0,),
        {
            "pooling-has-weights": [f * f * maps + maps],
            "a-weight-for-each-map": [maps],
            "pooling-as-subsampling": [2 * maps],
            "the-window's-cells": [f * f],
        },
        Words(
            "0. It takes the largest value, or the mean, of each window of each map; no weight is in that.",
            "0개입니다. 맵마다, 창마다 최댓값이나 평균을 구할 뿐이고 가중치가 없습니다.",
        ),
    )


def _bottleneck(random: Random) -> Drawn:
    maps_in, middle, maps = random.choice((16, 32, 48, 64)), random.choice((4, 5, 8, 12)), random.choice((24, 32, 48))
    f = random.choice((3, 5))
    reduce, wide = maps_in * middle, f * f * middle * maps
    direct = f * f * maps_in * maps
    key = reduce + wide
    return Drawn(
        {"maps_in": maps_in, "middle": middle, "maps": maps, "kernel": f},
        Words(
            f"A bottleneck, weights only: {maps_in} maps → 1×1 convolution to {middle} maps → {f}×{f} convolution to"
            f" {maps} maps. How many weights?",
            f"병목 구조: 맵 {maps_in}개 → 1×1 합성곱으로 맵 {middle}개 → {f}×{f} 합성곱으로 맵 {maps}개. 편향을 빼고"
            " 가중치는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "no-bottleneck": [direct],
            "forgot-the-1x1": [wide],
            "only-the-1x1": [reduce],
            "multiplied-the-two": [reduce * wide],
            "kernel-not-squared": [reduce + f * middle * maps],
        },
        Words(
            f"1·1·{maps_in}·{middle} + {f}·{f}·{middle}·{maps} = {reduce:,} + {wide:,} = {key:,}. Directly it would be"
            f" {f}·{f}·{maps_in}·{maps} = {direct:,}.",
            f"1·1·{maps_in}·{middle} + {f}·{f}·{middle}·{maps} = {reduce:,} + {wide:,} = {key:,}. 병목 없이 바로 하면"
            f" {f}·{f}·{maps_in}·{maps} = {direct:,}개입니다.",
        ),
    )


def _inception(random: Random) -> Drawn:
    c = random.choice((32, 48, 64, 96, 128, 192))
    one, reduce3, three = random.choice((16, 24, 32, 64)), random.choice((12, 16, 24)), random.choice((32, 48, 64))
    reduce5, five, projection = random.choice((4, 8)), random.choice((10, 16, 20)), random.choice((14, 18, 32))
    layers = [
        (c, one, 1),
        (c, reduce3, 1),
        (reduce3, three, 3),
        (c, reduce5, 1),
        (reduce5, five, 5),
        (c, projection, 1),
    ]
    weights = [a * b * f * f for a, b, f in layers]
    biases = sum(b for _, b, _ in layers)
    key = sum(equations.conv_parameters(a * b, f * f, b) for a, b, f in layers)
    direct = sum(
        equations.conv_parameters(c * b, f * f, b) for b, f in ((one, 1), (three, 3), (five, 5), (projection, 1))
    )
    terms = " + ".join(f"{f}·{f}·{a}·{b}" for a, b, f in layers)
    return Drawn(
        {"maps_in": c, "maps": (one, reduce3, three, reduce5, five, projection)},
        Words(
            f"An Inception module on {c} maps. Its four branches: 1×1 to {one} maps; 1×1 to {reduce3}, then 3×3 to"
            f" {three}; 1×1 to {reduce5}, then 5×5 to {five}; 3×3 max pooling, then 1×1 to {projection}. How many"
            " parameters, with biases?",
            f"입력 맵이 {c}개인 인셉션 모듈. 네 가지: 1×1로 맵 {one}개; 1×1로 {reduce3}개, 이어서 3×3으로 {three}개;"
            f" 1×1로 {reduce5}개, 이어서 5×5로 {five}개; 3×3 최대 풀링, 이어서 1×1로 {projection}개. 편향까지"
            " 파라미터는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "forgot-the-bias": [sum(weights)],
            "forgot-the-projection": [key - weights[5] - projection],
            "without-bottlenecks": [direct],
            "forgot-the-1x1": [key - weights[1] - weights[3] - reduce3 - reduce5],
        },
        Words(
            f"Weights: {terms} = {sum(weights):,}. Biases: {biases}. Together {key:,}; pooling has none. Without the"
            f" two bottlenecks it would be {direct:,}.",
            f"가중치: {terms} = {sum(weights):,}. 편향: {biases}. 합하면 {key:,}이고 풀링에는 파라미터가 없습니다."
            f" 병목층 둘이 없다면 {direct:,}입니다.",
        ),
    )


def _concatenated(random: Random) -> Drawn:
    ends = [random.choice((16, 24, 32, 64, 96, 128)) for _ in range(4)]
    reduces = [random.choice((8, 12, 16, 24)) for _ in range(2)]
    size, key = random.choice((7, 14, 28)), sum(ends)
    return Drawn(
        {"ends": ends, "reduces": reduces},
        Words(
            f"The branches of an Inception module, all {size}×{size}: 1×1 gives {ends[0]} maps; 1×1 gives"
            f" {reduces[0]}, 3×3 after it {ends[1]}; 1×1 gives {reduces[1]}, 5×5 after it {ends[2]}; pooling and 1×1"
            f" give {ends[3]}. How many maps has the output?",
            f"인셉션 모듈의 가지, 크기는 모두 {size}×{size}: 1×1이 맵 {ends[0]}개; 1×1이 {reduces[0]}개, 뒤의 3×3이"
            f" {ends[1]}개; 1×1이 {reduces[1]}개, 뒤의 5×5가 {ends[2]}개; 풀링과 1×1이 {ends[3]}개. 출력의 맵은 모두 몇"
            " 개입니까?",
        ),
        (key,),
        {
            "counted-the-bottlenecks": [key + sum(reduces)],
            "the-widest-branch": [max(ends)],
            "the-mean-of-the-branches": [key / 4] if key % 4 == 0 else None,
        },
        Words(
            f"The ends of the branches stand behind one another: {' + '.join(map(str, ends))} = {key}.",
            f"가지의 마지막 출력을 깊이로 이어 붙입니다. {' + '.join(map(str, ends))} = {key}.",
        ),
    )


def _projection(random: Random) -> Drawn:
    c = random.choice((16, 32, 64, 128, 256))
    key = c * 2 * c
    return Drawn(
        {"maps_in": c, "maps": 2 * c},
        Words(
            f"A residual unit makes {2 * c} maps from {c}, at stride 2. Its shortcut is a 1×1 convolution (option B),"
            " without bias. How many weights has the shortcut?",
            f"잔차 유닛이 스트라이드 2로 맵 {c}개를 {2 * c}개로 만듭니다. 숏컷은 편향 없는 1×1 합성곱입니다(옵션 B)."
            " 숏컷의 가중치는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "the-shortcut-is-free": [0],
            "a-3x3-shortcut": [9 * key],
            "forgot-the-input-maps": [2 * c],
        },
        Words(
            f"1·1·{c}·{2 * c} = {key:,}. Option A has none: it takes every second cell and appends maps of zeros.",
            f"1·1·{c}·{2 * c} = {key:,}. 옵션 A는 셀 두 개마다 하나를 취하고 0인 맵을 덧붙이므로 가중치가 없습니다.",
        ),
    )


KINDS = {
    "conv_parameters": Kind(Words("Parameters of Conv2D", "Conv2D의 파라미터"), _conv, {"first": (False, True)}),
    "grouped_parameters": Kind(Words("Parameters in groups", "그룹 합성곱의 파라미터"), _grouped),
    "growing_maps": Kind(Words("Two 3×3 where the maps grow", "맵이 늘어나는 3×3 둘"), _growing_maps),
    "connection_table": Kind(Words("A connection table", "연결표"), _connection_table),
    "dense_parameters": Kind(Words("Parameters of a dense layer", "완전 연결층의 파라미터"), _dense),
    "pooling_parameters": Kind(Words("Parameters of pooling", "풀링의 파라미터"), _pooling),
    "bottleneck": Kind(Words("A bottleneck", "병목층"), _bottleneck),
    "inception_module": Kind(Words("An Inception module", "인셉션 모듈"), _inception),
    "concatenated_maps": Kind(Words("Depth concatenation", "깊이로 이어 붙이기"), _concatenated),
    "shortcut_projection": Kind(Words("A shortcut that changes size", "크기가 바뀌는 숏컷"), _projection),
}
