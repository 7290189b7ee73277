# Thin: what each target does is in scripts/ and CMake.
.PHONY: help packages build test up prove bench down destroy status env doctor

help:
	@echo "make up        packages, build, engine, terraform apply, image, site; ends with its URL (SITE=DIR brings your Drupal)"
	@echo "make prove     the experiment behind each promise, on the running stack (CLAIMS=\"deploy isolation\" for some)"
	@echo "make bench     measures the engine beside its references, writes docs/reference/figures.md"
	@echo "make env       what to eval so that aws, terraform and SDKs talk to it"
	@echo "make doctor    what this machine has and lacks"
	@echo "make down      stops everything and keeps the data; make up brings it back"
	@echo "make destroy   removes everything, then lists what is left on the host (nothing)"
	@echo "make test      installs what it needs, builds, runs every test"
	@echo "make build     the engine, the CLI and the Terraform provider, release"

packages:
	@python3 scripts/packages.py run build

build: packages
	@python3 scripts/build.py release terrariumd terrarium-host terrarium-node terrarium-oci terrarium terraform-provider-aws

test:
	@python3 scripts/packages.py run build test
	@python3 scripts/test.py

up: build
	@python3 scripts/stack.py up $(if $(SITE),--site "$(SITE)") $(ARGS)

prove: build
	@python3 scripts/prove.py $(CLAIMS) $(ARGS)

bench: build
	@cmake --build build/release --target terrarium-replay >/dev/null
	@python3 scripts/bench.py $(ROWS) --write docs/reference/figures.md $(ARGS)

down:
	@python3 scripts/stack.py down $(ARGS)

destroy:
	@python3 scripts/stack.py destroy $(ARGS)

status env doctor:
	@python3 scripts/stack.py $@ $(ARGS)
