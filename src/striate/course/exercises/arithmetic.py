"""Exercises that compute an output by hand: convolution, pooling, LRN, batch normalization, a residual unit."""

from __future__ import annotations

from math import sqrt
from random import Random

from striate import equations
from striate.course.exercises.exercise import Drawn, Grid, Kind, cell
from striate.course.languages import Words

_SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
Rows = tuple[tuple[int, ...], ...]


def _overlap(random: Random, *, flipped: bool) -> Drawn:
    taps = random.choice((2, 3))
    x = [random.randint(0, 9) for _ in range(taps + 2)]
    g = [random.randint(-3, 5) for _ in range(taps)]
    while g == g[::-1] or not any(x):
        x, g = [random.randint(0, 9) for _ in x], [random.randint(-3, 5) for _ in g]
    straight, turned = _slide(x, g), _slide(x, g[::-1])
    key, other = (turned, straight) if flipped else (straight, turned)
    used = g[::-1] if flipped else g
    worked = "; ".join(f"{_products(x[i : i + taps], used)} = {cell(value)}" for i, value in enumerate(key))
    how_en = "the mathematical convolution, which reverses g" if flipped else "the notes' sum: g is not reversed"
    how_ko = "g를 뒤집는 수학의 합성곱" if flipped else "g를 뒤집지 않는 노트의 식"
    shown = f"x = {', '.join(map(cell, x))}; g = {', '.join(map(cell, g))}"
    return Drawn(
        {"x": x, "g": g, "flipped": flipped},
        Words(
            f"{shown}. g slides over x, only where it lies wholly on it. Which numbers come out? ({how_en})",
            f"{shown}. g는 x 위에 완전히 놓이는 곳에서만 움직입니다. 나오는 수를 차례로 적으세요. ({how_ko})",
        ),
        tuple(key),
        {("kernel-not-flipped" if flipped else "kernel-flipped"): other},
        Words(
            (f"Reversed, g is {', '.join(map(cell, used))}. " if flipped else "") + f"{worked}.",
            (f"g를 뒤집으면 {', '.join(map(cell, used))}. " if flipped else "") + f"{worked}.",
        ),
        form="list",
    )


def _slide(x: list[int], g: list[int]) -> list[int]:
    """The notes' sum in one dimension."""
    return [sum(x[i + u] * g[u] for u in range(len(g))) for i in range(equations.output_size(len(x), len(g)))]


def _products(values: list[int], weights: list[int]) -> str:
    return " + ".join(f"{cell(a)}·{_factor(b)}" for a, b in zip(values, weights, strict=True))


def _factor(value: float) -> str:
    return f"({cell(value)})" if value < 0 else cell(value)


def _plus(value: float) -> str:
    return f"− {cell(-value)}" if value < 0 else f"+ {cell(value)}"


def _convolution_sum(random: Random, *, kernel: str) -> Drawn:
    f = 3 if kernel == "sobel" else random.choice((2, 3))
    s = 1 if kernel == "sobel" else random.choice((1, 2, 2))
    size = f + 2 * s
    x = tuple(tuple(random.randint(0, 9 if kernel == "sobel" else 4) for _ in range(size)) for _ in range(size))
    w: Rows = _SOBEL
    while kernel != "sobel":
        w = tuple(tuple(random.randint(-2, 3) for _ in range(f)) for _ in range(f))
        if w != _turned(w):
            break
    b = 0 if kernel == "sobel" else random.choice((-3, -2, 2, 3, 5))
    i, j = random.randint(0, 2), random.randint(0, 2)
    key = _at(x, w, i * s, j * s) + b
    window = [x[i * s + u][j * s + v] for u in range(f) for v in range(f)]
    weights = [w[u][v] for u in range(f) for v in range(f)]
    from_one = (i - 1, j - 1)
    bias_en, bias_ko = (f", bias {cell(b)}", f", 편향 {cell(b)}") if b else ("", "")
    return Drawn(
        {"x": x, "w": w, "bias": b, "stride": s, "i": i, "j": j},
        Words(
            f"Stride {s}, no padding{bias_en}. What is the output z in row i = {i}, column j = {j}? (The first row and"
            " column are 0.)",
            f"스트라이드 {s}, 패딩 없음{bias_ko}. 출력 z의 i = {i}행 j = {j}열은 얼마입니까? (행과 열은 0부터 셉니다.)",
        ),
        (key,),
        {
            "no-bias-added": [key - b],
            "kernel-flipped": [_at(x, _turned(w), i * s, j * s) + b],
            "window-not-moved": [_at(x, w, i, j) + b] if s > 1 else None,
            "row-and-column-swapped": [_at(x, w, j * s, i * s) + b],
            "counted-from-one": [_at(x, w, from_one[0] * s, from_one[1] * s) + b] if min(from_one) >= 0 else None,
        },
        Words(
            f"The window begins at row {i}·{s} = {i * s}, column {j}·{s} = {j * s}: {_products(window, weights)}"
            f"{f' {_plus(b)}' if b else ''} = {cell(key)}.",
            f"창은 {i}·{s} = {i * s}행 {j}·{s} = {j * s}열에서 시작합니다. {_products(window, weights)}"
            f"{f' {_plus(b)}' if b else ''} = {cell(key)}.",
        ),
        grids=(Grid(Words("Input x", "입력 x"), x), Grid(Words("Kernel w", "커널 w"), w)),
    )


