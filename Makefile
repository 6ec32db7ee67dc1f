# The commands people type; `make help` explains each.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin
RUN := $(VENV)/python
MVN := mvn --quiet --batch-mode -Dstyle.color=never
# Options for `python -m local` and demo.py and the benchmarks, for example: make up LOCAL='--flink-port 18081'
LOCAL ?=
DEMO ?=
BENCH ?=
# How many test files at a time; each of the processes that run them has servers of its own, about 6 GB.
WORKERS ?= 0

.DEFAULT_GOAL := help
.PHONY: help install demo test test-quick test-java test-faults test-compose fuzz bench-formats bench-pipeline bench-visitors dashboard lint format up down status clean

help: ## explain the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-12s %s\n' "$$name" "$$text"; done

install: build/.flink-installed build/.kafka-installed ## install Python packages, Flink's connectors and Kafka (others call it)

demo: install ## start Kafka and Flink, send traffic, print the first finished minutes, stop everything
	$(RUN) demo.py $(DEMO)

test: install lint test-java ## run every test (WORKERS=2: two at a time, in two thirds of the time, with 12 GB of memory)
	$(RUN) -m pytest --numprocesses $(WORKERS)

test-java: build/.prerequisites ## run the Java tests: a million messages against Flink's own decoder
	$(MVN) --file formats/pom.xml test
	$(MVN) --file connectors/pom.xml test
	$(MVN) --file functions/pom.xml test

test-faults: install ## kill servers 120 times while traffic flows (2 hours; FAULTS=240 FAULTS_SEED=7 for others, FAULTS_FROM=57 to go on)
	FAULTS=$${FAULTS:-120} $(RUN) -m pytest tests/faults

test-compose: install ## build the image, run docker-compose.yaml on a real engine and kill each container (12 minutes)
	$(RUN) -m pytest tests/compose

fuzz: build/.prerequisites ## five minutes of coverage-guided fuzzing of the decoder
	JAZZER_FUZZ=1 $(MVN) --file formats/pom.xml test -Dtest=Fuzz

bench-formats: build/.prerequisites ## ns and bytes per message, our decoder against Flink's (4 minutes)
	$(MVN) --file formats/pom.xml test-compile exec:exec

test-quick: install lint ## run the tests that need no servers (seconds)
	$(RUN) -m pytest tests/quick

bench-pipeline: install ## events/s of the whole pipeline, and of the plain job beside it (15 minutes)
	$(RUN) -m bench.pipeline $(BENCH)

bench-visitors: install ## events/s and state of page_stats with a million visitors a day (5 minutes; BENCH='--visitors N')
	$(RUN) -m bench.visitors $(BENCH)

dashboard: install ## the reports' pages on http://localhost:8501, over DATA_DIR
	$(VENV)/streamlit run dashboard/app.py

lint: install ## check the Python and SQL files
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/sqlfluff lint sql bench

format: install ## rewrite the Python and SQL files in the project's style
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(VENV)/sqlfluff fix sql bench

up: install ## start Kafka (localhost:9092) and Flink (web UI http://localhost:8081), create the topics, leave them running
	$(RUN) -m local $(LOCAL) up

down: ## stop what `make up` started
	@if [ -x $(RUN) ]; then $(RUN) -m local $(LOCAL) down; else echo "Nothing is installed, so nothing runs."; fi

status: ## what runs, where its logs are, which jobs there are
	@if [ -x $(RUN) ]; then $(RUN) -m local $(LOCAL) status; else echo "Nothing is installed, so nothing runs."; fi

clean: down ## delete what was installed and built (reports in data/ stay)
	rm -rf build .venv

# Each stamp below is newer than what was installed from it.
build/.prerequisites: local/prerequisites.sh
	@bash local/prerequisites.sh "$(PYTHON)"
	@mkdir -p build && touch $@

build/.python-installed: requirements.txt constraints.txt | build/.prerequisites
	@echo "Installing Python packages into .venv (1 to 2 minutes the first time)"
	@test -x $(RUN) || "$(PYTHON)" -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

JAVA := $(shell find formats/src/main connectors/src/main functions/src/main -type f)

build/.flink-jars: flink-conf/pom.xml formats/pom.xml connectors/pom.xml functions/pom.xml $(JAVA) | build/.prerequisites
	@echo "Fetching Flink's connectors and building formats/, connectors/ and functions/"
	@rm -rf build/flink-lib
	@$(MVN) --file flink-conf/pom.xml package -Dmaven.test.skip=true
	@touch $@

build/.kafka-installed: local/pom.xml | build/.prerequisites
	@echo "Fetching Kafka"
	@rm -rf build/kafka-lib
	@$(MVN) --file local/pom.xml package
	@touch $@

build/.flink-installed: build/.python-installed build/.flink-jars local/flink.py
	@$(RUN) -m local install
	@touch $@
