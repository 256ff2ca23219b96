"""Exercises about training and its results: a step of descent, dropout, auxiliary heads, the top-5 error."""

from __future__ import annotations

from random import Random

from striate.course.exercises.exercise import Drawn, Grid, Kind, cell
from striate.course.languages import Words


def _descent_step(random: Random) -> Drawn:
    x, w, rate = random.choice((1, 2, 3)), random.randint(-3, 4), random.choice((0.05, 0.1))
    y = random.choice([target for target in range(-6, 10) if target != w * x])
    error = w * x - y
    gradient = 2 * error * x
    key = round(w - rate * gradient, 6)
    return Drawn(
        {"x": x, "w": w, "y": y, "rate": rate},
        Words(
            f"Gradient descent on one weight, w = {cell(w)}: input x = {cell(x)}, target y = {cell(y)}. The loss is"
            f" (w·x − y)², its gradient 2·(w·x − y)·x; learning rate {rate}. What is w after one step?",
            f"가중치 하나, w = {cell(w)}. 경사 하강법으로 한 번 고칩니다. 입력 x = {cell(x)}, 정답 y = {cell(y)}."
            f" 손실은 (w·x − y)², 기울기는 2·(w·x − y)·x, 학습률은 {rate}입니다. 한 스텝 뒤의 w는 얼마입니까?",
        ),
        (key,),
        {
            "climbed": [round(w + rate * gradient, 6)],
            "the-gradient-alone": [float(gradient)],
            "forgot-the-learning-rate": [float(w - gradient)],
            "forgot-the-two": [round(w - rate * gradient / 2, 6)],
            "forgot-the-input": [round(w - rate * 2 * error, 6)] if x > 1 else None,
        },
        Words(
            f"w·x − y = {cell(error)}, so the gradient is 2·{_factor(error)}·{x} = {cell(gradient)};"
            f" {cell(w)} − {rate}·{_factor(gradient)} = {cell(key)}.",
            f"w·x − y = {cell(error)}이므로 기울기는 2·{_factor(error)}·{x} = {cell(gradient)}입니다."
            f" {cell(w)} − {rate}·{_factor(gradient)} = {cell(key)}.",
        ),
        form="decimal",
    )


def _factor(value: float) -> str:
    return f"({cell(value)})" if value < 0 else cell(value)


def _top5(random: Random) -> Drawn:
    pictures = random.choice((10, 20))
    places = [random.choice((1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 9, 12)) for _ in range(pictures)]
    wrong = sum(place > 5 for place in places)
    percent = 100 // pictures
    rows = tuple(tuple(places[start : start + 10]) for start in range(0, pictures, 10))
    return Drawn(
        {"places": places},
        Words(
            f"For each of {pictures} pictures: the place of the true class among the network's answers (1 is the most"
            " probable). How many per cent is the top-5 error?",
            f"그림 {pictures}장마다, 신경망의 답 가운데 정답이 몇 번째인지 적은 표입니다(1이 가장 확률이 높은 답)."
            " top-5 오류율은 몇 퍼센트입니까?",
        ),
        (wrong * percent,),
        {
            "top-1": [sum(place > 1 for place in places) * percent],
            "accuracy": [100 - wrong * percent],
            "fifth-is-wrong": [sum(place >= 5 for place in places) * percent],
            "a-count": [wrong],
        },
        Words(
            f"{wrong} of {pictures} are beyond the fifth place: {wrong}/{pictures} = {wrong * percent} %.",
            f"5등 밖은 {pictures}장 가운데 {wrong}장입니다. {wrong}/{pictures} = {wrong * percent}%.",
        ),
        grids=(Grid(Words("Place of the true class", "정답의 순위"), rows),),
    )


def _auxiliary_loss(random: Random) -> Drawn:
    main, first, second = (random.randint(5, 40) / 10 for _ in range(3))
    key = main + 0.3 * (first + second)
    return Drawn(
        {"main": main, "heads": (first, second)},
        Words(
            f"GoogLeNet in training: the main output's loss is {main}, those of the two auxiliary heads {first} and"
            f" {second} (weight 0.3 each). What is the loss that is minimized?",
            f"학습 중인 GoogLeNet: 주 출력의 손실은 {main}, 두 보조 분류기의 손실은 {first}, {second}입니다(각각"
            " 가중치 0.3). 줄이려는 전체 손실은 얼마입니까?",
        ),
        (key,),
        {
            "heads-at-full-weight": [main + first + second],
            "one-head": [main + 0.3 * first],
            "main-loss-only": [main],
            "averaged-the-losses": [(main + first + second) / 3],
        },
        Words(
            f"{main} + 0.3·({first} + {second}) = {main} + {0.3 * (first + second):.2f} = {key:.2f}.",
            f"{main} + 0.3·({first} + {second}) = {main} + {0.3 * (first + second):.2f} = {key:.2f}.",
        ),
        form="decimal",
    )


def _dropout(random: Random) -> Drawn:
    units, percent = random.choice((100, 200, 400, 1000, 1200, 2000, 4000)), random.choice((10, 20, 25, 30, 40, 60, 70))
    dropped = units * percent // 100
    return Drawn(
        {"units": units, "percent": percent},
        Words(
            f"Dropout of {percent} % on {units} units. How many are not set to 0 in a step of the training, on"
            " average?",
            f"유닛 {units}개에 드롭아웃 {percent}%. 학습의 한 스텝에서 0이 되지 않고 남는 유닛은 평균 몇 개입니까?",
        ),
        (units - dropped,),
        {"kept-share-swapped": [dropped], "none-dropped": [units]},
        Words(
            f"{units:,}·(1 − {percent / 100:g}) = {units - dropped:,}. At prediction all {units:,} are used.",
            f"{units:,}·(1 − {percent / 100:g}) = {units - dropped:,}. 예측할 때는 {units:,}개를 모두 씁니다.",
        ),
    )


KINDS = {
    "descent_step": Kind(Words("A step of gradient descent", "경사 하강법의 한 스텝"), _descent_step),
    "top5_error": Kind(Words("Top-5 error", "top-5 오류율"), _top5),
    "auxiliary_loss": Kind(Words("The loss with auxiliary heads", "보조 분류기가 있는 손실"), _auxiliary_loss),
    "dropout": Kind(Words("Dropout", "드롭아웃"), _dropout),
}