def _at(x: Rows, w: Rows, row: int, column: int) -> int:
    """The weighted sum of a window of x."""
    f = len(w)
    return sum(x[row + u][column + v] * w[u][v] for u in range(f) for v in range(f))


def _turned(w: Rows) -> Rows:
    return tuple(row[::-1] for row in w[::-1])


def _kernel_on_edge(random: Random) -> Drawn:
    w = tuple(tuple(random.randint(-3, 4) for _ in range(3)) for _ in range(3))
    value, dark_left = random.randint(2, 6), random.choice((True, False))
    columns = [sum(row[column] for row in w) for column in range(3)]
    dark, (one, other) = (columns[0], columns[1:]) if dark_left else (columns[2], columns[:2])
    total, bright = sum(columns), one + other
    flat, edge = value * total, value * bright
    side = Words("left", "왼쪽") if dark_left else Words("right", "오른쪽")
    return Drawn(
        {"w": w, "value": value, "dark_left": dark_left},
        Words(
            f"The kernel lies on a flat area: all nine pixels are {value}. Then on an edge: the {side.en} column of its"
            f" window is 0, the other two are {value}. Which two numbers come out?",
            f"커널이 평평한 곳에 놓이면 픽셀 아홉 개가 모두 {value}입니다. 경계에 놓이면 창의 {side.ko} 열은 0이고"
            f" 나머지 두 열은 {value}입니다. 나오는 수 두 개를 차례로 적으세요.",
        ),
        (flat, edge),
        {
            "flat-is-zero": [0, edge],
            "the-other-column-is-dark": [flat, value * (columns[1] + dark)],
            "the-dark-column-alone": [flat, value * dark],
            "not-times-the-value": [total, bright],
        },
        Words(
            f"Flat: all nine numbers of the kernel add up to {cell(total)}, times {value} is {cell(flat)}. Edge:"
            f" the two bright columns add up to {cell(one)} {_plus(other)} = {cell(bright)}, times {value} is"
            f" {cell(edge)}.",
            f"평평한 곳: 커널의 숫자 아홉 개를 더하면 {cell(total)}이고, {value}배는 {cell(flat)}. 경계: 밝은 두 열을"
            f" 더하면 {cell(one)} {_plus(other)} = {cell(bright)}이고, {value}배는 {cell(edge)}.",
        ),
        form="list",
        grids=(Grid(Words("Kernel w", "커널 w"), w),),
    )


def _subsampling(random: Random) -> Drawn:
    x = tuple(tuple(random.randint(0, 6) for _ in range(2)) for _ in range(2))
    values = [*x[0], *x[1]]
    w, b = random.choice((0.25, 0.5, 2, 3)), random.choice((-3, -2, -1, 1, 2, 3))
    total = sum(values)
    key = w * total + b
    terms = " + ".join(map(str, values))
    return Drawn(
        {"x": x, "weight": w, "bias": b},
        Words(
            f"LeNet-5's subsampling of these four cells: coefficient {cell(w)}, bias {cell(b)}. What comes out before"
            " the tanh?",
            f"이 셀 네 개를 LeNet-5처럼 서브샘플링합니다. 계수 {cell(w)}, 편향 {cell(b)}. tanh 앞의 값은 얼마입니까?",
        ),
        (key,),
        {
            "took-the-mean": [w * total / 4 + b],
            "took-the-largest": [w * max(values) + b],
            "no-bias-added": [key - b],
            "added-the-bias-first": [w * (total + b)],
        },
        Words(
            f"({terms})·{cell(w)} {_plus(b)} = {cell(w * total)} {_plus(b)} = {cell(key)}.",
            f"({terms})·{cell(w)} {_plus(b)} = {cell(w * total)} {_plus(b)} = {cell(key)}.",
        ),
        form="decimal",
        grids=(Grid(Words("Four cells of a map", "맵의 셀 네 개"), x),),
    )


