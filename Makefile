# Tasks for working on the package. `make iris` and `make test` need R and its
# compilers only: the packages that are missing are installed first.

R = R
RSCRIPT = Rscript
CLANG_FORMAT = clang-format

# Where `make iris` draws to.
IRIS_PLOT = iris-pairs.png

# A file for the counts of `make test`, for a script that reads them.
COUNTS =

# Which parts `make bench` measures, and with how many times the rows.
BENCH =
SCALE = 1

export R RSCRIPT SCALE

.PHONY: help iris test test-r test-c snapshots check document lint layers warnings style format vignettes bench bench-mstep clean

help:
	@echo "Targets:"
	@echo "  iris       install the package, fit the iris data, draw $(IRIS_PLOT)"
	@echo "  test       run the R tests, and the C tests under sanitizers"
	@echo "  test-r     run the R tests alone"
	@echo "  test-c     run the C tests alone"
	@echo "  snapshots  run the R tests and accept the snapshots they give"
	@echo "  check      build the package and run R CMD check --as-cran on it"
	@echo "  document   write man/ and NAMESPACE from the roxygen comments"
	@echo "  lint       check the layers, compiler warnings and the style:"
	@echo "    layers   run tools/check-core.sh alone"
	@echo "    warnings compile the C sources with gcc and clang; a warning fails"
	@echo "    style    run clang-format and lintr alone"
	@echo "  format     apply clang-format to the C sources"
	@echo "  vignettes  render the vignettes into vignettes/"
	@echo "  bench      time the package beside its peers, into bench/README.md"
	@echo "  bench-mstep  time the M-step of each covariance model into bench/mstep.md"
	@echo "  clean      remove what the other targets leave behind"

iris:
	@$(RSCRIPT) tools/setup.R run
	@$(RSCRIPT) tools/iris.R "$(IRIS_PLOT)"

test:
	@$(RSCRIPT) tools/setup.R test
	@sh tools/test.sh $(COUNTS)

test-r:
	@$(RSCRIPT) tools/setup.R test
	@$(RSCRIPT) tools/test-r.R

test-c:
	@sh tools/test-c.sh

snapshots:
	@$(RSCRIPT) tools/setup.R test
	@$(RSCRIPT) tools/test-r.R --update

check:
	@$(RSCRIPT) tools/setup.R check
	@$(RSCRIPT) tools/check.R

document:
	@$(RSCRIPT) tools/setup.R document
	@$(RSCRIPT) -e 'roxygen2::roxygenise(load_code = roxygen2::load_source)'

lint: layers warnings style

layers:
	@sh tools/check-core.sh

warnings:
	@sh tools/warnings.sh

style:
	@$(CLANG_FORMAT) --dry-run --Werror src/*.c src/*.h tests/c/*.c tests/c/*.h bench/*.c
	@$(RSCRIPT) tools/setup.R lint
	@$(RSCRIPT) tools/lint.R

format:
	@$(CLANG_FORMAT) -i src/*.c src/*.h tests/c/*.c tests/c/*.h bench/*.c

vignettes:
	@$(RSCRIPT) tools/setup.R vignettes
	@$(RSCRIPT) tools/vignettes.R

bench:
	@$(RSCRIPT) tools/setup.R run
	@$(RSCRIPT) bench/run.R $(BENCH)

bench-mstep:
	@sh bench/mstep.sh

clean:
	rm -rf *.Rcheck *.tar.gz iris-pairs.png Rplots.pdf tests/c/build
	rm -f src/*.o src/*.so src/*.dll vignettes/*.html
