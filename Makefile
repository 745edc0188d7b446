# `make` lists the targets. Everything happens in .venv, which `setup` makes once and again when the pins change.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
READY := .venv/.ready
FRAMEWORKS := .venv/.frameworks
RUN := .venv/bin/python -m

NETWORKS := ResNet50 MobileNetV2 EfficientNetB0 VGG16 InceptionV3 DenseNet121 \
	$(addprefix harness/studies/importers/small_models.py:,unet_decoder dcgan_generator)
OTHERS := jax-vjp jax-transpose torch-transpose torch-backward torch-input-grad onnxruntime
AXE := node_modules/axe-core/axe.min.js

.PHONY: help setup report report-full frameworks test check format networks blocks axe screenshots frameworks-smoke
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY) ## make .venv with everything in it

$(READY): pyproject.toml .ci/constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv found (Debian: apt-get install python3-venv)."; \
		echo "Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version): TensorFlow and the rest, 2 GB on disk, a minute or more."
	@$(PYTHON) -m venv .venv
	@$(RUN) pip install --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[development]'
	@touch $@
	@echo "Set up. Next time this step is skipped."

report: $(READY) ## run every case, print the path of the page
	@echo "Running every case on TensorFlow. Importing it takes some seconds."
	@$(RUN) harness run -n auto

report-full: $(READY) ## the same, and the layers of real networks
	@echo "Running every case and every layer of cases/networks on TensorFlow."
	@$(RUN) harness run -n auto cases cases/networks

frameworks: $(FRAMEWORKS) ## run every case on JAX, PyTorch and ONNX Runtime, and on Keras and TensorFlow Lite
	@echo "Running every case on other frameworks."
	@$(RUN) harness run -n auto $(addprefix -i ,$(OTHERS) keras-transpose tflite)

frameworks-smoke: $(FRAMEWORKS)
	@$(RUN) harness run -n auto types.yaml strides.yaml $(addprefix -i ,$(OTHERS))

$(FRAMEWORKS): $(READY)
	@echo "Adding JAX, PyTorch and ONNX Runtime to .venv: 1 GB or more."
	@$(RUN) pip install --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[jax,torch,onnx]'
	@touch $@

test: $(READY) ## run the harness's own tests and every case
	@echo "Running the harness's own tests, then every case on TensorFlow."
	@$(RUN) pytest -n auto

check: $(READY) ## formatting, ruff, mypy, import contracts, tests with coverage
	$(RUN) ruff format --check harness conftest.py
	$(RUN) ruff check harness conftest.py
	$(RUN) mypy
	$(RUN) mypy --python-version 3.10 --follow-imports silent --package harness.remote
	.venv/bin/lint-imports --no-logo
	$(RUN) coverage erase
	$(RUN) coverage run -m pytest -n auto
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

format: $(READY) ## format the code
	$(RUN) ruff check --fix harness conftest.py
	$(RUN) ruff format harness conftest.py

networks: $(READY) ## write cases/networks again, from the models of Keras
	@$(RUN) harness import keras $(NETWORKS) --out cases/networks

blocks: $(READY) ## choose the cases of blocks-*.yaml again, by what they kill
	@$(RUN) harness mutants --choose cases/conv2d_backprop_input

axe: $(AXE) ## fetch axe-core, which the browser tests look for barriers with

$(AXE):
	npm install --prefix . --no-save --no-package-lock --no-audit --no-fund axe-core@4.14.1

screenshots: $(READY) ## make docs/images again, from reports/latest
	$(RUN) harness.tests.screenshots reports/latest