def _pooling(random: Random, *, average: bool) -> Drawn:
    x = tuple(tuple(random.randint(0, 9) for _ in range(4)) for _ in range(4))
    windows = [[x[i][j], x[i][j + 1], x[i + 1][j], x[i + 1][j + 1]] for i in (0, 2) for j in (0, 2)]
    largest = [float(max(window)) for window in windows]
    mean = [sum(window) / 4 for window in windows]
    key, other = (mean, largest) if average else (largest, mean)
    name = Words("average", "평균") if average else Words("maximum", "최대")
    if average:
        worked = "; ".join(f"({' + '.join(map(str, w))})/4 = {cell(v)}" for w, v in zip(windows, key, strict=True))
    else:
        worked = "; ".join(f"max({', '.join(map(str, w))}) = {cell(v)}" for w, v in zip(windows, key, strict=True))
    return Drawn(
        {"x": x, "average": average},
        Words(
            f"2×2 {name.en} pooling at stride 2. Which four numbers come out, row by row?",
            f"2×2 {name.ko} 풀링, 스트라이드 2. 나오는 수 네 개를 행 순서로 적으세요.",
        ),
        tuple(key),
        {
            "the-other-pooling": other,
            "summed-the-window": [4 * value for value in mean] if average else None,
            "down-the-columns": [key[0], key[2], key[1], key[3]],
        },
        Words(f"{worked}.", f"{worked}."),
        form="list",
        grids=(Grid(Words("Map", "맵"), x),),
    )


def _lrn(random: Random) -> Drawn:
    n, k, alpha = 3, random.choice((1, 2)), random.choice((0.1, 0.2, 0.5))
    a = [random.randint(1, 6) for _ in range(5)]
    i = random.randint(0, 4)
    before, after = equations.lrn_reach(n, "paper")
    near = a[max(0, i - before) : i + after + 1]
    total = sum(value**2 for value in near)

    def damped(amount: float, at: float = alpha, constant: float = k) -> float:
        return a[i] / sqrt(constant + at * amount)

    key = damped(total)
    squares = " + ".join(f"{value}²" for value in near)
    shown = ", ".join(map(str, a))
    return Drawn(
        {"a": a, "i": i, "size": n, "k": k, "alpha": alpha, "beta": 0.5},
        Words(
            f"At one place, maps 0 to 4 have the values {shown}. Local response normalization with n = {n} (one"
            f" neighbour on each side), k = {k}, α = {alpha}, β = 0.5 (a square root). What becomes of map {i}? (Two"
            " digits after the point)",
            f"한 위치에서 맵 0부터 4까지의 값은 {shown}입니다. LRN: n = {n}(양쪽 이웃 하나씩), k = {k}, α = {alpha},"
            f" β = 0.5(제곱근). 맵 {i}의 값은 얼마가 됩니까? (소수 둘째 자리까지)",
        ),
        (key,),
        {
            "forgot-k": [damped(total, constant=0)],
            "all-maps": [damped(sum(value**2 for value in a))],
            "without-itself": [damped(total - a[i] ** 2)],
            "not-squared": [damped(sum(near))],
            "multiplied-not-divided": [a[i] * sqrt(k + alpha * total)],
            "alpha-over-n": [damped(total, at=alpha / n)],
        },
        Words(
            f"{squares} = {total}; {k} + {alpha}·{total} = {k + alpha * total:g}; {a[i]}/√{k + alpha * total:g} ="
            f" {key:.2f}.",
            f"{squares} = {total}; {k} + {alpha}·{total} = {k + alpha * total:g}; {a[i]}/√{k + alpha * total:g} ="
            f" {key:.2f}.",
        ),
        form="decimal",
    )


