"""The mistakes that students make, by name, and what to say to each: why the answer is not right, not what it is."""

from __future__ import annotations

from striate.course.languages import Words

MISCONCEPTIONS: dict[str, Words] = {
    # sizes
    "forgot-the-one": Words(
        "You counted the steps of the kernel. It also stands at its first place before it makes a step: add 1.",
        "커널이 움직인 횟수만 세었습니다. 움직이기 전의 첫 위치도 하나입니다. 1을 더하세요.",
    ),
    "rounded-up": Words(
        "You rounded up. A place counts only if the whole kernel fits there, so the division is rounded down (floor).",
        "올림을 했습니다. 커널 전체가 들어가는 위치만 세므로 나눗셈은 내림(floor)합니다.",
    ),
    "rounded-down": Words(
        "You rounded down. SAME pads as much as is needed for a place at every S-th cell, so it is rounded up (ceil).",
        "내림을 했습니다. SAME은 셀 S개마다 한 위치가 나오도록 패딩을 넣으므로 올림(ceil)합니다.",
    ),
    "padding-on-one-side": Words(
        "You added P once. P is the number of cells on each side, so the input grows by 2P.",
        "P를 한 번만 더했습니다. P는 한쪽에 붙는 셀 수이므로 입력은 2P만큼 커집니다.",
    ),
    "forgot-the-padding": Words(
        "You left out the padding. The kernel also moves over the cells that were added at the border.",
        "패딩을 빠뜨렸습니다. 커널은 가장자리에 추가한 셀 위로도 지나갑니다.",
    ),
    "forgot-the-stride": Words(
        "You moved the kernel by one cell. With stride S it moves by S cells.",
        "커널을 한 칸씩 움직였습니다. 스트라이드가 S이면 S칸씩 움직입니다.",
    ),
    "swapped-kernel-and-stride": Words(
        "You swapped kernel and stride: F is subtracted, and S is what you divide by.",
        "커널과 스트라이드를 바꿔 썼습니다. 빼는 것은 F, 나누는 것은 S입니다.",
    ),
    "kept-the-size": Words(
        "SAME keeps the size at stride 1 only. With stride S there is one output for every S cells.",
        "SAME이 크기를 유지하는 것은 스트라이드가 1일 때뿐입니다. 스트라이드가 S이면 셀 S개마다 출력이 하나입니다.",
    ),
    "without-padding": Words(
        "That is VALID, without padding. SAME adds cells until there are ceil(I/S) places.",
        "그것은 패딩이 없는 VALID입니다. SAME은 위치가 ceil(I/S)개가 될 때까지 셀을 추가합니다.",
    ),
    "odd-cell-first": Words(
        "The odd cell goes to the end (right and bottom), as TensorFlow and Keras do it.",
        "남는 셀 하나는 뒤쪽(오른쪽과 아래쪽)에 붙습니다. 텐서플로와 케라스의 규칙입니다.",
    ),
    "as-at-stride-one": Words(
        "That is the padding for stride 1. With a longer stride the last place is elsewhere, and fewer cells are"
        " needed.",
        "그것은 스트라이드가 1일 때의 패딩입니다. 스트라이드가 커지면 마지막 위치가 달라져 필요한 셀이 줄어듭니다.",
    ),
    "all-on-each-side": Words(
        "You put all of the cells on each side. They are divided between the two sides.",
        "필요한 셀을 양쪽에 모두 붙였습니다. 그 셀을 두 쪽으로 나누어 붙입니다.",
    ),
    "differences": Words(
        "A kernel of F makes the size smaller by F − 1, not by F: add 1 to each difference.",
        "커널 F는 크기를 F가 아니라 F − 1만큼 줄입니다. 차이마다 1을 더하세요.",
    ),
    "in-reverse": Words(
        "These are the right kernels in reverse order: the first one makes the first step.",
        "커널은 맞지만 순서가 거꾸로입니다. 첫 커널이 첫 단계를 만듭니다.",
    ),
    "half-the-size": Words(
        "These are ratios of the sizes. At stride 1 a kernel takes away F − 1 cells; it does not divide.",
        "크기의 비를 구했습니다. 스트라이드가 1이면 커널은 나누는 것이 아니라 F − 1만큼 줄입니다.",
    ),
    "one-map-only": Words(
        "You flattened one map. All maps together are the inputs of the dense layer.",
        "맵 하나만 펼쳤습니다. 모든 맵을 합친 것이 완전 연결층의 입력입니다.",
    ),
    "pooling-left-out": Words(
        "You left out the pooling: each one halves height and width.",
        "풀링을 빠뜨렸습니다. 풀링마다 높이와 너비가 절반이 됩니다.",
    ),
    "convolutions-kept-the-size": Words(
        "Without padding a convolution makes the maps smaller, by F − 1.",
        "패딩이 없으면 합성곱도 맵을 F − 1만큼 줄입니다.",
    ),
    # parameters
    "forgot-the-bias": Words(
        "You forgot the biases: each output map (or unit) has one.",
        "편향을 빠뜨렸습니다. 출력 맵(또는 유닛)마다 하나씩 있습니다.",
    ),
    "one-bias-in-all": Words(
        "You counted one bias for the whole layer. Each output map (or unit) has its own.",
        "층 전체에 편향을 하나만 세었습니다. 출력 맵(또는 유닛)마다 하나씩 있습니다.",
    ),
    "a-bias-for-each-kernel": Words(
        "You counted a bias for each pair of an input and an output map. An output map adds up all its kernels, and"
        " then one bias.",
        "입력 맵과 출력 맵의 짝마다 편향을 세었습니다. 출력 맵 하나는 모든 커널의 결과를 더한 뒤 편향 하나를 더합니다.",
    ),
    "forgot-the-input-maps": Words(
        "You counted one kernel for each output map. An output map has a kernel for every input map that it reads.",
        "출력 맵마다 커널을 하나만 세었습니다. 출력 맵에는 입력받는 맵마다 커널이 하나씩 있습니다.",
    ),
    "forgot-the-output-maps": Words(
        "You counted the weights of one output map. Every output map has its own.",
        "출력 맵 하나의 가중치만 세었습니다. 출력 맵마다 가중치가 따로 있습니다.",
    ),
    "weights-at-every-place": Words(
        "You counted the weights again at every place of the map. A kernel is shared: the same weights at every place.",
        "맵의 위치마다 가중치를 다시 세었습니다. 커널은 공유됩니다. 모든 위치에서 같은 가중치를 씁니다.",
    ),
    "kernel-not-squared": Words(
        "You counted F weights for a kernel. It has F rows and F columns: F².",
        "커널의 가중치를 F개로 세었습니다. F행 F열이므로 F²개입니다.",
    ),
    "ignored-the-groups": Words(
        "You let every output map read all input maps. In groups it reads only those of its own group.",
        "모든 출력 맵이 모든 입력 맵을 읽는다고 세었습니다. 그룹이 있으면 자기 그룹의 입력 맵만 읽습니다.",
    ),
    "divided-twice": Words(
        "You divided by the groups twice. Each of the output maps exists once, and reads a part of the input maps.",
        "그룹 수로 두 번 나누었습니다. 출력 맵은 그대로 다 있고, 각각 입력 맵의 일부를 읽을 뿐입니다.",
    ),
    "divided-the-biases": Words(
        "You divided the biases by the groups too. Every output map keeps its bias.",
        "편향까지 그룹 수로 나누었습니다. 출력 맵마다 편향이 하나씩 그대로 있습니다.",
    ),
    "every-map-reads-all": Words(
        "You let every map read all maps below. Here the table says which it reads: count its crosses.",
        "모든 맵이 아래 맵을 전부 읽는다고 세었습니다. 여기서는 연결표가 정합니다. 표의 연결 수를 세세요.",
    ),
    "pooling-has-weights": Words(
        "You counted a kernel of weights, as for a convolution. Pooling takes the largest value or the mean of its"
        " window: nothing in it is learned.",
        "합성곱처럼 커널의 가중치를 세었습니다. 풀링은 창에서 최댓값이나 평균을 고를 뿐, 학습하는 것이 없습니다.",
    ),
    "pooling-as-subsampling": Words(
        "That is LeNet-5's own subsampling, with a coefficient and a bias for each map. Today's pooling has neither.",
        "그것은 맵마다 계수와 편향이 있는 LeNet-5의 서브샘플링입니다. 오늘날의 풀링에는 둘 다 없습니다.",
    ),
    "a-weight-for-each-map": Words(
        "You counted a weight for each map. Pooling has none: it only chooses, or averages.",
        "맵마다 가중치를 하나씩 세었습니다. 풀링에는 없습니다. 고르거나 평균을 낼 뿐입니다.",
    ),
    "the-window's-cells": Words(
        "You counted the cells of the window. They are inputs, not weights.",
        "창의 셀을 세었습니다. 그것은 입력이지 가중치가 아닙니다.",
    ),
    "forgot-to-flatten": Words(
        "You counted the maps as inputs. Every cell of every map is an input of a dense layer.",
        "맵의 개수를 입력으로 세었습니다. 모든 맵의 모든 셀이 완전 연결층의 입력입니다.",
    ),
    "forgot-the-1x1": Words(
        "You left out the 1×1 convolution itself: it has weights too.",
        "1×1 합성곱 자체의 가중치를 빠뜨렸습니다.",
    ),
    "no-bottleneck": Words(
        "You counted the wide convolution without a bottleneck: it reads only the maps that the 1×1 leaves.",
        "병목 없이 센 값입니다. 넓은 커널은 1×1이 남긴 맵만 읽습니다.",
    ),
    "only-the-1x1": Words(
        "You counted the 1×1 alone. The wide convolution after it has weights too.",
        "1×1만 세었습니다. 그 뒤의 넓은 합성곱에도 가중치가 있습니다.",
    ),
    "multiplied-the-two": Words(
        "You multiplied the two layers. They stand one after the other: their weights are added.",
        "두 층을 곱했습니다. 두 층은 이어져 있으므로 가중치를 더합니다.",
    ),
    "forgot-the-projection": Words(
        "You left out the 1×1 after the pooling: it has weights too.",
        "풀링 뒤의 1×1을 빠뜨렸습니다. 여기에도 가중치가 있습니다.",
    ),
    "without-bottlenecks": Words(
        "You let 3×3 and 5×5 read all input maps. In the module they read what the 1×1 before them leaves.",
        "3×3과 5×5가 모든 입력 맵을 읽는다고 세었습니다. 모듈에서는 앞의 1×1이 남긴 맵을 읽습니다.",
    ),
    "counted-the-bottlenecks": Words(
        "You also stacked the maps of the bottlenecks. Only the ends of the four branches are concatenated.",
        "병목층의 맵까지 이어 붙였습니다. 네 가지의 마지막 출력만 이어 붙입니다.",
    ),
    "the-widest-branch": Words(
        "You took the widest branch. Depth concatenation puts all branches behind one another: their maps add up.",
        "가장 넓은 가지만 세었습니다. 깊이로 이어 붙이면 모든 가지의 맵이 더해집니다.",
    ),
    "the-mean-of-the-branches": Words(
        "You took the mean. The maps of the branches are not averaged but stand behind one another.",
        "평균을 냈습니다. 가지의 맵은 평균하는 것이 아니라 뒤로 이어 붙입니다.",
    ),
    "a-3x3-shortcut": Words(
        "You counted a 3×3 kernel. The projection on the shortcut is 1×1: it only mixes maps.",
        "3×3 커널로 세었습니다. 숏컷의 투영은 1×1이며 맵을 섞기만 합니다.",
    ),
    "the-shortcut-is-free": Words(
        "An identity has no weights, but it cannot change the number of maps. This shortcut has to: it is a"
        " convolution.",
        "항등 숏컷에는 가중치가 없지만 맵의 수를 바꿀 수 없습니다. 여기서는 바꿔야 하므로 합성곱입니다.",
    ),
    # cost
    "places-of-the-input": Words(
        "You counted the places of the input. The sum is computed once for each place of the output.",
        "입력의 위치를 세었습니다. 합은 출력의 위치마다 한 번 계산합니다.",
    ),
    "parameters-only": Words(
        "These are the weights. Each of them is multiplied at every place of the output.",
        "그것은 가중치의 수입니다. 가중치 하나하나가 출력의 모든 위치에서 곱해집니다.",
    ),
    "counted-the-bias": Words(
        "You counted the biases as well. A bias is added, not multiplied: it is no MAC.",
        "편향까지 세었습니다. 편향은 더하기만 하므로 MAC이 아닙니다.",
    ),
    "one-row-of-places": Words(
        "You counted the places of one row. The output has as many rows as columns.",
        "한 행의 위치만 세었습니다. 출력에는 행도 열만큼 있습니다.",
    ),
    "without-biases": Words(
        "You left out the bias: it is a connection of every unit too.",
        "편향을 빠뜨렸습니다. 편향도 유닛마다 하나의 연결입니다.",
    ),
    "units-of-one-map": Words(
        "You counted the units of one map. Every map has as many.",
        "맵 하나의 유닛만 세었습니다. 맵마다 유닛이 그만큼 있습니다.",
    ),
    "one-map-stored": Words(
        "You counted one map. All of them must be kept.",
        "맵 하나만 세었습니다. 모든 맵을 저장해야 합니다.",
    ),
    "the-other-index-at-the-end": Words(
        "You began with i and ended with j, as a sentence of the notes does. A row depends on i alone, a column on j.",
        "노트의 문장처럼 i에서 시작해 j에서 끝냈습니다. 행은 i만으로, 열은 j만으로 정해집니다.",
    ),
    "one-cell-too-many": Words(
        "You read one cell too many: the first of the F cells is where the window begins, so the last is F − 1 on.",
        "셀 하나를 더 읽었습니다. 창이 시작하는 곳이 F개 가운데 첫째이므로, 끝은 거기서 F − 1만큼 뒤입니다.",
    ),
    "bytes-not-counted": Words(
        "These are the values. In float32 each takes 4 bytes.",
        "그것은 값의 개수입니다. float32에서는 값 하나가 4바이트입니다.",
    ),
    "bits": Words(
        "These are bits. A byte has 8 of them, and float32 takes 4 bytes.",
        "그것은 비트 수입니다. 1바이트는 8비트이고 float32는 4바이트입니다.",
    ),
    "double-precision": Words(
        "You counted 8 bytes for a value: that is float64. float32 takes 4.",
        "값 하나를 8바이트로 세었습니다. 그것은 float64이고 float32는 4바이트입니다.",
    ),
    "added-the-kernels": Words(
        "You added the kernels. Neighbouring windows overlap: each further kernel adds only F − 1.",
        "커널 크기를 더했습니다. 이웃한 창은 겹치므로 커널이 하나 늘 때마다 F − 1만 늘어납니다.",
    ),
    "ignored-the-strides": Words(
        "You ignored the strides. After a stride of S a step below is S pixels of the picture.",
        "스트라이드를 무시했습니다. 스트라이드 S 뒤에서는 한 칸이 그림의 S픽셀입니다.",
    ),
    "multiplied-the-kernels": Words(
        "You multiplied the kernels. Each further one adds F − 1 steps, it does not multiply.",
        "커널 크기를 곱했습니다. 커널이 늘 때마다 곱하는 것이 아니라 F − 1칸을 더합니다.",
    ),
    "its-own-stride-too": Words(
        "You let a layer's own stride count for its own kernel. It moves the windows of the layers after it.",
        "자기 스트라이드를 자기 커널에 곱했습니다. 스트라이드는 그다음 층의 창 간격을 넓힙니다.",
    ),
    "one-map": Words(
        "You counted kernels from one map to one map. With C maps in and C maps out there are C² of each.",
        "맵 하나에서 맵 하나로 가는 커널만 세었습니다. 입력 C개, 출력 C개이면 C²개씩 있습니다.",
    ),
    "maps-not-squared": Words(
        "You multiplied by C once. Each of the C output maps has a kernel for each of the C input maps: C².",
        "C를 한 번만 곱했습니다. 출력 맵 C개마다 입력 맵 C개의 커널이 있으므로 C²입니다.",
    ),
    "one-3x3-only": Words(
        "You counted one 3×3. It takes two to see 5×5.",
        "3×3을 하나만 세었습니다. 5×5를 보려면 둘이 필요합니다.",
    ),
    "second-reads-the-first-s-input": Words(
        "You let the second 3×3 read what the first one reads. It reads the maps that the first one makes.",
        "둘째 3×3이 첫째와 같은 맵을 읽는다고 세었습니다. 둘째는 첫째가 만든 맵을 읽습니다.",
    ),
    "divided-the-sizes": Words(
        "You divided the sizes. Neighbouring windows overlap: each further kernel adds only F − 1.",
        "크기를 나누었습니다. 이웃한 창은 겹치므로 커널이 하나 늘 때마다 F − 1만 늘어납니다.",
    ),
    "divided-the-areas": Words(
        "You divided the areas. What counts is how far a side reaches: each kernel adds F − 1 to it.",
        "넓이를 나누었습니다. 한 변이 어디까지 닿는지가 중요합니다. 커널마다 F − 1이 늘어납니다.",
    ),
    "counted-the-further-ones": Words(
        "You counted those after the first. The first one is needed too.",
        "첫째 다음의 것만 세었습니다. 첫째도 필요합니다.",
    ),
    # arithmetic
    "flat-is-zero": Words(
        "A flat area becomes 0 only if the kernel's numbers add up to 0. Add them up.",
        "평평한 곳이 0이 되는 것은 커널의 숫자를 더해 0일 때뿐입니다. 모두 더해 보세요.",
    ),
    "the-other-column-is-dark": Words(
        "You made the column on the other side dark. Look again which one is 0.",
        "반대쪽 열을 0으로 두었습니다. 어느 열이 0인지 다시 보세요.",
    ),
    "the-dark-column-alone": Words(
        "You took the column that is 0. Its products are 0; the other two count.",
        "0인 열만 더했습니다. 그 열의 곱은 0이고, 나머지 두 열이 남습니다.",
    ),
    "not-times-the-value": Words(
        "You added up the kernel. Each of its numbers is still to be multiplied by the pixel below it.",
        "커널의 숫자만 더했습니다. 숫자마다 그 아래의 픽셀 값을 곱해야 합니다.",
    ),
    "took-the-mean": Words(
        "You took the mean. LeNet-5 multiplies the sum of the four cells.",
        "평균을 냈습니다. LeNet-5는 셀 네 개의 합에 계수를 곱합니다.",
    ),
    "took-the-largest": Words(
        "You took the largest, as max pooling does. Subsampling adds up all four.",
        "최대 풀링처럼 최댓값을 골랐습니다. 서브샘플링은 네 개를 모두 더합니다.",
    ),
    "added-the-bias-first": Words(
        "You added the bias before you multiplied. The coefficient comes first.",
        "곱하기 전에 편향을 더했습니다. 계수를 먼저 곱합니다.",
    ),
    "no-bias-added": Words(
        "The weighted sum is right, but the bias is still to be added.",
        "가중합은 맞습니다. 여기에 편향을 더해야 합니다.",
    ),
    "kernel-flipped": Words(
        "You flipped the kernel, as mathematicians do. The notes' sum, and every library for networks, does not.",
        "수학의 합성곱처럼 커널을 뒤집었습니다. 노트의 식과 모든 신경망 라이브러리는 뒤집지 않습니다.",
    ),
    "kernel-not-flipped": Words(
        "You did not flip g. This exercise asks for the mathematical convolution, which reverses it.",
        "g를 뒤집지 않았습니다. 이 문제는 g를 뒤집는 수학의 합성곱을 묻습니다.",
    ),
    "window-not-moved": Words(
        "You placed the window at row i, column j. With stride S it begins at row i·S, column j·S.",
        "창을 i행 j열에 놓았습니다. 스트라이드가 S이면 i·S행 j·S열에서 시작합니다.",
    ),
    "row-and-column-swapped": Words(
        "You swapped row and column: i is the row (down), j the column (to the right).",
        "행과 열을 바꾸었습니다. i는 행(아래로), j는 열(오른쪽으로)입니다.",
    ),
    "counted-from-one": Words(
        "You counted rows and columns from 1. The notes' sums begin at 0.",
        "행과 열을 1부터 세었습니다. 노트의 식은 0부터 셉니다.",
    ),
    "the-other-pooling": Words(
        "You took the other pooling: maximum and average are not the same.",
        "다른 풀링을 계산했습니다. 최대 풀링과 평균 풀링은 다릅니다.",
    ),
    "summed-the-window": Words(
        "You added up the window. For the mean, divide by the number of its cells.",
        "창의 값을 더하기만 했습니다. 평균은 셀의 개수로 나누어야 합니다.",
    ),
    "down-the-columns": Words(
        "The values are right, but down the columns: write them row by row.",
        "값은 맞지만 열 방향으로 적었습니다. 행 순서로 적으세요.",
    ),
    "forgot-k": Words(
        "You left out k: it is added to the sum of squares before anything is divided.",
        "k를 빠뜨렸습니다. 제곱의 합에 k를 더한 다음 나눕니다.",
    ),
    "all-maps": Words(
        "You summed over all maps. Only the neighbours count, n/2 on each side.",
        "모든 맵을 더했습니다. 양쪽으로 n/2개씩, 이웃만 더합니다.",
    ),
    "without-itself": Words(
        "You left out the map itself: its own square belongs to the sum.",
        "자기 자신을 빠뜨렸습니다. 자기 값의 제곱도 합에 들어갑니다.",
    ),
    "not-squared": Words(
        "You summed the values, not their squares.",
        "값의 제곱이 아니라 값을 더했습니다.",
    ),
    "multiplied-not-divided": Words(
        "You multiplied. The exponent is −β: strong neighbours make the value smaller.",
        "곱했습니다. 지수가 −β이므로 이웃이 강할수록 값은 작아집니다.",
    ),
    "alpha-over-n": Words(
        "You divided α by n, as torch and Caffe do. The paper and the notes do not.",
        "torch나 Caffe처럼 α를 n으로 나누었습니다. 논문과 노트에서는 나누지 않습니다.",
    ),
    "divided-by-the-variance": Words(
        "You divided by the variance. It is divided by its square root, the standard deviation.",
        "분산으로 나누었습니다. 분산의 제곱근인 표준편차로 나눕니다.",
    ),
    "forgot-gamma-and-beta": Words(
        "That is the standardized value. It is still to be scaled by γ and shifted by β.",
        "표준화까지 했습니다. 여기에 스케일 γ를 곱하고 시프트 β를 더해야 합니다.",
    ),
    "forgot-beta": Words("You left out the shift β.", "시프트 β를 빠뜨렸습니다."),
    "forgot-the-mean": Words("You did not subtract the mean.", "평균을 빼지 않았습니다."),
    "shifted-before-scaled": Words(
        "You added β before you scaled by γ. γ comes first.",
        "γ를 곱하기 전에 β를 더했습니다. γ를 먼저 곱합니다.",
    ),
    "forgot-the-shortcut": Words(
        "You left out the shortcut: x is added to the output of the body.",
        "숏컷을 빠뜨렸습니다. 본체의 출력에 x를 더합니다.",
    ),
    "relu-before-the-sum": Words(
        "You applied the ReLU to the body before the sum. The last ReLU of a unit comes after the sum.",
        "더하기 전에 본체에 ReLU를 적용했습니다. 유닛의 마지막 ReLU는 더한 뒤에 옵니다.",
    ),
    "no-relu": Words(
        "You left out the ReLU after the sum: values below 0 become 0.",
        "더한 뒤의 ReLU를 빠뜨렸습니다. 0보다 작은 값은 0이 됩니다.",
    ),
    "the-input-alone": Words(
        "You gave the input. That is what the unit outputs if its weights are 0; here the body adds something.",
        "입력을 그대로 적었습니다. 가중치가 0일 때의 출력입니다. 여기서는 본체가 무언가를 더합니다.",
    ),
    # results
    "climbed": Words(
        "You went uphill. The gradient says where the loss grows, so its share is subtracted.",
        "손실이 커지는 쪽으로 갔습니다. 기울기는 손실이 커지는 방향이므로 빼야 합니다.",
    ),
    "the-gradient-alone": Words(
        "That is the gradient. Times the learning rate it is subtracted from w.",
        "그것은 기울기입니다. 학습률을 곱해 w에서 빼야 합니다.",
    ),
    "forgot-the-learning-rate": Words(
        "You took the whole gradient as the step. It is multiplied by the learning rate.",
        "기울기를 그대로 뺐습니다. 학습률을 곱해서 뺍니다.",
    ),
    "forgot-the-two": Words(
        "You left out the 2 of the gradient: the derivative of a square has it.",
        "기울기의 2를 빠뜨렸습니다. 제곱을 미분하면 2가 나옵니다.",
    ),
    "forgot-the-input": Words(
        "You left out the last factor of the gradient, x.",
        "기울기의 마지막 인수 x를 빠뜨렸습니다.",
    ),
    "top-1": Words(
        "That is the top-1 error. In top-5 an answer is right if the true class is among the first five.",
        "그것은 top-1 오류율입니다. top-5에서는 처음 다섯 안에 정답이 있으면 맞은 것입니다.",
    ),
    "accuracy": Words("That is the accuracy. The error is the rest.", "그것은 정확도입니다. 오류율은 나머지입니다."),
    "fifth-is-wrong": Words(
        "You counted the fifth place as wrong. It is among the first five.",
        "5등을 틀린 것으로 세었습니다. 5등도 처음 다섯 안에 듭니다.",
    ),
    "a-count": Words("That is the number of errors, not per cent.", "그것은 백분율이 아니라 틀린 개수입니다."),
    "heads-at-full-weight": Words(
        "You added the auxiliary losses at full weight. Each counts 0.3 of itself.",
        "보조 손실을 그대로 더했습니다. 각각 0.3을 곱해서 더합니다.",
    ),
    "one-head": Words("You added one auxiliary loss. There are two.", "보조 손실을 하나만 더했습니다. 둘 있습니다."),
    "main-loss-only": Words(
        "That is the loss of the main output. In training the auxiliary heads add to it.",
        "그것은 주 출력의 손실입니다. 학습할 때는 보조 분류기의 손실도 더합니다.",
    ),
    "averaged-the-losses": Words(
        "You took the mean of the three. The auxiliary losses are weighted by 0.3 and added.",
        "세 손실을 평균했습니다. 보조 손실에 0.3을 곱해서 더합니다.",
    ),
    "kept-share-swapped": Words(
        "You computed the units that are dropped. The question is about those that stay.",
        "빠지는 유닛을 계산했습니다. 문제는 남는 유닛을 묻습니다.",
    ),
    "none-dropped": Words(
        "That is all of them. In training dropout sets a part of them to 0 in each step.",
        "그것은 전체입니다. 학습할 때 드롭아웃은 매 스텝마다 일부를 0으로 만듭니다.",
    ),
}
