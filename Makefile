# make run       a first result: installs into .venv, then runs a shipped network
# make test      lint, types, quick tests
# make test-all  everything, slow tests and all extras included (installs them; an hour and a half); training in an environment of its own
# make neurobench  NeuroBench's figures beside NeuroBench itself, with torch and snnTorch, in an environment of its own
# make lowest    the lower bounds in pyproject.toml: commands and tests with the oldest versions allowed, in an environment of its own (five minutes)
# make budgets   synthesise the iCEBreaker's chip and compare with fpga/budgets.toml (installs '.[boards]'; two minutes)
# make frameworks  the float interpreter, integers and sf.from_torch against snnTorch, Norse, SpikingJelly and Sinabs, trained as well, each in an environment that can have it (half an hour)
# make fuzz       the NIR front end with broken graphs and files, SEED=n GRAPHS=1000000 FILES=10000, in an environment of its own (twenty minutes)
# make docs      render the reference pages from their sources
# make attack    random networks on random chips, SEED=n PAIRS=1000; CHIP=c PAIR=k repeats one of them
# make cost      measure area, clock and errors of the units again (pip install '.[synthesis]'; about an hour)
# make energy-units  measure unit costs at gate level again (pip install '.[synthesis]'; LIBERTY=cells.lib STA=sta; five minutes)
# make claims    what papers claim, run again, and the page of verdicts (seven minutes; installs the extra `claims`)
# make zoo       shipped models on two chips each, run again, with RTL and pictures, and their page (pip install '.[plot]'; ten minutes)
# make boards    build the bitstreams of all boards and measure them again (pip install '.[boards]'; half an hour)
# make firmware  build firmware/build/firmware.elf (pip install '.[soc]')
# make table     measure the README's table here
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
EXTRAS := dev,formal,synthesis,boards,soc,board,fusesoc,plot,control,claims
TRAIN  := .venv-train
NEURO  := .venv-neurobench
LOWEST := .venv-lowest
FRAMES := .venv-frameworks
SINABS := .venv-sinabs
FUZZ   := .venv-fuzz
OSU018 := build/osu018/usr/share/qflow/tech/osu018/osu018_stdcells.lib
OLDEST := PATH="$(CURDIR)/$(LOWEST)/bin:$$PATH" NUMBA_CACHE_DIR="$(CURDIR)/$(LOWEST)/cache"
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run attack test test-all test-extras test-train neurobench frameworks fuzz lowest lint docs budgets cost energy-units claims zoo boards table firmware clean distclean
.DEFAULT_GOAL := run

run: $(STAMP)
	$(BIN)/shiftfire run digits-cnn --chip edge --samples 100

test: lint
	$(BIN)/python -m pytest -m "not slow" -n 2

test-all: lint test-extras test-train

test-extras: $(STAMP)
	@$(PIP) install --quiet --editable ".[$(EXTRAS)]"
	$(BIN)/python -m pytest -n 2

test-train: $(TRAIN)/.installed
	$(TRAIN)/bin/python -m pytest tests/training tests/golden tests/frontends

$(TRAIN)/.installed: pyproject.toml $(STAMP)
	@test -x $(TRAIN)/bin/python || $(PYTHON) -m venv $(TRAIN)
	@$(TRAIN)/bin/python -m pip --disable-pip-version-check install --quiet --editable ".[dev,train,control]"
	@touch $@

neurobench: $(NEURO)/.installed
	$(NEURO)/bin/python -m pytest tests/report/test_neurobench.py

# Without its dependencies: torchaudio and tonic are for its data sets.
$(NEURO)/.installed: pyproject.toml
	@test -x $(NEURO)/bin/python || $(PYTHON) -m venv $(NEURO)
	@$(NEURO)/bin/python -m pip --disable-pip-version-check install --quiet --editable ".[dev,train]"
	@$(NEURO)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps neurobench==2.3.0 snntorch==1.0.0
	@$(NEURO)/bin/python -m pip --disable-pip-version-check install --quiet tqdm
	@touch $@

# Sinabs pins an old nir, which the others' exporters do not work with.
frameworks: $(FRAMES)/.installed $(SINABS)/.installed
	$(FRAMES)/bin/python -m pytest tests/frontends/nir tests/frontends/torch
	$(SINABS)/bin/python -m pytest tests/frontends/nir/test_frameworks.py tests/frontends/nir/test_trained.py tests/frontends/nir/test_howtos.py tests/frontends/nir/test_recorded.py

fuzz: $(FUZZ)/.installed
	PYTHONPATH=tests $(FUZZ)/bin/python -W error -m nir_fuzz files --seed $(or $(SEED),1) --count $(or $(FILES),10000)
	PYTHONPATH=tests $(FUZZ)/bin/python -W error -m nir_fuzz.guided $(or $(GRAPHS),1000000) $(or $(SEED),1) build/fuzz

$(FUZZ)/.installed: pyproject.toml
	@test -x $(FUZZ)/bin/python || $(PYTHON) -m venv $(FUZZ)
	@$(FUZZ)/bin/python -m pip --disable-pip-version-check install --quiet --editable ".[nir,fuzz]"
	@touch $@