def _batch_norm(random: Random) -> Drawn:
    mean, deviation = random.randint(2, 12), random.choice((2, 3, 4, 5))
    x = [mean - deviation, mean + deviation] * 2
    random.shuffle(x)
    gamma, beta = random.choice((0.5, 2, 3, 4)), random.choice((-2, -1, 1, 2, 3))
    i = random.randrange(4)
    standard = (x[i] - mean) / deviation
    key = gamma * standard + beta
    shown = ", ".join(map(str, x))
    sign = f"{x[i]} − {mean}"
    return Drawn(
        {"x": x, "gamma": gamma, "beta": beta, "i": i},
        Words(
            f"A map has the values {shown} in a batch. Batch normalization with γ = {cell(gamma)} and β ="
            f" {cell(beta)} (ε = 0). What becomes of the value {x[i]}?",
            f"배치에서 맵의 값이 {shown}입니다. 배치 정규화, γ = {cell(gamma)}, β = {cell(beta)}(ε = 0). 값 {x[i]}의"
            " 출력은 얼마입니까?",
        ),
        (key,),
        {
            "divided-by-the-variance": [gamma * standard / deviation + beta],
            "forgot-gamma-and-beta": [standard],
            "forgot-beta": [gamma * standard],
            "forgot-the-mean": [gamma * x[i] / deviation + beta],
            "shifted-before-scaled": [gamma * (standard + beta)],
        },
        Words(
            f"Mean {mean}, variance {deviation**2}, standard deviation {deviation}: ({sign})/{deviation} ="
            f" {cell(standard)}; {cell(gamma)}·{_factor(standard)} {_plus(beta)} = {cell(key)}.",
            f"평균 {mean}, 분산 {deviation**2}, 표준편차 {deviation}: ({sign})/{deviation} = {cell(standard)};"
            f" {cell(gamma)}·{_factor(standard)} {_plus(beta)} = {cell(key)}.",
        ),
        form="decimal",
    )


def _residual_unit(random: Random) -> Drawn:
    x = [random.randint(0, 6) for _ in range(3)]
    body = [random.choice((-1, 1)) * random.randint(1, 8) for _ in range(3)]
    total = [a + b for a, b in zip(x, body, strict=True)]
    key = [max(0, value) for value in total]
    worked = ", ".join(f"{cell(a)} {_plus(b)} = {cell(a + b)}" for a, b in zip(x, body, strict=True))
    result = ", ".join(map(cell, key))
    return Drawn(
        {"x": x, "body": body},
        Words(
            f"A residual unit: its input is x = {', '.join(map(cell, x))}, its body outputs F(x) ="
            f" {', '.join(map(cell, body))}. The ReLU stands after the sum. What does the unit output?",
            f"잔차 유닛의 입력은 x = {', '.join(map(cell, x))}, 본체의 출력은 F(x) ="
            f" {', '.join(map(cell, body))}입니다. ReLU는 더한 뒤에 있습니다. 유닛의 출력을 차례로 적으세요.",
        ),
        tuple(key),
        {
            "forgot-the-shortcut": [max(0, value) for value in body],
            "relu-before-the-sum": [a + max(0, b) for a, b in zip(x, body, strict=True)],
            "no-relu": total,
            "the-input-alone": x,
        },
        Words(f"{worked}; after the ReLU: {result}.", f"{worked}; ReLU를 지나면 {result}."),
        form="list",
    )


KINDS = {
    "overlap": Kind(Words("Overlap in one dimension", "1차원의 겹침"), _overlap, {"flipped": (False, True)}),
    "convolution_sum": Kind(Words("The convolution sum", "합성곱 식"), _convolution_sum, {"kernel": ("any", "sobel")}),
    "kernel_on_edge": Kind(
        Words("A kernel on a flat area and on an edge", "평평한 곳과 경계 위의 커널"), _kernel_on_edge
    ),
    "subsampling": Kind(Words("LeNet-5's subsampling", "LeNet-5의 서브샘플링"), _subsampling),
    "pooling": Kind(Words("Pooling", "풀링"), _pooling, {"average": (False, True)}),
    "lrn": Kind(Words("Local response normalization", "LRN"), _lrn),
    "batch_norm": Kind(Words("Batch normalization", "배치 정규화"), _batch_norm),
    "residual_unit": Kind(Words("A residual unit", "잔차 유닛"), _residual_unit),
}
