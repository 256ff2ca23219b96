"""Exercises about sizes: output size, chains of kernels, SAME, and what reaches the dense layer."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from striate import equations
from striate.course.exercises.exercise import Drawn, Kind
from striate.course.languages import Words, with_particle


def _output_size(random: Random, *, stride: bool, padding: bool) -> Drawn:
    f = random.choice((3, 5, 7, 7, 11, 11)) if padding else random.choice((2, 3, 3, 4, 5, 5, 7))
    s = random.choice((2, 2, 3, 4)) if stride else 1
    p = random.randint(1, min(3, f // 2)) if padding else 0
    i = random.randint(max(f + 2, 7), 40)
    key = equations.output_size(i, f, s, p)
    room = i - f + 2 * p
    wrong = {
        "padding-on-one-side": [(room - p) // s + 1],
        "forgot-the-one": [room // s],
        "rounded-up": [-(-room // s) + 1],
        "forgot-the-padding": [(i - f) // s + 1],
        "forgot-the-stride": [room + 1],
        "swapped-kernel-and-stride": [(i - s + 2 * p) // f + 1],
    }
    cells_en = f" and padding {p} (so many cells on each side)" if p else " and no padding"
    cells_ko = f", 패딩 {p}(양쪽에 셀 {p}개씩)" if p else ", 패딩 없음"
    rule, cells = ("floor((I − F + 2P)/S) + 1", f" + 2·{p}") if p else ("floor((I − F)/S) + 1", "")
    worked = f"{rule} = floor(({i} − {f}{cells})/{s}) + 1 = floor({room}/{s}) + 1 = {room // s} + 1 = {key}"
    return Drawn(
        {"size": i, "kernel": f, "stride": s, "padding": p},
        Words(
            f"A picture of {i}×{i} pixels, a kernel of {f}×{f}, stride {s}{cells_en}. How many pixels has a side of the"
            " output?",
            f"{i}×{i} 픽셀 그림에 {f}×{f} 커널을 씁니다. 스트라이드 {s}{cells_ko}. 출력의 한 변은 몇 픽셀입니까?",
        ),
        (key,),
        {name: answer if answer[0] > 0 else None for name, answer in wrong.items()},
        Words(
            f"{worked}. The output is {key}×{key}.",
            f"{worked}. 출력은 {key}×{key}입니다.",
        ),
        form="size",
    )


def _chain(random: Random, *, steps: int) -> Drawn:
    kernels = [random.choice((2, 3, 3, 4, 5, 6, 7)) for _ in range(steps)]
    last = random.randint(1, 6)
    sizes = equations.output_sizes(last + sum(kernel - 1 for kernel in kernels), [(kernel, 1, 0) for kernel in kernels])
    pairs = list(pairwise(sizes))
    ratios = [a / b for a, b in pairs]
    chain, example = " → ".join(f"{size}×{size}" for size in sizes), ", ".join(["3"] * steps)
    terms = ", ".join(f"{a} − {b} + 1 = {a - b + 1}" for a, b in pairs)
    return Drawn(
        {"sizes": sizes},
        Words(
            f"{chain}, at stride 1 and without padding. Which kernels, in their order? (For example: {example})",
            f"{chain}. 스트라이드 1, 패딩 없음. 커널의 크기를 순서대로 적으세요. (예: {example})",
        ),
        tuple(kernels),
        {
            "differences": [a - b for a, b in pairs],
            "in-reverse": kernels[::-1],
            "half-the-size": ratios if all(ratio == int(ratio) for ratio in ratios) else None,
        },
        Words(
            f"At stride 1 the output is I − F + 1, so F = I − output + 1: {terms}.",
            f"스트라이드가 1이면 출력은 I − F + 1이므로 F = I − 출력 + 1입니다. {terms}.",
        ),
        form="list",
    )


def _same_output(random: Random) -> Drawn:
    i, f, s = random.randint(7, 60), random.choice((3, 5, 7)), random.choice((2, 2, 3, 4))
    key = -(-i // s)
    room = i - f
    return Drawn(
        {"size": i, "kernel": f, "stride": s},
        Words(
            f'A side of the input has {i} pixels: kernel {f}, stride {s}, padding="same". How many has a side of the'
            " output?",
            f'입력의 한 변은 {i}픽셀입니다. 커널 {f}, 스트라이드 {s}, padding="same". 출력의 한 변은 몇 픽셀입니까?',
        ),
        (key,),
        {
            "rounded-down": [i // s],
            "kept-the-size": [i],
            "without-padding": [room // s + 1] if room >= 0 else None,
        },
        Words(
            f"SAME gives ceil(I/S) = ceil({i}/{s}) = {key}. The kernel does not matter.",
            f"SAME의 출력은 ceil(I/S) = ceil({i}/{s}) = {key}입니다. 커널 크기와는 상관없습니다.",
        ),
        form="size",
    )


def _same_padding(random: Random) -> Drawn:
    f, s = random.choice((3, 4, 5, 6, 7, 11)), random.choice((1, 2, 2, 3, 4))
    i = random.randint(f, 60)
    before, after = equations.same_padding(i, f, s)
    outputs = -(-i // s)
    cells = before + after
    at_one = equations.same_padding(i, f, 1)
    worked = f"max(0, ({outputs} − 1)·{s} + {f} − {i}) = {cells}"
    return Drawn(
        {"size": i, "kernel": f, "stride": s},
        Words(
            f"SAME, as in Keras: {i} pixels, kernel {f}, stride {s}. How many cells are added before and after? (Two"
            " numbers)",
            f"케라스의 SAME: {i}픽셀, 커널 {f}, 스트라이드 {s}. 앞과 뒤에 셀을 각각 몇 개 추가합니까? (숫자 두 개)",
        ),
        (before, after),
        {"odd-cell-first": [after, before], "as-at-stride-one": at_one, "all-on-each-side": [cells, cells]},
        Words(
            f"The output has ceil({i}/{s}) = {outputs} places. Missing cells: {worked}. Half of them, rounded"
            f" down, go before: {before}; the rest go after: {after}.",
            f"출력은 ceil({i}/{s}) = {outputs}개입니다. 모자라는 셀은 {worked}입니다. 그 절반(내림)인"
            f" {with_particle(str(before), '이/가')} 앞에, 나머지 {with_particle(str(after), '이/가')} 뒤에 붙습니다.",
        ),
        form="list",
    )


def _flattened(random: Random) -> Drawn:
    kernels = [random.choice((3, 5)) for _ in range(2)]
    last = random.randint(2, 7)
    size = (last * 2 + kernels[1] - 1) * 2 + kernels[0] - 1
    maps = [random.choice((4, 6, 8)), random.choice((12, 16, 20, 32))]
    windows: list[tuple[int, int, equations.Padding]] = [(kernels[0], 1, 0), (2, 2, 0), (kernels[1], 1, 0), (2, 2, 0)]
    sizes = equations.output_sizes(size, windows)
    key = maps[1] * sizes[-1] ** 2
    without_pooling = size - kernels[0] - kernels[1] + 2
    layers = [
        Words(
            f"convolution {kernels[0]}×{kernels[0]}, {maps[0]} maps",
            f"합성곱 {kernels[0]}×{kernels[0]}, 맵 {maps[0]}개",
        ),
        Words("pooling 2×2, stride 2", "풀링 2×2, 스트라이드 2"),
        Words(
            f"convolution {kernels[1]}×{kernels[1]}, {maps[1]} maps",
            f"합성곱 {kernels[1]}×{kernels[1]}, 맵 {maps[1]}개",
        ),
        Words("pooling 2×2, stride 2", "풀링 2×2, 스트라이드 2"),
    ]
    chain = " → ".join(f"{s}×{s}" for s in sizes)
    return Drawn(
        {"size": size, "kernels": kernels, "maps": maps},
        Words(
            f"A gray picture of {size}×{size} goes through: {'; '.join(w.en for w in layers)}. All without padding, the"
            " convolutions at stride 1. How many numbers reach the dense layer?",
            f"{size}×{size} 흑백 그림이 다음을 차례로 지납니다. {'; '.join(w.ko for w in layers)}. 모두 패딩이 없고"
            " 합성곱의 스트라이드는 1입니다. 완전 연결층에 들어가는 숫자는 모두 몇 개입니까?",
        ),
        (key,),
        {
            "one-map-only": [sizes[-1] ** 2],
            "pooling-left-out": [maps[1] * without_pooling**2],
            "convolutions-kept-the-size": [maps[1] * (size // 4) ** 2],
        },
        Words(
            f"{chain}. {maps[1]} maps of {sizes[-1]}×{sizes[-1]}: {maps[1]}·{sizes[-1]}·{sizes[-1]} = {key:,}.",
            f"{chain}. {sizes[-1]}×{sizes[-1]} 맵이 {maps[1]}개: {maps[1]}·{sizes[-1]}·{sizes[-1]} = {key:,}.",
        ),
    )


KINDS = {
    "output_size": Kind(
        Words("Output size", "출력 크기"), _output_size, {"stride": (True, False), "padding": (True, False)}
    ),
    "chain": Kind(Words("Which kernels?", "어떤 커널일까?"), _chain, {"steps": (3, 2)}),
    "same_output": Kind(Words("Output size with SAME", "SAME의 출력 크기"), _same_output),
    "same_padding": Kind(Words("The cells that SAME adds", "SAME이 추가하는 셀"), _same_padding),
    "flattened": Kind(Words("What reaches the dense layer", "완전 연결층에 들어가는 값"), _flattened),
}