$(FRAMES)/.installed: pyproject.toml
	@test -x $(FRAMES)/bin/python || $(PYTHON) -m venv $(FRAMES)
	@$(FRAMES)/bin/python -m pip --disable-pip-version-check install --quiet --editable ".[dev,frameworks]"
	@touch $@

$(SINABS)/.installed: pyproject.toml
	@test -x $(SINABS)/bin/python || $(PYTHON) -m venv $(SINABS)
	@$(SINABS)/bin/python -m pip --disable-pip-version-check install --quiet --editable ".[dev,sinabs]"
	@touch $@

# A failing line means a bound to raise. Kernels are cached apart: two versions of Numba would overwrite each other's.
lowest: $(LOWEST)/.installed
	$(OLDEST) shiftfire run --help > /dev/null
	$(OLDEST) shiftfire doctor
	$(OLDEST) shiftfire info digits-mlp --chip edge
	$(OLDEST) shiftfire run digits-mlp --samples 2 --backend golden
	$(OLDEST) shiftfire run digits-mlp --samples 4
	$(OLDEST) shiftfire verify digits-mlp --chip ulx3s --samples 1
	$(OLDEST) shiftfire verilog --chip nano > /dev/null
	$(OLDEST) python -m pytest tests/spec tests/network tests/golden -m "not slow"

$(LOWEST)/.installed: pyproject.toml
	rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip --disable-pip-version-check install --quiet uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable ".[dev]"
	@touch $@

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright

attack: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m attack $(if $(SEED),--seed $(SEED)) $(if $(PAIRS),--pairs $(PAIRS)) $(if $(CHIPS),--chips $(CHIPS)) \
	  $(if $(CHIP),--chip $(CHIP)) $(if $(PAIR),--pair $(PAIR)) --json $(or $(JSON),attack.json)

budgets: $(STAMP)
	@$(PIP) install --quiet --editable ".[boards]"
	$(BIN)/shiftfire build icebreaker --synthesis-only

docs: $(STAMP)
	$(BIN)/python -m shiftfire_spec markdown > docs/reference/contract.md
	$(BIN)/python -m shiftfire.energy.render > docs/reference/energy.md
	$(BIN)/python -m shiftfire.cost.render docs/reference/cost.json > docs/reference/cost.md
	$(BIN)/python -m shiftfire.cost.board_render docs/reference/boards.json > docs/reference/boards.md
	$(BIN)/python -m shiftfire.cost.gates.render docs/reference/energy-units.json > docs/reference/energy-units.md
	$(BIN)/python -m shiftfire.claims render docs/reference/claims.json > docs/reference/claims.md
	$(BIN)/python -m shiftfire.zoo render docs/reference/zoo.json > docs/reference/zoo.md

cost: $(STAMP)
	$(BIN)/python -m shiftfire.cost.measure docs/reference/cost.json
	$(BIN)/python -m shiftfire.cost.render docs/reference/cost.json > docs/reference/cost.md

energy-units: $(STAMP) $(or $(LIBERTY),$(OSU018))
	$(BIN)/python -m shiftfire.cost.gates.measure docs/reference/energy-units.json $(or $(LIBERTY),$(OSU018)) $(STA)
	$(BIN)/python -m shiftfire.cost.gates.render docs/reference/energy-units.json > docs/reference/energy-units.md

# Debian's, unpacked without being installed; LIBERTY=file does without.
$(OSU018):
	mkdir -p build/osu018
	cd build/osu018 && apt-get download qflow-tech-osu018 && dpkg -x qflow-tech-osu018_*.deb .

claims: $(STAMP)
	@$(PIP) install --quiet --editable ".[claims]"
	$(BIN)/python -m shiftfire.claims measure docs/reference/claims.json
	$(BIN)/python -m shiftfire.claims render docs/reference/claims.json > docs/reference/claims.md

# One model: python -m shiftfire.zoo measure docs/reference/zoo.json NAME, then draw docs/reference/pictures NAME, then `make docs`.
zoo: $(STAMP)
	@$(PIP) install --quiet --editable ".[plot]"
	$(BIN)/python -m shiftfire.zoo measure docs/reference/zoo.json
	$(BIN)/python -m shiftfire.zoo draw docs/reference/pictures
	$(BIN)/python -m shiftfire.zoo render docs/reference/zoo.json > docs/reference/zoo.md

boards: $(STAMP)
	$(BIN)/python -m shiftfire.cost.board_measure docs/reference/boards.json
	$(BIN)/python -m shiftfire.cost.board_render docs/reference/boards.json > docs/reference/boards.md

table: $(STAMP)
	@$(BIN)/shiftfire table

firmware: $(STAMP)
	@$(MAKE) --no-print-directory -C firmware PYTHON=$(CURDIR)/$(BIN)/python

# Installed again only when pyproject.toml changes: the install is editable, so new files need nothing.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit( \
	  "shiftfire needs Python 3.11 or newer, and %s is %d.%d: install one and run `make PYTHON=python3.11`" % ("$(PYTHON)", v[0], v[1]))'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "no venv: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into $(VENV) (once, a few minutes)"
	@$(PIP) install --quiet --editable ".[dev]"
	@touch $@

clean:
	rm -rf build dist firmware/build .pytest_cache .ruff_cache .hypothesis
	find hw sim tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(TRAIN) $(NEURO) $(LOWEST) $(FRAMES) $(SINABS) $(FUZZ)
