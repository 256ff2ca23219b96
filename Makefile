# make demo     install into .venv, train LeNet-5 on handwritten digits, read a few validation digits
# make test     install into .venv with the test extra, run the whole suite, one process per core
# make docs     build the documentation's site into build/docs/html, a folder for each version
# make ledger   write the ledger of the notes again, in both languages, and the page of the ablations
# make models   train the models that ship again, and copy them into the package: WORK=DIR for the runs,
#               CIFAR=DIR for CIFAR-10 as JPEG (train/, test/), NAMES='resnet20' for some of them
# make lint     ruff, and mypy as on each system; also the page's code, where Node is installed
# make clean    remove what these commands made
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test docs ledger models lint clean

.venv/installed: pyproject.toml
	@echo "Installing into .venv; PyTorch is several GB, this takes a few minutes"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-test: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ .venv/installed

demo: .venv/installed
	@$(BIN)/striate demo

test: .venv/installed-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

docs: .venv/installed-test
	$(BIN)/python docs/site/build.py build/docs

ledger: .venv/installed-test
	$(BIN)/python docs/ledger.py > docs/ledger.new && mv docs/ledger.new docs/ledger.md
	$(BIN)/python docs/ledger.py --language ko > docs/ledger.new && mv docs/ledger.new docs/ledger.ko.md
	$(BIN)/python docs/ledger.py --claims > docs/ledger.new && mv docs/ledger.new src/striate/course/claims.json
	$(BIN)/python docs/ablations.py > docs/ablations.new && mv docs/ablations.new docs/ablations.md

models: .venv/installed
	$(BIN)/python scripts/ship.py $(NAMES) --work $(WORK) --cifar $(CIFAR)

lint: .venv/installed-test
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy --platform linux --cache-dir .mypy_cache/linux
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	if command -v npm > /dev/null; then npm ci --silent --no-audit --no-fund && npm run --silent check; fi

clean:
	rm -rf .venv node_modules build runs/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
