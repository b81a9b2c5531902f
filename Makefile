# The names that people type; each line of work is a script in dev/, which says what it promises.
.DEFAULT_GOAL := help
.PHONY: help run stop test check bench crash guards screenshots release clean

help:        ## these lines
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run:         ## build, start private services, load demo data, serve; Ctrl-C stops
	@dev/run

stop:        ## stop what an earlier run left
	@dev/run stop

test:        ## every test, browser included
	@dev/test

check:       ## formatting, lints, scripts, compose.yaml
	@dev/toolchain test && dev/check

bench:       ## measure against floors; writes target/bench/latest.json
	@dev/toolchain && dev/site && cargo build -p server --bin vigie --profile dist && cargo lab --vigie "$${CARGO_TARGET_DIR:-target}/dist/vigie" bench

crash:       ## kill everything at random and count; writes target/crash/latest.json
	@dev/toolchain && dev/site && cargo build -p server --bin vigie --profile dist && cargo lab --vigie "$${CARGO_TARGET_DIR:-target}/dist/vigie" crash

guards:      ## take each guard of the worker's protocol away and see which test notices
	@dev/toolchain && dev/guards

screenshots: ## every page, three widths, two themes, into end2end/results/screenshots
	@dev/toolchain test && dev/site && cargo build --workspace --exclude frontend --bin vigie && dev/e2e --project=screenshots

release:     ## an optimised vigie to carry elsewhere, in target/
	@dev/release

clean:       ## stop everything of this clone and delete its data and builds
	@dev/run stop; dev/services remove --dir .vigie/test; dev/services remove --dir .vigie; rm -rf .vigie target
